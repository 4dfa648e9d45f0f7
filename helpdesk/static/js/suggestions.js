// What is offered while somebody types in a message: "::" macros in a reply, "@" people of the team in a note, "#"
// tickets for the team, ":" emoji. Arrow keys choose, Enter or Tab inserts, Escape closes.
import { byId, createElement, isTeam, listen, query, queryAll } from "./dom.js";
import { isComposing } from "./key_safety.js";
import { _ } from "./sentences.js";
import { replaceSelection } from "./toolbar.js";

const MOST = 8;
const ASK_AFTER_MS = 150;
let list;
let asking;

const isNote = (field) => Boolean(field.closest(".composer-note"));

const STROKES = { ł: "l", ø: "o", đ: "d" }; // no accents to Unicode

// Without case and accents.
const fold = (text) =>
  text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[łøđ]/g, (letter) => STROKES[letter]);

const matching = (id, words) => {
  const wanted = fold(words).split(/\s+/).filter(Boolean);
  const isMatch = ({ value, textContent }) =>
    value && wanted.every((word) => fold(textContent).includes(word));
  return [...(byId(id)?.options || [])].filter(isMatch).map(({ value, textContent }) => [textContent.trim(), value]);
};

const ask = async (address, words) => (await fetch(`${address}${encodeURIComponent(words)}`)).text();

const findTickets = async (words) => {
  const page = new DOMParser().parseFromString(await ask("/desk/palette?kind=tickets&q=", words), "text/html");
  return queryAll("a", page).map((link) => {
    const number = `#${link.pathname.split("/").pop()}`;
    return [`${number} ${query("bdi", link).textContent}`, `${number} `];
  });
};

const findEmoji = async (words) => {
  const found = JSON.parse(await ask("/emoji-names?q=", words));
  return found.map(([name, character]) => [`${character} ${name}`, `${character} `]);
};

const insertMacro = (value) => {
  byId("canned").value = value;
  query("[data-insert-canned]").click();
};

// `find(words)` gives labels with what each inserts; `take`, where it is something else.
const KINDS = [
  {
    trigger: /(?:^|\s)(::([^\n:]{0,40}))$/,
    isFor: (field) => field.matches(".composer-reply *"),
    find: (words) => matching("canned", words),
    take: insertMacro,
  },
  {
    trigger: /(?:^|[\s(])(@([^\s@]*(?: [^\s@#:]+){0,2}))$/,
    isFor: isNote,
    find: (words) => matching("set-assignee", words).map(([name]) => [name, `@${name} `]),
  },
  { trigger: /(?:^|[\s(])(#([\p{L}\d-]{1,30}))$/u, isFor: isTeam, find: findTickets },
  { trigger: /(?:^|[\s(])(:([a-z0-9_+-]{2,30}))$/, isFor: () => true, find: findEmoji },
];

const close = () => {
  clearTimeout(asking);
  if (!list) return;
  const { field } = list;
  list.remove();
  list = null;
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
};

const activate = (index) => {
  list.index = (index + list.children.length) % list.children.length;
  for (const [at, item] of [...list.children].entries()) item.setAttribute("aria-selected", at === list.index);
  list.field.setAttribute("aria-activedescendant", list.children[list.index].id);
};

const insert = (value) => {
  const { field, kind } = list;
  const end = field.selectionStart;
  const found = kind.trigger.exec(field.value.slice(0, end));
  close();
  if (!found) return;
  if (kind.take) {
    field.setRangeText("", end - found[1].length, end, "end");
    kind.take(value);
    return;
  }
  field.setSelectionRange(end - found[1].length, end);
  replaceSelection(field, value);
};

const show = (field, kind, options) => {
  close();
  if (!options.length) return;
  list = createElement("ul", "suggestions");
  Object.assign(list, { id: "suggestions", field, kind });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", _("Suggestions"));
  for (const [index, [label, value]] of options.slice(0, MOST).entries()) {
    const item = createElement("li", "", label);
    item.id = `suggestion-${index}`;
    item.dir = "auto";
    item.setAttribute("role", "option");
    item.insert = () => insert(value);
    item.onpointerdown = (event) => {
      event.preventDefault();
      item.insert();
    };
    list.append(item);
  }
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  activate(0);
};

const wordsOf = (kind, field) => kind.trigger.exec(field.value.slice(0, field.selectionStart))?.[2];

listen("input", ({ target: field }) => {
  close();
  if (!field.matches?.("textarea[name=body]")) return;
  const kind = KINDS.find((each) => wordsOf(each, field) !== undefined && each.isFor(field));
  if (!kind) return;
  const words = wordsOf(kind, field);
  asking = setTimeout(async () => {
    const options = await Promise.resolve(kind.find(words)).catch(() => []);
    if (wordsOf(kind, field) === words && document.activeElement === field) show(field, kind, options);
  }, kind.find === findTickets || kind.find === findEmoji ? ASK_AFTER_MS : 0);
});

listen("keydown", (event) => {
  if (!list || event.target !== list.field || isComposing(event) || event.ctrlKey || event.metaKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) activate(list.index + step);
  else if (event.key === "Enter" || event.key === "Tab") list.children[list.index].insert();
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

listen("focusout", ({ target }) => {
  if (list?.field === target) close();
});
