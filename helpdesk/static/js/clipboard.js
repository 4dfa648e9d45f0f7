// A button with data-copy copies the text of the element that it names.
import { announce, listen, query } from "./dom.js";
import { _ } from "./sentences.js";

listen("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const text = query(button.dataset.copy).textContent.trim();
  navigator.clipboard.writeText(text).then(() => announce(_("Copied")));
});
