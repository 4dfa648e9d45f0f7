// Live fragments: elements with data-live, which ask again when the server says that they changed. They are not
// replaced while somebody uses them.
//
// Interface for the other modules:
//   isLive(element)                    whether the element is a live fragment
//   isHeld(element, form)              whether replacing it loses what somebody presses, types or sends there; `form`
//                                      is the one whose answer would replace it
//   isInUse(element)                   the same, or somebody points at it or has selected text in it
//   refresh(element)                   ask for it again
//   postpone(element)                  refresh it as soon as it is no longer in use
//   rememberETag(element, path, etag)  send If-None-Match with the next request of this element for this path
import { byId, listen, query, queryAll } from "./dom.js";

const RETRY_MS = 500;
const POINTER_REST_MS = 1500;
const RELEASE_MS = 300;
const REFRESH_AFTER_HIDDEN_MS = 30000;

const etags = new Map();
const postponed = new Set();
let pointerDown = false;
let isPressed = false; // a button under the pointer, or by the space bar, which acts when it is let go
let pointerMovedAt = 0;
let hiddenAt = 0;
let isUnseen = false; // something came while the tab was hidden

export const isLive = (element) => element.matches("[data-live]");

const focusedIn = (element) => element.contains(document.activeElement) && document.activeElement;
const isField = (element) => element && element.matches("input:not([type=checkbox]), select, textarea");

export const isHeld = (element, own) => {
  const active = focusedIn(element);
  const form = isField(active) && active.form;
  return (
    (isPressed && (active || element.matches(":hover"))) ||
    (form && form !== own && !form.sentContent && (active.value || active.options)) ||
    query("dialog[open]") || // it gives the focus back to what opened it, and sends its form
    queryAll("details[data-menu][open], .reaction-choices", element).some((menu) => !menu.contains(own)) ||
    // else its answer finds nothing to swap
    queryAll("form").some((each) => each.submitTimer && (each !== own || each.isAgain) &&
      (element.contains(each) || element.matches(each.getAttribute("hx-target"))))
  );
};

export const isInUse = (element) => {
  const selection = document.getSelection();
  const hovered = element.matches(":hover");
  return (
    isHeld(element) ||
    isField(focusedIn(element)) ||
    (pointerDown && hovered) ||
    (element.dataset.live === "list" && hovered && Date.now() - pointerMovedAt < POINTER_REST_MS) ||
    (!selection.isCollapsed && element.contains(selection.anchorNode))
  );
};

export const postpone = (element) => {
  postponed.add(element.id);
};

export const rememberETag = (element, path, etag) => {
  etags.set(path, { element, etag });
};

export const refresh = (element) => window.htmx?.trigger(element, "live:changed");

listen("pointerdown", () => (isPressed = pointerDown = true), true);
listen("keydown", ({ key }) => key === " " && (isPressed = true), true);
for (const name of ["pointerup", "pointercancel", "keyup"]) {
  listen(name, () => {
    isPressed = false;
    setTimeout(() => (pointerDown = false), RELEASE_MS);
  }, true);
}
listen("pointermove", () => (pointerMovedAt = Date.now()), { passive: true });

listen("htmx:configRequest", ({ detail }) => {
  if (!isLive(detail.elt)) return;
  if (document.hidden) detail.headers["X-Unseen"] = isUnseen = true;
  const known = etags.get(detail.path);
  const etag = known?.element === detail.elt ? known.etag : detail.elt.dataset.etag && `"${detail.elt.dataset.etag}"`;
  if (etag) detail.headers["If-None-Match"] = etag;
});

listen("htmx:beforeRequest", (event) => {
  const element = event.detail.elt;
  if (!isLive(element) || !isInUse(element)) return;
  postpone(element);
  event.preventDefault();
});

setInterval(() => {
  for (const id of postponed) {
    const element = byId(id);
    if (element && isInUse(element)) continue;
    postponed.delete(id);
    if (element) refresh(element);
  }
}, RETRY_MS);

listen("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (isUnseen || Date.now() - hiddenAt > REFRESH_AFTER_HIDDEN_MS) {
    isUnseen = false;
    queryAll("[data-live]").forEach(refresh);
  }
});
