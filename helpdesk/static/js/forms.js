// Forms: ask for confirmation once, send once, in the order in which they were sent, show that they are being sent.
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
  form.submitTimer = form.confirmed = form.isAgain = null;
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
  const content = String(new URLSearchParams(new FormData(form)));
  if (form.submitTimer || query("button.htmx-request", form)) {
    stopEvent(event);
    form.isAgain = content !== form.sentContent;
    return;
  }
  if (form.dataset.confirm && !form.confirmed) {
    stopEvent(event);
    confirmSubmit(form, button);
    return;
  }
  form.sentContent = content;
  if (form.method !== "post") return;
  saveDraftOnSubmit(form);
  removeRequestErrors(form);
  form.submitTimer = setTimeout(() => giveUp(form), GIVE_UP_MS);
  if (button) disableButton(form, button);
};

listen("submit", handleSubmit, true);
// The address of a filtered list names only what is chosen.
listen("formdata", ({ target, formData }) => {
  if (target.method !== "get") return;
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
listen("htmx:afterRequest", ({ detail: { elt } }) => {
  if (!elt.matches("form")) return;
  const { isAgain, dataset } = elt;
  release(elt);
  // What was chosen while an earlier choice was on its way. A text is for the composer to send, or for nobody.
  if (isAgain && !dataset.draft) elt.requestSubmit();
});

// The server may take two requests in any order: each leaves when the one before it is answered.
const held = new Set();
let earlier = Promise.resolve();
listen("htmx:beforeSend", ({ detail: { xhr, requestConfig: { verb, path, headers, elt } } }) => {
  if (verb === "get" || !elt.matches("form")) return;
  const before = earlier;
  earlier = new Promise((resolve) => {
    xhr.addEventListener("loadend", resolve);
    setTimeout(resolve, GIVE_UP_MS);
  });
  const send = xhr.send.bind(xhr);
  xhr.send = async (body) => {
    const request = [path, { method: "POST", keepalive: true, headers, body }];
    held.add(request);
    await before;
    if (held.delete(request)) send(body);
  };
});
addEventListener("pagehide", () => held.forEach((request) => held.delete(request) && fetch(...request)));
addEventListener("pageshow", () => queryAll("form").forEach(release));
onContent((queryPart) => queryPart("[data-error-summary]")[0]?.focus());
