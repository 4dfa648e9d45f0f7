// Modules that few pages need are loaded by those pages alone. They import nothing, but get what they need as `tools`.
import { announce, byId, csrfToken, listen, query } from "./dom.js";
import { removeRequestErrors, showNotice } from "./notices.js";
import { _ } from "./sentences.js";
import { getItem, setItem } from "./storage.js";

const load = (module, use = () => {}) => module.then(use).catch(() => {});

if (query("[data-chart]")) load(import("./chart_keys.js"));
if (query("[data-passkey]")) {
  load(import("./passkeys.js"), ({ start }) => start({ csrfToken, removeRequestErrors, showNotice }));
}
if (byId("browser-notices-add") || window.Notification?.permission === "granted") {
  load(import("./browser_notices.js"), ({ start }) => start({ _, announce, csrfToken, getItem, setItem }));
}

// Without the module, or with a key that opens a tab, the link does what links do.
listen("click", (event) => {
  const link = event.target.closest(".attachment-image, .placed-picture");
  if (!link?.href || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  import("./pictures.js").then(({ show }) => show(link, { _ }), () => open(link.href));
});
