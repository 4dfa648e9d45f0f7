// Drafts of forms with data-draft are kept in this browser until they are sent, or until the person signs out.
import { listen, onContent, query, queryAll } from "./dom.js";
import { getItem, removeItemsWithPrefix, setItem } from "./storage.js";

const SAVE_AFTER_MS = 300;
const SUBMITTED_KEY = "sent";
const FIELDS = "textarea[name], input[name]:is([type=text], [type=url], [type=number], [type=date])";

const draftKey = (form) => `draft:${document.body.dataset.user || ""}:${form.dataset.draft}`;
const draftFields = (form) => queryAll(FIELDS, form);

const saveDraft = (form) => {
  clearTimeout(form.draftTimer);
  if (form.draftSent) return;
  const filled = draftFields(form).filter((field) => field.value);
  const values = Object.fromEntries(filled.map((field) => [field.name, field.value]));
  setItem(draftKey(form), filled.length ? JSON.stringify(values) : null);
};

const deleteDraft = (form) => {
  clearTimeout(form.draftTimer);
  form.draftSent = true;
  setItem(draftKey(form), null);
};

const restoreDraft = (form) => {
  const values = JSON.parse(getItem(draftKey(form)) || "{}");
  for (const field of draftFields(form)) if (!field.value && values[field.name]) field.value = values[field.name];
};

// Without HTMX the next page tells whether the form was accepted: until then the draft stays.
export const saveDraftOnSubmit = (form) => {
  if (form.matches("[data-sign-out]")) removeItemsWithPrefix("draft:");
  if (!form.dataset.draft) return;
  saveDraft(form);
  if (!form.hasAttribute("hx-post")) sessionStorage.setItem(SUBMITTED_KEY, draftKey(form));
};

listen("input", ({ target: { form } }) => {
  if (!form || !form.dataset.draft) return;
  clearTimeout(form.draftTimer);
  form.draftTimer = setTimeout(() => saveDraft(form), SAVE_AFTER_MS);
});

listen("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
  if (elt.matches("form") && xhr.status < 400) deleteDraft(elt);
});

if (!query("[data-error-summary]")) setItem(sessionStorage.getItem(SUBMITTED_KEY), null);
sessionStorage.removeItem(SUBMITTED_KEY);
onContent((queryPart) => queryPart("form[data-draft]").forEach(restoreDraft));
