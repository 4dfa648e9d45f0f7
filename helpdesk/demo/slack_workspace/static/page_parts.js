// The parts of the workspace's page: sends an action, fetches the parts again when something changed.
export var page = document.body.dataset;
var place = new URLSearchParams({ as: page.me, c: page.channel });
if (page.thread) place.set("t", page.thread);
var busy = false;
var again = false;

export function showToast(text) {
  var toast = document.getElementById("toast");
  toast.textContent = text;
  clearTimeout(showToast.timer);
  showToast.timer = setTimeout(function () { toast.textContent = ""; }, 5000);
}

export function act(order, files) {
  var form = new FormData();
  form.append("order", JSON.stringify(Object.assign({ me: page.me }, order)));
  Array.from(files || []).forEach(function (file) { form.append("files", file); });
  return fetch(page.do, { method: "POST", body: form, headers: { "X-Page": "1" } }).then(function (answer) {
    return answer.json();
  }).then(function (outcome) {
    if (!outcome.ok) throw new Error(outcome.error || "That did not work.");
    if (outcome.result && outcome.result.reason)
      showToast(reasons[outcome.result.reason] || "The app answered " + outcome.result.status + ".");
    return outcome.result;
  });
}

var reasons = {
  connection_failed: "The app cannot be reached. Is the portal running?",
  http_timeout: "The app did not answer in time.",
  http_error: "The app answered with an error.",
  no_url: "No app is listening here."
};

// Fetching the parts again

function atEnd(box) { return box.scrollHeight - box.scrollTop - box.clientHeight < 60; }

function put(id, html) {
  var box = document.getElementById(id);
  if (!box || box.dataset.html === html) return;
  if (box.querySelector(".editing, details[open]") && id !== "modal") { box.dataset.late = "1"; return; }
  var first = box.dataset.html === undefined;
  var end = atEnd(box);
  var known = new Set(Array.from(box.querySelectorAll(".message"), function (m) { return m.id; }));
  var focus = box.contains(document.activeElement) && document.activeElement.dataset.press;
  box.dataset.html = html;
  box.innerHTML = html;
  box.querySelectorAll(".message").forEach(function (m) {
    if (!first && !known.has(m.id)) m.classList.add("fresh");
  });
  if (focus) { var same = box.querySelector('[data-press="' + CSS.escape(focus) + '"]'); if (same) same.focus(); }
  if (end) box.scrollTop = box.scrollHeight;
  times(box);
}

function putModal(html) {
  var box = document.getElementById("modal");
  var next = document.createElement("div");
  next.innerHTML = html;
  var now = box.firstElementChild;
  var then = next.firstElementChild;
  if ((now && now.dataset.key) === (then && then.dataset.key)) return;
  box.innerHTML = html;
  var field = box.querySelector(".bad input, .bad textarea, .bad select")
    || box.querySelector(".inside input, .inside textarea, .inside select, footer button");
  if (field) field.focus();
}

export function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  fetch(page.parts + "?" + place).then(function (answer) { return answer.json(); }).then(function (parts) {
    put("channels", parts.channels);
    put("messages", parts.messages);
    put("replies", parts.replies);
    putModal(parts.modal);
    unread();
  }).catch(function () {}).then(function () {
    busy = false;
    if (again) { again = false; setTimeout(refresh, 60); }
  });
}

export function times(root) {
  root.querySelectorAll("time").forEach(function (element) {
    var when = new Date(element.getAttribute("datetime"));
    element.textContent = when.toTimeString().slice(0, 5);
    element.title = when.toLocaleString();
  });
}

export function unread() {
  document.querySelectorAll("a[data-channel]").forEach(function (link) {
    var key = "seen " + page.me + " " + link.dataset.channel;
    var last = link.dataset.last || "";
    if (link.dataset.channel === page.channel && !document.hidden) localStorage.setItem(key, last);
    link.classList.toggle("unread", last > (localStorage.getItem(key) || ""));
  });
  var waiting = document.querySelectorAll(".unread").length;
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (waiting) document.title = "(" + waiting + ") " + document.title;
}
