// Modules that few pages need are loaded by those pages alone. They import nothing, but get what they need as `tools`.
import { announce, byId, csrfToken, query } from "./dom.js";
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
