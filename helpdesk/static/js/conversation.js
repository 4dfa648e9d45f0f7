// A conversation opens at what is new, or at its end, or where one writes. What was read is folded, and stays as this
// page has it.
import { focusComposer } from "./composer.js";
import { byId, listen, query, queryAll } from "./dom.js";

const MAX_NAMED = 250;
const NAMING_PATH = /^\/tickets\/\d+\/(conversation|replies|notes)$/;

const conversation = () => byId("conversation");
const shownFrom = conversation()?.dataset.shownFrom;
const entries = () => queryAll("#conversation > :is(.message, .event)");

// The entries that the page shows, so that the response brings only what differs: "m12:3:5a0c" is message 12, number 3.
const nameShown = () => queryAll("#conversation [data-shown]").slice(-MAX_NAMED).map(({ id, dataset }) =>
  `${id[0]}${id.slice(id.indexOf("-") + 1)}:${dataset.shown}`).join(" ");

listen("htmx:configRequest", ({ detail }) => {
  if (shownFrom === undefined) return;
  detail.headers["X-Shown-From"] = shownFrom;
  if (NAMING_PATH.test(detail.path)) detail.headers["X-Shown-Entries"] = nameShown();
});

// Two responses may bring the same new entry: that to a reply, and that to the change which it caused.
listen("htmx:oobBeforeSwap", ({ detail }) => {
  if (detail.target.id !== "conversation" || query("#conversation", detail.fragment)) return;
  for (const { id } of queryAll("[data-shown]", detail.fragment)) query(`#conversation > #${id}`)?.remove();
});

listen("click", async ({ target }) => {
  const button = target.closest?.("[data-react]");
  if (button) (await import("./reactions.js")).toggleChoices(button);
});

// Loads earlier messages in place of the link to them, from message `to` on where that is given.
const loadEarlier = (link, to) => {
  const address = link.getAttribute("href") + (to ? `&to=${to}` : "");
  return window.htmx.ajax("GET", address, { source: link, target: link.parentElement, swap: "outerHTML" });
};

listen("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (elt.id === "earlier-messages" && "loaded" in elt.dataset) event.preventDefault();
});

// A link to a message that is folded or not loaded yet, as in a mail.
const revealTarget = async () => {
  const id = location.hash.length > 1 && decodeURIComponent(location.hash.slice(1));
  const earlier = byId("earlier-messages");
  const link = earlier && query("[id^=earlier-] > a", earlier);
  if (id && !byId(id) && link && /^message-\d+$/.test(id)) {
    earlier.dataset.loaded = "";
    await loadEarlier(link, id.slice("message-".length));
  }
  const target = id && byId(id);
  const folded = target && target.closest("details");
  if (!folded) return;
  folded.open = true;
  target.scrollIntoView();
};

const isBelow = (element) => element.getBoundingClientRect().bottom > innerHeight;

const openAtNews = () => {
  if (query("[name=body][autofocus]")) focusComposer();
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

// Everything is printed. The browser waits for nothing here but for a synchronous request.
const loadAllEarlier = () => {
  for (let link; (link = query("#earlier-messages [id^=earlier-] > a"));) {
    const request = new XMLHttpRequest();
    request.open("GET", `${link.getAttribute("href")}&all=1`, false);
    request.setRequestHeader("HX-Request", "true");
    request.send();
    if (request.status !== 200) return;
    byId("earlier-messages").dataset.loaded = "";
    link.parentElement.outerHTML = request.responseText;
  }
  window.htmx?.process(byId("conversation"));
};

let opened = [];
addEventListener("beforeprint", () => {
  if (byId("earlier-messages")) loadAllEarlier();
  opened = queryAll("details.earlier-messages:not([open]), details.quoted:not([open])");
  for (const part of opened) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of opened) part.open = false;
});
