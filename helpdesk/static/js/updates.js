// What a live update brought is marked, announced, and counted in the title while the tab is hidden.
import { announce, byId, listen, queryAll } from "./dom.js";
import { ngettext } from "./sentences.js";

const readRevisions = () =>
  new Map(queryAll("[data-revision], [data-live]").map((element) => [element.id, element.dataset.revision]));

const title = document.title;
let knownRevisions = readRevisions();
let unreadCount = 0;

const setUnreadCount = (count) => {
  unreadCount = count;
  document.title = count ? `(${count}) ${title}` : title;
};

const isNew = (element) =>
  !element.closest(".earlier-page") &&
  knownRevisions.has(element.closest("[data-live]").id) && knownRevisions.get(element.id) !== element.dataset.revision;

// An entry is new when its revision differs from before; those of a fragment that is new on the page do not count.
export const markNewEntries = () => {
  const entries = queryAll("[data-revision]").filter(isNew);
  knownRevisions = readRevisions();
  for (const entry of entries) entry.classList.add("is-new");
  if (entries.length === 1) announce(entries[0].dataset.announcement);
  if (entries.length > 1) {
    const { length } = entries;
    if (entries[0].matches(".message")) announce(ngettext("%(num)s new message", "%(num)s new messages", length));
    else announce(ngettext("%(num)s ticket changed", "%(num)s tickets changed", length));
  }
  if (document.hidden) setUnreadCount(unreadCount + entries.filter((entry) => !("mine" in entry.dataset)).length);
};

// The page's status is the one of its header, which is a live fragment of its own.
export const updateTicketStatus = () => {
  const header = byId("ticket-header");
  if (header) byId("ticket").dataset.status = header.dataset.status;
};

// In the queue beside a ticket, the row of that ticket.
export const markCurrentRow = () => {
  const link = byId(`open-${byId("ticket")?.dataset.number}`);
  link?.setAttribute("aria-current", "page");
  link?.closest("li").classList.add("row-current");
};

listen("visibilitychange", () => {
  if (!document.hidden) setUnreadCount(0);
});
