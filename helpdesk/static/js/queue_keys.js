// Moving through the queue by keys: from row to row, and from ticket to ticket in the order the queue had.
import { announce, byId, listen, queryAll } from "./dom.js";
import { _ } from "./sentences.js";
import { getItem, setItem } from "./storage.js";

const ORDER_KEY = "queue-order";

const tab = () => sessionStorage; // without it, the keys move in the queue only
const readOrder = () => JSON.parse(getItem(ORDER_KEY, tab) || "[]");
const numberOf = (address) => new URL(address, location.href).pathname;
const rows = () => queryAll("#queue [data-row]");

// A ticket that leaves the view, because it was solved, keeps its place among those that were beside it.
const rememberOrder = () => {
  const addresses = rows().map((row) => row.getAttribute("href"));
  const isQueuePage = !byId("ticket");
  const isListed = addresses.some((address) => numberOf(address) === location.pathname);
  if (!addresses.length || !(isQueuePage || (isListed && !readOrder().length))) return;
  setItem(ORDER_KEY, JSON.stringify(addresses), tab);
};

// The address of the ticket before (-1) or after (1) the present one; undefined at the end.
export const neighbour = (step) => {
  const order = readOrder();
  const index = order.findIndex((address) => numberOf(address) === location.pathname);
  return index < 0 ? order[0] : order[index + step];
};

const moveToTicket = (step) => {
  const address = neighbour(step);
  if (address) location.assign(address);
  else announce(step > 0 ? _("This is the last ticket of the list.") : _("This is the first ticket of the list."));
};

const moveToRow = (step) => {
  const visible = queryAll("[data-row]").filter((row) => row.offsetParent);
  const current = document.activeElement.closest(".row");
  const index = visible.findIndex((row) => current?.contains(row)) + step;
  visible[Math.max(0, Math.min(visible.length - 1, index))]?.focus();
};

export const moveInQueue = (step) => (byId("ticket") ? moveToTicket(step) : moveToRow(step));

listen("htmx:afterSettle", rememberOrder);
rememberOrder();

// The search symbol of narrow screens leads to the field.
if (location.hash === "#queue-search") byId("queue-search")?.focus();
