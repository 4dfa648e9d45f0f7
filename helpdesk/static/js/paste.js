// What looks like code or a log is pasted as code, so that Markdown does not change it. "Paste as text" beside it puts
// it in as it is; so does pasting with Shift, and undoing takes it away like anything typed.
import { announce, createElement, listen, query } from "./dom.js";
import { characterOf } from "./key_safety.js";
import { _ } from "./sentences.js";
import { replaceSelection } from "./toolbar.js";

let detection; // loaded when somebody begins to write; before, what is pasted is text
let isPlain = false; // Shift was held with the key that pastes

listen("keydown", (event) => {
  if (characterOf(event)?.toLowerCase() === "v") isPlain = event.shiftKey;
}, true);

listen("focusin", async ({ target }) => {
  if (target.matches("textarea[name=body]")) detection ??= await import("./code_detection.js").catch(() => undefined);
});

const isInsideFence = (before) => (before.match(/^\s*(?:```|~~~)/gm) || []).length % 2 === 1;

// What to insert for the pasted text, between what stands before and behind the cursor.
const asCode = (text, before, after) => {
  const isWithinLine = !before.endsWith("\n") && before !== "";
  const isSingle = !text.trim().includes("\n");
  if (isSingle && (isWithinLine || (after && !after.startsWith("\n")))) return detection.inlineCode(text);
  const lead = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  return `${lead}${detection.codeBlock(text)}\n${after.startsWith("\n") ? "" : "\n"}`;
};

const removeNotice = (field) => query("[data-paste-notice]", field.parentElement)?.remove();

const showNotice = (field, inserted, text) => {
  removeNotice(field);
  const sentence = _("Pasted as code.");
  const notice = createElement("p", "paste-notice small muted");
  const button = createElement("button", "button button-quiet button-s", _("Paste as text"));
  const start = field.selectionEnd - inserted.length;
  notice.dataset.pasteNotice = "";
  button.type = "button";
  button.onclick = () => {
    removeNotice(field);
    if (field.value.slice(start, start + inserted.length) !== inserted) return field.focus();
    field.setSelectionRange(start, start + inserted.length);
    return replaceSelection(field, text);
  };
  notice.append(`${sentence} `, button);
  field.after(notice);
  announce(sentence);
};

listen("paste", (event) => {
  const { target: field, clipboardData } = event;
  if (!field.matches?.("textarea[name=body]") || event.defaultPrevented || isPlain) return;
  const text = clipboardData.getData("text/plain");
  const before = field.value.slice(0, field.selectionStart);
  if (!detection?.looksLikeCode(text) || isInsideFence(before) || before.endsWith("`")) return;
  event.preventDefault();
  const inserted = asCode(text, before, field.value.slice(field.selectionEnd));
  replaceSelection(field, inserted);
  showNotice(field, inserted, text);
});

// The offer goes as soon as its text was changed.
listen("input", ({ target, inputType }) => {
  if (target.matches?.("textarea[name=body]") && inputType !== "insertText") removeNotice(target);
  else if (target.matches?.("textarea[name=body]") && !target.value) removeNotice(target);
});
