// The seconds of a running timer between two loads of the page; what is kept is the server's. Without this file they stand still.
"use strict";
(function () {
  var shown = document.querySelector("output[data-running]");
  if (!shown) return;
  var counted = Number(shown.dataset.seconds);
  var loaded = performance.now();
  function two(number) {
    return (number < 10 ? "0" : "") + number;
  }
  function show() {
    var seconds = counted + Math.floor((performance.now() - loaded) / 1000);
    shown.textContent = Math.floor(seconds / 60).toLocaleString("en-US") + ":" + two(seconds % 60);
  }
  setInterval(show, 1000);
  // A page that the browser kept for the back button shows a clock of then: ask the server anew.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) location.reload();
  });
})();
