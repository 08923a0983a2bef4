"""Claim: a batch's gradient is unbiased with variance as 1 / B; small batches need fewer epochs, large ones fewer updates.

Command: python -m experiments.mini_batches          25 s on 2 cores

Expected: for batches drawn with replacement log variance against log B has slope -1; with the best learning rate of each
batch size, from batches of 1 example to the whole train split, the updates U to a given loss fall more slowly than 1 / B, so
that the epochs, U B / rows, rise: log U against log B has a slope between -1 and 0.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from src.claims import Finding, Lab, Outcome, conduct, mean
from src.config.schema import Run
from src.data.reading import read_dataset
from src.losses import bce
from src.plots import GREY, STYLES, Figure, annotate, band, panels
from src.randomness import Purpose, integers, key
from src.runs.build import build_run_model

ROWS = 256
SIZES = (1, 4, 16, 64, ROWS)
GRADIENT_SIZES = [2**power for power in range(9)]
LRS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # the best of each size lies inside
LOSS = 0.1
BASE = ("data=moons", f"data.num_train={ROWS}", "model.widths=[16]", "model.activation=tanh", "optimizer=sgd")
Draw = Callable[[Tensor, int, int], Tensor]


def with_replacement(state: Tensor, num_draws: int, num_rows: int) -> Tensor:
    """Which of `num_rows` examples each draw takes, all of them equally likely."""
    return integers(state, torch.arange(num_draws), num_rows)


def findings(lab: Lab, *, draw: Draw = with_replacement) -> list[Finding]:
    """Gradients of batches that `draw` takes, then trainings with each batch size."""
    projections, variances = zip(
        *(of_batches(lab, seed, draw, lab.quick(2000, 1000)) for seed in lab.seeds), strict=True
    )
    sizes = lab.quick(SIZES, SIZES[2:])
    epochs = {
        size: lab.quick({1: 20, 4: 40, 16: 80, 64: 200, 256: 600}, {16: 60, 64: 120, 256: 300})[size] for size in sizes
    }
    outcome = lab.train(
        {
            f"{size}, {lr}": lab.run(*BASE, f"batch_size={size}", f"optimizer.lr={lr}", f"epochs={epochs[size]}")
            for size in sizes
            for lr in lab.quick(LRS, LRS[2:4])
        }
    )
    best = {size: fastest(outcome, size) for size in sizes}
    updates = {size: reached * -(-ROWS // size) for size, (reached, _) in best.items()}
    lab.draw(figures(np.array(variances), best, updates))
    of_slope = "slope of log {} on log B"
    return [
        mean(
            "the mean of the batches' gradients is the whole gradient",
            np.mean(projections, axis=1),
            of="its projection on the whole gradient, over the latter's norm",
            above=0.95,
            below=1.05,
        ),
        mean(
            "the variance falls as 1 / B",
            slopes(GRADIENT_SIZES, np.array(variances).T),
            of=of_slope.format("variance"),
            above=-1.05,
            below=-0.95,
        ),
        mean(
            f"the larger the batch, the fewer updates and the more epochs to a loss of {LOSS}",
            slopes(sizes, [updates[size] for size in sizes]),
            of=of_slope.format("updates"),
            above=-1.0,
            below=0.0,
        ),
    ]


def of_batches(lab: Lab, seed: int, draw: Draw, num_batches: int) -> tuple[list[float], list[float]]:
    """Of each size: ḡ·g / |g|² of the mean ḡ of the batches' gradients, and their variance, mean |g_B - g|² / mean |g_i - g|².

    At the initial weights of `seed`; g is the gradient of the whole train split, g_i that of an example.
    """
    each = per_example_gradients(lab.run(*BASE, f"seed={seed}"))
    whole = each.mean(0)
    projections, variances = [], []
    for size in GRADIENT_SIZES:
        rows = draw(key(seed, Purpose.DATA, size), num_batches * size, len(each)).view(num_batches, size)
        counts = torch.zeros(num_batches, len(each)).double().scatter_add_(1, rows, torch.ones_like(rows).double())
        gradients = counts @ each / size
        projections.append(float(gradients.mean(0) @ whole / whole.square().sum()))
        variances.append(float((gradients - whole).square().sum(1).mean() / (each - whole).square().sum(1).mean()))
    return projections, variances


def per_example_gradients(run: Run) -> Tensor:
    """(N, parameters) at the initial weights, in float64."""
    data = read_dataset(run.data)
    model = build_run_model(run, data).double()

    def loss(weights: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return bce(functional_call(model, weights, x.unsqueeze(0)).flatten(), y.unsqueeze(0)).sum()

    weights = {name: value.detach() for name, value in model.named_parameters()}
    found = vmap(grad(loss), in_dims=(None, 0, 0))(weights, data.train.inputs.double(), data.train.labels)
    return torch.cat([value.flatten(1) for value in found.values()], 1)


def fastest(outcome: Outcome, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Epochs and seconds to the loss on each seed, with the learning rate whose median of epochs is least; NaN: never."""
    found = []
    for condition in (name for name in outcome.conditions if name.startswith(f"{size}, ")):
        there = outcome.curves(condition, "val/loss") <= LOSS
        epochs = np.where(there.any(1), there.argmax(1) + 1.0, np.nan)
        seconds = outcome.curves(condition, "epoch_seconds").cumsum(1)[np.arange(len(epochs)), there.argmax(1)]
        found.append((float(np.median(np.nan_to_num(epochs, nan=np.inf))), epochs, seconds))
    _, epochs, seconds = min(found, key=lambda one: one[0])
    return epochs, seconds


def slopes(sizes: Sequence[int], values: Any) -> np.ndarray:
    """The slope of log value on log size, of `values` (sizes, S) for each seed (S,)."""
    return np.polyfit(np.log(sizes), np.log(values), 1)[0]


def figures(
    variances: np.ndarray, best: Mapping[int, tuple[np.ndarray, np.ndarray]], updates: Mapping[int, np.ndarray]
) -> Figure:
    """Variance, then what it takes to the loss, against the size of the batch."""
    figure, axes = panels(1, 3)
    band(axes[0], GRADIENT_SIZES, variances, "measured", {**STYLES[0], "linestyle": "none"}, every=1)
    axes[0].plot(GRADIENT_SIZES, 1.0 / np.array(GRADIENT_SIZES), color=GREY, label="1 / B")
    axes[0].set(ylabel="gradient's variance / that at B = 1")
    epochs, seconds = (np.array([pair[part] for pair in best.values()]).T for part in (0, 1))
    band(axes[1], list(best), epochs, "epochs", STYLES[0], every=1)
    band(axes[1], list(best), np.array(list(updates.values())).T, "updates", STYLES[1], every=1)
    axes[1].set(ylabel=f"to a val loss of {LOSS}")
    band(axes[2], list(best), seconds, "a member's share of its stack's time", STYLES[2], every=1)
    axes[2].set(ylabel=f"seconds to a val loss of {LOSS}")
    for one, is_filled in zip(axes, (True, *(np.isfinite(epochs).any(),) * 2), strict=True):
        scale = "log" if is_filled else "linear"  # a logarithmic axis must have something to show
        one.set(xscale=scale, yscale=scale, xlabel="examples in a batch, B")
        one.legend(fontsize=8)
    annotate(figure, f"simulated data: two moons, {ROWS} rows; median and 10 to 90 % of seeds")
    return figure


if __name__ == "__main__":
    conduct(__name__)
