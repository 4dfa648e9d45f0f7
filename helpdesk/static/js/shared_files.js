// What another program shared with the installed portal: kept by the service worker, put into the form for a new
// ticket, again after a reload, and deleted when the ticket is filed, at sign-out, or after an hour.
import { listen, query } from "./dom.js";
import { getItem, setItem } from "./storage.js";
import { addFiles } from "./uploads.js";

const SHARES = "shared";
const LEFT = "shares-left";
const HOUR_MS = 3600000;
const id = new URLSearchParams(location.search).get("share");
const address = `/tickets/shared/${encodeURIComponent(id)}`;

const isInstalled = () =>
  ["minimal-ui", "standalone", "fullscreen"].some((mode) => matchMedia(`(display-mode: ${mode})`).matches);

const register = () => navigator.serviceWorker.register("/service-worker.js").catch(() => {});

const addText = (field, text) => {
  if (!text || field.value.includes(text)) return; // a draft has it already
  const separator = field.tagName === "TEXTAREA" ? "\n\n" : " ";
  field.value = [field.value, text].filter(Boolean).join(separator); // bad_input.js says so where it is too long
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

const deleteOldShares = async (cache) => {
  for (const request of await cache.keys()) {
    const keptAt = Number((await cache.match(request)).headers.get("Kept-At"));
    if (keptAt < Date.now() - HOUR_MS) await cache.delete(request);
  }
};

let cache; // open before the ticket is filed: the page is left at once then

const fillIn = async (form) => {
  cache = await caches.open(SHARES);
  await deleteOldShares(cache);
  const kept = await cache.match(address);
  if (!kept) return;
  const shared = await kept.formData();
  const textOf = (name) => String(shared.get(name) ?? "").trim();
  addText(query("[name=subject]", form), textOf("title"));
  addText(query("[name=body]", form), [textOf("text"), textOf("url")].filter(Boolean).join("\n"));
  const files = shared.getAll("files").filter(({ size }) => size);
  const input = query("input[data-upload]", form);
  if (files.length && input) addFiles(input, files);
};

if ("serviceWorker" in navigator) {
  addEventListener("appinstalled", register);
  if (isInstalled()) {
    register();
    caches.open(SHARES).then(deleteOldShares).catch(() => {});
  }
}

const form = query("#ticket-form");
if (id && form && "caches" in window) {
  fillIn(form).catch(() => {});
  listen("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
    if (elt.id === "ticket-form" && xhr.status < 400) cache?.delete(address);
  });
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
