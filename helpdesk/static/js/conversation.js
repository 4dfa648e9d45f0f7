// A conversation opens at what is new, or at its end. What was read is folded, and stays as this page has it.
import { byId, listen, query, queryAll } from "./dom.js";

const conversation = () => byId("conversation");
const shownFrom = conversation()?.dataset.shownFrom;
const entries = () => queryAll("#conversation > :is(.message, .event)");

listen("htmx:configRequest", ({ detail }) => {
  if (shownFrom !== undefined) detail.headers["X-Shown-From"] = shownFrom;
});

const reveal = (element) => {
  const folded = element?.closest("details:not([open])");
  if (folded) folded.open = true;
};

// A link to a message that is folded, as in a mail.
const revealTarget = () => {
  const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
  if (!target || !target.closest("details")) return;
  reveal(target);
  target.scrollIntoView();
};

const isBelow = (element) => element.getBoundingClientRect().bottom > innerHeight;

const openAtNews = () => {
  const last = entries().at(-1);
  if (location.hash || scrollY || !last) return;
  const unread = byId("first-unread");
  if (unread && isBelow(unread)) unread.scrollIntoView({ block: "start", behavior: "instant" });
  else if (!unread && query(".earlier-messages") && isBelow(last)) {
    last.scrollIntoView({ block: "end", behavior: "instant" });
  }
};

const jump = byId("jump-to-newest");
const updateJump = () => {
  const last = entries().at(-1);
  if (jump) jump.hidden = !last || last.getBoundingClientRect().top < innerHeight;
};

jump?.addEventListener("click", (event) => {
  event.preventDefault();
  entries().at(-1)?.scrollIntoView({ block: "end" });
});

if (conversation()) {
  addEventListener("hashchange", revealTarget);
  addEventListener("scroll", updateJump, { passive: true });
  addEventListener("resize", updateJump, { passive: true });
  listen("htmx:afterSettle", updateJump);
  revealTarget();
  openAtNews();
  updateJump();
}

// Everything is printed.
let opened = [];
addEventListener("beforeprint", () => {
  opened = queryAll("details.earlier-messages:not([open]), details.quoted:not([open])");
  for (const part of opened) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of opened) part.open = false;
});
