// The CSRF header of HTMX requests, never for what stands inside a message.
import { csrfToken, listen } from "./dom.js";

listen("htmx:configRequest", ({ detail }) => {
  const token = csrfToken();
  if (!token || detail.verb === "get" || detail.elt.closest("[hx-disable], [data-hx-disable]")) return;
  detail.headers["X-CSRFToken"] = token;
});
