// The toast that offers to undo: it counts down and goes when it is too late. Z undoes, and Ctrl+Z in an empty
// composer.
import { announce, byId, listen, onContent, query } from "./dom.js";
import { characterOf } from "./key_safety.js";
import { neighbour } from "./queue_keys.js";
import { _ } from "./sentences.js";

const TICK_MS = 250;
const FAREWELL_MS = 6000; // how long a sentence without an offer stays
let timer;

const toast = () => byId("undo-toast");

const hide = () => {
  clearInterval(timer);
  const element = toast();
  if (!element) return;
  element.hidden = true;
  element.replaceChildren();
};

const offerNext = (element) => {
  const link = query("[data-next-ticket]", element);
  const address = link && neighbour(1);
  if (address) Object.assign(link, { href: address, hidden: false });
};

const countDown = (element) => {
  offerNext(element);
  clearInterval(timer);
  if (element.hidden) return;
  const ends = element.dataset.until ? Date.parse(element.dataset.until) : Date.now() + FAREWELL_MS;
  const update = () => {
    const seconds = Math.ceil((ends - Date.now()) / 1000);
    const text = query("[data-seconds]", element);
    if (!element.isConnected || seconds <= 0) hide();
    else if (text) text.textContent = _("%(seconds)s s", { seconds });
  };
  timer = setInterval(update, TICK_MS);
  update();
};

// True if there was something to undo.
export const undoLast = () => {
  const button = query("#undo-toast:not([hidden]) [data-undo]");
  if (!button) return false;
  button.click();
  announce(_("Undone"));
  return true;
};

listen("keydown", (event) => {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && characterOf(event) === "z";
  const form = event.target.closest?.("form[data-composer]");
  if (isUndo && form && event.target.name === "body" && !event.target.value && undoLast()) event.preventDefault();
});

onContent((queryPart) => queryPart("#undo-toast").forEach(countDown));
