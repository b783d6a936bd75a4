// The live page: what the server pushes goes in as text, never as markup, and in place.
"use strict";
const MOST_ROWS = 50;
const COMPACT_BELOW = 560;
const byId = (id) => document.getElementById(id);
const { charts, template, dark } = JSON.parse(byId("data").textContent);
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
let paused = false;
let newest = null; // what came last
let heard = 0; // when, on this page's clock
let rows = [];
let source = null;
const places = new Map(); // chart to the elements that show it
const figures = new Map(); // chart to what came last
const due = new Set(); // charts that are not drawn as they came
const seen = new Set(); // charts on the screen
let drawing = false;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) seen.add(entry.target.dataset.chart);
    else seen.delete(entry.target.dataset.chart);
  }
  drawCharts();
}, { rootMargin: "300px" });

for (const chart of charts) {
  const article = element("article", "", chart.span);
  article.id = chart.id.replace(".", "-");
  article.dataset.chart = chart.id;
  const place = { finding: element("p", "", "finding"), plot: element("div", "", "plot"), note: element("p", "", "note"), table: element("div", "", "scroll") };
  place.plot.setAttribute("role", "img");
  place.table.tabIndex = 0;
  place.table.hidden = true;
  article.append(element("h2", chart.title), place.finding, place.plot, place.note, place.table, element("p", `${chart.reading} Unit: ${chart.unit}.`, "facts"));
  article.hidden = true;
  byId("charts").append(article);
  places.set(chart.id, { article, ...place });
  watch.observe(article);
}

// Colours are tokens: the dark page has the same figure with every token exchanged.
function exchange(value) {
  if (typeof value === "string") return Object.hasOwn(dark, value) ? dark[value] : value;
  if (Array.isArray(value)) return value.map(exchange);
  if (value !== null && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exchange(item)]));
  return value;
}
function merge(target, change) {
  for (const [key, value] of Object.entries(change)) {
    const nested = value !== null && typeof value === "object" && !Array.isArray(value);
    if (nested && target[key] !== null && typeof target[key] === "object") merge(target[key], value);
    else target[key] = value;
  }
}

function drawOne(id) {
  const place = places.get(id);
  const told = figures.get(id);
  const figure = structuredClone({ data: told.data, layout: told.layout });
  figure.layout.template = structuredClone(template);
  const compact = (figure.layout.meta || {}).compact || {};
  if (place.plot.clientWidth < COMPACT_BELOW) {
    merge(figure.layout, compact.layout || {});
    (compact.traces || []).forEach((change, k) => { if (change && figure.data[k]) merge(figure.data[k], change); });
  }
  const shown = systemDark.matches ? exchange(figure) : figure;
  place.plot.setAttribute("aria-label", `${told.finding} ${told.note}`);
  place.finding.textContent = told.finding;
  place.note.textContent = told.note;
  if (told.table) {
    const table = element("table");
    const head = table.createTHead().insertRow();
    for (const name of told.table.columns) head.append(element("th", name));
    const body = table.createTBody();
    for (const cells of told.table.rows) {
      const line = body.insertRow();
      for (const cell of cells) line.insertCell().textContent = cell;
    }
    const top = place.table.scrollTop;
    place.table.replaceChildren(table);
    place.table.scrollTop = top;
  }
  place.table.hidden = !told.table || told.table.rows.length === 0;
  return Plotly.react(place.plot, shown.data, shown.layout, { responsive: true, displayModeBar: false, showSendToCloud: false, plotlyServerURL: "about:blank", topojsonURL: "about:blank", typesetMath: false });
}

async function drawCharts() {
  if (drawing || paused) return;
  drawing = true;
  try {
    for (let id; (id = [...due].find((one) => seen.has(one))) !== undefined && !paused;) {
      due.delete(id);
      await drawOne(id);
      // the numbers come first: a pause between two drawings lets them in
      await new Promise((go) => setTimeout(go));
    }
  } finally {
    drawing = false;
  }
}

function takeCharts(message) {
  byId("waiting").hidden = true;
  for (const [id, figure] of Object.entries(JSON.parse(message.data))) {
    if (!places.has(id)) continue;
    figures.set(id, figure);
    due.add(id);
    places.get(id).article.hidden = false;
  }
  drawCharts();
}

function stamp() {
  if (newest === null) return;
  const age = newest.age_seconds === null ? null : newest.age_seconds + (performance.now() - heard) / 1000;
  const stale = age === null || age > newest.stale_seconds;
  document.body.classList.toggle("stale", stale);
  const text = age === null ? "no event yet"
    : `${stale ? "STALE: newest event" : "Newest event"} ${Math.round(age)} s ago${paused ? " (paused)" : ""}`;
  if (byId("state").textContent !== text) byId("state").textContent = text;
}

function draw() {
  for (const name of ["accepted", "duplicates", "quarantined"]) byId(name).textContent = newest[name].toLocaleString("en");
  const most = Math.max(1, ...newest.minutes.map((minute) => minute.count));
  byId("minutes").replaceChildren(...newest.minutes.map((minute, place) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = 100 * minute.count / most;
    for (const [name, value] of [["x", 10 * place + 1], ["y", 100 - height], ["width", 8], ["height", height]]) bar.setAttribute(name, value);
    if (place === newest.minutes.length - 1) bar.classList.add("open");
    return bar;
  }));
  const wanted = byId("channel").value;
  byId("rows").replaceChildren(...rows.filter((row) => !wanted || row.channel === wanted).map((row) => {
    const line = document.createElement("tr");
    for (const name of ["time", "feed", "channel", "what", "amount"]) line.insertCell().textContent = row[name];
    return line;
  }));
}

function take(message) {
  newest = JSON.parse(message.data);
  heard = performance.now();
  rows = [...newest.rows.reverse(), ...rows].slice(0, MOST_ROWS);
  const known = new Set([...byId("channel").options].map((option) => option.value));
  for (const row of newest.rows) {
    if (row.channel && !known.has(row.channel)) {
      known.add(row.channel);
      byId("channel").add(new Option(row.channel, row.channel));
    }
  }
  if (!paused) draw();
  stamp();
}

function listen() {
  if (source !== null) source.close();
  const asked = new URLSearchParams({ channel: byId("channel").value, severity: byId("severity").value, after: newest === null ? 0 : newest.number });
  source = new EventSource(`/events?${asked}`); // it comes back by itself, with Last-Event-ID
  source.onmessage = take;
  source.addEventListener("charts", takeCharts);
}

byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").textContent = paused ? "Go on" : "Pause";
  if (!paused && newest !== null) draw();
  if (!paused) drawCharts();
  stamp();
});
for (const name of ["channel", "severity"]) {
  byId(name).addEventListener("change", () => {
    if (newest !== null) draw();
    listen();
  });
}
systemDark.addEventListener("change", () => {
  for (const id of figures.keys()) due.add(id);
  drawCharts();
});
listen();
setInterval(stamp, 500);
