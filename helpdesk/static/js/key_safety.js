// When a single key may act: never while or right after somebody types or sends, and only where a list or a ticket has
// the focus. So a sentence that is typed into nothing does nothing.
import { byId, listen, query } from "./dom.js";

const REST_MS = 1000; // after typing or sending
const TEXT_FIELD = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const WRITING = "textarea, input[id]:not([type=hidden], [type=file])";
const LATIN = /^[A-Za-z]$/;
const IN_OTHER_SCRIPT = /^(?![A-Za-z]+$)[\p{L}\p{M}]{1,3}$/u; // and no name of a key, such as "Tab"
let typedUntil = 0;
let sentUntil = 0;

export const isTyping = (element) => Boolean(element.closest?.(TEXT_FIELD));
export const hasJustTyped = () => Date.now() < typedUntil;
export const hasJustSent = () => Date.now() < sentUntil;

// What is pressed now belongs to a text, wherever it goes: no key acts for a second.
export const countAsTyping = () => {
  typedUntil = Date.now() + REST_MS;
};

// Of a form in which one may still type.
const countAsSending = (form) => {
  if (query(WRITING, form)) sentUntil = Date.now() + REST_MS;
};

// Whether what has the focus is a list or a ticket, not the header, a menu or the composer's buttons.
export const isOnContent = (element) => {
  if (query("dialog[open]")) return false;
  if (element === document.body) return Boolean(byId("ticket") || byId("queue") || byId("main"));
  return Boolean(element.closest("#main")) && !element.closest("form[data-composer], [data-menu]");
};

// Whether an input method is at work. Safari says so for the key that ends it by the code alone.
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

// The Latin character of a key. Other layouts give it by the place of the key, and Caps Lock counts for nothing. A key
// may give two characters (Arabic lam-alef) or a vowel sign (Hindi).
export const characterOf = (event) => {
  const { key, code } = event;
  if (event.getModifierState("AltGraph")) return key;
  if (LATIN.test(key)) return event.getModifierState("CapsLock") ? key.toLowerCase() : key;
  if (key === "؟") return "?";
  const place = /^Key([A-Z])$/.exec(code);
  if (place && IN_OTHER_SCRIPT.test(key)) return event.shiftKey ? place[1] : place[1].toLowerCase();
  return code === "Slash" && IN_OTHER_SCRIPT.test(key) && !event.shiftKey ? "/" : key;
};

listen("keydown", (event) => {
  if (event.key?.length === 1 && isTyping(event.target)) countAsTyping();
}, true);
listen("submit", ({ target }) => countAsSending(target), true);
listen("htmx:afterRequest", ({ detail }) => {
  if (detail.requestConfig.verb === "post" && detail.elt.matches("form")) countAsSending(detail.elt);
});
