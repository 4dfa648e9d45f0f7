// Tell the server that a requester reads the ticket just now, so that no mail is sent about what they see on the page.
// An open tab alone says nothing: only what the person does counts.
import { byId, csrfToken, isTeam, listen } from "./dom.js";

const INTERVAL_MS = 20000;
let reportedAt = 0;

const reportPresence = () => {
  const ticket = byId("ticket");
  if (!ticket || isTeam() || Date.now() - reportedAt < INTERVAL_MS) return;
  reportedAt = Date.now();
  const address = `/tickets/${ticket.dataset.number}/presence`;
  fetch(address, { method: "POST", headers: { "X-CSRFToken": csrfToken() } }).catch(() => {});
};

for (const name of ["pointerdown", "keydown", "wheel", "touchmove"]) {
  listen(name, reportPresence, { capture: true, passive: true });
}
