// Pages of one's own devices follow what happens: when something of theirs changed, the part that shows it is fetched
// again. Without this the page is simply as new as its last loading.
"use strict";
(() => {
  const zone = document.querySelector("select[data-zone]");
  if (zone) {
    const here = String(-new Date().getTimezoneOffset());
    if ([...zone.options].some((option) => option.value === here)) zone.value = here;
  }
  for (const link of document.querySelectorAll("[data-link]")) link.textContent = location.origin + link.dataset.link;
  const follow = document.body.dataset.follow;
  if (!follow || !window.EventSource || !document.getElementById("live")) return;
  const busy = () => document.activeElement && document.activeElement.matches("main input, main select, main textarea");
  let again = 0;
  const refresh = async () => {
    again = 0;
    if (busy() || document.hidden) return later();
    try {
      const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["live"]) {
        const [now, next] = [document.getElementById(id), fresh.getElementById(id)];
        if (now && next && now.innerHTML !== next.innerHTML) now.replaceChildren(...next.childNodes);
      }
      const [badge, newer] = [document.querySelector(".head .badge"), fresh.querySelector(".head .badge")];
      if (badge && newer) badge.replaceWith(newer);
    } catch { /* The network is away; the next news try again. */ }
  };
  const later = () => { if (!again) again = setTimeout(refresh, 1500); };
  const source = new EventSource(follow);
  // A stream ends by itself within a minute. What happened before it began or between two of them, and what names no device
  // of theirs, such as an update that is newly offered, is seen by looking once when it begins.
  source.addEventListener("open", later);
  source.addEventListener("hf-home", () => { if (!again) again = setTimeout(refresh, 250); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) later(); });
  window.addEventListener("pagehide", () => source.close());
})();
