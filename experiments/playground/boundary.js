"use strict";
// The plane: what each unit gives out over it, the network's decision, and the rows.

const CELLS = 64; // along each side of the plane

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// Blue for -1, the card's colour for 0, orange for 1.
function shader(strength) {
  const [blue, none, orange] = ["blue", "card", "orange"].map((name) => channels(colour(name)));
  return (value) => {
    const share = strength * Math.min(1, Math.abs(value)), end = value < 0 ? blue : orange;
    return none.map((channel, at) => channel + share * (end[at] - channel));
  };
}

// The part of the plane in which the rows lie, as wide as `aspect` times its height.
function planeOf(rows, aspect) {
  const points = [...rows.train, ...rows.val];
  const [x, y] = [0, 1].map((at) => {
    const values = points.map((point) => point[at]);
    return { low: Math.min(...values), high: Math.max(...values) };
  });
  const height = 1.1 * Math.max(y.high - y.low, (x.high - x.low) / aspect);
  return { left: (x.low + x.high - aspect * height) / 2, bottom: (y.low + y.high - height) / 2, width: aspect * height, height };
}

// What each unit of each layer gives out at the middle of every cell, rows from the top.
function maps(run, plane) {
  const layers = layersOf(run), found = sizes(run).map((units) => Array.from({ length: units }, () => new Float32Array(CELLS * CELLS)));
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    const x = plane.left + plane.width * ((cell % CELLS) + 0.5) / CELLS;
    const y = plane.bottom + plane.height * (1 - (Math.floor(cell / CELLS) + 0.5) / CELLS);
    outputsAt(layers, run.activation, [x, y]).forEach((outputs, layer) => outputs.forEach((value, unit) => { found[layer][unit][cell] = value; }));
  }
  return found;
}

// Values between -1 and 1 as a picture.
function picture(values, strength) {
  const canvas = document.createElement("canvas"), shade = shader(strength);
  canvas.width = canvas.height = CELLS;
  const context = canvas.getContext("2d"), image = context.createImageData(CELLS, CELLS);
  values.forEach((value, cell) => image.data.set([...shade(value), 255], 4 * cell));
  context.putImageData(image, 0, 0);
  return canvas;
}

function drawBoundary(canvas, map, plane, rows) {
  const { width, height } = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.drawImage(picture(map.map((logit) => 2 * probability(logit) - 1), 0.6), 0, 0, width, height);
  context.strokeStyle = colour("ink");
  context.lineWidth = 2;
  context.stroke(halfway(map, width, height));
  const place = ([x, y]) => [width * (x - plane.left) / plane.width, height * (1 - (y - plane.bottom) / plane.height)];
  rows.forEach(([x, y, label]) => drawRow(context, place([x, y]), label));
}

// A ring for label 0, a cross for 1, on a halo that sets them off.
function drawRow(context, [x, y], label) {
  const mark = new Path2D();
  if (label) {
    for (const side of [-1, 1]) { mark.moveTo(x - 3.2, y - 3.2 * side); mark.lineTo(x + 3.2, y + 3.2 * side); }
  } else {
    mark.arc(x, y, 3.2, 0, 2 * Math.PI);
  }
  for (const [name, width] of [["card", 4], [label ? "orange" : "blue", 1.8]]) {
    context.strokeStyle = colour(name);
    context.lineWidth = width;
    context.stroke(mark);
  }
}

// Where the logit is 0, by marching squares between the middles of cells.
function halfway(map, width, height) {
  const line = new Path2D(), at = (column, row) => map[row * CELLS + column];
  for (let row = 0; row + 1 < CELLS; row++) {
    for (let column = 0; column + 1 < CELLS; column++) {
      const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]], cuts = [];
      corners.forEach(([x, y], number) => {
        const [nextX, nextY] = corners[(number + 1) % 4], from = at(x, y), to = at(nextX, nextY);
        if ((from > 0) === (to > 0)) return;
        const share = from / (from - to);
        cuts.push([x + share * (nextX - x) + 0.5, y + share * (nextY - y) + 0.5].map((value, axis) => value / CELLS * [width, height][axis]));
      });
      for (let cut = 0; cut + 1 < cuts.length; cut += 2) { line.moveTo(...cuts[cut]); line.lineTo(...cuts[cut + 1]); }
    }
  }
  return line;
}
