// Drafts on the server: the same words on every device of a person. Each saving names the revision that it continues,
// so what was typed elsewhere meanwhile is shown instead of being overwritten, and what was sent does not come back.
//
// Of each form by its name: `revision` and `text`, as the server has them as far as this page knows; `unanswered`, what
// this browser saved without an answer, which the server may have or get yet; `isSent`, it was sent or emptied here.
import { isOutdated, readForm, replaceForm } from "./draft_fields.js";
import { announce, createElement, csrfToken, listen, query, queryAll } from "./dom.js";
import { _ } from "./sentences.js";
import { getItem, setItem } from "./storage.js";

const SAVE_AFTER_MS = 1500;
const KEEPALIVE_LENGTH = 15000; // characters; browsers send 64 KB after a page is left
const states = new Map();
let isSignedOut = false;

const { user } = document.body.dataset;
const tab = () => sessionStorage;
const stateKey = (name) => `draft:state:${user}:${name}`;
const formOf = (name) => queryAll("form[data-draft]").find((form) => form.dataset.draft === name && form.isSynced);
const newRevision = () => Date.now().toString(36) + Math.random().toString(36).slice(2, 12);

const stateOf = (name) => {
  if (!states.has(name)) {
    const kept = JSON.parse(getItem(stateKey(name), tab) || getItem(stateKey(name)) || "{}");
    states.set(name, { revision: "", text: "", unanswered: [], isSent: false, ...kept, queue: Promise.resolve() });
  }
  return states.get(name);
};

const change = (name, values) => {
  const state = Object.assign(stateOf(name), values);
  const { revision, text, unanswered, isSent } = state;
  const kept = JSON.stringify({ revision, text, unanswered, isSent });
  setItem(stateKey(name), kept);
  setItem(stateKey(name), kept, tab);
  const field = formOf(name)?.elements.draft;
  if (field) field.value = revision;
};

// One request at a time for each form. Without an answer the words stay in this browser.
const enqueue = (name, work) => {
  const state = stateOf(name);
  state.queue = state.queue.then(() => !isSignedOut && work(name)).catch(() => {});
};

const send = async (name, content) => {
  const { revision: continues, unanswered } = stateOf(name);
  const revision = newRevision();
  change(name, { unanswered: [...unanswered, revision].slice(-8), isSent: !content });
  const answer = await fetch(`/drafts/${name}`, {
    method: "POST",
    keepalive: content.length < KEEPALIVE_LENGTH,
    headers: { "X-CSRFToken": csrfToken(), "Content-Type": "application/json" },
    body: JSON.stringify({ user, content, revision, continues, unanswered }),
  });
  if (answer.status === 204) change(name, { revision, text: content, unanswered: [] });
  if (answer.status === 409) await settle(name, await answer.json());
};

const save = async (name) => {
  const state = stateOf(name);
  const form = formOf(name);
  if (!form || form.submitTimer || form.draftSent || state.notice?.isConnected) return;
  const content = readForm(form);
  if (content !== state.text) await send(name, content);
};

const load = async (name) => {
  const answer = await fetch(`/drafts/${name}?user=${user}`);
  if (answer.status === 204) {
    change(name, { revision: "", text: "" });
    await save(name);
  } else if (answer.ok && !answer.redirected) await settle(name, await answer.json());
};

// What the server has, beside what this page has.
const settle = async (name, { revision, content }) => {
  const state = stateOf(name);
  const form = formOf(name);
  const mine = form ? readForm(form) : "";
  const isOurs = [state.revision, ...state.unanswered].includes(revision);
  const isUnchanged = mine === state.text;
  const wasSent = state.isSent && isOurs;
  const hasFocus = form?.contains(document.activeElement);
  state.isSent = false;
  if (isOurs || !form || mine === content || !content) change(name, { revision, text: content });
  if (content && wasSent && (!mine || mine === content)) return send(name, ""); // an earlier saving came late
  if (!form || mine === content) return undefined;
  if (isOutdated(form, content)) return showOther(name, form, { revision, content });
  if (mine && (isOurs || (!content && !isUnchanged))) return save(name);
  if (content && (hasFocus || (mine && !isUnchanged))) return showOther(name, form, { revision, content });
  change(name, { revision, text: content });
  replaceForm(form, content);
  if (!content) announce(_("This was sent from another tab."));
  return undefined;
};

// Both texts stay until the person chooses one.
const showOther = async (name, form, { revision, content }) => {
  const state = stateOf(name);
  state.notice?.remove();
  const sentence = isOutdated(form, content)
    ? _("This was changed after you wrote:")
    : _("You wrote this in another tab or on another device:");
  const choose = (isTaken) => {
    change(name, { revision, text: content });
    if (isTaken) replaceForm(form, content);
    else form.dispatchEvent(new CustomEvent("draft:changed", { bubbles: true }));
    enqueue(name, save);
  };
  const { show } = await import("./other_draft.js");
  state.notice = show(form, sentence, content, choose, { _, createElement, query });
  announce(sentence);
};

export const startSyncing = (form) => {
  const name = form.dataset.draft;
  form.isSynced = !form.isPrefilled;
  for (const [field, value] of Object.entries({ draft: "", draft_name: name })) {
    if (form.elements[field]) continue;
    form.append(Object.assign(createElement("input"), { type: "hidden", name: field, value }));
  }
  if (!form.isSynced) return;
  change(name, {});
  enqueue(name, load);
};

export const syncSoon = (form) => {
  if (!form.isSynced) return;
  const state = stateOf(form.dataset.draft);
  state.timer ??= setTimeout(() => {
    state.timer = null;
    enqueue(form.dataset.draft, save);
  }, SAVE_AFTER_MS);
};

export const expectSending = (name) => change(name, { isSent: true });

// What is kept in this browser is removed when a person signs out; nothing is kept after that.
export const stopSyncing = () => {
  isSignedOut = true;
};

const syncAll = (work) => {
  for (const form of queryAll("form[data-draft]")) if (form.isSynced) enqueue(form.dataset.draft, work);
};

listen("visibilitychange", () => syncAll(document.hidden ? save : load));
addEventListener("pagehide", () => syncAll(save));
