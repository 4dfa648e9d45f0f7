// Short names for what every module asks of the document.

export const queryAll = (selector, from = document) => [...from.querySelectorAll(selector)];
export const query = (selector, from = document) => from.querySelector(selector);
export const byId = (id) => document.getElementById(id);
export const listen = (name, handler, options) => document.addEventListener(name, handler, options);
export const isTeam = () => "team" in document.body.dataset;
export const csrfToken = () => query('meta[name="csrf-token"]')?.content;

export const createElement = (tag, className = "", textContent = "") =>
  Object.assign(document.createElement(tag), { className, textContent });

export const stopEvent = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
};

// Tell screen readers; the same sentence again is one that differs for them.
export const announce = (text) => {
  const announcer = byId("announcer");
  announcer.textContent = announcer.textContent === text ? `${text}\u00a0` : text;
};

// Call `setUp(query)` for the page now and for every part that HTMX inserts later. `query(selector)` gives the matching
// elements of that part, its root among them.
export const onContent = (setUp) => {
  const run = (part) => setUp((selector) => [...(part.matches(selector) ? [part] : []), ...queryAll(selector, part)]);
  listen("htmx:load", ({ detail }) => {
    if (detail.elt !== document.body) run(detail.elt);
  });
  run(document.body);
};
