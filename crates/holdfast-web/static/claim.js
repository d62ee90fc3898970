// Goes on where somebody left off to make an account: a page that is opened with #claim sends its form by itself, once.
"use strict";
(() => {
  const form = document.querySelector("form[data-goes-on]");
  if (!form || location.hash !== "#claim") return;
  history.replaceState(null, "", location.pathname + location.search);
  form.requestSubmit();
})();
