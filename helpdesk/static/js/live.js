// One live connection a browser, whatever the number of tabs: Web Locks elect one tab, which listens to /live and tells
// the others on a BroadcastChannel. Without these, or where the server carries no stream, fragments still poll once a
// minute by themselves (hx-trigger).
import { byId, isTeam, listen, queryAll } from "./dom.js";
import { refresh } from "./live_fragments.js";

const RETRY_MS = 60000; // until a refused connection is asked for again
const FRESH_MS = 10000; // for which the number of a page that was just opened is right
const user = document.body.dataset.user;
const name = `helpdesk-live-${user}`;
const fragments = () => queryAll("[data-live]");

const isOfTicket = (element) => element.dataset.live.includes(":");
const conversation = () => byId("conversation");
let isFirstOfAll = false; // the conversation asks, and where it has changed, the ticket's other fragments do

// "everything" may have changed: a ticket's fragments have one version, so that the conversation asks for all of them.
// The number of unread ones follows the person's notifications, a ticket's own fragments that ticket, its messages
// ("messages:42") the conversation alone, who else is there ("present:42") its own change, others the lists.
// Each ticket that customers hear of changes their list; the team's lists hear of it by themselves.
const concerns = (element, changed) => {
  if (element.dataset.live === "notifications") {
    return changed.has("notifications") || (changed.has("everything") && performance.now() > FRESH_MS);
  }
  if (changed.has("everything")) return !isOfTicket(element) || !conversation() || element === conversation();
  if (element === conversation() && changed.has(element.dataset.live.replace("ticket:", "messages:"))) return true;
  if (isOfTicket(element)) return changed.has(element.dataset.live);
  return changed.has("list") || !isTeam();
};

const refreshAll = (changed) => {
  const names = new Set(changed.split(" "));
  if (names.has("everything")) isFirstOfAll = true;
  for (const element of fragments()) if (concerns(element, names)) refresh(element);
};

listen("htmx:afterRequest", ({ detail }) => {
  if (!isFirstOfAll || detail.elt.id !== "conversation" || detail.requestConfig.verb !== "get") return;
  isFirstOfAll = false;
  if (detail.xhr.status === 304) return;
  for (const element of fragments()) if (isOfTicket(element) && element !== conversation()) refresh(element);
});

// Listens until `signal` is aborted. A stream that ends is opened again by the browser; one that is refused, a minute
// later, or when the network is back.
const openStream = (channel, signal) => new Promise((resolve) => {
  let source;
  let retry;
  const open = () => {
    clearTimeout(retry);
    source = new EventSource("/live");
    source.addEventListener("changed", ({ data }) => {
      refreshAll(data);
      channel.postMessage(data);
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    });
  };
  addEventListener("online", () => source.readyState === EventSource.CLOSED && open(), { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(retry);
    source.close();
    resolve();
  });
  open();
});

const start = () => {
  const leaving = new AbortController();
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => refreshAll(data);
  // What was asked for without a network did not come, though the stream may have said that it changed.
  addEventListener("online", () => refreshAll("everything"), { signal: leaving.signal });
  const lead = (lock) => lock && !leaving.signal.aborted && openStream(channel, leaving.signal);
  navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock) return lead(lock);
    refreshAll("everything"); // another tab listens; what changed since this page was made, it has not heard of
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
