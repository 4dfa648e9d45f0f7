// What HTMX does not do by itself. Everything here only adds: each page works without this file.
(() => {
  "use strict";
  const doc = document, root = doc.documentElement;
  const all = (selector, from = doc) => [...from.querySelectorAll(selector)];
  const one = (selector, from = doc) => from.querySelector(selector);
  const on = (name, act, capture) => doc.addEventListener(name, act, capture);
  const make = (tag, className, text) => Object.assign(doc.createElement(tag), { className, textContent: text || "" });
  const store = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { value == null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* full or forbidden: a draft is a kindness only */ } },
  };
  const announce = (text) => { const place = one("#announcer"); if (place) { place.textContent = ""; setTimeout(() => { place.textContent = text; }, 50); } };

  // --- Requests: the CSRF header, never for anything inside a message; ETags, so that an unchanged fragment costs nothing.
  const etags = new Map();
  on("htmx:configRequest", ({ detail }) => {
    const token = one('meta[name="csrf-token"]');
    if (token && detail.verb !== "get" && !detail.elt.closest("[hx-disable], [data-hx-disable]")) detail.headers["X-CSRFToken"] = token.content;
    const known = isLive(detail.elt) && etags.get(detail.path);
    if (known && known.in === detail.elt) detail.headers["If-None-Match"] = known.tag;
  });

  // --- Live fragments wait while a finger, a menu, a field or a selection is on them.
  const waiting = new Set();
  let pressed = false, moved = 0, snapshot = null;
  const isLive = (element) => element && element.matches && element.matches("[data-live]");
  on("pointerdown", () => { pressed = true; }, true);
  for (const name of ["pointerup", "pointercancel"]) on(name, () => setTimeout(() => { pressed = false; }, 300), true);
  on("pointermove", () => { moved = Date.now(); }, { passive: true });
  const inUse = (element) => {
    const active = doc.activeElement, selection = doc.getSelection();
    return (pressed && element.matches(":hover"))
      || (element.dataset.live === "list" && element.matches(":hover") && Date.now() - moved < 1500)
      || (element.contains(active) && active.matches("input:not([type=checkbox]), select, textarea"))
      || one("details[data-menu][open]", element)
      || (selection && !selection.isCollapsed && element.contains(selection.anchorNode));
  };
  const refresh = (element) => window.htmx && window.htmx.trigger(element, "sse:changed");
  setInterval(() => {
    for (const id of waiting) {
      const element = doc.getElementById(id);
      if (!element || !inUse(element)) { waiting.delete(id); if (element) refresh(element); }
    }
  }, 500);
  on("htmx:beforeRequest", (event) => {
    if (isLive(event.detail.elt) && inUse(event.detail.elt)) { waiting.add(event.detail.elt.id); event.preventDefault(); }
  });

  // --- A swap: nothing jumps, what is new is marked, counted and said.
  const FOCUSABLE = "a[href], button, summary, input, select, textarea";
  const marks = () => new Map(all("[data-mark]").map((element) => [element.id, element.dataset.mark]));
  const anchor = (target) => {
    const active = doc.activeElement;
    const seen = (element) => { const box = element.getBoundingClientRect(); return box.bottom > 60 && box.top < innerHeight; };
    return active && active !== doc.body && !target.contains(active) && seen(active) ? active : all("[data-mark]").find(seen);
  };
  on("htmx:beforeSwap", (event) => {
    const { elt, target, xhr, requestConfig } = event.detail, form = requestConfig && requestConfig.elt;
    if (isLive(elt)) {
      if (xhr.status === 200 && inUse(elt)) { waiting.add(elt.id); event.detail.shouldSwap = false; return; }
    }
    if (/<html/.test(xhr.responseText)) { event.detail.shouldSwap = false; if (xhr.status === 422) trouble(event); return; }
    if (form && form.matches("form")) { if (xhr.status < 400) forget(form); else keepFiles(form); }
    if (!event.detail.shouldSwap) return;
    const held = anchor(target);
    const active = doc.activeElement, host = target.contains(active) && active.closest("[id]");
    snapshot = { live: all("[data-live]").map((element) => element.id), focus: host && { id: host.id, at: all(FOCUSABLE, host).indexOf(active) }, marks: marks(), held, id: held && held.id, top: held && held.getBoundingClientRect().top, path: requestConfig && requestConfig.path, tag: xhr.getResponseHeader("ETag"),
      open: all("details[open][id]", target).map((element) => element.id), checked: all("input[type=checkbox]:checked[id]", target).map((element) => element.id) };
  });
  on("htmx:afterSwap", () => {
    const before = snapshot;
    if (!before) return;
    for (const id of before.open) { const element = doc.getElementById(id); if (element) element.open = true; }
    for (const id of before.checked) { const element = doc.getElementById(id); if (element) element.checked = true; }
    if (before.focus && doc.activeElement === doc.body) {
      const host = doc.getElementById(before.focus.id), again = host && (before.focus.at < 0 ? host : all(FOCUSABLE, host)[before.focus.at]);
      if (again) again.focus({ preventScroll: true });
    }
    const held = before.held && (before.held.isConnected ? before.held : doc.getElementById(before.id));
    if (held) scrollBy({ top: held.getBoundingClientRect().top - before.top, behavior: "instant" });
  });
  on("htmx:afterSettle", () => {
    const before = snapshot;
    snapshot = null;
    if (!before) return;
    for (const element of all("[data-live]")) if (before.tag && element.getAttribute("hx-get") === before.path) etags.set(before.path, { tag: before.tag, in: element });
    const fresh = all("[data-mark]").filter((element) => before.live.includes(element.closest("[data-live]").id) && before.marks.get(element.id) !== element.dataset.mark);
    const others = fresh.filter((element) => !("mine" in element.dataset));
    for (const element of fresh) element.classList.add("is-new");
    if (fresh.length) announce(fresh.length === 1 ? fresh[0].dataset.say : `${fresh.length} ${fresh[0].matches(".message") ? "new messages" : "tickets changed"}`);
    if (doc.hidden) count(unseen + others.length);
    const head = one("#ticket-header");
    if (head) one("#ticket").dataset.status = head.dataset.status;
    here();
    bulk();
  });
  const here = () => {
    const ticket = one("#ticket"), link = ticket && one(`#open-${ticket.dataset.number}`);
    if (link) { link.setAttribute("aria-current", "page"); link.closest("li").classList.add("row-here"); }
  };
  const title = doc.title;
  let unseen = 0, left = 0;
  const count = (number) => { unseen = number; doc.title = number ? `(${number}) ${title}` : title; };
  on("visibilitychange", () => {
    if (doc.hidden) { left = Date.now(); return; }
    count(0);
    if (Date.now() - left > 30000) all("[data-live]").forEach(refresh);
  });

  // --- Drafts stay in this browser until they are sent, or until one signs out.
  const draftKey = (form) => `draft:${doc.body.dataset.user || ""}:${form.dataset.draft}`;
  const words = (form) => all("textarea[name], input[name]:is([type=text], [type=url], [type=number], [type=date])", form);
  const forget = (form) => { if (form.dataset.draft) { clearTimeout(form.saving); form.sent = true; store.set(draftKey(form), null); } };
  on("input", ({ target }) => {
    const form = target.form;
    if (!form || !form.dataset.draft) return;
    clearTimeout(form.saving);
    form.saving = setTimeout(() => {
      const said = Object.fromEntries(words(form).filter((field) => field.value).map((field) => [field.name, field.value]));
      if (!form.sent) store.set(draftKey(form), Object.keys(said).length ? JSON.stringify(said) : null);
    }, 300);
  });
  const restore = (form) => {
    const sent = sessionStorage.getItem("sent-draft");
    if (sent === form.dataset.draft && !one("[data-error-summary]", form.parentElement)) store.set(draftKey(form), null);
    const said = JSON.parse(store.get(draftKey(form)) || "{}");
    for (const field of words(form)) if (!field.value && said[field.name]) field.value = said[field.name];
  };

  // --- Forms: ask once, send once, say when it did not arrive.
  on("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.matches("[data-scheme-choice]")) { event.preventDefault(); choose(button.value); return; }
    if (form.dataset.confirm && !form.confirmed) { event.preventDefault(); event.stopImmediatePropagation(); ask(form, button); return; }
    if (form.sending) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if (form.method !== "post") return;
    if (form.matches("[data-sign-out]")) { for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) store.set(key, null); }
    if (form.dataset.draft && !form.hasAttribute("hx-post")) sessionStorage.setItem("sent-draft", form.dataset.draft);
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
    if (isLive(detail.elt)) return;
    const form = detail.elt.closest("form"), said = detail.xhr && /<html/.test(detail.xhr.responseText) && one(".lede", new DOMParser().parseFromString(detail.xhr.responseText, "text/html"));
    const text = said ? said.textContent.trim() : detail.xhr && detail.xhr.status ? "That did not work. What you wrote is still here; try again in a moment." : "There is no connection. What you wrote is still here; try again in a moment.";
    const notice = make("div", "notice notice-error", text);
    notice.dataset.trouble = "";
    notice.setAttribute("role", "alert");
    (form || one("#flash")).prepend(notice);
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) on(name, trouble);

  // --- Files: dropped, pasted, listed, removed, kept when the form comes back with errors.
  const kept = new Map();
  const keepFiles = (form) => all("input[data-upload]", form).forEach((input) => { if (input.files.length) kept.set(form.getAttribute("action") + input.name, [...input.files]); });
  const setFiles = (input, files) => {
    const box = new DataTransfer();
    files.forEach((file) => box.items.add(file));
    input.files = box.files;
    input.chosen = files;
    const list = one("[data-files]", input.parentElement);
    list.replaceChildren(...files.map((file) => {
      const item = make("li"), button = make("button", "button button-quiet button-s", "Remove");
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
    if (fit.length < files.length) announce(`Files above ${size(largest)} were left out.`);
    setFiles(input, chosen.slice(0, most));
    announce(`${Math.min(chosen.length, most)} files attached`);
  };
  on("change", ({ target }) => { if (target.matches("[data-upload]")) addFiles(target, target.files); });
  const uploadOf = (target) => { const form = target.closest && target.closest("form"); return form && one("input[data-upload]", form); };
  const glow = (input, over) => input.closest(".drop").classList.toggle("is-over", over);
  on("dragover", (event) => { const input = uploadOf(event.target); if (input && event.dataTransfer.types.includes("Files")) { event.preventDefault(); glow(input, true); } });
  on("dragleave", (event) => { const input = uploadOf(event.target); if (input) glow(input, false); });
  on("drop", (event) => { const input = uploadOf(event.target); if (input && event.dataTransfer.files.length) { event.preventDefault(); glow(input, false); addFiles(input, event.dataTransfer.files); } });
  on("paste", (event) => { const input = uploadOf(event.target); if (input && event.clipboardData.files.length) { event.preventDefault(); addFiles(input, event.clipboardData.files); } });
  on("htmx:xhr:progress", ({ target, detail }) => {
    const bar = target.matches("form") && one("progress", target), input = bar && one("input[data-upload]", target);
    if (input && input.files.length && detail.total) { bar.hidden = false; bar.value = (100 * detail.loaded) / detail.total; }
  });

  // --- Small comforts.
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
    if (opener) { const dialog = doc.getElementById(opener.dataset.open); if (dialog && !dialog.open) dialog.showModal(); }
    if (copier) navigator.clipboard.writeText(one(copier.dataset.copy).textContent.trim()).then(() => announce("Copied"));
    if (target.matches("dialog")) target.close();
  });
  on("change", ({ target }) => {
    if (target.matches("[data-all]")) all("[data-select]").forEach((box) => { box.checked = target.checked; });
    if (target.matches("[data-all], [data-select]")) bulk();
    if (target.matches("[data-quiet-keys]")) store.set("quiet-keys", target.checked ? null : "1");
    if (target.form) conditions(target.form);
  });
  const bulk = () => {
    const bar = one("#bulk"), chosen = all("[data-select]:checked").length;
    if (!bar) return;
    bar.toggleAttribute("data-idle", !chosen);
    one("[data-chosen]", bar).textContent = chosen === 1 ? "1 selected" : `${chosen} selected`;
  };
  const conditions = (form) => {
    for (const part of all("[data-shown-if]", form)) {
      const source = form.elements[`field-${part.dataset.shownIf}`];
      const values = !source ? [] : source.type === "checkbox" ? [source.checked ? "yes" : ""] : source.type === "select-multiple" ? [...source.selectedOptions].map((option) => option.value)
        : source instanceof RadioNodeList && !source.value ? [...source].filter((box) => box.checked).map((box) => box.value) : [source.value];
      part.hidden = !values.includes(part.dataset.shownValue);
      all("input, select, textarea", part).forEach((field) => { field.disabled = part.hidden; });
    }
  };
  const ago = (then) => {
    const minutes = (Date.now() - then) / 60000;
    if (minutes < -1 || minutes >= 10080) return null;
    return minutes < 1 ? "just now" : minutes < 60 ? `${Math.floor(minutes)} min ago` : minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`;
  };
  setInterval(() => { for (const time of all("time[data-ago]")) { const text = ago(Date.parse(time.dateTime)); if (text && text !== time.textContent) time.textContent = text; } }, 30000);

  // --- The desk's keys. They can be switched off on the sheet (single letters disturb speech input).
  const write = (kind) => { const radio = one(`#compose-${kind}`); if (radio) radio.checked = true; const field = one(`#body-${kind}`); if (field) { field.focus(); field.scrollIntoView({ block: "nearest" }); } };
  const step = (by) => {
    const rows = all("[data-row]").filter((row) => row.offsetParent), at = rows.indexOf(doc.activeElement.closest("article, li, tr") && one("[data-row]", doc.activeElement.closest("article, li, tr")));
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const press = (selector) => { const element = all(selector).find((each) => each.offsetParent); if (element) element.matches("button, a") ? element.click() : element.focus(); };
  const keys = { j: () => step(1), k: () => step(-1), r: () => write("reply"), n: () => write("note"), a: () => press("[data-assign]"), s: () => press("[data-solve]"), "/": () => press("[data-search]"),
    x: () => { const row = doc.activeElement.closest("[data-mark]"), box = row && one("[data-select]", row); if (box) box.click(); },
    "?": () => { const sheet = one("#shortcuts"); if (sheet && !sheet.open) sheet.showModal(); } };
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

  // --- Whenever something has come onto the page.
  const begin = (part) => {
    const within = (selector) => [...(part.matches(selector) ? [part] : []), ...all(selector, part)];
    within("form[data-draft]").forEach(restore);
    within("form").forEach(conditions);
    within("input[data-upload]").forEach((input) => {
      const key = input.form && input.form.getAttribute("action") + input.name;
      if (kept.has(key)) { setFiles(input, kept.get(key)); kept.delete(key); }
    });
    within("[data-quiet-keys]").forEach((box) => { box.checked = !store.get("quiet-keys"); });
    const summary = within("[data-error-summary]")[0];
    if (summary) summary.focus();
  };
  on("htmx:load", ({ detail }) => { if (detail.elt !== doc.body) begin(detail.elt); });
  begin(doc.body);
  sessionStorage.removeItem("sent-draft");
  bulk();
})();
