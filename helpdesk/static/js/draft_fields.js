// What the fields of a form with data-draft say, as one text, and the other way round.
import { query, queryAll } from "./dom.js";

const BASE = "draft-base";
const NOT_KEPT = "[type=hidden]:not([data-draft-field]), [type=file], [type=password], [type=submit], [type=button]";

const draftFields = (form) =>
  queryAll("textarea[name], select[name], input[name]", form).filter((field) => !field.matches(NOT_KEPT));
const isTick = (field) => field.matches("[type=checkbox], [type=radio]");
const chosen = (select) => [...select.options].filter((option) => option.selected).map((option) => option.value);

const isDefault = (select, option, index) => {
  const hasDefault = [...select.options].some((each) => each.defaultSelected);
  return hasDefault || select.multiple ? option.defaultSelected : index === 0;
};

// What a field says; undefined where it is as the page came. Ticks are named with their value. A form with
// data-draft-of-changes shows what exists already: its draft is what somebody changed of that. A refused one comes with
// what was sent: all of that is the draft.
export const fieldDraft = (field) => {
  const isSame = isTick(field) ? field.checked === field.defaultChecked
    : field.tagName !== "SELECT" ? field.value === ("draftOfChanges" in field.form.dataset ? field.defaultValue : "")
      : [...field.options].every((option, index) => option.selected === isDefault(field, option, index));
  if (isSame && !field.form.isRefused) return undefined;
  return isTick(field) ? field.checked : field.tagName === "SELECT" ? chosen(field) : field.value;
};

const entryName = (field) => (isTick(field) ? `${field.name}=${field.value}` : field.name);

// What a form of changes was loaded with: where that is another now, somebody changed meanwhile what it shows.
const baseOf = (form) =>
  form.draftBase ?? query("[data-draft-of-changes] :is([name=loaded], [name=version], [name=seen])", form)?.value;

export const readBase = (text) => JSON.parse(text || "{}")[BASE];

export const isOutdated = (form, text) => Boolean(readBase(text)) && readBase(text) !== baseOf(form);

// The text of a form; "" where nothing was typed.
export const readForm = (form) => {
  const all = draftFields(form).map((field) => [field, fieldDraft(field)]);
  const entries = all.filter(([, value]) => value !== undefined);
  if (!entries.some(([field]) => field.name === "uploaded" || !["radio", "hidden"].includes(field.type))) return "";
  const said = Object.fromEntries(entries.map(([field, value]) => [entryName(field), value]));
  return JSON.stringify({ ...said, [BASE]: baseOf(form) });
};

const restoreField = (field, value) => {
  if (isTick(field)) field.checked = value;
  else if (field.tagName !== "SELECT") field.value = value;
  else for (const option of field.options) option.selected = value.includes(option.value);
};

// Fill in the fields that nobody changed, or with `isAll` every one. What was begun as a note is not put where only
// replies are written, and what is outdated not unasked.
export const fillForm = (form, text, isAll = false) => {
  if (!isAll && isOutdated(form, text)) return;
  const values = JSON.parse(text || "{}");
  const isNote = values.written_as === "note" || values["compose=note"];
  if (isNote && !query("[name=compose][value=note]", form)) return;
  for (const field of draftFields(form)) {
    const value = values[entryName(field)];
    if (value !== undefined && (isAll || fieldDraft(field) === undefined)) restoreField(field, value);
  }
};

// Let a form say `text` and nothing else. A composer for notes stays one, whatever the text was.
export const replaceForm = (form, text) => {
  const note = query("[name=compose][value=note]", form);
  const isNote = note?.checked;
  form.reset();
  for (const field of queryAll("[data-draft-field]", form)) field.value = "";
  fillForm(form, text, true);
  if (isNote) note.checked = true;
  form.dispatchEvent(new CustomEvent("draft:changed", { bubbles: true }));
};
