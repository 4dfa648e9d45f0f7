// Keyboard shortcuts of the team. They can be switched off, because single characters disturb speech input.
import { focusComposer } from "./composer.js";
import { byId, isTeam, listen, onContent, query, queryAll } from "./dom.js";
import {
  characterOf, countAsTyping, hasJustSent, hasJustTyped, isComposing, isOnContent, isTyping,
} from "./key_safety.js";
import { closeMenu } from "./menus.js";
import { moveInQueue } from "./queue_keys.js";
import { getItem, setItem } from "./storage.js";
import { undoLast } from "./undo.js";

const DISABLED_KEY = "quiet-keys";
const ALONE_MS = 400; // a key that changes a ticket acts only if no other follows so soon, as in a word

// Click the first visible button that matches; anything else gets the focus.
const activate = (selector) => {
  const element = queryAll(selector).find((each) => each.offsetParent);
  element?.[element.matches("button") ? "click" : "focus"]();
};

const SHORTCUTS = {
  j: () => moveInQueue(1),
  k: () => moveInQueue(-1),
  r: () => focusComposer("reply"),
  n: () => focusComposer("note"),
  a: () => activate("[data-assign]"),
  p: () => activate("#set-priority"),
  x: () => query(".row:focus-within [data-select]")?.click(),
  z: () => undoLast(),
  "/": () => activate("[data-search]"),
  "?": () => byId("shortcuts").showModal(),
};
const CHANGES = {
  m: () => activate("[data-take]"),
  s: () => activate("[data-solve]"),
};
const COMPOSER_KEYS = "nr"; // also right after sending: they change nothing, and what is typed on is kept there
let waiting;

const mayAct = (key, element) =>
  (SHORTCUTS[key] || CHANGES[key]) &&
  (isOnContent(element) || (COMPOSER_KEYS.includes(key) && element.closest("form[data-composer]"))) &&
  !getItem(DISABLED_KEY) &&
  !hasJustTyped() &&
  (!hasJustSent() || COMPOSER_KEYS.includes(key));

listen("keydown", (event) => {
  if (isComposing(event) || event.defaultPrevented) return;
  const typing = isTyping(event.target);
  if (event.key === "Escape" && !closeMenu() && typing && isTeam()) {
    event.target.blur();
    byId("ticket")?.focus({ preventScroll: true });
  }
  const key = characterOf(event);
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !isTeam()) return;
  if (key?.length !== 1) return; // filling in by the browser names no key
  const isPartOfWord = waiting !== undefined;
  clearTimeout(waiting);
  waiting = undefined;
  if (isPartOfWord || !mayAct(key, event.target)) {
    if (key !== " ") countAsTyping();
    return;
  }
  event.preventDefault();
  if (SHORTCUTS[key]) SHORTCUTS[key]();
  else {
    waiting = setTimeout(() => {
      waiting = undefined;
      CHANGES[key]();
    }, ALONE_MS);
  }
});

listen("change", ({ target }) => {
  if (target.matches("[data-shortcuts-enabled]")) setItem(DISABLED_KEY, target.checked ? null : "1");
});

onContent((queryPart) => {
  for (const box of queryPart("[data-shortcuts-enabled]")) box.checked = !getItem(DISABLED_KEY);
});
