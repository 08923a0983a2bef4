"use strict";
// The losses over epochs, and the network as a diagram, as SVG.

const FRAME = { left: 46, right: 372, top: 26, bottom: 286 }; // pixels of the curves' axes

// Round numbers from 0 to `most`, some five of them.
function ticks(most) {
  const power = 10 ** Math.floor(Math.log10(most / 4)), step = [1, 2, 5, 10].map((one) => one * power).find((one) => most / one <= 5);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, number) => Number((number * step).toPrecision(6)));
}

function drawCurves(svg, run) {
  const losses = lossesOf(run), all = [...losses.train, ...losses.val].filter(Number.isFinite).sort((a, b) => a - b);
  const most = Math.max(0.8, Math.min(all.at(-1), 1.5 * all[Math.floor(0.95 * (all.length - 1))])); // a spike is cut off
  const x = (epoch) => FRAME.left + (FRAME.right - FRAME.left) * epoch / run.epochs;
  const y = (loss) => FRAME.bottom - (FRAME.bottom - FRAME.top) * Math.min(loss, most) / most;
  const parts = ticks(most).map((loss) => `<line class="grid" x1="${FRAME.left}" x2="${FRAME.right}" y1="${y(loss)}" y2="${y(loss)}"/>
    <text class="soft" x="${FRAME.left - 6}" y="${y(loss) + 4}" text-anchor="end">${loss}</text>`);
  parts.push(...ticks(run.epochs).filter(Number.isInteger).map((epoch) => `<text class="soft" x="${x(epoch)}" y="${FRAME.bottom + 17}" text-anchor="middle">${epoch}</text>`));
  parts.push(`<line class="axis" x1="${FRAME.left}" x2="${FRAME.right}" y1="${FRAME.bottom}" y2="${FRAME.bottom}"/>
    <text class="soft" x="${(FRAME.left + FRAME.right) / 2}" y="${FRAME.bottom + 36}" text-anchor="middle">epoch</text>
    <text class="soft" transform="translate(13 ${(FRAME.top + FRAME.bottom) / 2}) rotate(-90)" text-anchor="middle">loss</text>`);
  parts.push(mark(x(run.stopped), "stopped", run.stopped < run.epochs ? "start" : "end"));
  if (run.kept && run.kept < run.stopped) parts.push(mark(x(run.kept), "kept", "end", "4 3"));
  const ends = { train: y(losses.train.at(-1)), val: y(losses.val.at(-1)) };
  const apart = Math.max(0, 14 - Math.abs(ends.train - ends.val)) / 2, side = ends.train < ends.val ? -1 : 1;
  for (const [name, shift] of [["train", side * apart], ["val", -side * apart]]) {
    const points = [...losses[name]].map((loss, epoch) => (Number.isFinite(loss) ? `${x(epoch + 1).toFixed(1)},${y(loss).toFixed(1)}` : "")).join(" ");
    parts.push(`<polyline class="curve ${name}" points="${points}"/>`);
    parts.push(`<text class="${name}" x="${x(run.stopped) + 7}" y="${ends[name] + 4 + shift}">${name}</text>`);
  }
  if (run.kept) parts.push(`<circle class="kept" cx="${x(run.kept)}" cy="${y(losses.val[run.kept - 1])}" r="5"/>`);
  svg.innerHTML = parts.join("");
}

function mark(x, name, anchor, dashes = "") {
  const shift = anchor === "end" ? -5 : 5;
  return `<line class="mark" x1="${x}" x2="${x}" y1="${FRAME.top - 14}" y2="${FRAME.bottom}" stroke-dasharray="${dashes}"/>
    <text class="soft" x="${x + shift}" y="${FRAME.top - 6}" text-anchor="${anchor}">${name}</text>`;
}

// Units as squares that show their maps, a column for each layer; weights as lines between them.
function drawNetwork(svg, run, found) {
  const layers = layersOf(run), columns = sizes(run), most = Math.max(...layers.flatMap(({ weight }) => weight.flatMap((row) => [...row].map(Math.abs))));
  const side = Math.min(46, 300 / Math.max(...columns) - 4);
  const place = (layer, unit) => [40 + layer * 340 / (columns.length - 1), 20 + 300 * (unit + 0.5) / columns[layer]];
  const parts = [];
  layers.forEach(({ weight }, layer) => weight.forEach((row, unit) => row.forEach((value, input) => {
    const [[x1, y1], [x2, y2]] = [place(layer, input), place(layer + 1, unit)];
    parts.push(`<line class="${value < 0 ? "negative" : "positive"}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke-width="${(0.4 + 6 * Math.abs(value) / most).toFixed(2)}"
      stroke-opacity="0.85"><title>${nameOf(columns, layer, input)} to ${nameOf(columns, layer + 1, unit)}: ${value.toPrecision(3)}</title></line>`);
  })));
  found.forEach((units, layer) => units.forEach((map, unit) => {
    const [x, y] = place(layer, unit), size = layer === 0 || layer === layers.length ? 46 : side, scale = Math.max(1e-9, ...map.map(Math.abs));
    const values = layer === layers.length ? map.map((logit) => 2 * probability(logit) - 1) : map.map((value) => value / scale);
    parts.push(`<image href="${picture(values, 0.9).toDataURL()}" x="${x - size / 2}" y="${y - size / 2}" width="${size}" height="${size}" preserveAspectRatio="none"/>
      <rect class="unit" x="${x - size / 2}" y="${y - size / 2}" width="${size}" height="${size}"><title>${nameOf(columns, layer, unit)}</title></rect>`);
  }));
  ["x₁", "x₂"].forEach((name, input) => parts.push(`<text x="${place(0, input)[0]}" y="${place(0, input)[1] + 38}" text-anchor="middle">${name}</text>`));
  columns.forEach((_, layer) => parts.push(`<text class="soft" x="${place(layer, 0)[0]}" y="12" text-anchor="middle">${columnName(columns, layer)}</text>`));
  svg.innerHTML = parts.join("");
}

function columnName(columns, layer) {
  return layer === 0 ? "inputs" : layer === columns.length - 1 ? "output" : `hidden ${layer}`;
}

function nameOf(columns, layer, unit) {
  return layer === 0 ? ["x₁", "x₂"][unit] : layer === columns.length - 1 ? "output" : `hidden ${layer}, unit ${unit + 1}`;
}
