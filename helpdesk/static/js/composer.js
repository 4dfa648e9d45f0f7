// The reply and the note of a ticket: choosing one, and sending with Ctrl+Enter.
import { byId, listen } from "./dom.js";

// kind: "reply" or "note".
export const focusComposer = (kind) => {
  const radio = byId(`compose-${kind}`);
  if (radio) radio.checked = true;
  byId(`body-${kind}`)?.focus();
};

listen("click", (event) => {
  if (!event.target.closest('[href="#body-reply"]')) return;
  event.preventDefault();
  focusComposer("reply");
});

// In every form, not only in these two.
listen("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.form) return;
  if (!event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
