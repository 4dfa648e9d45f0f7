// In a composer a file is uploaded as soon as it is added, so that the draft keeps it, for other devices too; pictures
// that are dropped or pasted are written into the text where the cursor is.
//
// A file that has not arrived when the form is sent goes along with the form. What has arrived is named by the hidden
// field "uploaded", a list of [key, name, size in words], which is part of the draft.
import { createElement, csrfToken, listen, query, queryAll } from "./dom.js";
import { _ } from "./sentences.js";
import { replaceSelection } from "./toolbar.js";

const PICTURE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const MAX_NAME_LENGTH = 100;

const field = (input) => input.form?.elements.uploaded;
const readUploaded = (input) => JSON.parse(field(input)?.value || "[]");

export const countUploaded = (input) => readUploaded(input).length;
export const placeable = ({ type }) => PICTURE_TYPES.includes(type);

const writeUploaded = (input, rows) => {
  field(input).value = rows.length ? JSON.stringify(rows) : "";
  field(input).dispatchEvent(new Event("input", { bubbles: true }));
};

// A name as the server keeps it, without signs that Markdown reads.
const cleanName = (name) =>
  name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}. _-]+/gu, "-").replace(/\s+/g, " ")
    .slice(-MAX_NAME_LENGTH).replace(/^[._ -]+|[. ]+$/g, "") || "file";

// Pasted pictures are all called image.png, and a text names a picture by its file.
export const useDistinctNames = (input, files, isPlaced) => {
  if (!field(input)) return files;
  const uploaded = readUploaded(input).map(([, name]) => name);
  const taken = new Set([...uploaded, ...(input.chosen || []).map(({ name }) => name)]);
  return files.map((file) => {
    const name = isPlaced && placeable(file) ? cleanName(file.name) : file.name;
    const [, stem, ending] = /^(.*?)((?:\.[^.]{1,10})?)$/.exec(name);
    let distinct = name;
    for (let number = 2; taken.has(distinct); number += 1) distinct = `${stem}-${number}${ending}`;
    taken.add(distinct);
    return distinct === file.name ? file : new File([file], distinct, { type: file.type });
  });
};

const markdownOf = (name) => `![${name}](attachment:${encodeURIComponent(name)})`;

export const placePictures = (form, files) => {
  const body = field({ form }) && form.elements.body;
  if (!body || !files.length) return;
  replaceSelection(body, files.map(({ name }) => markdownOf(name)).join("\n"));
};

// A removed picture leaves the text as well; the undo history of the field is kept.
export const removePicture = (form, name) => {
  const body = form?.elements.body;
  const at = field({ form }) && body ? body.value.indexOf(markdownOf(name)) : -1;
  if (at < 0) return;
  body.setSelectionRange(at, at + markdownOf(name).length);
  replaceSelection(body, "");
};

const discard = (key) => fetch(`/files/${key}/delete`, { method: "POST", headers: { "X-CSRFToken": csrfToken() } });

export const uploadedItems = (input, makeItem) =>
  readUploaded(input).map(([key, name, size]) => {
    const item = makeItem(input, name, size, () => {
      writeUploaded(input, readUploaded(input).filter(([other]) => other !== key));
      input.form.dispatchEvent(new CustomEvent("draft:changed", { bubbles: true }));
      removePicture(input.form, name);
      discard(key).catch(() => {}); // the server deletes it after a day
    });
    item.append(Object.assign(createElement("input"), { type: "hidden", name: "uploads", value: key }));
    return item;
  });

const upload = (input, file, formatSize, refresh) => {
  const request = new XMLHttpRequest();
  const data = new FormData();
  const end = () => {
    file.upload = file.progress = null;
    refresh(input);
  };
  data.append("file", file);
  file.upload = request;
  file.progress = Object.assign(createElement("progress"), { max: 100, value: 0 });
  file.progress.setAttribute("aria-label", _("Sending files"));
  request.upload.onprogress = ({ loaded, total }) => (file.progress.value = (100 * loaded) / total);
  request.onload = () => {
    if (request.status === 201) {
      const { key, name, size } = JSON.parse(request.responseText);
      input.chosen = input.chosen.filter((other) => other !== file);
      writeUploaded(input, [...readUploaded(input), [key, name, formatSize(size)]]);
    }
    end(); // a file that was refused is sent with the form, which says why
  };
  request.onerror = end;
  request.open("POST", "/files");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.send(data);
};

export const uploadEarly = (input, files, formatSize, refresh) => {
  if (!field(input) || input.form.submitTimer) return;
  for (const file of files) upload(input, file, formatSize, refresh);
  refresh(input);
};

// What is still on its way when the form is sent goes with the form, once.
const stopUploads = (form) => {
  for (const input of queryAll("input[data-upload]", form)) {
    for (const file of input.chosen || []) {
      file.upload?.abort();
      file.upload = null;
      file.progress?.remove();
      file.progress = null;
    }
  }
};

listen("submit", ({ target }) => stopUploads(target));

// The files that an earlier, refused sending stored are listed among the others.
export const adoptKept = (input) => {
  if (!field(input)) return;
  const kept = queryAll(".kept-uploads [name=uploads]", input.form);
  if (!kept.length && !query("[data-error-summary]", input.form)) return;
  const rows = kept.map(({ value, dataset }) => [value, dataset.name, dataset.size]);
  field(input).value = rows.length ? JSON.stringify(rows) : "";
  kept[0]?.closest(".kept-uploads").remove();
};
