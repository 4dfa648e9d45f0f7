// Fields of a ticket form that are asked for only after a certain answer to another field (data-shown-if).
import { listen, onContent, queryAll } from "./dom.js";

const updateConditionalFields = (form) => {
  for (const part of queryAll("[data-shown-if]", form)) {
    const values = new FormData(form).getAll(`field-${part.dataset.shownIf}`);
    const wanted = part.dataset.shownValue;
    part.hidden = !(wanted ? values.includes(wanted) : values.some(Boolean));
    for (const field of queryAll("input, select, textarea", part)) field.disabled = part.hidden;
  }
};

listen("change", ({ target }) => {
  if (target.form) updateConditionalFields(target.form);
});

listen("draft:changed", ({ target }) => updateConditionalFields(target));

onContent((queryPart) => queryPart("form").forEach(updateConditionalFields));
