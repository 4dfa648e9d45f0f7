// Selects that act by themselves (data-act-on-choice) do so when a choice is made: by pointer, or by Enter. Arrow keys
// and typing only look; the button "Set" beside the select shows that something is chosen but not set.
import { fieldDraft } from "./draft_fields.js";
import { listen, onContent, query, queryAll } from "./dom.js";
import { isComposing } from "./key_safety.js";

const ENTER_MS = 150; // within which a change belongs to the Enter that closed the list of options

const ACTING = "select[data-act-on-choice]";

const isActing = (element) => element.matches?.(ACTING);

const act = (select) => {
  delete select.dataset.browsed;
  select.form.requestSubmit();
};

listen("pointerdown", ({ target }) => {
  const select = target.closest?.(ACTING);
  if (select) delete select.dataset.browsed;
}, true);

listen("keydown", (event) => {
  const { target, key } = event;
  if (!isActing(target) || isComposing(event)) return;
  if (key === "Enter") {
    target.enteredAt = Date.now();
    if (!query(".is-unset", target.form)) return;
    event.preventDefault();
    act(target);
  } else if (key !== "Tab" && key !== "Shift") target.dataset.browsed = "";
});

listen("change", ({ target }) => {
  if (!isActing(target)) return;
  const isChosen = !("browsed" in target.dataset) || Date.now() - (target.enteredAt || 0) < ENTER_MS;
  query("[data-set]", target.form)?.classList.toggle("is-unset", !isChosen);
  if (isChosen) act(target);
});

// What a browser filled in again after a reload or "back", or somebody chose before this script ran, is not set either.
const showUnset = (select) => {
  if (fieldDraft(select) !== undefined) query("[data-set]", select.form)?.classList.add("is-unset");
};

onContent((queryPart) => queryPart(ACTING).forEach(showUnset));
addEventListener("pageshow", () => queryAll(ACTING).forEach(showUnset));
