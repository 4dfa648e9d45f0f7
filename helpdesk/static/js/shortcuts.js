// Keyboard shortcuts of the team. They can be switched off, because single letters disturb speech input.
import { focusComposer } from "./composer.js";
import { byId, isTeam, listen, onContent, query, queryAll } from "./dom.js";
import { closeMenu } from "./menus.js";
import { getItem, setItem } from "./storage.js";

const DISABLED_KEY = "quiet-keys";
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

const moveInQueue = (step) => {
  const rows = queryAll("[data-row]").filter((row) => row.offsetParent);
  const current = document.activeElement.closest(".row");
  const index = rows.findIndex((row) => current?.contains(row)) + step;
  rows[Math.max(0, Math.min(rows.length - 1, index))]?.focus();
};

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
  s: () => activate("[data-solve]"),
  x: () => query(".row:focus-within [data-select]")?.click(),
  "/": () => activate("[data-search]"),
  "?": () => byId("shortcuts").showModal(),
};

listen("keydown", (event) => {
  const isTyping = event.target.closest(TYPING);
  if (event.key === "Escape" && !closeMenu() && isTyping && isTeam()) event.target.blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !isTeam()) return;
  if (query("dialog[open]") || getItem(DISABLED_KEY) || !SHORTCUTS[event.key]) return;
  event.preventDefault();
  SHORTCUTS[event.key]();
});

listen("change", ({ target }) => {
  if (target.matches("[data-shortcuts-enabled]")) setItem(DISABLED_KEY, target.checked ? null : "1");
});

onContent((queryPart) => {
  for (const box of queryPart("[data-shortcuts-enabled]")) box.checked = !getItem(DISABLED_KEY);
});
