// One live connection a browser, whatever the number of tabs: Web Locks elect one tab, which listens to /live and tells
// the others on a BroadcastChannel. Without these, or where the server carries no stream, fragments still poll once a
// minute by themselves (hx-trigger).
const RETRY = 60000; // milliseconds until a refused connection is asked for again
const user = document.body.dataset.user;
const name = `helpdesk-live-${user}`;
const fragments = () => [...document.querySelectorAll("[data-live]")];

// "everything" may have changed; a ticket's own fragments follow that ticket, all others the lists. Each ticket that
// customers hear of changes their list; the team's lists are told by themselves.
const concerns = (element, changed) => {
  if (changed.has("everything")) return true;
  if (element.dataset.live.startsWith("ticket:")) return changed.has(element.dataset.live);
  return changed.has("list") || !("team" in document.body.dataset);
};

const refresh = (changed) => {
  const names = new Set(changed.split(" "));
  for (const element of fragments()) if (concerns(element, names)) window.htmx?.trigger(element, "live:changed");
};

// Listens until `signal` is aborted. A stream that ends is opened again by the browser; one that is refused, a minute
// later.
const listen = (channel, signal) => new Promise((resolve) => {
  let source, retry;
  const open = () => {
    source = new EventSource("/live");
    source.addEventListener("changed", ({ data }) => {
      refresh(data);
      channel.postMessage(data);
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY);
    });
  };
  signal.addEventListener("abort", () => {
    clearTimeout(retry);
    source.close();
    resolve();
  });
  open();
});

const start = () => {
  const leaving = new AbortController(), channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => refresh(data);
  const lead = (lock) => lock && !leaving.signal.aborted && listen(channel, leaving.signal);
  navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock) return lead(lock);
    refresh("everything"); // another tab listens; what changed since this page was made, nobody has told it
    navigator.locks.request(name, { signal: leaving.signal }, lead).catch(() => {});
    return null;
  });
  addEventListener("pagehide", () => {
    leaving.abort();
    channel.close();
    addEventListener("pageshow", ({ persisted }) => persisted && start(), { once: true });
  }, { once: true });
};

if (user && fragments().length && navigator.locks && window.BroadcastChannel) start();
