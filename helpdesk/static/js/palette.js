// The command palette of the team: Ctrl+K, some characters, Enter. How one chooses is loaded when it is first opened.
import { byId, isTeam, listen } from "./dom.js";
import { characterOf, isComposing } from "./key_safety.js";

const KEYS = ["ArrowDown", "ArrowUp", "Enter", "Escape"];
let choice;

listen("keydown", (event) => {
  const { key, target } = event;
  const isOpener = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  const dialog = byId("palette");
  if (isOpener && characterOf(event) === "k" && isTeam() && dialog) {
    event.preventDefault();
    if (dialog.open) return;
    const search = byId("palette-search");
    search.value = "";
    dialog.showModal();
    search.focus();
    choice ??= import("./palette_choice.js");
    window.htmx?.trigger(search, "palette:opened");
  } else if (choice && target.id === "palette-search" && KEYS.includes(key) && !isComposing(event)) {
    event.preventDefault();
    choice.then(({ choose }) => choose(key));
  }
});
