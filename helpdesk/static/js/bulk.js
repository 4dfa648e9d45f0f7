// Selecting tickets in the queue; the bar for bulk changes shows when at least one is selected.
import { byId, listen, query, queryAll } from "./dom.js";
import { ngettext } from "./sentences.js";

export const updateBulkBar = () => {
  const bar = byId("bulk");
  if (!bar) return;
  const count = queryAll("[data-select]:checked").length;
  bar.toggleAttribute("data-idle", !count);
  query("[data-selected-count]", bar).textContent = ngettext("%(num)s selected", "%(num)s selected", count);
  const { value, selectedOptions } = bar.elements.status;
  const question = ngettext(
    "Set %(num)s ticket to “%(status)s”? The requesters get a mail.",
    "Set %(num)s tickets to “%(status)s”? The requesters get a mail.",
    count,
    { status: selectedOptions[0].textContent.trim() },
  );
  if (bar.dataset.asksFor.split(" ").includes(value)) bar.dataset.confirm = question;
  else delete bar.dataset.confirm;
};

listen("change", ({ target }) => {
  if (target.matches("[data-all]")) for (const box of queryAll("[data-select]")) box.checked = target.checked;
  if (target.matches("[data-all], [data-select], #bulk select")) updateBulkBar();
});

updateBulkBar();
