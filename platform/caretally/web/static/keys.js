// Keys for people who work in the pages all day. Turned off in the profile: then this file is not loaded. Nothing here is needed to reach a page.
(function () {
  "use strict";
  var waiting = false;
  var list = document.getElementById("keys");
  var search = document.getElementById("search");

  function writing(element) {
    return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) && !/^(checkbox|radio)$/.test(element.type);
  }

  function rows() {
    return Array.prototype.filter.call(document.querySelectorAll("main tbody tr"), function (row) {
      return row.querySelector("a, button, input:not([type=hidden]), select") && row.offsetParent !== null;
    });
  }

  function move(step) {
    var all = rows();
    var here = all.findIndex(function (row) { return row.contains(document.activeElement); });
    var next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1)];
    if (next) {
      next.querySelector("a, button, input:not([type=hidden]), select").focus();
      next.scrollIntoView({ block: "nearest" });
    }
  }

  function select() {
    var row = rows().find(function (one) { return one.contains(document.activeElement); });
    var box = row && row.querySelector("input[type=checkbox]");
    if (box) { box.click(); }
  }

  function press(key) {
    var row = rows().find(function (one) { return one.contains(document.activeElement); });
    var mark = '[data-key="' + key + '"]';
    var one = (row && (row.querySelector(mark) || (key === "e" && row.querySelector("a.row")))) || document.querySelector("main " + mark) || document.querySelector(mark);
    if (one) { one.click(); }
  }

  function go(key) {
    var link = document.querySelector('nav a[data-go="' + key + '"]');
    if (link) { link.click(); }
  }

  var acts = {
    "/": function () { if (search) { search.focus(); search.select(); } },
    "j": function () { move(1); },
    "k": function () { move(-1); },
    "x": select,
    "e": function () { press("e"); },
    "a": function () { press("a"); },
    "t": function () { press("t"); },
    "?": function () { if (list && list.showModal && !list.open) { list.showModal(); } },
    "g": function () { waiting = true; setTimeout(function () { waiting = false; }, 1500); }
  };

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writing(event.target) || (list && list.open)) { return; }
    if (waiting && /^[a-z]$/.test(event.key)) {
      waiting = false;
      event.preventDefault();
      go(event.key);
    } else if (Object.prototype.hasOwnProperty.call(acts, event.key)) {
      event.preventDefault();
      acts[event.key]();
    }
  });
})();
