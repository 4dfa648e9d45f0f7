// What HTMX does not do by itself. Everything here only adds: each page works without this file.
(() => {
  "use strict";
  const doc = document, root = doc.documentElement;
  const all = (selector, from = doc) => [...from.querySelectorAll(selector)];
  const one = (selector, from = doc) => from.querySelector(selector);
  const on = (name, act, capture) => doc.addEventListener(name, act, capture);
  const make = (tag, className, text) => Object.assign(doc.createElement(tag), { className: className || "", textContent: text || "" });
  const store = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { value == null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* full or forbidden */ } },
  };
  const byId = (id) => doc.getElementById(id);
  const stop = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  const announce = (text) => { byId("announcer").textContent = text; };

  // Requests: the CSRF header, never for what stands inside a message; and ETags.
  const etags = new Map();
  on("htmx:configRequest", ({ detail }) => {
    const token = one('meta[name="csrf-token"]');
    if (token && detail.verb !== "get" && !detail.elt.closest("[hx-disable], [data-hx-disable]")) detail.headers["X-CSRFToken"] = token.content;
    const known = isLive(detail.elt) && etags.get(detail.path);
    if (known && known.in === detail.elt) detail.headers["If-None-Match"] = known.tag;
  });

  // Live fragments wait while they are in use.
  const waiting = new Set(), kept = new Map();
  let pressed = false, moved = 0;
  const snapshots = new WeakMap();
  const isLive = (element) => element.matches("[data-live]");
  on("pointerdown", () => { pressed = true; }, true);
  for (const name of ["pointerup", "pointercancel"]) on(name, () => setTimeout(() => { pressed = false; }, 300), true);
  on("pointermove", () => { moved = Date.now(); }, { passive: true });
  const inUse = (element) => {
    const active = doc.activeElement, selection = doc.getSelection();
    return (pressed && element.matches(":hover"))
      || (element.dataset.live === "list" && element.matches(":hover") && Date.now() - moved < 1500)
      || (element.contains(active) && active.matches("input:not([type=checkbox]), select, textarea"))
      || one("details[data-menu][open]", element)
      || (!selection.isCollapsed && element.contains(selection.anchorNode));
  };
  const refresh = (element) => window.htmx?.trigger(element, "live:changed");
  setInterval(() => {
    for (const id of waiting) {
      const element = byId(id);
      if (element && inUse(element)) continue;
      waiting.delete(id);
      if (element) refresh(element);
    }
  }, 500);
  on("htmx:beforeRequest", (event) => {
    if (isLive(event.detail.elt) && inUse(event.detail.elt)) { waiting.add(event.detail.elt.id); event.preventDefault(); }
  });

  // Swaps: nothing jumps; what is new is marked, counted and said.
  const FOCUSABLE = "a[href], button, summary, input, select, textarea";
  const marks = () => new Map(all("[data-mark], [data-live]").map((element) => [element.id, element.dataset.mark]));
  let known = marks();
  const anchor = (target) => {
    const active = doc.activeElement, seen = (element) => { const box = element.getBoundingClientRect(); return box.bottom > 60 && box.top < innerHeight; };
    return active !== doc.body && !target.contains(active) && seen(active) ? active : all("[data-mark]").find(seen);
  };
  on("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail, { elt } = requestConfig;
    if (isLive(elt) && inUse(elt)) { waiting.add(elt.id); event.detail.shouldSwap = false; return; }
    if (/<html/.test(xhr.responseText)) { event.detail.shouldSwap = false; if (xhr.status === 422) trouble(event); return; }
    if (!event.detail.shouldSwap) return;
    const held = anchor(target), active = doc.activeElement, host = target.contains(active) && active.closest("[id]");
    snapshots.set(xhr, { focus: host && { id: host.id, at: all(FOCUSABLE, host).indexOf(active) }, held, id: held?.id, top: held?.getBoundingClientRect().top, path: requestConfig.path, tag: xhr.getResponseHeader("ETag"),
      open: all("details[open][id]", target), checked: all("input[type=checkbox]:checked[id]", target) });
  });
  on("htmx:afterSwap", ({ detail }) => {
    const before = detail.xhr && snapshots.get(detail.xhr);
    if (!before) return;
    for (const kind of ["open", "checked"]) for (const { id } of before[kind]) if (byId(id)) byId(id)[kind] = true;
    if (before.focus && doc.activeElement === doc.body) {
      const host = byId(before.focus.id);
      (host && all(FOCUSABLE, host)[before.focus.at] || host)?.focus({ preventScroll: true });
    }
    const held = before.held && (before.held.isConnected ? before.held : byId(before.id));
    if (held) scrollBy({ top: held.getBoundingClientRect().top - before.top, behavior: "instant" });
  });
  on("htmx:afterSettle", ({ detail }) => {
    const before = detail.xhr && snapshots.get(detail.xhr);
    if (!before) return;
    snapshots.delete(detail.xhr);
    for (const element of all("[data-live]")) if (before.tag && element.getAttribute("hx-get") === before.path) etags.set(before.path, { tag: before.tag, in: element });
    const fresh = all("[data-mark]").filter((element) => known.has(element.closest("[data-live]").id) && known.get(element.id) !== element.dataset.mark);
    known = marks();
    for (const element of fresh) element.classList.add("is-new");
    if (fresh.length) announce(fresh.length === 1 ? fresh[0].dataset.say : `${fresh.length} ${fresh[0].matches(".message") ? "new messages" : "tickets changed"}`);
    if (doc.hidden) count(unseen + fresh.filter((element) => !("mine" in element.dataset)).length);
    const head = byId("ticket-header");
    if (head) byId("ticket").dataset.status = head.dataset.status;
    here();
    bulk();
  });
  const here = () => {
    const link = byId(`open-${byId("ticket")?.dataset.number}`);
    link?.setAttribute("aria-current", "page");
    link?.closest("li").classList.add("row-here");
  };
  const title = doc.title;
  let unseen = 0, left = 0;
  const count = (number) => { unseen = number; doc.title = number ? `(${number}) ${title}` : title; };
  on("visibilitychange", () => {
    if (doc.hidden) { left = Date.now(); return; }
    count(0);
    if (Date.now() - left > 30000) all("[data-live]").forEach(refresh);
  });

  // Somebody who really reads needs no mail about it just now; an open tab alone says nothing.
  let alive = 0;
  const signOfLife = () => {
    const ticket = byId("ticket");
    if (!ticket || "team" in doc.body.dataset || Date.now() - alive < 20000) return;
    alive = Date.now();
    fetch(`/tickets/${ticket.dataset.number}/presence`, { method: "POST", headers: { "X-CSRFToken": one('meta[name="csrf-token"]').content } }).catch(() => {});
  };
  for (const name of ["pointerdown", "keydown", "wheel", "touchmove"]) on(name, signOfLife, { capture: true, passive: true });

  // Drafts stay here until sent, or until one signs out.
  const draftKey = (form) => `draft:${doc.body.dataset.user || ""}:${form.dataset.draft}`;
  const words = (form) => all("textarea[name], input[name]:is([type=text], [type=url], [type=number], [type=date])", form);
  const forget = (form) => {
    clearTimeout(form.saving);
    form.sent = true;
    store.set(draftKey(form), null);
    kept.clear();
  };
  const keep = (form) => {
    const said = Object.fromEntries(words(form).filter((field) => field.value).map((field) => [field.name, field.value]));
    clearTimeout(form.saving);
    if (!form.sent) store.set(draftKey(form), Object.keys(said).length ? JSON.stringify(said) : null);
  };
  on("input", ({ target: { form } }) => {
    if (!form || !form.dataset.draft) return;
    clearTimeout(form.saving);
    form.saving = setTimeout(() => keep(form), 300);
  });
  const restore = (form) => {
    const said = JSON.parse(store.get(draftKey(form)) || "{}");
    for (const field of words(form)) if (!field.value && said[field.name]) field.value = said[field.name];
  };
  on("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
    if (!elt.matches("form")) return;
    if (xhr.status < 400) forget(elt);
    else if (xhr.status === 422) all("input[data-upload]", elt).forEach((input) => kept.set(fileKey(input), [...input.files]));
  });

  // Forms: ask once, send once, say when it failed.
  on("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.matches("[data-scheme-choice]")) { event.preventDefault(); choose(button.value); return; }
    if (form.dataset.confirm && !form.confirmed) { stop(event); ask(form, button); return; }
    if (form.sending) { stop(event); return; }
    if (form.method !== "post") return;
    if (form.matches("[data-sign-out]")) { for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) store.set(key, null); }
    if (form.dataset.draft) {
      keep(form);
      if (!form.hasAttribute("hx-post")) sessionStorage.setItem("sent", draftKey(form));
    }
    all(".notice[data-trouble]", form).forEach((notice) => notice.remove());
    form.sending = setTimeout(() => release(form), 20000);
    if (button) { button.setAttribute("aria-disabled", "true"); if (button.dataset.busy) { button.label = [...button.childNodes]; button.textContent = button.dataset.busy; } form.pushed = button; }
  }, true);
  const release = (form) => {
    clearTimeout(form.sending);
    form.sending = form.confirmed = null;
    const bar = one("progress", form), button = form.pushed;
    if (bar) bar.hidden = true;
    if (button) { button.removeAttribute("aria-disabled"); if (button.label) button.replaceChildren(...button.label); button.label = null; }
  };
  addEventListener("pageshow", () => all("form").forEach(release));
  on("htmx:afterRequest", ({ detail }) => { if (detail.elt.matches("form")) release(detail.elt); });
  const ask = (form, button) => {
    const dialog = make("dialog", "confirm"), row = make("div", "form-actions"), text = make("p", "", form.dataset.confirm);
    const yes = make("button", "button button-danger", button ? button.textContent.trim() : "Go on"), no = make("button", "button button-quiet", "Cancel");
    text.id = "confirm-text";
    dialog.setAttribute("aria-labelledby", text.id);
    yes.onclick = () => { dialog.close(); form.confirmed = true; form.requestSubmit(button && button.form === form ? button : undefined); };
    no.onclick = () => dialog.close();
    dialog.onclose = () => dialog.remove();
    row.append(yes, no);
    dialog.append(text, row);
    doc.body.append(dialog);
    dialog.showModal();
    no.focus();
  };
  const trouble = ({ detail }) => {
    const elt = detail.requestConfig.elt, answer = detail.xhr?.responseText || "";
    if (isLive(elt)) return;
    const said = /<html/.test(answer) && one(".lede", new DOMParser().parseFromString(answer, "text/html"));
    const notice = make("div", "notice notice-error", said ? said.textContent : `${detail.xhr?.status ? "That did not work." : "There is no connection."} What you wrote is still here; try again in a moment.`);
    notice.dataset.trouble = "";
    notice.setAttribute("role", "alert");
    (elt.closest("form") || byId("flash")).prepend(notice);
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) on(name, trouble);

  // Files: dropped, pasted, removed, kept when the form comes back.
  const fileKey = (input) => input.form?.getAttribute("action") + input.name;
  const setFiles = (input, files) => {
    const box = new DataTransfer();
    files.forEach((file) => box.items.add(file));
    input.files = box.files;
    input.chosen = files;
    const list = one("[data-files]", input.parentElement);
    list.replaceChildren(...files.map((file) => {
      const item = make("li", "file"), button = make("button", "button button-quiet button-s", "Remove");
      item.append(make("span", "clip", file.name), make("span", "soft", size(file.size)), button);
      button.type = "button";
      button.setAttribute("aria-label", `Remove ${file.name}`);
      button.onclick = () => { setFiles(input, input.chosen.filter((other) => other !== file)); input.focus(); };
      return item;
    }));
    list.hidden = !files.length;
  };
  const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const addFiles = (input, files) => {
    const largest = +input.dataset.maxSize || Infinity, most = input.multiple ? +input.dataset.maxFiles || Infinity : 1;
    const fit = [...files].filter((file) => file.size <= largest), chosen = [...(input.multiple ? input.chosen || [] : []), ...fit];
    setFiles(input, chosen.slice(0, most));
    const text = `${input.chosen.length} attached${fit.length < files.length || chosen.length > most ? `; left out what is above ${size(largest)} or the ${most} allowed` : ""}.`;
    one("[data-files]", input.parentElement).append(make("li", "soft", text));
    announce(text);
  };
  for (const name of ["dragover", "dragleave", "drop", "paste"]) on(name, (event) => {
    const input = all("input[data-upload]", event.target.closest?.("form") || doc).find((each) => each.offsetParent), data = event.dataTransfer || event.clipboardData;
    if (!input || !data.types.includes("Files") || (name === "paste" && data.types.includes("text/plain"))) return;
    event.preventDefault();
    input.closest(".drop").classList.toggle("is-over", name === "dragover");
    if (name === "drop" || name === "paste") addFiles(input, data.files);
  });
  on("htmx:xhr:progress", ({ target, detail }) => {
    const bar = target.matches("form") && one("progress", target), input = bar && one("input[data-upload]", target);
    if (input && input.files.length && detail.total) { bar.hidden = false; bar.value = (100 * detail.loaded) / detail.total; }
  });

  const choose = (scheme) => {
    if (scheme === "auto") delete root.dataset.scheme; else root.dataset.scheme = scheme;
    doc.cookie = `scheme=${scheme}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    all("[data-scheme-choice] button").forEach((button) => button.setAttribute("aria-pressed", button.value === scheme));
  };
  on("click", (event) => {
    const target = event.target;
    if (target.closest('[href="#body-reply"]')) { event.preventDefault(); write("reply"); }
    for (const menu of all("details[data-menu][open]")) if (!menu.contains(target)) menu.open = false;
    const opener = target.closest("[data-open]"), copier = target.closest("[data-copy]");
    if (opener) byId(opener.dataset.open).showModal();
    if (copier) navigator.clipboard.writeText(one(copier.dataset.copy).textContent.trim()).then(() => announce("Copied"));
    if (target.matches("dialog")) target.close();
  });
  on("change", ({ target }) => {
    if (target.matches("[data-upload]")) addFiles(target, target.files);
    if (target.matches("[data-all]")) all("[data-select]").forEach((box) => { box.checked = target.checked; });
    if (target.matches("[data-all], [data-select]")) bulk();
    if (target.matches("[data-quiet-keys]")) store.set("quiet-keys", target.checked ? null : "1");
    if (target.form) conditions(target.form);
  });
  const bulk = () => {
    const bar = byId("bulk"), chosen = all("[data-select]:checked").length;
    if (!bar) return;
    bar.toggleAttribute("data-idle", !chosen);
    one("[data-chosen]", bar).textContent = `${chosen} selected`;
  };
  const conditions = (form) => {
    for (const part of all("[data-shown-if]", form)) {
      const said = new FormData(form).getAll(`field-${part.dataset.shownIf}`), wanted = part.dataset.shownValue;
      part.hidden = !(wanted ? said.includes(wanted) : said.some(Boolean));
      all("input, select, textarea", part).forEach((field) => { field.disabled = part.hidden; });
    }
  };
  const ago = (then) => {
    const minutes = Math.floor((Date.now() - then) / 60000);
    return minutes < 1 ? "just now" : minutes < 60 ? `${minutes} min ago` : minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : minutes < 10080 && `${Math.floor(minutes / 1440)} d ago`;
  };
  setInterval(() => { for (const time of all("time[data-ago]")) { const text = ago(Date.parse(time.dateTime)); if (text && text !== time.textContent) time.textContent = text; } }, 30000);

  // The desk's keys. The sheet switches them off, because single letters disturb speech input.
  const write = (kind) => { const radio = byId(`compose-${kind}`); if (radio) radio.checked = true; byId(`body-${kind}`)?.focus(); };
  const step = (by) => {
    const rows = all("[data-row]").filter((row) => row.offsetParent), now = doc.activeElement.closest(".row");
    rows[Math.max(0, Math.min(rows.length - 1, rows.findIndex((row) => now?.contains(row)) + by))]?.focus();
  };
  const press = (selector) => { const element = all(selector).find((each) => each.offsetParent); element?.[element.matches("button") ? "click" : "focus"](); };
  const keys = { j: () => step(1), k: () => step(-1), r: () => write("reply"), n: () => write("note"), a: () => press("[data-assign]"), s: () => press("[data-solve]"), "/": () => press("[data-search]"),
    x: () => one(".row:focus-within [data-select]")?.click(),
    "?": () => byId("shortcuts").showModal() };
  on("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      const menu = one("details[data-menu][open]");
      if (menu) { menu.open = false; one("summary", menu).focus(); } else if (typing && "team" in doc.body.dataset) event.target.blur();
    }
    if (typing && event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) { event.preventDefault(); event.target.form.requestSubmit(); }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !("team" in doc.body.dataset) || one("dialog[open]") || store.get("quiet-keys")) return;
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });

  // Whatever comes onto the page.
  const begin = (part) => {
    const within = (selector) => [...(part.matches(selector) ? [part] : []), ...all(selector, part)];
    within("form[data-draft]").forEach(restore);
    within("form").forEach(conditions);
    within("input[data-upload]").forEach((input) => {
      if (kept.has(fileKey(input)) && !one(".kept-files", input.form)) setFiles(input, kept.get(fileKey(input)));
    });
    within("[data-quiet-keys]").forEach((box) => { box.checked = !store.get("quiet-keys"); });
    within("[data-error-summary]")[0]?.focus();
  };
  on("htmx:load", ({ detail }) => { if (detail.elt !== doc.body) begin(detail.elt); });
  if (!one("[data-error-summary]")) store.set(sessionStorage.getItem("sent"), null);
  sessionStorage.removeItem("sent");
  begin(doc.body);
  bulk();
})();
