// Light, dark, or as the device says: a cookie, which the server reads for the next page.
import { queryAll } from "./dom.js";

const YEAR_SECONDS = 31536000;

export const chooseScheme = (scheme) => {
  const root = document.documentElement;
  const isSecure = location.protocol === "https:";
  const name = isSecure ? "__Host-scheme" : "scheme";
  const secure = isSecure ? "; secure" : "";
  if (scheme === "auto") delete root.dataset.scheme;
  else root.dataset.scheme = scheme;
  document.cookie = `${name}=${scheme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
  for (const button of queryAll("[data-scheme-choice] button")) {
    button.setAttribute("aria-pressed", button.value === scheme);
  }
};
