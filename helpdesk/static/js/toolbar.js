// Buttons that write Markdown around the selected text. What they write can be undone as if it were typed.
import { listen, query, queryAll } from "./dom.js";
import { characterOf, isComposing } from "./key_safety.js";

const AROUND = { bold: ["**", "**"], italic: ["*", "*"], code: ["`", "`"] };
const BEFORE_LINES = { list: "- ", quote: "> " };
// As in Slack, but for code, whose key there opens the browser's own tools.
const KEYS = { b: "bold", i: "italic", e: "code" };
const SHIFT_KEYS = { KeyU: "link", Digit8: "list", Digit9: "quote" };

// execCommand keeps the undo history of the field, which setRangeText does not.
export const replaceSelection = (field, text) => {
  field.focus();
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
};

const selectLines = (field) => {
  const { value, selectionStart, selectionEnd } = field;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const end = value.indexOf("\n", selectionEnd);
  field.setSelectionRange(start, end < 0 ? value.length : end);
};

const selected = (field) => field.value.slice(field.selectionStart, field.selectionEnd);

const format = (field, kind) => {
  if (BEFORE_LINES[kind]) {
    selectLines(field);
    replaceSelection(field, selected(field).split("\n").map((line) => BEFORE_LINES[kind] + line).join("\n"));
    return;
  }
  const text = selected(field);
  const isBlock = kind === "code" && text.includes("\n");
  const [before, after] = kind === "link" ? ["[", "](https://)"] : isBlock ? ["```\n", "\n```"] : AROUND[kind];
  const start = field.selectionStart;
  replaceSelection(field, before + text + after);
  if (kind === "link" && text) field.setSelectionRange(field.selectionEnd - 1, field.selectionEnd - 1);
  else field.setSelectionRange(start + before.length, start + before.length + text.length);
};

const textOf = (element) => query("textarea", element.closest("form"));

listen("click", ({ target }) => {
  const button = target.closest("[data-markdown]");
  if (button) format(textOf(button), button.dataset.markdown);
});

listen("keydown", (event) => {
  const { target, key } = event;
  const isKey = (event.ctrlKey || event.metaKey) && !event.altKey && !isComposing(event);
  const kind = isKey && (event.shiftKey ? SHIFT_KEYS[event.code] : KEYS[characterOf(event)]);
  if (kind && target.matches?.("form[data-composer] textarea")) {
    event.preventDefault();
    format(target, kind);
  }
  const button = target.closest?.("[data-toolbar] button");
  const forward = document.documentElement.dir === "rtl" ? -1 : 1;
  const step = { ArrowRight: forward, ArrowLeft: -forward }[key];
  if (!button || !step) return;
  const buttons = queryAll("button", button.parentElement);
  const next = buttons[(buttons.indexOf(button) + step + buttons.length) % buttons.length];
  button.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
