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
  const macro = bar.elements.macro?.selectedOptions[0];
  const question = ngettext(
    "Set %(num)s ticket to “%(status)s”? The requesters get a mail.",
    "Set %(num)s tickets to “%(status)s”? The requesters get a mail.",
    count,
    { status: selectedOptions[0].textContent.trim() },
  );
  if (macro?.value) {
    bar.dataset.confirm = ngettext(
      "Apply “%(macro)s” to %(num)s ticket? A reply goes to the requester at once.",
      "Apply “%(macro)s” to %(num)s tickets? A reply goes to each requester at once.",
      count,
      { macro: macro.textContent.trim() },
    );
  } else if (bar.dataset.asksFor.split(" ").includes(value)) bar.dataset.confirm = question;
  else delete bar.dataset.confirm;
};

listen("change", ({ target }) => {
  if (target.matches("[data-all]")) for (const box of queryAll("[data-select]")) box.checked = target.checked;
  if (target.matches("[data-all], [data-select], #bulk select")) updateBulkBar();
});

updateBulkBar();
