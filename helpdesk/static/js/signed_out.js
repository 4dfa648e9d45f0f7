// After signing out, no page that a browser keeps for "back" is shown again, nor one in another tab.
import { listen } from "./dom.js";
import { getItem, setItem } from "./storage.js";

const KEY = "signed-out-at";
const openedAt = Date.now();
const isSignedIn = Boolean(document.body.dataset.user);

const leave = () => {
  document.body.hidden = true;
  location.reload();
};

listen("submit", ({ target }) => {
  if (target.matches("[data-sign-out]")) setItem(KEY, String(Date.now()));
}, true);

addEventListener("pageshow", ({ persisted }) => {
  if (persisted && isSignedIn && Number(getItem(KEY)) > openedAt) leave();
});
