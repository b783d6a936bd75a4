"use strict";
(function () {
  const COMPACT_BELOW = 560;
  const PRINT_WIDTH = 676; // A4 and Letter less 12 mm margins and the frame of a chart, at 96 dpi
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const figures = read("fa-figures");
  const template = read("fa-template");
  const dark = read("fa-dark");
  const texts = read("fa-texts");
  const root = document.documentElement;
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;

  function remembered() {
    try { return window.localStorage.getItem("fa-theme"); } catch (error) { return null; }
  }
  function remember(theme) {
    try { window.localStorage.setItem("fa-theme", theme); } catch (error) { /* file:// may refuse */ }
  }
  function chosen() {
    const hash = window.location.hash.slice(1);
    if (hash === "dark" || hash === "light") { return hash; }
    return remembered() || (systemDark.matches ? "dark" : "light");
  }

  // Colours are tokens: the dark page has the same figure with every token exchanged.
  function exchange(value) {
    if (typeof value === "string") { return Object.hasOwn(dark, value) ? dark[value] : value; }
    if (Array.isArray(value)) { return value.map(exchange); }
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exchange(item)]));
    }
    return value;
  }
  function merge(target, change) {
    for (const [key, value] of Object.entries(change)) {
      const nested = value !== null && typeof value === "object" && !Array.isArray(value);
      if (nested && target[key] !== null && typeof target[key] === "object") {
        merge(target[key], value);
      } else {
        target[key] = value;
      }
    }
    return target;
  }

  function figureFor(id, width, theme) {
    const figure = structuredClone(figures[id]);
    figure.layout.template = structuredClone(template);
    const compact = (figure.layout.meta || {}).compact || {};
    if (width < COMPACT_BELOW) {
      merge(figure.layout, compact.layout || {});
      (compact.traces || []).forEach((change, k) => { if (change) { merge(figure.data[k], change); } });
    }
    return theme === "dark" ? exchange(figure) : figure;
  }

  function letters(text) {
    return {
      svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 20"><path d="M0 0h34v20h-34z" fill="none"/>' +
        '<text x="17" y="15" text-anchor="middle" font-size="14" font-weight="700" font-family="sans-serif">' +
        text + "</text></svg>",
    };
  }
  function download(id, format) {
    const figure = figureFor(id, 1100, root.dataset.theme);
    const say = texts[id];
    const height = (figure.layout.height || 380) + 84;
    figure.layout.title = { text: "<b>" + say.title + "</b><br><sup>" + say.finding + "</sup>", x: 0.01, xanchor: "left", y: 1 - 24 / height, yanchor: "top", font: { size: 18 } };
    if (figure.layout.xaxis) { figure.layout.xaxis.rangeselector = { visible: false }; }
    figure.layout.margin = Object.assign({}, figure.layout.margin);
    figure.layout.margin.t = (figure.layout.margin.t || 40) + 60;
    figure.layout.margin.b = (figure.layout.margin.b || 12) + 24;
    if (say.note) {
      figure.layout.annotations = (figure.layout.annotations || []).concat([{
        text: say.note, xref: "paper", yref: "paper", x: 0, y: 0, xanchor: "left", yanchor: "bottom",
        yshift: 4 - figure.layout.margin.b, showarrow: false, font: { size: 10 },
      }]);
    }
    Plotly.downloadImage(figure, { format: format, filename: id, width: 1100, height: height });
  }
  function config(id) {
    return {
      responsive: false, // the observer below resizes
      displaylogo: false,
      showSendToCloud: false,
      plotlyServerURL: "about:blank",
      topojsonURL: "about:blank",
      typesetMath: false,
      scrollZoom: false,
      displayModeBar: true,
      modeBarButtons: [[
        { name: "Download as PNG", icon: letters("PNG"), click: () => download(id, "png") },
        { name: "Download as SVG", icon: letters("SVG"), click: () => download(id, "svg") },
      ]],
    };
  }

  const plots = Array.from(document.querySelectorAll(".plot"));
  const drawn = new Map();
  function draw(plot) {
    const id = plot.dataset.chart;
    const width = printing ? PRINT_WIDTH : plot.clientWidth;
    const theme = printing ? "light" : root.dataset.theme;
    const state = theme + (printing ? " print" : width < COMPACT_BELOW ? " compact" : " wide");
    const before = drawn.get(id);
    drawn.set(id, { state: state, width: width });
    if (before && before.state === state) {
      return before.width === width ? Promise.resolve() : Plotly.Plots.resize(plot);
    }
    const figure = figureFor(id, width, theme);
    if (printing) { figure.layout.width = PRINT_WIDTH; }
    return Plotly.react(plot, figure.data, figure.layout, config(id)).then(() => {
      plot.style.minHeight = "";
    });
  }
  function drawAll() { return Promise.all(plots.map(draw)); }

  const button = document.getElementById("theme");
  function apply(theme) {
    root.dataset.theme = theme;
    button.textContent = theme === "dark" ? "Light theme" : "Dark theme";
    button.setAttribute("aria-pressed", String(theme === "dark"));
  }
  button.hidden = false;
  button.addEventListener("click", function () {
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    remember(theme);
    apply(theme);
    drawAll();
  });
  systemDark.addEventListener("change", function () { apply(chosen()); drawAll(); });
  window.addEventListener("hashchange", function () { apply(chosen()); drawAll(); });
  window.addEventListener("beforeprint", function () { printing = true; drawAll(); });
  window.addEventListener("afterprint", function () { printing = false; drawAll(); });

  apply(chosen());
  if (typeof Plotly === "undefined") {
    plots.forEach((plot) => { plot.textContent = "plotly.min.js is missing beside the reports: write them again with fa report."; });
    root.dataset.state = "failed";
    return;
  }
  drawAll().then(function () {
    if (window.ResizeObserver) {
      const observer = new ResizeObserver((entries) => window.requestAnimationFrame(() => entries.forEach((entry) => draw(entry.target))));
      plots.forEach((plot) => observer.observe(plot));
    }
    root.dataset.state = "drawn";
  });
})();
