// When HTMX replaces a fragment, focus, scroll position, open details, checked boxes, what was typed and why a form
// failed stay as they were. An answer replaces nothing that somebody presses or types in: that is asked for afterwards.
import { updateBulkBar } from "./bulk.js";
import { byId, listen, query, queryAll } from "./dom.js";
import { isHeld, isInUse, isLive, postpone, rememberETag } from "./live_fragments.js";
import { isPage, showRequestError } from "./notices.js";
import { markCurrentRow, markNewEntries, updateTicketStatus } from "./updates.js";

const FOCUSABLE = "a[href], button, summary, input, select, textarea";
const HEADER_PX = 60;
const snapshots = new WeakMap();
let kept = [];

const isOnScreen = (element) => {
  const box = element.getBoundingClientRect();
  return box.bottom > HEADER_PX && box.top < innerHeight;
};

// The element that must not move on the screen: what has the focus, else the first entry that is seen.
const scrollAnchor = (target) => {
  const active = document.activeElement;
  if (active !== document.body && !target.contains(active) && isOnScreen(active)) return active;
  return queryAll("[data-revision]").find(isOnScreen);
};

const focusPosition = (target) => {
  const active = document.activeElement;
  const host = target.contains(active) && active.closest("[id]");
  return host && { id: host.id, index: queryAll(FOCUSABLE, host).indexOf(active) };
};

// The control at its former place, else the element itself: what was pressed may be gone, as after deleting.
const focusWithin = (host, index) => {
  if (!host) return;
  const control = queryAll(FOCUSABLE, host)[index];
  if (!control) host.tabIndex = -1;
  (control || host).focus({ preventScroll: true });
};

// What an answer replaces, also out of band.
const keep = (part) => {
  const set = (id, state) => kept.push(() => Object.assign(byId(id) || {}, state));
  for (const { id } of queryAll("details[open][id]", part)) set(id, { open: true });
  for (const { id } of queryAll("input[type=checkbox]:checked[id]", part)) set(id, { checked: true });
  for (const { id, value, defaultValue, form } of queryAll("input[id]:not([type=hidden], [type=file])", part)) {
    if (value !== defaultValue && !form?.sentContent) set(id, { value });
  }
  for (const notice of queryAll("[data-request-error]", part)) {
    const path = notice.parentElement.getAttribute("action");
    kept.push(() => query(`form[action="${path}"]`)?.prepend(notice));
  }
};

listen("htmx:oobBeforeSwap", ({ detail }) => {
  const { target } = detail;
  if (!isLive(target)) return;
  keep(target);
  if (!isHeld(target)) return;
  detail.shouldSwap = false;
  postpone(target);
});

listen("htmx:beforeSwap", (event) => {
  const { target, xhr, requestConfig } = event.detail;
  const element = requestConfig.elt;
  if (isLive(element) && isInUse(element)) {
    postpone(element);
    event.detail.shouldSwap = false;
    return;
  }
  if (isPage(xhr.responseText)) {
    event.detail.shouldSwap = false;
    if (xhr.status === 422) showRequestError(event);
    return;
  }
  if (!event.detail.shouldSwap) return;
  if (isLive(target) && isHeld(target, element)) {
    event.detail.swapOverride = "none";
    postpone(target);
  }
  keep(target);
  const anchor = scrollAnchor(target);
  snapshots.set(xhr, {
    anchor,
    anchorId: anchor?.id,
    anchorTop: anchor?.getBoundingClientRect().top,
    focus: focusPosition(target),
    path: requestConfig.path,
    etag: xhr.getResponseHeader("ETag"),
    rows: queryAll("li[data-revision]", target),
  });
});

listen("htmx:afterSwap", ({ detail }) => {
  for (const restore of kept.splice(0)) restore();
  const before = detail.xhr && snapshots.get(detail.xhr);
  if (!before) return;
  // Of a row that was on the page already only the place comes.
  for (const row of before.rows) {
    const place = byId(row.id);
    if (!place?.matches("[data-same]")) continue;
    row.classList.remove("is-new");
    place.replaceWith(row);
  }
  if (before.focus && document.activeElement === document.body) {
    focusWithin(byId(before.focus.id), before.focus.index);
  }
  const anchor = before.anchor && (before.anchor.isConnected ? before.anchor : byId(before.anchorId));
  if (anchor) scrollBy({ top: anchor.getBoundingClientRect().top - before.anchorTop, behavior: "instant" });
});

const rememberETags = ({ etag, path }) => {
  for (const element of queryAll("[data-live]")) {
    if (etag && element.getAttribute("hx-get") === path) rememberETag(element, path, etag);
  }
};

// A response that changes nothing on the page settles nothing.
listen("htmx:afterRequest", ({ detail }) => {
  const before = detail.xhr && snapshots.get(detail.xhr);
  if (before && detail.successful) rememberETags(before);
});

listen("htmx:afterSettle", ({ detail }) => {
  const before = detail.xhr && snapshots.get(detail.xhr);
  if (!before) return;
  snapshots.delete(detail.xhr);
  rememberETags(before);
  markNewEntries();
  updateTicketStatus();
  markCurrentRow();
  updateBulkBar();
});
