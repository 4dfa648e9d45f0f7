// A keyboard on the screen: what floats at the end of the page stands above it, and so does the button that sends a
// reply. iOS lays it over the page; other browsers make the page smaller (interactive-widget).
import { query } from "./dom.js";

const LEAST_PX = 120; // less is a bar of the browser
const GAP_PX = 8;
const viewport = window.visualViewport;
let tallest = 0;
let width = 0;
let isOpen = false;

const showSendButton = () => {
  const field = document.activeElement;
  const actions = field?.matches?.("textarea") && field.form && query(".form-actions", field.form);
  if (!actions) return;
  const hidden = actions.getBoundingClientRect().bottom - viewport.offsetTop - viewport.height + GAP_PX;
  const room = field.getBoundingClientRect().top - viewport.offsetTop - GAP_PX;
  if (hidden > 0 && room > 0) scrollBy({ top: Math.min(hidden, room), behavior: "instant" });
};

const update = () => {
  if (viewport.scale > 1) return; // enlarged by two fingers
  if (viewport.width !== width) [width, tallest] = [viewport.width, 0];
  tallest = Math.max(tallest, viewport.height);
  const wasOpen = isOpen;
  isOpen = tallest - viewport.height > LEAST_PX;
  const covered = isOpen ? Math.max(0, Math.round(innerHeight - viewport.offsetTop - viewport.height)) : 0;
  document.documentElement.style.setProperty("--keyboard", `${covered}px`);
  if (isOpen && !wasOpen) showSendButton();
};

if (viewport) {
  for (const name of ["resize", "scroll"]) viewport.addEventListener(name, update);
  update();
}
