// A browser keeps what it does not understand in a date or time field and sends nothing. Before such a form is sent,
// the field says so, and nothing typed is lost.
import { createElement, listen, query, queryAll, stopEvent } from "./dom.js";
import { _ } from "./sentences.js";

const SENTENCES = {
  date: _("Enter the whole date: day, month and year."),
  time: _("Enter the whole time: hours and minutes."),
};

const errorOf = (field) => query(`[data-bad-input="${field.id}"]`);

const showError = (field) => {
  const error = errorOf(field) || createElement("p", "field-error");
  error.dataset.badInput = field.id;
  error.id = `${field.id}-bad-input`;
  error.textContent = SENTENCES[field.type] || _("This is not complete.");
  field.before(error);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", error.id);
};

const hideError = (field) => {
  errorOf(field)?.remove();
  field.removeAttribute("aria-invalid");
};

listen("submit", (event) => {
  const bad = queryAll("input", event.target).filter((field) => field.validity.badInput && !field.disabled);
  if (!bad.length) return;
  stopEvent(event);
  bad.forEach(showError);
  bad[0].focus();
}, true);

listen("input", ({ target }) => {
  if (target.id && errorOf(target) && !target.validity.badInput) hideError(target);
});
