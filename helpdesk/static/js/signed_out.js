// A page that the browser kept for "back" is shown again only if the same person would be shown it by the server still:
// not after signing out, signing in as somebody else, or losing the right to read it.
import { listen } from "./dom.js";
import { getItem, setItem } from "./storage.js";

const KEY = "signed-in-as";
const WAIT_MS = 3000;
const user = document.body.dataset.user || "";

const leave = () => {
  document.body.hidden = true;
  location.reload();
};

const ask = async () => {
  const { ok, status } = await fetch(location.href, {
    method: "HEAD", redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(WAIT_MS),
  });
  return ok || status === 405 || status >= 500; // a form that was refused has an address without a page
};

// What is hidden keeps its place on the screen. Without a connection, the page stays as it was; a server that takes too
// long decides by itself, with the page that it sends.
const checkAgain = async () => {
  const { style } = document.documentElement;
  style.visibility = "hidden";
  if (await ask().catch(({ name }) => !/Timeout|Abort/.test(name))) style.visibility = "";
  else leave();
};

listen("submit", ({ target }) => {
  if (target.matches("[data-sign-out]")) setItem(KEY, "");
}, true);

addEventListener("pageshow", ({ persisted }) => {
  if (!persisted || !user) return;
  if ((getItem(KEY) ?? user) === user) checkAgain();
  else leave();
});

setItem(KEY, user);
