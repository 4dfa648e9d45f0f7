// A browser keeps what it does not understand in a date or time field and sends nothing, and cuts what is pasted into a
// field with a maximum length. Here nothing typed or pasted is lost: before the form is sent, the field says so.
import { createElement, listen, onContent, query, queryAll, stopEvent } from "./dom.js";
import { _ } from "./sentences.js";

const SENTENCES = {
  date: _("Enter the whole date: day, month and year."),
  time: _("Enter the whole time: hours and minutes."),
};
const WITH_MAX_LENGTH = ":is(input, textarea)[maxlength]";

const errorOf = (field) => query(`[data-bad-input="${field.id}"]`);
const countCharacters = (field) => [...field.value.trim()].length;
const isTooLong = (field) => countCharacters(field) > (Number(field.dataset.maxLength) || Infinity);
const isBad = (field) => !field.disabled && (field.validity.badInput || isTooLong(field));

const describe = (field) => {
  if (!isTooLong(field)) return SENTENCES[field.type] || _("This is not complete.");
  return _("%(field)s has at most %(most_length)s characters; this is %(count)s.", {
    field: query("bdi", field.labels[0] || field)?.textContent || field.getAttribute("aria-label") || "",
    most_length: field.dataset.maxLength,
    count: countCharacters(field),
  });
};

const showError = (field) => {
  const error = errorOf(field) || createElement("p", "field-error");
  error.dataset.badInput = field.id;
  error.id = `${field.id}-bad-input`;
  error.textContent = describe(field);
  field.before(error);
  field.dataset.describedBy ??= field.getAttribute("aria-describedby") || "";
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", `${error.id} ${field.dataset.describedBy}`.trim());
};

const hideError = (field) => {
  errorOf(field)?.remove();
  field.removeAttribute("aria-invalid");
  if (field.dataset.describedBy) field.setAttribute("aria-describedby", field.dataset.describedBy);
  else field.removeAttribute("aria-describedby");
  delete field.dataset.describedBy;
};

listen("submit", (event) => {
  const bad = queryAll("input, textarea", event.target).filter((field) => field.id && isBad(field));
  if (!bad.length) return;
  stopEvent(event);
  bad.forEach(showError);
  bad[0].focus();
}, true);

listen("input", ({ target }) => {
  if (target.id && errorOf(target) && !isBad(target)) hideError(target);
});

// A code is compared by the server, which takes spaces and dashes out of it.
onContent((queryPart) => {
  for (const field of queryPart(WITH_MAX_LENGTH).filter((each) => each.id)) {
    if (field.autocomplete !== "one-time-code") field.dataset.maxLength = field.maxLength;
    field.removeAttribute("maxlength");
  }
});
