// Choosing in the command palette: arrow keys, Enter and Escape. Loaded when it is first opened.
const search = document.getElementById("palette-search");
const options = () => [...document.querySelectorAll("#palette-results [role=option]")];

const select = (index) => {
  const all = options();
  if (!all.length) return;
  const at = (index + all.length) % all.length;
  for (const [number, option] of all.entries()) option.setAttribute("aria-selected", number === at);
  all[at].scrollIntoView({ block: "nearest" });
  search.setAttribute("aria-activedescendant", all[at].id);
};

// Enter where nothing is found searches in the queue. Escape closes also where a browser would empty the field first.
export const choose = (key) => {
  if (key === "Escape") {
    search.closest("dialog").close();
    return;
  }
  const current = options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (step) select(current + step);
  else if (current >= 0) options()[current].click();
  else search.form.requestSubmit();
};

search.closest("dialog").addEventListener("submit", ({ currentTarget }) => currentTarget.close());
document.addEventListener("htmx:afterSwap", () => search.closest("[open]") && select(0));
select(0);
