// The command palette of the team: Ctrl+K, some characters, Enter.
import { byId, isTeam, listen, query, queryAll } from "./dom.js";
import { characterOf, isComposing } from "./key_safety.js";

const dialog = () => byId("palette");
const options = () => queryAll("#palette-results [role=option]");

const select = (index) => {
  const all = options();
  if (!all.length) return;
  const at = (index + all.length) % all.length;
  for (const [number, option] of all.entries()) option.setAttribute("aria-selected", number === at);
  all[at].scrollIntoView({ block: "nearest" });
  byId("palette-search").setAttribute("aria-activedescendant", all[at].id);
};

const open = () => {
  const search = byId("palette-search");
  if (dialog().open) return;
  search.value = "";
  dialog().showModal();
  search.focus();
  window.htmx?.trigger(search, "palette:opened");
};

listen("keydown", (event) => {
  const isOpener = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  if (isOpener && characterOf(event) === "k" && isTeam() && dialog()) {
    event.preventDefault();
    open();
    return;
  }
  if (event.target.id !== "palette-search" || isComposing(event)) return;
  const current = options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) select(current + step);
  else if (event.key === "Enter" && current >= 0) options()[current].click();
  else return;
  event.preventDefault();
});

listen("submit", ({ target }) => target.closest("#palette") && dialog().close());

listen("htmx:afterSwap", ({ detail }) => {
  if (query("#palette[open]")) select(0);
});
