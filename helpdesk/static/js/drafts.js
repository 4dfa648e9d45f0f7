// Drafts of forms with data-draft are kept in this browser until they are sent, or until the person signs out: for this
// tab alone, and for a tab that is opened later.
import { announce, listen, onContent, query, queryAll } from "./dom.js";
import { _ } from "./sentences.js";
import { getItem, removeItemsWithPrefix, setItem } from "./storage.js";

const SAVE_AFTER_MS = 300;
const SUBMITTED_KEY = "sent";
const NOT_KEPT = "[type=hidden]:not([data-draft-field]), [type=file], [type=password], [type=submit], [type=button]";

const draftKey = (form) => `draft:${document.body.dataset.user || ""}:${form.dataset.draft}`;
const draftFields = (form) =>
  queryAll("textarea[name], select[name], input[name]", form).filter((field) => !field.matches(NOT_KEPT));
const isTick = (field) => field.matches("[type=checkbox], [type=radio]");
const chosen = (select) => [...select.options].filter((option) => option.selected).map((option) => option.value);

// What a field says; undefined where it is as the page came. Ticks are named with their value.
const fieldDraft = (field) => {
  if (isTick(field)) return field.checked === field.defaultChecked ? undefined : field.checked;
  if (field.tagName !== "SELECT") return field.value || undefined;
  const isChanged = [...field.options].some((option, index) => option.selected !== isDefault(field, option, index));
  return isChanged ? chosen(field) : undefined;
};

const isDefault = (select, option, index) => {
  const hasDefault = [...select.options].some((each) => each.defaultSelected);
  return hasDefault || select.multiple ? option.defaultSelected : index === 0;
};

const entryName = (field) => (isTick(field) ? `${field.name}=${field.value}` : field.name);

const readForm = (form) => {
  const all = draftFields(form).map((field) => [field, fieldDraft(field)]);
  const entries = all.filter(([, value]) => value !== undefined);
  if (!entries.some(([field]) => field.type !== "radio" && field.type !== "hidden")) return null;
  return JSON.stringify(Object.fromEntries(entries.map(([field, value]) => [entryName(field), value])));
};

const store = (key, text) => {
  setItem(key, text);
  setItem(key, text, () => sessionStorage);
};

const saveDraft = (form) => {
  clearTimeout(form.draftTimer);
  form.draftTimer = null;
  if (!form.draftSent) store(draftKey(form), readForm(form));
};

const deleteDraft = (form) => {
  clearTimeout(form.draftTimer);
  form.draftTimer = null;
  form.draftSent = true;
  store(draftKey(form), null);
};

const restoreField = (field, value) => {
  if (value === undefined) return;
  if (isTick(field)) field.checked = value;
  else if (field.tagName !== "SELECT") field.value = value;
  else for (const option of field.options) option.selected = value.includes(option.value);
};

const restoreDraft = (form) => {
  const key = draftKey(form);
  const values = JSON.parse(getItem(key, () => sessionStorage) || getItem(key) || "{}");
  for (const field of draftFields(form)) {
    if (fieldDraft(field) === undefined) restoreField(field, values[entryName(field)]);
  }
};

// Without HTMX the next page tells whether the form was accepted: until then the draft stays.
export const saveDraftOnSubmit = (form) => {
  if (form.matches("[data-sign-out]")) {
    removeItemsWithPrefix("draft:");
    removeItemsWithPrefix("draft:", () => sessionStorage);
  }
  if (!form.dataset.draft) return;
  saveDraft(form);
  if (!form.hasAttribute("hx-post")) setItem(SUBMITTED_KEY, draftKey(form), () => sessionStorage);
};

const schedule = ({ target: { form } }) => {
  if (!form?.dataset?.draft) return;
  clearTimeout(form.draftTimer);
  form.draftTimer = setTimeout(() => saveDraft(form), SAVE_AFTER_MS);
};

const saveNow = () => {
  for (const form of queryAll("form[data-draft]")) if (form.draftTimer) saveDraft(form);
};

listen("input", schedule);
listen("change", schedule);
addEventListener("pagehide", saveNow);
listen("visibilitychange", () => document.hidden && saveNow());

listen("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
  if (elt.matches("form") && xhr.status < 400) deleteDraft(elt);
});

// What another tab sent must not be sent from this one as well.
addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (!key?.startsWith("draft:") || newValue !== null) return;
  for (const form of queryAll("form[data-draft]")) {
    if (draftKey(form) !== key || readForm(form) !== oldValue) continue;
    form.reset();
    setItem(key, null, () => sessionStorage);
    form.dispatchEvent(new CustomEvent("draft:cleared", { bubbles: true }));
    announce(_("This was sent from another tab."));
  }
});

const submitted = getItem(SUBMITTED_KEY, () => sessionStorage);
if (submitted && !query("[data-error-summary]")) store(submitted, null);
setItem(SUBMITTED_KEY, null, () => sessionStorage);
onContent((queryPart) => queryPart("form[data-draft]").forEach(restoreDraft));
