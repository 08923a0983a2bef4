"use strict";
// The runs, and what their networks compute of a point of the plane.

const playground = JSON.parse(document.getElementById("playground").textContent);
const ACTIVATIONS = { identity: (z) => z, tanh: Math.tanh, relu: (z) => Math.max(0, z) };

function floats(base64) {
  return new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
}

function sizes(run) {
  return [2, ...run.widths, 1]; // outputs of the inputs, of each hidden layer, of the last
}

function numWeights(run) {
  const outputs = sizes(run);
  return outputs.slice(1).reduce((sum, width, layer) => sum + width * (outputs[layer] + 1), 0);
}

// Where each run's weights and losses begin.
const stored = { weights: floats(playground.weights), losses: floats(playground.losses) };
playground.runs.reduce((at, run) => {
  [run.firstWeight, run.firstLoss] = at;
  return [at[0] + numWeights(run), at[1] + 2 * run.stopped];
}, [0, 0]);

// A layer: weights (units, inputs), as rows, and biases.
function layersOf(run) {
  let at = run.firstWeight;
  const take = (count) => stored.weights.subarray(at, (at += count));
  return sizes(run).slice(1).map((units, layer) => {
    const inputs = sizes(run)[layer];
    return { weight: Array.from({ length: units }, () => take(inputs)), bias: take(units) };
  });
}

// Losses of a run, an epoch each.
function lossesOf(run) {
  const at = run.firstLoss;
  return {
    train: stored.losses.subarray(at, at + run.stopped),
    val: stored.losses.subarray(at + run.stopped, at + 2 * run.stopped),
  };
}

// What each layer gives out at `inputs`, these first, the logit last.
function outputsAt(layers, activation, inputs) {
  const given = [inputs];
  layers.forEach(({ weight, bias }, layer) => {
    const g = layer === layers.length - 1 ? ACTIVATIONS.identity : ACTIVATIONS[activation];
    const before = given[layer];
    given.push(weight.map((row, unit) => g(row.reduce((sum, value, input) => sum + value * before[input], bias[unit]))));
  });
  return given;
}

function probability(logit) {
  return 1 / (1 + Math.exp(-logit));
}

// Probabilities of label 1 at points, by the run of this number.
function predict(number, points) {
  const run = playground.runs[number], layers = layersOf(run);
  return points.map((point) => probability(outputsAt(layers, run.activation, point).at(-1)[0]));
}
