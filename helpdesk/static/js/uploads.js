// Files: chosen, dropped or pasted, removed again, and kept when a form comes back with errors.
import { announce, createElement, csrfToken, listen, onContent, query, queryAll } from "./dom.js";
import { _, ngettext } from "./sentences.js";
import { replaceSelection } from "./toolbar.js";
import {
  adoptKept, isUploadedEarly, markdownOf, readUploaded, removePicture, stopUpload, uploadedItems, writeUploaded,
} from "./uploaded_files.js";

const PRESSED_MS = 200;
const keptFiles = new Map();
let early; // loaded where there is a composer; without it files go along with the form
let loading;

const inputKey = (input) => input.form?.getAttribute("action") + input.name;
const fileList = (input) => query("[data-files]", input.parentElement);

// As the server writes sizes: 1 MB is 1024 KB.
const formatSize = (bytes) => {
  const kilobytes = bytes / 1024;
  if (kilobytes < 1024) return `${Math.max(1, Math.round(kilobytes))} KB`;
  const megabytes = kilobytes / 1024;
  return `${megabytes < 10 ? megabytes.toFixed(1) : Math.round(megabytes)} MB`;
};

const fileItem = (input, name, size, remove) => {
  const item = createElement("li", "file");
  const button = createElement("button", "button button-quiet button-s", _("Remove"));
  item.append(createElement("bdi", "truncate", name), createElement("span", "muted", size), button);
  button.type = "button";
  button.setAttribute("aria-label", _("Remove %(name)s", { name }));
  button.onclick = () => {
    remove();
    input.focus();
  };
  return item;
};

const removeFile = (input, file) => {
  stopUpload(file);
  setFiles(input, input.chosen.filter((other) => other !== file));
  removePicture(input, file.name);
};

const setFiles = (input, files) => {
  const transfer = new DataTransfer();
  files.forEach((file) => transfer.items.add(file));
  input.files = transfer.files;
  input.chosen = files;
  const list = fileList(input);
  const here = files.map((file) => {
    const item = fileItem(input, file.name, formatSize(file.size), () => removeFile(input, file));
    if (file.progress) item.append(file.progress);
    return item;
  });
  list.replaceChildren(...uploadedItems(input, fileItem), ...here);
  list.hidden = !list.children.length;
};

// Not while a button of the list is being pressed: the press would be lost.
const refresh = (input) => {
  if (fileList(input).matches(":active")) setTimeout(refresh, PRESSED_MS, input);
  else setFiles(input, input.chosen || []);
};

// Each file that is not taken, with the reason.
const showRefusals = (input, sentences) => {
  const box = query("[data-file-error]", input.parentElement);
  box.replaceChildren(...sentences.map((sentence) => createElement("p", "", sentence)));
  box.hidden = !sentences.length;
  if (sentences.length) box.scrollIntoView({ block: "nearest" });
};

const addUploaded = (input, file, { key, name, size }) => {
  input.chosen = input.chosen.filter((other) => other !== file);
  writeUploaded(input, [...readUploaded(input), [key, name, formatSize(size)]]);
};

const TOOLS = { csrfToken, markdownOf, replaceSelection, refresh, add: addUploaded };

const loadEarly = () => {
  loading ??= import("./early_uploads.js").then((module) => (early = module), () => {});
  return loading;
};

export const addFiles = async (input, given, isPlaced = false) => {
  let files = [...given];
  if (isUploadedEarly(input) && !early) await loadEarly();
  const uploads = isUploadedEarly(input) && early;
  const uploaded = readUploaded(input);
  const names = [...uploaded.map(([, name]) => name), ...(input.chosen || []).map(({ name }) => name)];
  if (uploads) files = uploads.nameDistinctly(names, files, isPlaced);
  const maxBytes = +input.dataset.maxSize || Infinity;
  const maxFiles = input.multiple ? +input.dataset.maxFiles || Infinity : 1;
  const kept = (input.multiple && input.chosen) || [];
  const refusals = [];
  const added = [];
  for (const file of files) {
    if (file.size > maxBytes) {
      refusals.push(_("%(name)s is %(size)s. A file may have at most %(most)s.", {
        name: file.name, size: formatSize(file.size), most: formatSize(maxBytes),
      }));
    } else if (!file.size) refusals.push(_("%(name)s is empty.", { name: file.name }));
    else if (uploaded.length + kept.length + added.length >= maxFiles) {
      refusals.push(ngettext(
        "%(name)s was not added: at most %(num)s file.", "%(name)s was not added: at most %(num)s files.",
        maxFiles, { name: file.name },
      ));
    } else added.push(file);
  }
  setFiles(input, [...kept, ...added]);
  showRefusals(input, refusals);
  if (!added.length) return;
  const count = uploaded.length + input.chosen.length;
  announce(ngettext("%(num)s file attached", "%(num)s files attached", count));
  if (!uploads) return;
  if (isPlaced) uploads.placePictures(input, added, TOOLS);
  uploads.uploadFiles(input, added, { ...TOOLS, label: _("Sending files") });
};

const handleTransfer = (event) => {
  const scope = event.target.closest?.("form") || document;
  const inputs = queryAll("input[data-upload]", scope).filter((each) => each.offsetParent);
  const isText = event.target.matches?.("textarea[name=body]");
  const input = query("input[data-upload]", event.target.closest?.(".drop-zone") || createElement("div")) ||
    (isText && inputs.find(isUploadedEarly)) || inputs[0];
  const data = event.dataTransfer || event.clipboardData;
  if (!input || !data.types.includes("Files")) return;
  if (event.type === "paste" && data.types.includes("text/plain")) return;
  event.preventDefault();
  input.closest(".drop-zone").classList.toggle("is-over", event.type === "dragover");
  if (event.type === "drop" || event.type === "paste") addFiles(input, data.files, isText);
};

for (const name of ["dragover", "dragleave", "drop", "paste"]) listen(name, handleTransfer);

listen("change", ({ target }) => {
  if (target.matches("[data-upload]")) addFiles(target, target.files);
});

listen("htmx:xhr:progress", ({ target, detail }) => {
  const progress = target.matches("form") && query("progress", target);
  const input = progress && query("input[data-upload]", target);
  if (!input || !input.files.length || !detail.total) return;
  progress.hidden = false;
  progress.value = (100 * detail.loaded) / detail.total;
});

listen("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
  if (!elt.matches("form")) return;
  if (xhr.status < 400) keptFiles.clear();
  if (xhr.status !== 422) return;
  for (const input of queryAll("input[data-upload]", elt)) keptFiles.set(inputKey(input), [...input.files]);
});

onContent((queryPart) => {
  for (const input of queryPart("input[data-upload]")) {
    adoptKept(input);
    const files = keptFiles.get(inputKey(input));
    if (files && !query(".kept-uploads", input.form)) setFiles(input, files);
    else if (readUploaded(input).length) refresh(input);
    if (isUploadedEarly(input)) loadEarly();
  }
});

listen("draft:changed", ({ target }) => queryAll("input[data-upload]", target).forEach(refresh));
