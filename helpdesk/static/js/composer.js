// Writing on a ticket: one text, which is either a reply or a note for the team.
//
// A text that was begun as a note is only sent to the customer after a question. After sending, the focus stays here.
import { announce, byId, listen, onContent, query } from "./dom.js";
import { characterOf, isComposing, isTyping } from "./key_safety.js";
import { _ } from "./sentences.js";

const QUESTION = _("You began this text as an internal note. Send it to the customer?");
const composerForm = () => query("form[data-composer]");
const isNote = (form) => byId("compose-note")?.checked && form.contains(byId("compose-note"));
const bodyOf = (form) => form.elements.body;
const moveToEnd = (body) => body.setSelectionRange(body.value.length, body.value.length);

// The look, the names and the question follow the choice between reply and note.
const syncMode = (form) => {
  const note = Boolean(isNote(form));
  const body = bodyOf(form);
  const writtenAs = form.elements.written_as;
  if (!body.value) writtenAs && (writtenAs.value = "");
  else if (note) writtenAs.value = "note";
  form.classList.toggle("composer-note", note);
  form.classList.toggle("composer-reply", !note);
  body.id = note ? "body-note" : "body-reply";
  body.placeholder = note ? _("Write a note for the team") : _("Write a reply");
  const label = query("[data-body-label]", form);
  label.htmlFor = body.id;
  label.textContent = note ? _("Internal note") : _("Reply");
  if (!note && writtenAs?.value === "note") form.dataset.confirm = QUESTION;
  else delete form.dataset.confirm;
};

export const setMode = (kind) => {
  const radio = byId(`compose-${kind}`);
  if (!radio || radio.checked) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
};

// kind: "reply" or "note". What is being written is never turned into the other kind by a key.
export const focusComposer = (kind) => {
  const form = composerForm();
  if (!form) return;
  if (bodyOf(form).value.trim() && kind === "reply" && isNote(form)) {
    announce(_("This text is an internal note. Choose “Reply to customer” to change that."));
  } else setMode(kind);
  const body = bodyOf(form);
  body.focus();
  moveToEnd(body);
};

// The button that sends what is written, as it is shown.
export const sendButton = (form) =>
  query(`[data-send="${isNote(form) ? "note" : "reply"}"]`, form) || query("[type=submit], button:not([type])", form);

listen("click", (event) => {
  if (!event.target.closest('[href="#body-reply"]')) return;
  event.preventDefault();
  focusComposer("reply");
});

listen("change", ({ target }) => {
  if (target.name !== "compose") return;
  syncMode(target.form);
  bodyOf(target.form).focus();
});

listen("input", ({ target }) => {
  const form = target.closest?.("form[data-composer]");
  if (!form || target.name !== "body") return;
  syncMode(form);
  form.isAgain = false; // what is sent, was complete
});

// While a reply is on its way and right after, "n" as the first key still begins a note. Others begin a reply.
listen("keydown", (event) => {
  const form = event.target.closest?.("form[data-composer]");
  if (!form || !("justSent" in form.dataset) || isComposing(event)) return;
  if (event.key.length > 1) return; // it writes nothing
  delete form.dataset.justSent;
  if (characterOf(event) !== "n" || event.ctrlKey || event.metaKey || event.altKey) return;
  const body = bodyOf(form);
  if (event.target !== body && isTyping(event.target)) return;
  if (body.value.trim() !== (form.sentBody ?? "").trim() || !byId("compose-note")) return;
  event.preventDefault();
  setMode("note");
});

// In every form, not only in this one. With Shift, a reply also solves the ticket.
listen("keydown", (event) => {
  const { target } = event;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || isComposing(event) || !target.form) return;
  if (!target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  event.preventDefault();
  const status = target.form.elements.status;
  const isComposer = "composer" in target.form.dataset;
  if (isComposer && event.shiftKey && !isNote(target.form) && status) status.value = "solved";
  const button = isComposer && sendButton(target.form);
  if (button) button.click();
  else target.form.requestSubmit();
});

// What is typed while a message is on its way belongs to the next one: the answer replaces this composer.
let meanwhile = null;
// The form, or what inserts into it. Its text reports presence by requests, too.
const isAnswered = (element) => element?.matches("form[data-composer], form[data-composer] button");

listen("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (!isAnswered(elt)) return;
  const form = composerForm();
  form.sentBody = bodyOf(form).value;
  if (!isNote(form)) form.dataset.justSent = "";
});

listen("htmx:beforeSwap", ({ detail: { requestConfig, target } }) => {
  const form = composerForm();
  if (!form || target.id !== "composer" || !isAnswered(requestConfig?.elt) || form.sentBody === undefined) return;
  const text = bodyOf(form).value;
  if (text === form.sentBody && !isNote(form)) return;
  const sent = form.sentBody;
  const isNew = text.startsWith(sent);
  // Of a text that was changed, parts may be a note's.
  const kind = isNote(form) || (!isNew && form.elements.written_as?.value) ? "note" : "reply";
  const rest = isNew ? text.slice(sent.length).trimStart() : text;
  meanwhile = { text, sent, rest, kind, isSent: isNew && form.isAgain };
});

// Whether it was sent meanwhile, too, and the message before it has arrived.
const keepMeanwhile = (body) => {
  if (!meanwhile) return false;
  const { text, sent, rest, kind, isSent } = meanwhile;
  const shown = body.value;
  meanwhile = null;
  setMode(kind);
  body.value = shown === sent ? text : [shown, rest].filter(Boolean).join("\n\n");
  body.dispatchEvent(new Event("input", { bubbles: true }));
  return isSent && !shown;
};

// What was sent comes back as an empty composer: go on writing where one was. At once: the focus and the selection are
// the person's by the time that HTMX settles the new one.
let isSentToo = false;
listen("htmx:afterSwap", ({ detail: { requestConfig, target, xhr } }) => {
  const form = composerForm();
  if (!form || !isAnswered(requestConfig?.elt) || target.id !== "composer") return;
  const body = bodyOf(form);
  isSentToo ||= keepMeanwhile(body);
  if (!body.value && !isNote(form)) form.dataset.justSent = "";
  if (xhr.status >= 400) return;
  body.focus({ preventScroll: true });
  moveToEnd(body);
});

listen("htmx:afterSettle", ({ detail: { target } }) => {
  if (!isSentToo || target.id !== "composer") return;
  isSentToo = false;
  sendButton(composerForm()).click();
});

listen("draft:changed", ({ target }) => target.matches("form[data-composer]") && syncMode(target));

onContent((queryPart) => queryPart("form[data-composer]").forEach(syncMode));
