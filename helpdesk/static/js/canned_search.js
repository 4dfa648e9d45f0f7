// "::" and some characters in a reply search the macros; Enter inserts one.
import { byId, createElement, listen, query } from "./dom.js";
import { isComposing } from "./key_safety.js";
import { _ } from "./sentences.js";

const TRIGGER = /(^|\s)::([^\n:]{0,40})$/;
const MOST = 8;
let list;

const searched = (field) => TRIGGER.exec(field.value.slice(0, field.selectionStart));

const close = () => {
  if (!list) return;
  const field = list.field;
  list.remove();
  list = null;
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
};

const matching = (words) => {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const isMatch = ({ value, textContent }) =>
    value && wanted.every((word) => textContent.toLowerCase().includes(word));
  return [...byId("canned").options].filter(isMatch).slice(0, MOST);
};

const activate = (index) => {
  list.index = (index + list.children.length) % list.children.length;
  for (const [at, item] of [...list.children].entries()) item.setAttribute("aria-selected", at === list.index);
  list.field.setAttribute("aria-activedescendant", list.children[list.index].id);
};

const insert = (value) => {
  const { field } = list;
  const start = field.selectionStart - searched(field)[2].length - 2;
  field.setRangeText("", start, field.selectionStart, "end");
  close();
  byId("canned").value = value;
  query("[data-insert-canned]").click();
};

const show = (field) => {
  close();
  const found = searched(field);
  const options = found ? matching(found[2]) : [];
  if (!options.length) return;
  list = createElement("ul", "suggestions");
  Object.assign(list, { id: "canned-suggestions", field });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", _("Macros"));
  for (const option of options) {
    const item = createElement("li", "", option.textContent);
    item.id = `canned-suggestion-${option.value}`;
    item.setAttribute("role", "option");
    item.onpointerdown = (event) => {
      event.preventDefault();
      insert(option.value);
    };
    list.append(item);
    item.value = option.value;
  }
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  activate(0);
};

listen("input", ({ target }) => {
  const isReply = target.matches?.(".composer-reply textarea[name=body]");
  if (isReply && byId("canned")) show(target);
  else close();
});

listen("keydown", (event) => {
  if (!list || event.target !== list.field || isComposing(event)) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) activate(list.index + step);
  else if (event.key === "Enter" || event.key === "Tab") insert(list.children[list.index].value);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

listen("focusout", ({ target }) => {
  if (list?.field === target) close();
});
