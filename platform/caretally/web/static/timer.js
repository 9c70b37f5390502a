// The seconds of a running timer between two loads of the page; what is kept is the server's. Without this file they stand still.
"use strict";
(function () {
  var shown = document.querySelectorAll("[data-running]");
  if (!shown.length) return;
  var loaded = performance.now();
  function two(number) {
    return (number < 10 ? "0" : "") + number;
  }
  function show() {
    var passed = Math.floor((performance.now() - loaded) / 1000);
    shown.forEach(function (one) {
      var seconds = Number(one.dataset.seconds) + passed;
      one.textContent = Math.floor(seconds / 60).toLocaleString("en-US") + ":" + two(seconds % 60);
    });
  }
  setInterval(show, 1000);
  // A page that the browser kept for the back button shows a clock of then: ask the server anew.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) location.reload();
  });
})();
