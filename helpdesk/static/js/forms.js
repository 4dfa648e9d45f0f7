// Forms: ask for confirmation once, send once, show that they are being sent.
import { confirmSubmit } from "./dialogs.js";
import { listen, onContent, query, queryAll, stopEvent } from "./dom.js";
import { saveDraftOnSubmit } from "./drafts.js";
import { removeRequestErrors, showNotice } from "./notices.js";
import { _ } from "./sentences.js";
import { chooseScheme } from "./theme.js";

const GIVE_UP_MS = 20000;

const disableButton = (form, button) => {
  form.submitButton = button;
  button.setAttribute("aria-disabled", "true");
  if (!button.dataset.busy) return;
  button.label = [...button.childNodes];
  button.textContent = button.dataset.busy;
};

const release = (form) => {
  clearTimeout(form.submitTimer);
  form.submitTimer = form.confirmed = null;
  const progress = query("progress", form);
  const button = form.submitButton;
  if (progress) progress.hidden = true;
  if (!button) return;
  button.removeAttribute("aria-disabled");
  if (button.label) button.replaceChildren(...button.label);
  button.label = null;
};

// It may still arrive; sending again does nothing twice (form_token).
const giveUp = (form) => {
  release(form);
  showNotice(
    form,
    _("There is no answer yet. What you wrote is still here. You can send it again: it counts once."),
  );
};

const handleSubmit = (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.matches("[data-scheme-choice]")) {
    event.preventDefault();
    chooseScheme(button.value);
    return;
  }
  if (form.dataset.confirm && !form.confirmed) {
    stopEvent(event);
    confirmSubmit(form, button);
    return;
  }
  if (form.submitTimer) {
    stopEvent(event);
    return;
  }
  if (form.method !== "post") return;
  saveDraftOnSubmit(form);
  removeRequestErrors(form);
  form.submitTimer = setTimeout(() => giveUp(form), GIVE_UP_MS);
  if (button) disableButton(form, button);
};

listen("submit", handleSubmit, true);
listen("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.matches("form")) release(detail.elt);
});
addEventListener("pageshow", () => queryAll("form").forEach(release));
onContent((queryPart) => queryPart("[data-error-summary]")[0]?.focus());
