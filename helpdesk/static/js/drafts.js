// Drafts of forms with data-draft are kept in this browser until they are sent, or until the person signs out: for this
// tab alone, and for a tab that is opened later. server_drafts.js keeps them on the server, for other devices.
import { fillForm, readBase, readForm, replaceForm } from "./draft_fields.js";
import { announce, listen, onContent, query, queryAll } from "./dom.js";
import { _ } from "./sentences.js";
import { expectSending, startSyncing, stopSyncing, syncSoon } from "./server_drafts.js";
import { getItem, removeItemsWithPrefix, setItem } from "./storage.js";

const SAVE_AFTER_MS = 300;
const EMPTIED_MS = 300; // within which Safari empties fields

const keyOf = (name) => `draft:${document.body.dataset.user || ""}:${name}`;
const draftKey = (form) => keyOf(form.dataset.draft);

const store = (key, text) => {
  setItem(key, text || null);
  setItem(key, text || null, () => sessionStorage);
};

const saveDraft = (form) => {
  clearTimeout(form.draftTimer);
  form.draftTimer = null;
  if (form.draftSent) return;
  store(draftKey(form), readForm(form));
  if (!readForm(form)) expectSending(form.dataset.draft);
};

const deleteDraft = (form) => {
  clearTimeout(form.draftTimer);
  form.draftTimer = null;
  form.draftSent = true;
  store(draftKey(form), null);
  expectSending(form.dataset.draft);
};

const keptDraft = (form) => getItem(draftKey(form), () => sessionStorage) || getItem(draftKey(form));
const fillFromDraft = (form) => fillForm(form, keptDraft(form));

const restoreDraft = (form) => {
  const isRefused = query("[data-error-summary]") || query("[aria-invalid=true]", form);
  // The values of something that exists are not a draft of a person; they stay in this browser.
  form.isPrefilled = !form.matches("[data-composer]") && !isRefused && Boolean(readForm(form));
  if (isRefused && "draftOfChanges" in form.dataset) {
    form.draftBase = readBase(keptDraft(form)); // asked for again, the page may show what somebody else saved
    form.isRefused = true;
  }
  if (!form.draftTimer) fillFromDraft(form); // nobody has typed in it since it came
};

export const saveDraftOnSubmit = (form) => {
  if (form.matches("[data-sign-out]")) {
    removeItemsWithPrefix("draft:");
    removeItemsWithPrefix("draft:", () => sessionStorage);
    for (const each of queryAll("form[data-draft]")) each.draftSent = true;
    stopSyncing();
  }
  if (form.dataset.draft) saveDraft(form);
};

const schedule = ({ target: { form } }) => {
  if (!form?.dataset?.draft) return;
  clearTimeout(form.draftTimer);
  form.draftTimer = setTimeout(() => saveDraft(form), SAVE_AFTER_MS);
  syncSoon(form);
};

const saveNow = () => {
  for (const form of queryAll("form[data-draft]")) if (form.draftTimer) saveDraft(form);
};

listen("input", schedule);
listen("change", schedule);
addEventListener("pagehide", saveNow);
listen("visibilitychange", () => document.hidden && saveNow());

// Safari empties fields with autocomplete="off" of pages that it kept for "back", just after it has shown them.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const wait of [0, EMPTIED_MS]) setTimeout(() => queryAll("form[data-draft]").forEach(fillFromDraft), wait);
});

listen("draft:changed", ({ target }) => saveDraft(target));

listen("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
  if (elt.matches("form[data-draft]") && xhr.status < 400) deleteDraft(elt);
});

// What another tab sent must not be sent from this one as well.
addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (!key?.startsWith("draft:") || newValue !== null) return;
  for (const form of queryAll("form[data-draft]")) {
    if (draftKey(form) !== key || readForm(form) !== oldValue) continue;
    replaceForm(form, "");
    setItem(key, null, () => sessionStorage);
    announce(_("This was sent from another tab."));
  }
});

// Without HTMX the next page says that the form was accepted: until then the draft stays.
for (const { dataset } of queryAll("[data-sent-draft]")) store(keyOf(dataset.sentDraft), null);
onContent((queryPart) => queryPart("form[data-draft]").forEach(restoreDraft));
if (document.body.dataset.user) onContent((queryPart) => queryPart("form[data-draft]").forEach(startSyncing));
