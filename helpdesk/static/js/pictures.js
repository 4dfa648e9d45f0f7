// Pictures of a conversation, large on the page: arrow keys, Home and End or a swipe go from one to the next, Escape
// closes. Loaded when the first one is opened; `tools` are functions of the modules that every page has.
const PICTURES = "a.attachment-image, a.placed-picture";
const SWIPE_PX = 40;

const addButton = (head, className, text, label) => {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: `button button-quiet ${className}`, textContent: text });
  button.setAttribute("aria-label", label);
  head.append(button);
  return button;
};

const isMirrored = () => document.documentElement.dir === "rtl";

export const show = (opener, { _ }) => {
  const links = [...document.querySelectorAll(PICTURES)];
  let place = links.indexOf(opener);
  const dialog = document.createElement("dialog");
  dialog.className = "pictures";
  dialog.innerHTML =
    '<div class="pictures-head"><p id="picture-name" aria-live="polite"><bdi class="truncate"></bdi> ' +
    '<span class="muted"></span></p><a class="button button-s"></a></div><div class="pictures-stage"><img></div>';
  const [name, count, download, image] = ["bdi", "span", "a", "img"].map((tag) => dialog.querySelector(tag));
  const head = dialog.firstChild;
  dialog.setAttribute("aria-labelledby", "picture-name");
  download.textContent = _("Download");

  const moveTo = (next) => {
    place = (next + links.length) % links.length;
    const { href } = links[place];
    const title = links[place].querySelector("bdi")?.textContent || links[place].querySelector("img").alt;
    Object.assign(image, { src: href, alt: title });
    Object.assign(download, { href, download: title });
    name.textContent = title;
    if (links.length > 1) count.textContent = _("%(place)s of %(number)s", { place: place + 1, number: links.length });
  };
  image.onerror = () => (count.textContent = _("This picture cannot be shown. Download it."));

  if (links.length > 1) {
    addButton(head, "pictures-turn", "←", _("Previous picture")).onclick = () => moveTo(place - 1);
    addButton(head, "pictures-turn", "→", _("Next picture")).onclick = () => moveTo(place + 1);
  }
  const close = addButton(head, "", "✕", _("Close"));
  close.onclick = () => dialog.close();

  dialog.onkeydown = (event) => {
    const forward = isMirrored() ? -1 : 1;
    const next = {
      ArrowRight: place + forward, ArrowLeft: place - forward, Home: 0, End: links.length - 1,
    }[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moveTo(next);
  };
  let from;
  image.draggable = false;
  image.onpointerdown = ({ clientX, isPrimary }) => (from = isPrimary ? clientX : undefined);
  image.onpointerup = ({ clientX }) => {
    const way = clientX - from;
    if (visualViewport.scale === 1 && Math.abs(way) > SWIPE_PX) moveTo(place + (way < 0 === !isMirrored() ? 1 : -1));
  };
  dialog.onclose = () => {
    dialog.remove();
    const last = links[place].isConnected ? links[place] : opener;
    last.focus();
    last.scrollIntoView({ block: "nearest" });
  };
  moveTo(place);
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
};
