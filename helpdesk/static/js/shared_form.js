// Puts what another program shared into the form for a new ticket, again after a reload. Loaded where there is a share;
// `tools` are what shared_files.js and the modules that every page has know.
const addText = (field, text) => {
  if (!text || field.value.includes(text)) return; // a draft has it already
  const separator = field.tagName === "TEXTAREA" ? "\n\n" : " ";
  field.value = [field.value, text].filter(Boolean).join(separator); // bad_input.js says so where it is too long
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

// The cache is opened before the ticket is filed: the page is left at once then.
export const fillIn = async (form, { addFiles, address, deleteOldShares, name }) => {
  const cache = await caches.open(name);
  document.addEventListener("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
    if (elt.id === "ticket-form" && xhr.status < 400) cache.delete(address);
  });
  await deleteOldShares(cache);
  const kept = await cache.match(address);
  if (!kept) return;
  const shared = await kept.formData();
  const textOf = (field) => String(shared.get(field) ?? "").trim();
  addText(form.querySelector("[name=subject]"), textOf("title"));
  addText(form.querySelector("[name=body]"), [textOf("text"), textOf("url")].filter(Boolean).join("\n"));
  const files = shared.getAll("files").filter(({ size }) => size);
  const input = form.querySelector("input[data-upload]");
  if (files.length && input) addFiles(input, files);
};
