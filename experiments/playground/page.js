"use strict";
// The knobs: which run they stand at, and all that is told of it.

const byId = (id) => document.getElementById(id);
const names = Object.keys(playground.knobs), buttons = [...document.querySelectorAll("#knobs input")];

// What each knob stands at, by its name.
function chosen() {
  return Object.fromEntries(new FormData(byId("knobs")));
}

// The number of the run at a position, and of its rows.
function numberOf(position) {
  const place = names.reduce((sum, name) => sum * playground.knobs[name].length + playground.knobs[name].indexOf(position[name]), 0);
  const [data, noise] = names.map((name) => playground.knobs[name].indexOf(position[name]));
  return { run: playground.positions[place], rows: data * playground.knobs[names[1]].length + noise };
}

// Turn the knobs to what the address says, the others to where they start.
function turn() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const at = (name) => (playground.knobs[name].includes(asked.get(name)) ? asked.get(name) : playground.start[name]);
  buttons.forEach((button) => { button.checked = button.value === at(button.name); });
  draw();
}

function draw() {
  const position = chosen(), number = numberOf(position), run = playground.runs[number.run], rows = playground.rows[number.rows];
  const plane = planeOf(rows, 420 / 330), found = maps(run, plane);
  drawBoundary(byId("boundary"), found.at(-1)[0], plane, byId("unseen").checked ? rows.val : rows.train);
  drawCurves(byId("curves"), run);
  drawNetwork(byId("network"), run, found);
  tell(run);
}

function tell(run) {
  const val = run.kept ? lossesOf(run).val[run.kept - 1] : NaN;
  const ended = run.reason === "patience" ? `stopped at epoch ${run.stopped}, since val had not become better for ${run.stopped - run.kept} epochs` : `stopped at epoch ${run.stopped}`;
  const worth = run.kept ? `${(100 * run.accuracy).toFixed(1)} % of val right, loss ${val.toFixed(3)}` : "no epoch had a finite loss";
  const kept = run.kept && run.kept < run.stopped ? `, the weights of epoch ${run.kept} kept` : "";
  byId("told").textContent = `${worth}. Training ${run.reason === "diverged" ? `diverged at epoch ${run.stopped}` : ended}${kept}.`;
  byId("why").textContent = `Mean loss per row of each epoch. ${run.why}`;
  byId("name").textContent = `mlruns/sweeps/${run.name}`;
  byId("command").textContent = run.command;
  byId("boundary").setAttribute("aria-label", `Decision over the plane: ${worth}`);
  byId("curves").setAttribute("aria-label", `Loss on train and val over ${run.stopped} epochs: ${ended}${kept}`);
  byId("network").setAttribute("aria-label", `Network of ${sizes(run).join(", ")} units; its weights stand below as numbers`);
  byId("numbers").innerHTML = layersOf(run).map((layer, place) => tableOf(layer, sizes(run), place)).join("");
  const ofHidden = buttons.filter((button) => ["activation", "dropout"].includes(button.name));
  ofHidden.forEach((button) => button.closest("fieldset").classList.toggle("idle", !run.widths.length));
}

function tableOf({ weight, bias }, columns, layer) {
  const head = Array.from({ length: columns[layer] }, (_, input) => `<th scope="col">${nameOf(columns, layer, input)}</th>`).join("");
  const body = weight.map((row, unit) => `<tr><th scope="row">${nameOf(columns, layer + 1, unit)}</th>${[...row, bias[unit]].map((value) => `<td>${value.toFixed(3)}</td>`).join("")}</tr>`);
  return `<table><caption>${columnName(columns, layer + 1)}</caption><thead><tr><th></th>${head}<th scope="col">bias</th></tr></thead><tbody>${body.join("")}</tbody></table>`;
}

byId("knobs").addEventListener("change", () => {
  history.replaceState(null, "", `#${new URLSearchParams(chosen())}`);
  draw();
});
byId("unseen").addEventListener("change", draw);
byId("copy").addEventListener("click", async () => {
  getSelection().selectAllChildren(byId("command"));
  byId("copy").textContent = document.execCommand("copy") ? "copied" : "marked"; // the newer interface asks for https
  setTimeout(() => { byId("copy").textContent = "copy"; }, 1500);
});
addEventListener("hashchange", turn);
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
turn();
window.drawn = Promise.resolve();
