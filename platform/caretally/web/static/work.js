// Background work while it is looked at: asks once a second how far it is and shows what has changed, until it has ended. Without this there is a link.
// Its requests say that nobody pressed anything, so that a page left open keeps no session awake.
"use strict";
(function () {
  function show(now, then) {
    var here = Array.from(now.children), there = Array.from(document.importNode(then, true).children);
    if (here.length !== there.length) return void now.replaceChildren.apply(now, there);
    here.forEach(function (one, at) {
      if (!one.isEqualNode(there[at])) one.replaceWith(there[at]);
    });
  }
  function look() {
    if (document.hidden) return void setTimeout(look, 1000);
    fetch(location.href, { credentials: "same-origin", headers: { "X-Polling": "yes" } }).then(function (answer) {
      if (!answer.ok || answer.redirected) return void location.reload();
      return answer.text().then(function (text) {
        var then = new DOMParser().parseFromString(text, "text/html").getElementById("work");
        if (!then) return void location.reload();
        show(document.getElementById("work"), then);
        if (then.hasAttribute("data-unfinished")) setTimeout(look, 1000);
      });
    }).catch(function () { setTimeout(look, 5000); });
  }
  if (document.querySelector("#work[data-unfinished]")) setTimeout(look, 1000);
})();
