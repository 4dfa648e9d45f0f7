// Keeps the list fresh, and times readable. Everything else works without it.
(function () {
  "use strict";
  function times(root) {
    root.querySelectorAll("time[data-at]").forEach(function (element) {
      var when = new Date(element.dataset.at * 1000);
      var today = when.toDateString() === new Date().toDateString();
      element.textContent = today ? when.toTimeString().slice(0, 5) : when.toLocaleDateString();
      element.title = when.toLocaleString();
    });
  }
  function refresh() {
    var list = document.getElementById("list");
    fetch(list.dataset.url).then(function (answer) { return answer.text(); }).then(function (html) {
      var known = new Set(Array.from(list.querySelectorAll("a"), function (a) { return a.pathname; }));
      var focused = list.contains(document.activeElement) && document.activeElement.pathname;
      list.outerHTML = html;
      list = document.getElementById("list");
      list.querySelectorAll("a").forEach(function (a) {
        if (!known.has(a.pathname)) a.parentNode.classList.add("fresh");
        if (a.pathname === focused) a.focus();
      });
      times(list);
    }).catch(function () {});
  }
  times(document);
  new EventSource(document.getElementById("list").dataset.stream).onmessage = refresh;
})();
