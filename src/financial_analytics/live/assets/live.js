// The live page: what the server pushes goes in as text, never as markup, and in place.
"use strict";
const MOST_ROWS = 50;
const byId = (id) => document.getElementById(id);
let paused = false;
let newest = null; // what came last
let heard = 0; // when, on this page's clock
let rows = [];

function stamp() {
  if (newest === null) return;
  const age = newest.age_seconds === null ? null : newest.age_seconds + (performance.now() - heard) / 1000;
  const stale = age === null || age > newest.stale_seconds;
  document.body.classList.toggle("stale", stale);
  byId("state").textContent = age === null ? "no event yet"
    : `${stale ? "STALE: newest event" : "Newest event"} ${Math.round(age)} s ago${paused ? " (paused)" : ""}`;
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

byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").textContent = paused ? "Go on" : "Pause";
  if (!paused && newest !== null) draw();
  stamp();
});
byId("channel").addEventListener("change", () => newest !== null && draw());
new EventSource("/events").onmessage = take; // it comes back by itself, with Last-Event-ID
setInterval(stamp, 500);
