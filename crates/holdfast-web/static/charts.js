// Draws the figures of a stream with uPlot in place of the server's still picture, and keeps them fresh.
"use strict";
(() => {
  if (!window.uPlot) return;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const HEIGHT = 150;
  const sync = uPlot.sync("telemetry");

  const clock = (plot, seconds) => {
    const days = plot.scales.x.max - plot.scales.x.min > 2 * 86400;
    const words = new Intl.DateTimeFormat("en-GB", days ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" });
    return seconds.map((one) => words.format(new Date(one * 1000)));
  };

  const options = (figure, width) => {
    const axis = { stroke: colour("--muted"), font: "12px system-ui", grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const line = colour("--" + figure.dataset.line.replace("line", "l"));
    return {
      width, height: HEIGHT, legend: { show: false }, padding: [6, 4, 0, 0],
      cursor: { sync: { key: sync.key }, points: { size: 7 }, y: false },
      scales: { x: { time: true } },
      axes: [{ ...axis, space: 64, size: 26, values: clock }, { ...axis, size: 44, space: 34 }],
      series: [
        {}, { stroke: line, width: 2, points: { show: false }, spanGaps: false },
        { stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: true, size: 7, stroke: colour("--bad"), fill: colour("--bad") } },
      ],
      bands: [{ series: [2, 3], fill: line + "2e" }],
      hooks: { setCursor: [(plot) => tell(figure, plot)] },
    };
  };

  const tell = (figure, plot) => {
    const spot = figure.querySelector("b");
    const value = plot.cursor.idx == null ? null : plot.data[1][plot.cursor.idx];
    if (!figure.dataset.now) figure.dataset.now = spot.textContent;
    spot.textContent = value == null ? figure.dataset.now : Math.round(value * 100) / 100 + " " + figure.dataset.unit;
  };

  const plots = new Map();
  const draw = (figure, times, line) => {
    const doubtful = line.values.map((value, n) => (line.doubtful[n] ? value : null));
    const data = [times, line.values, line.high, line.low, doubtful];
    const known = plots.get(figure);
    if (known) return known.setData(data);
    figure.classList.add("drawn");
    plots.set(figure, new uPlot(options(figure, figure.clientWidth), data, figure));
  };

  const load = async (panel) => {
    const answer = await fetch(panel.dataset.source, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const chart = await answer.json();
    if (chart.t.length < 2) return;
    for (const figure of panel.querySelectorAll(".chart")) {
      const line = chart.lines.find((one) => one.field === figure.dataset.field);
      if (line) draw(figure, chart.t, line);
    }
  };

  const panels = [...document.querySelectorAll("[data-source]")];
  panels.forEach((panel) => load(panel).catch(() => {}));

  const waiting = new Map();
  document.body.addEventListener("hf-telemetry", (event) => {
    const panel = panels.find((one) => one.dataset.stream === event.detail);
    if (!panel || waiting.has(panel)) return;
    waiting.set(panel, setTimeout(() => { waiting.delete(panel); load(panel).catch(() => {}); }, 3000));
  });
  let resizing;
  window.addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => plots.forEach((plot, figure) => plot.setSize({ width: figure.clientWidth, height: HEIGHT })), 120);
  });
})();
