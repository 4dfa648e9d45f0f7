// Files: chosen, dropped or pasted, removed again, and kept when a form comes back with errors.
import { announce, createElement, listen, onContent, query, queryAll } from "./dom.js";

const keptFiles = new Map();

const inputKey = (input) => input.form?.getAttribute("action") + input.name;
const fileList = (input) => query("[data-files]", input.parentElement);

const formatSize = (bytes) =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

const fileItem = (input, file) => {
  const item = createElement("li", "file");
  const button = createElement("button", "button button-quiet button-s", "Remove");
  const name = createElement("span", "truncate", file.name);
  item.append(name, createElement("span", "muted", formatSize(file.size)), button);
  button.type = "button";
  button.setAttribute("aria-label", `Remove ${file.name}`);
  button.onclick = () => {
    setFiles(input, input.chosen.filter((other) => other !== file));
    input.focus();
  };
  return item;
};

const setFiles = (input, files) => {
  const transfer = new DataTransfer();
  files.forEach((file) => transfer.items.add(file));
  input.files = transfer.files;
  input.chosen = files;
  const list = fileList(input);
  list.replaceChildren(...files.map((file) => fileItem(input, file)));
  list.hidden = !files.length;
};

const addFiles = (input, files) => {
  const maxBytes = +input.dataset.maxSize || Infinity;
  const maxFiles = input.multiple ? +input.dataset.maxFiles || Infinity : 1;
  const fitting = [...files].filter((file) => file.size <= maxBytes);
  const chosen = [...((input.multiple && input.chosen) || []), ...fitting];
  setFiles(input, chosen.slice(0, maxFiles));
  const isCut = fitting.length < files.length || chosen.length > maxFiles;
  const limits = `; left out what is above ${formatSize(maxBytes)} or the ${maxFiles} allowed`;
  const text = `${input.chosen.length} attached${isCut ? limits : ""}.`;
  fileList(input).append(createElement("li", "muted", text));
  announce(text);
};

const handleTransfer = (event) => {
  const scope = event.target.closest?.("form") || document;
  const input = queryAll("input[data-upload]", scope).find((each) => each.offsetParent);
  const data = event.dataTransfer || event.clipboardData;
  if (!input || !data.types.includes("Files")) return;
  if (event.type === "paste" && data.types.includes("text/plain")) return;
  event.preventDefault();
  input.closest(".drop-zone").classList.toggle("is-over", event.type === "dragover");
  if (event.type === "drop" || event.type === "paste") addFiles(input, data.files);
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
    const files = keptFiles.get(inputKey(input));
    if (files && !query(".kept-uploads", input.form)) setFiles(input, files);
  }
});
