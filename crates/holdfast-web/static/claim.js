// Pages of a claim. Goes on where somebody left off to make an account: a page that is opened with #claim sends its form by
// itself, once. And while somebody has to confirm at the device, looks how the claim stands and shows what became of it;
// without this script the page is loaded anew by the browser.
"use strict";
(() => {
  const form = document.querySelector("form[data-goes-on]");
  if (!form || location.hash !== "#claim") return;
  history.replaceState(null, "", location.pathname + location.search);
  form.requestSubmit();
})();
(() => {
  const LOOK_MS = 2000;
  const stands = () => document.querySelector("section[data-stands]");
  if (!stands()) return;
  const look = async () => {
    try {
      const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [now, next] = [stands(), fresh.querySelector("section[data-stands]")];
      if (!answer.ok || answer.redirected || !next) return location.reload();
      const left = (section) => section.querySelector("[data-left]");
      if (now.dataset.stands !== next.dataset.stands) {
        now.replaceWith(next);
        // Whoever does not see the page hears its new heading.
        next.querySelector("h1").focus();
      } else if (left(now) && left(next)) {
        left(now).replaceWith(left(next));
      }
      if (next.dataset.stands !== "asking") return;
    } catch { /* The network is away; the next look tries again. */ }
    setTimeout(look, LOOK_MS);
  };
  if (stands().dataset.stands === "asking") setTimeout(look, LOOK_MS);
})();
