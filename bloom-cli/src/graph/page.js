"use strict";
const panels = [...document.querySelectorAll("section")];
const tabs = [...document.querySelectorAll("[role=tab]")];
const search = document.getElementById("search");
const count = document.getElementById("count");
const views = new Map(panels.map((panel) => [panel, { x: 0, y: 0, scale: 1, fitted: false }]));

const shown = () => panels.find((panel) => !panel.hidden);

function draw(panel) {
  const { x, y, scale } = views.get(panel);
  panel.querySelector("svg").style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
}

function fit(panel) {
  const svg = panel.querySelector("svg");
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const scale = Math.min(1.2, panel.clientWidth / width, panel.clientHeight / height);
  views.set(panel, { x: Math.max(0, (panel.clientWidth - width * scale) / 2), y: 0, scale, fitted: true });
  draw(panel);
}

function zoom(panel, factor, x = panel.clientWidth / 2, y = panel.clientHeight / 2) {
  const view = views.get(panel);
  const scale = Math.min(8, Math.max(0.05, view.scale * factor));
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  view.scale = scale;
  draw(panel);
}

function show(panel) {
  for (const other of panels) other.hidden = other !== panel;
  for (const tab of tabs) tab.setAttribute("aria-selected", String(tab.getAttribute("aria-controls") === panel.id));
  if (!views.get(panel).fitted) fit(panel);
  find();
}

function find() {
  const words = search.value.trim().toLowerCase();
  let found = 0;
  for (const panel of panels) {
    for (const card of panel.querySelectorAll(".card:not(.lane)")) {
      const hit = words !== "" && card.textContent.toLowerCase().includes(words);
      card.classList.toggle("found", hit);
      card.classList.toggle("faded", words !== "" && !hit);
      if (hit && !panel.hidden) found += 1;
    }
  }
  count.textContent = words === "" ? "" : `${found} found`;
}

/** Brings the first hit into the middle. */
function go() {
  const panel = shown();
  const rect = panel.querySelector(".found rect");
  if (!rect) return;
  const view = views.get(panel);
  view.scale = Math.max(view.scale, 0.8);
  view.x = panel.clientWidth / 2 - view.scale * (Number(rect.getAttribute("x")) + Number(rect.getAttribute("width")) / 2);
  view.y = panel.clientHeight / 2 - view.scale * (Number(rect.getAttribute("y")) + Number(rect.getAttribute("height")) / 2);
  draw(panel);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => show(document.getElementById(tab.getAttribute("aria-controls"))));
}
for (const panel of panels) {
  panel.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = panel.getBoundingClientRect();
    zoom(panel, Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  panel.addEventListener("pointerdown", (event) => {
    panel.setPointerCapture(event.pointerId);
    panel.classList.add("held");
  });
  panel.addEventListener("pointermove", (event) => {
    if (!panel.classList.contains("held")) return;
    const view = views.get(panel);
    view.x += event.movementX;
    view.y += event.movementY;
    draw(panel);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    panel.addEventListener(end, () => panel.classList.remove("held"));
  }
}
document.getElementById("in").addEventListener("click", () => zoom(shown(), 1.25));
document.getElementById("out").addEventListener("click", () => zoom(shown(), 0.8));
document.getElementById("fit").addEventListener("click", () => fit(shown()));
search.addEventListener("input", find);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") go();
});
document.addEventListener("keydown", (event) => {
  if (event.target === search) return;
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (event.key === "+") zoom(shown(), 1.25);
  else if (event.key === "-") zoom(shown(), 0.8);
  else if (event.key === "0") fit(shown());
});
addEventListener("resize", () => fit(shown()));
// A link into the page: #view=aggregates&search=money
const asked = new URLSearchParams(location.hash.slice(1));
search.value = asked.get("search") ?? "";
show(panels.find((panel) => panel.id === asked.get("view")) ?? panels[0]);
if (search.value !== "") go();
