// The page of the demo workspace: what people do there with a message, a form, a menu.
import { act, page, refresh, showToast, times, unread } from "./page_parts.js";

function around(element) {
  var message = element.closest("[data-ts]");
  return { channel: page.channel, ts: message.dataset.ts };
}

function viewOf(element) {
  var view = element.closest("[data-view]");
  return view ? view.dataset.view : null;
}

function valueOf(field) {
  if (field.matches("[role=group]")) {
    var ticked = Array.from(field.querySelectorAll("input:checked"), function (input) { return input.value; });
    return field.dataset.type === "radio_buttons" ? ticked[0] || null : ticked;
  }
  if (field.multiple) return Array.from(field.selectedOptions, function (option) { return option.value; });
  if (field.dataset.external !== undefined) return field.dataset.value || null;
  return field.value || null;
}

function values(form) {
  var all = {};
  form.querySelectorAll(".field [data-block]").forEach(function (field) {
    all[field.dataset.block] = {};
    all[field.dataset.block][field.dataset.action] = valueOf(field);
  });
  return all;
}

function press(element, action, value) {
  var view = viewOf(element);
  var order = { action_id: action };
  if (value !== undefined) order.value = value;
  if (view) {
    var form = element.closest(".modal");
    order.do = "press_view";
    order.view_id = view;
    if (form) order.values = values(form);
  } else {
    Object.assign(order, { do: "press" }, around(element));
  }
  element.setAttribute("disabled", "");
  act(order).catch(function (error) { showToast(error.message); }).then(function () {
    element.removeAttribute("disabled");
  });
}

document.addEventListener("click", function (event) {
  var target = event.target.closest("button, a, summary");
  if (!event.target.closest("details"))
    document.querySelectorAll("details[open]").forEach(function (d) { d.open = false; });
  if (!target) return;
  var data = target.dataset;
  if (data.press !== undefined) {
    if (data.confirm && !window.confirm(data.confirm)) return;
    press(target, data.press);
  } else if (data.react) {
    act(Object.assign({ do: "react", name: data.react }, around(target))).catch(function (error) {
      showToast(error.message);
    });
    close(target);
  } else if (data.shortcut) {
    act(Object.assign({ do: "shortcut", callback_id: data.shortcut }, around(target))).catch(function (error) {
      showToast(error.message);
    });
    close(target);
  } else if (data.edit !== undefined) {
    close(target);
    edit(target.closest(".message"));
  } else if (data.delete !== undefined) {
    close(target);
    if (window.confirm("Delete this message?"))
      act(Object.assign({ do: "delete" }, around(target))).catch(function (error) { showToast(error.message); });
  } else if (data.close !== undefined) {
    act({ do: "close" }).catch(function (error) { showToast(error.message); });
  } else if (target.classList.contains("menu")) {
    var open = document.getElementById("side").classList.toggle("open");
    target.setAttribute("aria-expanded", String(open));
  }
});

document.addEventListener("click", function (event) {
  var side = document.getElementById("side");
  if (side.classList.contains("open") && !side.contains(event.target) && !event.target.closest(".menu"))
    side.classList.remove("open");
});

document.addEventListener("toggle", function (event) {
  if (!event.target.matches(".bar details") || !event.target.open) return;
  var menu = event.target.querySelector(".more");
  menu.classList.remove("up");
  var end = event.target.closest(".scroll").getBoundingClientRect().bottom;
  menu.classList.toggle("up", menu.getBoundingClientRect().bottom > end);
}, true);

function close(element) {
  var menu = element.closest("details");
  if (menu) menu.open = false;
  refresh();
}

function edit(message) {
  var content = message.querySelector(".content");
  var before = content.innerHTML;
  var form = document.createElement("form");
  form.className = "editing";
  form.innerHTML = '<textarea rows="3" aria-label="Edit message"></textarea>'
    + '<p><button class="button primary">Save</button><button type="button" class="button">Cancel</button></p>';
  var area = form.querySelector("textarea");
  area.value = message.dataset.text.replace(/<(https?:[^|>]+)>/g, "$1")
    .replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
  content.replaceChildren(form);
  area.focus();
  function end() { content.innerHTML = before; refresh(); }
  form.querySelector("[type=button]").onclick = end;
  area.onkeydown = function (event) {
    if (event.key === "Escape") end();
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); }
  };
  form.onsubmit = function (event) {
    event.preventDefault();
    event.stopPropagation();
    act({ do: "edit", channel: page.channel, ts: message.dataset.ts, text: area.value }).then(end, function (error) {
      showToast(error.message);
    });
  };
}

document.addEventListener("submit", function (event) {
  var form = event.target;
  if (form.matches(".modal")) {
    event.preventDefault();
    var button = form.querySelector("footer .primary");
    if (button) button.setAttribute("disabled", "");
    act({ do: "submit", values: values(form) }).catch(function (error) { showToast(error.message); }).then(function () {
      if (button) button.removeAttribute("disabled");
    });
  } else if (form.matches(".compose")) {
    event.preventDefault();
    send(form);
  }
});

function send(form) {
  var text = form.elements.text.value;
  var files = form.elements.files.files;
  var trouble = form.querySelector(".trouble");
  if (!text.trim() && !files.length) return;
  var command = /^(\/[a-z][\w-]*)\s*([\s\S]*)$/.exec(text);
  var order = { do: "say", channel: page.channel, text: text };
  if (form.dataset.thread) {
    order.thread_ts = form.dataset.thread;
    order.broadcast = form.elements.broadcast.checked;
  } else if (command && command[1] !== "/me") {
    order = { do: "command", channel: page.channel, command: command[1], text: command[2] };
  }
  if (form.dataset.sending) return;
  form.dataset.sending = "1";
  act(order, files).then(function () {
    form.reset();
    grow(form.elements.text);
    form.querySelector(".chosen").textContent = "";
    trouble.textContent = "";
    var box = form.parentNode.querySelector(".scroll");
    box.scrollTop = box.scrollHeight;
  }, function (error) { trouble.textContent = error.message; }).then(function () { delete form.dataset.sending; });
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = area.scrollHeight + "px";
}

document.addEventListener("keydown", function (event) {
  if (event.target.matches(".compose textarea") && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.key === "Escape" && document.querySelector(".veil") && !event.target.closest(".editing"))
    act({ do: "close" });
});

document.addEventListener("input", function (event) {
  var field = event.target;
  if (field.matches(".compose textarea")) grow(field);
  if (field.dataset.external !== undefined) {
    var list = document.getElementById(field.getAttribute("list"));
    var picked = Array.from(list.options).find(function (option) { return option.value === field.value; });
    field.dataset.value = picked ? picked.dataset.value : "";
    var asked = { do: "options", block_id: field.dataset.block, action_id: field.dataset.action, value: field.value };
    if (!picked) act(asked).then(function (found) {
      list.replaceChildren.apply(list, found.map(function (one) {
        var option = document.createElement("option");
        option.value = one.text.text;
        option.dataset.value = one.value;
        return option;
      }));
    });
  }
});

document.addEventListener("change", function (event) {
  var field = event.target.closest("[data-dispatch]");
  if (event.target.matches("#as")) return event.target.form.submit();
  if (event.target.matches(".compose [type=file]")) {
    event.target.form.querySelector(".chosen").textContent = Array.from(event.target.files, function (f) {
      return f.name;
    }).join(", ");
  } else if (field) {
    press(field, field.dataset.action, valueOf(field));
  }
});

document.querySelectorAll(".scroll").forEach(function (box) {
  times(box);
  var wanted = location.hash && box.querySelector(location.hash);
  if (wanted) wanted.scrollIntoView({ block: "center" });
  else if (page.channel !== "home") box.scrollTop = box.scrollHeight;
});
document.addEventListener("visibilitychange", unread);
unread();
if (page.channel === "home") act({ do: "home" });
var reply = document.querySelector('.thread textarea');
if (reply && matchMedia("(hover: hover)").matches) reply.focus({ preventScroll: true });
new EventSource(page.stream + "?since=" + page.version).onmessage = refresh;
