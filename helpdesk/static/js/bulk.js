// Selecting tickets in the queue; the bar for bulk changes shows when at least one is selected.
import { byId, listen, query, queryAll } from "./dom.js";

export const updateBulkBar = () => {
  const bar = byId("bulk");
  if (!bar) return;
  const count = queryAll("[data-select]:checked").length;
  bar.toggleAttribute("data-idle", !count);
  query("[data-selected-count]", bar).textContent = `${count} selected`;
};

listen("change", ({ target }) => {
  if (target.matches("[data-all]")) for (const box of queryAll("[data-select]")) box.checked = target.checked;
  if (target.matches("[data-all], [data-select]")) updateBulkBar();
});

updateBulkBar();
