// Selecting tickets in the queue; the bar for bulk changes shows when at least one is selected.
import { byId, listen, query, queryAll } from "./dom.js";

export const updateBulkBar = () => {
  const bar = byId("bulk");
  if (!bar) return;
  const count = queryAll("[data-select]:checked").length;
  bar.toggleAttribute("data-idle", !count);
  query("[data-selected-count]", bar).textContent = `${count} selected`;
  const { value, selectedOptions } = bar.elements.status;
  const tickets = count === 1 ? "1 ticket" : `${count} tickets`;
  const question = `Set ${tickets} to “${selectedOptions[0].textContent.trim()}”? The requesters get a mail.`;
  if (bar.dataset.asksFor.split(" ").includes(value)) bar.dataset.confirm = question;
  else delete bar.dataset.confirm;
};

listen("change", ({ target }) => {
  if (target.matches("[data-all]")) for (const box of queryAll("[data-select]")) box.checked = target.checked;
  if (target.matches("[data-all], [data-select], #bulk select")) updateBulkBar();
});

updateBulkBar();
