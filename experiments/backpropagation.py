"""Claim: backpropagation is the chain rule: it gives the exact derivative by every weight, for at most two forward passes.

Command: python -m experiments.backpropagation       5 s on 2 cores

Expected: on 2-3-2-1 the chain rule, written out layer by layer, gives autograd's gradient to 1e-12 and that of central
differences to 1e-7. A backward pass of an MLP multiplies as often as two forward passes, less one of the first layer, whose
inputs need no gradient.
"""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from src.claims import Finding, Lab, conduct, exact
from src.losses import bce
from src.models.mlp import MLP
from src.plots import BLUE, GREY, ORANGE, Axes, Figure, panels
from src.randomness import Purpose, key, normal

SIZES = (2, 3, 2, 1)
STEP = 1e-5  # of the central differences: their error is near STEP² + 1e-16 / STEP
COSTED = ((30, 64, 64, 1), (784, 128, 128, 1), (784, 256, 64, 1), (784, 1024, 1024, 10))
ROWS = 64
ARGUMENTS: dict[str, Any] = {"activation": "tanh", "init": "glorot_normal", "bias": True, "dropout": 0.0, "norm": None}
Slope = Callable[[Tensor], Tensor]


def tanh_slope(a: Tensor) -> Tensor:
    """g'(z) = 1 - tanh(z)², from the activation a = tanh(z)."""
    return 1.0 - a**2


def findings(lab: Lab, *, slope: Slope = tanh_slope) -> list[Finding]:
    """The derivatives of one example's loss on each seed; the chain rule with this `slope` of the activation."""
    networks = [network(seed) for seed in lab.seeds]
    by_hand = [chain_rule(*one, slope)[0] for one in networks]
    by_autograd = [list(torch.autograd.grad(loss(*one), list(one[0].parameters()))) for one in networks]
    by_differences = [central_differences(*one) for one in networks]
    counted, timed = zip(*(backward_in_forwards(sizes) for sizes in COSTED), strict=True)
    lab.draw(graphs(networks[0], slope, counted, timed))
    of = "difference of a derivative, relative to the norm of its layer's"
    return [
        exact("the chain rule gives autograd's gradient", off(by_hand, by_autograd), of=of, tolerance=1e-12),
        exact("and that of central differences", off(by_hand, by_differences), of=of, tolerance=1e-7),
        exact(
            "a backward pass costs two forwards, less one of the first layer",
            [count - in_theory(sizes) for count, sizes in zip(counted, COSTED, strict=True)],
            of="difference of counted FLOPs, in forwards",
            tolerance=1e-12,
        ),
    ]


def network(seed: int) -> tuple[MLP, Tensor, Tensor]:
    """A network in float64, one example and its label, drawn from `seed`."""
    model = MLP(SIZES[0], SIZES[-1], widths=SIZES[1:-1], **ARGUMENTS, seed=seed).double()
    return model, normal(key(seed, Purpose.DATA), torch.arange(SIZES[0])), torch.tensor([float(seed % 2)]).double()


def loss(model: MLP, x: Tensor, y: Tensor) -> Tensor:
    """The binary cross-entropy of one example."""
    return bce(model(x.unsqueeze(0))[0], y).sum()


@torch.no_grad()
def chain_rule(model: MLP, x: Tensor, y: Tensor, slope: Slope) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """The gradient by every weight and bias, the activations a_l and the errors δ_l = ∂loss/∂z_l of every layer.

    Forward: a_0 = x, z_l = W_l a_(l-1) + b_l, a_l = tanh(z_l), and p = s(z_L) of the last layer's logit.
    Backward: δ_L = p - y, δ_l = W_(l+1)ᵀ δ_(l+1) ⊙ g'(z_l), ∂loss/∂W_l = δ_l a_(l-1)ᵀ, ∂loss/∂b_l = δ_l
    (Rumelhart, Hinton and Williams 1986).
    """
    layers = [*(hidden.linear for hidden in model.hidden), model.output]
    activations = [x]
    for layer in layers:
        activations.append(torch.tanh(layer.weight @ activations[-1] + layer.bias))
    activations[-1] = torch.sigmoid(layers[-1].weight @ activations[-2] + layers[-1].bias)
    errors = [activations[-1] - y]
    for layer, a in zip(layers[:0:-1], activations[-2:0:-1], strict=True):
        errors.insert(0, (layer.weight.T @ errors[0]) * slope(a))
    gradient = [part for delta, a in zip(errors, activations, strict=False) for part in (torch.outer(delta, a), delta)]
    return gradient, activations, errors


@torch.no_grad()
def central_differences(model: MLP, x: Tensor, y: Tensor) -> list[Tensor]:
    """(loss(w + h) - loss(w - h)) / 2h of every weight and bias."""
    gradient = []
    for parameter in model.parameters():
        slopes = torch.zeros_like(parameter)
        for place, value in enumerate(parameter.flatten().tolist()):
            ends = []
            for moved in (value + STEP, value - STEP):
                parameter.view(-1)[place] = moved
                ends.append(loss(model, x, y))
            parameter.view(-1)[place] = value
            slopes.view(-1)[place] = (ends[0] - ends[1]) / (2.0 * STEP)
        gradient.append(slopes)
    return gradient


def off(found: Sequence[Sequence[Tensor]], oracle: Sequence[Sequence[Tensor]]) -> list[float]:
    """The largest difference in each tensor of each gradient, relative to the norm of the oracle's."""
    return [
        float((a - b).abs().max() / b.norm())
        for ours, theirs in zip(found, oracle, strict=True)
        for a, b in zip(ours, theirs, strict=True)
    ]


def in_theory(sizes: Sequence[int]) -> float:
    """Backward over forward: Σ over layers of 2 · in · out, less in · out of the first, over Σ of in · out."""
    products = [fan_in * fan_out for fan_in, fan_out in pairwise(sizes)]
    return 2.0 - products[0] / sum(products)


def backward_in_forwards(sizes: Sequence[int], repeats: int = 50) -> tuple[float, float]:
    """A backward pass over a forward pass: by counted FLOPs, and by the clock (medians; no part of the verdict)."""
    model = MLP(sizes[0], sizes[-1], widths=sizes[1:-1], **ARGUMENTS, seed=0)
    x = normal(key(0, Purpose.DATA), torch.arange(ROWS * sizes[0])).view(ROWS, -1).float()
    with FlopCounterMode(display=False) as forward:
        total = model(x).sum()
    with FlopCounterMode(display=False) as backward:
        total.backward()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        total = model(x).sum()
        halfway = time.perf_counter()
        total.backward()
        seconds.append((halfway - started, time.perf_counter() - halfway))
    there, back = np.median(seconds, 0)
    return backward.get_total_flops() / forward.get_total_flops(), back / there


def graphs(one: tuple[MLP, Tensor, Tensor], slope: Slope, counted: Sequence[float], timed: Sequence[float]) -> Figure:
    """Forward values and backward derivatives on the units, and what a backward pass costs."""
    gradient, activations, errors = chain_rule(*one, slope)
    weights = [parameter.tolist() for parameter in one[0].parameters() if parameter.ndim == 2]
    figure, axes = panels(1, 3, size=(5.0, 4.6))
    graph(axes[0], [a.tolist() for a in activations], weights, BLUE)
    axes[0].set_title("forward: activations, weights on the edges")
    graph(axes[1], [[None] * SIZES[0], *(d.tolist() for d in errors)], [g.tolist() for g in gradient[::2]], ORANGE)
    axes[1].set_title("backward: ∂loss/∂z, ∂loss/∂w on the edges")
    place = np.arange(len(COSTED))
    axes[2].bar(place - 0.2, counted, 0.38, color=BLUE, label="counted FLOPs")
    axes[2].bar(place + 0.2, timed, 0.38, color=ORANGE, hatch="//", label="seconds on this machine")
    axes[2].axhline(2.0, color=GREY, linestyle="--", label="two forward passes")
    axes[2].set_xticks(place, ["-".join(map(str, sizes)) for sizes in COSTED], fontsize=7)
    axes[2].set(xlabel=f"MLP, {ROWS} rows", ylabel="backward pass, in forward passes", ylim=(0, 3))
    axes[2].legend(fontsize=8, loc="upper left")
    return figure


def graph(axes: Axes, units: Sequence[Sequence[float | None]], edges: Sequence[Any], color: str) -> None:
    """Layers of units from left to right with their values; `edges` (out, in) between each two, thick where large."""
    places = [[(layer, (len(row) - 1) / 2 - unit) for unit in range(len(row))] for layer, row in enumerate(units)]
    largest = max(abs(value) for edge in edges for row in edge for value in row)
    for layer, edge in enumerate(edges):
        for unit, row in enumerate(edge):
            for source, value in enumerate(row):
                (x0, y0), (x1, y1) = places[layer][source], places[layer + 1][unit]
                dashes = "-" if value >= 0 else "--"
                axes.plot([x0, x1], [y0, y1], dashes, color=color, linewidth=0.5 + 3 * abs(value) / largest, alpha=0.5)
                along = 0.36 + 0.26 * (source % 2)  # so that numbers of crossing edges stay apart
                box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8}
                where = (x0 + along * (x1 - x0), y0 + along * (y1 - y0))
                axes.text(*where, f"{value:.2g}", fontsize=7, ha="center", va="center", bbox=box)
    for row, positions in zip(units, places, strict=True):
        for value, (x, y) in zip(row, positions, strict=True):
            axes.plot(x, y, "o", markersize=34, color="white", markeredgecolor=color)
            axes.text(x, y, "x" if value is None else f"{value:.3f}", fontsize=8, ha="center", va="center")
    axes.set(xlim=(-0.4, len(units) - 0.6), ylim=(-1.4, 1.4))
    axes.set_axis_off()


if __name__ == "__main__":
    conduct(__name__)
