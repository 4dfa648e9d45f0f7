// In a form with the field "uploaded" a file is uploaded as soon as it is added (early_uploads.js), so that the draft
// keeps it, for other devices too. The hidden field "uploaded" names what has arrived, a list of [key, name,
// size in words], and is part of the draft. A file that has not arrived when the form is sent goes along with the form.
import { createElement, csrfToken, listen, query, queryAll } from "./dom.js";
import { replaceSelection } from "./toolbar.js";

const field = (input) => (input.name === "files" && input.form ? query("[name=uploaded]", input.form) : undefined);

export const isUploadedEarly = (input) => Boolean(field(input));
export const readUploaded = (input) => JSON.parse(field(input)?.value || "[]");

const setUploaded = (input, rows) => (field(input).value = rows.length ? JSON.stringify(rows) : "");

export const writeUploaded = (input, rows) => {
  setUploaded(input, rows);
  field(input).dispatchEvent(new Event("input", { bubbles: true }));
};

export const markdownOf = (name) => `![${name}](attachment:${encodeURIComponent(name)})`;

// A removed picture leaves the text as well; the undo history of the field is kept.
export const removePicture = (input, name) => {
  const body = field(input) && input.form.elements.body;
  const at = body ? body.value.indexOf(markdownOf(name)) : -1;
  if (at < 0) return;
  body.setSelectionRange(at, at + markdownOf(name).length);
  replaceSelection(body, "");
};

export const uploadedItems = (input, makeItem) =>
  readUploaded(input).map(([key, name, size]) => {
    const item = makeItem(input, name, size, () => {
      writeUploaded(input, readUploaded(input).filter(([other]) => other !== key));
      input.form.dispatchEvent(new CustomEvent("draft:changed", { bubbles: true }));
      removePicture(input, name);
      const headers = { "X-CSRFToken": csrfToken() };
      fetch(`/files/${key}/delete`, { method: "POST", headers }).catch(() => {}); // else it goes after a day
    });
    item.append(Object.assign(createElement("input"), { type: "hidden", name: "uploads", value: key }));
    return item;
  });

// The files that an earlier, refused sending stored are listed among the others.
export const adoptKept = (input) => {
  if (!field(input)) return;
  const kept = queryAll(".kept-uploads [name=uploads]", input.form);
  if (!kept.length && !query("[data-error-summary]", input.form)) return;
  setUploaded(input, kept.map(({ value, dataset }) => [value, dataset.name, dataset.size]));
  kept[0]?.closest(".kept-uploads").remove();
};

export const stopUpload = (file) => {
  const { upload } = file;
  file.progress?.remove();
  file.upload = file.progress = null;
  upload?.abort();
};

listen("submit", ({ target }) => {
  for (const input of queryAll("input[data-upload]", target)) (input.chosen || []).forEach(stopUpload);
});
