// What another program shared with the installed portal: kept by the service worker, put into the form for a new
// ticket (shared_form.js), and deleted when the ticket is filed, at sign-out, or after an hour.
import { byId, listen } from "./dom.js";
import { getItem, setItem } from "./storage.js";
import { addFiles } from "./uploads.js";

const SHARES = "shared";
const LEFT = "shares-left";
const HOUR_MS = 3600000;
const id = new URLSearchParams(location.search).get("share");

const isInstalled = () =>
  ["minimal-ui", "standalone", "fullscreen"].some((mode) => matchMedia(`(display-mode: ${mode})`).matches);

const register = () => navigator.serviceWorker.register("/service-worker.js").catch(() => {});

const deleteOldShares = async (cache) => {
  for (const request of await cache.keys()) {
    const keptAt = Number((await cache.match(request)).headers.get("Kept-At"));
    if (keptAt < Date.now() - HOUR_MS) await cache.delete(request);
  }
};

if ("serviceWorker" in navigator) {
  addEventListener("appinstalled", register);
  if (isInstalled()) {
    register();
    caches.open(SHARES).then(deleteOldShares).catch(() => {});
  }
}

const form = byId("ticket-form");
if (id && form && "caches" in window) {
  const tools = { addFiles, address: `/tickets/shared/${encodeURIComponent(id)}`, deleteOldShares, name: SHARES };
  import("./shared_form.js").then(({ fillIn }) => fillIn(form, tools)).catch(() => {});
}

// Leaving the page may break the deletion off; the next page makes up for it.
const forget = () => caches.delete(SHARES).then(() => setItem(LEFT, null)).catch(() => {});

if ("caches" in window) {
  if (getItem(LEFT)) forget();
  listen("submit", ({ target }) => {
    if (!target.matches("[data-sign-out]")) return;
    setItem(LEFT, "1");
    forget();
  }, true);
}
