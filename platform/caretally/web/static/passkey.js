// A passkey's part in the browser: ask the server, let the device answer, send the answer with the form. Buttons show only where this works.
"use strict";
(function () {
  var able = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON && PublicKeyCredential.prototype.toJSON;
  if (!able) return;
  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var told = form.querySelector("[data-told]");
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      if (form.elements.answer.value) return;
      event.preventDefault();
      if (told) told.textContent = "";
      ask(form).then(function (credential) {
        form.elements.answer.value = JSON.stringify(credential.toJSON());
        form.submit();
      }).catch(function () {
        if (told) told.textContent = "No passkey was used; try again, or go on without one.";
      });
    });
  });
  function ask(form) {
    var body = new URLSearchParams({ form_token: form.elements.form_token.value });
    return fetch(form.dataset.ask, { method: "POST", body: body, credentials: "same-origin", redirect: "error" }).then(function (answer) {
      if (!answer.ok) throw new Error("refused");
      return answer.json();
    }).then(function (options) {
      return form.dataset.passkey === "new"
        ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    });
  }
})();
