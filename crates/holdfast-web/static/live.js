// News of the page: turns server-sent events into events on <body>, which htmx listens to. Without it the page is
// simply as new as its last loading.
"use strict";
// "/" goes to the search box from anywhere but a field; Escape leaves it.
(() => {
  const box = document.querySelector("[data-search]");
  if (!box) return;
  document.addEventListener("keydown", (event) => {
    const typing = document.activeElement && document.activeElement.matches("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
    if (event.key === "Escape" && document.activeElement === box) box.blur();
  });
})();
(() => {
  const query = document.body.dataset.live;
  if (!query || !window.EventSource) return;
  const lamp = document.querySelector(".live");
  const source = new EventSource("/console/live" + (query === "all" ? "" : "?" + query));
  const show = (on) => {
    if (!lamp) return;
    lamp.hidden = false;
    lamp.dataset.on = on ? "yes" : "no";
    lamp.textContent = on ? document.body.dataset.liveOn : document.body.dataset.liveOff;
  };
  let streams = 0;
  source.onopen = () => {
    show(true);
    // What happened between two streams is seen by looking again.
    if ((streams += 1) > 1) tell("hf-reload", "");
  };
  // A stream ends by itself within a minute; only an absence longer than that is worth a word.
  let quiet;
  source.onerror = () => { clearTimeout(quiet); quiet = setTimeout(() => show(source.readyState === 1), 4000); };
  // While somebody fills in a form, news wait: nothing is pulled away from under their hands.
  const held = new Set();
  const busy = () => document.activeElement && document.activeElement.matches("main input, main select, main textarea");
  const tell = (name, detail) => {
    if (busy() && name !== "hf-telemetry" && name !== "hf-pulse") return held.add(name);
    document.body.dispatchEvent(new CustomEvent(name, { detail }));
    if (name !== "hf-telemetry" && name !== "hf-pulse") document.body.dispatchEvent(new CustomEvent("hf-news"));
  };
  document.addEventListener("focusout", () => setTimeout(() => {
    if (busy()) return;
    const names = [...held];
    held.clear();
    names.forEach((name) => tell(name, ""));
  }, 1500));
  for (const name of ["hf-device", "hf-telemetry", "hf-alert", "hf-deployment", "hf-bulk", "hf-pulse", "hf-reload"]) {
    source.addEventListener(name, (event) => tell(name, event.data));
  }
  window.addEventListener("pagehide", () => source.close());
})();
