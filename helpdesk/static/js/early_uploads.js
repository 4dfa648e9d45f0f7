// Uploads the files of a composer before it is sent, and writes pictures that are pasted or dropped into its text.
// Loaded where there is a composer; `tools` are functions of the modules that every page has.
const PICTURE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const MAX_NAME_LENGTH = 100;

const isPicture = ({ type }) => PICTURE_TYPES.includes(type);

// A name as the server keeps it, without signs that Markdown reads.
const cleanName = (name) =>
  name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}. _-]+/gu, "-").replace(/\s+/g, " ")
    .slice(-MAX_NAME_LENGTH).replace(/^[._ -]+|[. ]+$/g, "") || "file";

// Pasted pictures are all called image.png, and a text names a picture by its file.
export const nameDistinctly = (taken, files, isPlaced) => {
  const names = new Set(taken);
  return files.map((file) => {
    const name = isPlaced && isPicture(file) ? cleanName(file.name) : file.name;
    const [, stem, ending] = /^(.*?)((?:\.[^.]{1,10})?)$/s.exec(name);
    let distinct = name;
    for (let number = 2; names.has(distinct); number += 1) distinct = `${stem}-${number}${ending}`;
    names.add(distinct);
    return distinct === file.name ? file : new File([file], distinct, { type: file.type });
  });
};

export const placePictures = (input, files, { markdownOf, replaceSelection }) => {
  const pictures = files.filter(isPicture).map(({ name }) => markdownOf(name));
  if (pictures.length) replaceSelection(input.form.elements.body, pictures.join("\n"));
};

const upload = (input, file, { csrfToken, label, refresh, add }) => {
  const request = new XMLHttpRequest();
  const data = new FormData();
  data.append("file", file);
  file.upload = request;
  file.progress = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
  file.progress.setAttribute("aria-label", label);
  request.upload.onprogress = ({ loaded, total }) => (file.progress.value = (100 * loaded) / total);
  request.onloadend = () => {
    if (file.upload !== request) return; // it was stopped
    file.upload = file.progress = null;
    // A file that was refused or did not arrive is sent with the form, which says why.
    if (request.status === 201) add(input, file, JSON.parse(request.responseText));
    refresh(input);
  };
  request.open("POST", "/files");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.send(data);
};

export const uploadFiles = (input, files, tools) => {
  if (input.form.submitTimer) return;
  for (const file of files) upload(input, file, tools);
  tools.refresh(input);
};
