// Background work while it is looked at: asks once a second how far it is and shows it in place, until it has ended. Without this the page loads itself again.
"use strict";
(function () {
  function look() {
    if (document.hidden) return void setTimeout(look, 1000);
    fetch(location.href, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) return void location.reload();
      return answer.text().then(function (text) {
        var now = document.getElementById("work");
        var then = new DOMParser().parseFromString(text, "text/html").getElementById("work");
        if (!then) return;
        now.replaceChildren.apply(now, Array.from(document.importNode(then, true).childNodes));
        if (then.hasAttribute("data-unfinished")) setTimeout(look, 1000);
      });
    }).catch(function () { setTimeout(look, 5000); });
  }
  if (document.querySelector("#work[data-unfinished]")) setTimeout(look, 1000);
})();
