"""Claim: cross-entropy is the loss of labels, since it moves a unit that is confidently wrong; the squared error that of targets.

Command: python -m experiments.losses                35 s on 2 cores

Expected: at z = -10 and y = 1 cross-entropy pulls with 1, the squared error with 1e-4, so from such a start it takes more epochs
to an AUROC of 0.95, and its probabilities are not better calibrated. On the diabetes data a linear unit trained by the squared
error ends at the least-squares solution, by the absolute error elsewhere.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from src.claims import Finding, Lab, Outcome, conduct, exact, mean
from src.losses import per_example
from src.models.perceptron import Perceptron
from src.plots import GREY, STYLES, Figure, annotate, band, panels

AUROC = 0.95
LR_BCE = 0.3
RATES = {"bce": LR_BCE, "mse": 2.0 * LR_BCE}  # so both move a unit alike that is undecided, at z = 0
BLOBS = (
    "model=perceptron",
    "model._target_=experiments.losses.Reversed",
    "data=blobs",
    "data.shift=0",
    "data.noise=0.7",
)
DIABETES = ("data=modified", "data@data.source=diabetes", "data.val_from=train", "trainer.precision=64-true")


class Reversed(Perceptron):
    """One unit that begins confidently wrong of blobs on the diagonal: weights of -9 |w|, so near z = ∓10 at their middles."""

    def __init__(
        self, num_features: int, num_outputs: int = 1, *, activation: str, init: str, bias: bool, seed: int
    ) -> None:
        super().__init__(num_features, num_outputs, activation=activation, init="he_normal", bias=bias, seed=seed)
        with torch.no_grad():
            self.linear.weight.abs_().mul_(-9.0)


def findings(
    lab: Lab, *, of_labels: tuple[str, str] = ("bce", "mse"), of_targets: tuple[str, str] = ("mse", "mae")
) -> list[Finding]:
    """The loss that is claimed to suit, against another: for labels, and for targets."""
    blobs = (*BLOBS, "data.num_val=2048", "optimizer=sgd", "batch_size=512", f"epochs={lab.quick(2000, 200)}")
    diabetes = (*DIABETES, "model=perceptron", "model.init=normal", "optimizer=sgd", "batch_size=100000")
    steps = {"mse": ("optimizer.lr=0.2",), "mae": ("optimizer.lr=5", "schedule=cosine")}
    outcome = lab.train(
        {f"labels, {name}": lab.run(*blobs, f"loss={name}", f"optimizer.lr={RATES[name]}") for name in of_labels}
        | {
            f"targets, {name}": lab.run(*diabetes, f"loss={name}", *steps[name], f"epochs={lab.quick(2000, 1000)}")
            for name in of_targets
        }
    )
    suits, other = of_labels
    lab.draw(figures(outcome, of_labels, of_targets))
    z, y = torch.linspace(-10.0, 10.0, 201).double(), torch.tensor([[0], [1]])
    epochs = {name: epochs_to(outcome, f"labels, {name}") for name in of_labels}
    calibration = {name: outcome.results(f"labels, {name}", "val", "calibration_error") for name in of_labels}
    gaps = {name: np.array([gap(outcome, f"targets, {name}", seed) for seed in outcome.seeds]) for name in of_targets}
    wrong = torch.tensor([-10.0]).double()
    pulls = {name: float(by_autograd(name, wrong, torch.ones(1)).abs()) for name in of_labels}
    of_gap = "difference of predictions from least squares, rms, in residual sd"
    return [
        exact(
            "gradients are s - y and 2 (s - y) s (1 - s)",
            [by_autograd(name, z, y) - by_formula(name, z, y) for name in RATES],
            of="difference of autograd from the formula, z from -10 to 10",
            tolerance=1e-12,
        ),
        exact(f"a confidently wrong unit is moved by {suits}", 1.0 - pulls[suits], of="1 - |gradient|", tolerance=0.01),
        exact(f"but hardly by {other}", pulls[other], of="|gradient|", tolerance=1e-3),
        mean(
            f"{other} takes more epochs to AUROC {AUROC}",
            np.log2(epochs[other] / epochs[suits]),
            of=f"log2 of its epochs over those of {suits}",
            above=0.0,
        ),
        mean(
            f"{other} does not calibrate better",
            calibration[other] - calibration[suits],
            of=f"calibration error on val less that of {suits}",
            above=-0.01,
        ),
        exact(f"{of_targets[0]} ends at least squares", gaps[of_targets[0]], of=of_gap, tolerance=0.01),
        mean(f"{of_targets[1]} ends elsewhere", gaps[of_targets[1]], of=of_gap, above=0.02),
    ]


def by_autograd(name: str, z: Tensor, y: Tensor) -> Tensor:
    """∂loss/∂z of each example."""
    z = z.expand(torch.broadcast_shapes(z.shape, y.shape)).clone().requires_grad_()
    return torch.autograd.grad(per_example(name, "binary")(z, y.expand_as(z)).sum(), z)[0]


def by_formula(name: str, z: Tensor, y: Tensor) -> Tensor:
    """s - y of the cross-entropy, 2 (s - y) s (1 - s) of the squared error, with s = 1 / (1 + exp(-z))."""
    s = torch.sigmoid(z)
    return s - y if name == "bce" else 2.0 * (s - y) * s * (1.0 - s)


def epochs_to(outcome: Outcome, condition: str) -> np.ndarray:
    """Epochs until val's AUROC (S,); one more than there were, where it never came."""
    there = outcome.curves(condition, "val/auroc") >= AUROC
    return np.where(there.any(1), there.argmax(1) + 1.0, there.shape[1] + 1.0)


def least_squares(outcome: Outcome, condition: str) -> tuple[Tensor, Tensor, Tensor]:
    """Train's standardised inputs, their targets, and the predictions of the least-squares solution."""
    train = outcome.data(condition).train
    x, y = outcome.standardize(condition)(train.inputs.double()), train.labels.double()
    design = torch.cat([x, torch.ones(len(x), 1)], 1)
    return x, y, design @ torch.linalg.lstsq(design, y).solution


@torch.no_grad()
def gap(outcome: Outcome, condition: str, seed: int) -> float:
    """How far a unit's predictions are from least squares: rms, in standard deviations of the latter's residuals."""
    x, y, fitted = least_squares(outcome, condition)
    difference = outcome.model(condition, seed)(x).squeeze(-1) - fitted
    return float(difference.square().mean().sqrt() / (y - fitted).square().mean().sqrt())


@torch.no_grad()
def figures(outcome: Outcome, of_labels: Sequence[str], of_targets: Sequence[str]) -> Figure:
    """Gradients, AUROC by epoch, reliability of the probabilities, and what regressions end at."""
    figure, axes = panels(2, 2, size=(4.8, 3.6))
    z, edges = torch.linspace(-10.0, 10.0, 201).double(), np.linspace(0.0, 1.0, 11)
    for name, style in zip(of_labels, STYLES, strict=False):
        axes[0].plot(z, by_formula(name, z, torch.ones(1)).abs(), label=name, markevery=20, **style)
        curves = outcome.curves(f"labels, {name}", "val/auroc")
        band(axes[1], range(1, curves.shape[1] + 1), curves, name, style)
        found = [
            outcome.predict(f"labels, {name}", seed, outcome.data(f"labels, {name}").val) for seed in outcome.seeds
        ]
        p, y = torch.sigmoid(torch.cat([one.logits for one in found])), torch.cat([one.labels for one in found])
        inside = [(p >= low) & (p < high) for low, high in pairwise(edges)]
        shown = [rows for rows in inside if rows.any()]
        error = mean(name, outcome.results(f"labels, {name}", "val", "calibration_error"), of=name)
        told = f"{name}, calibration error {error.estimate:.2f} [{error.low:.2f}, {error.high:.2f}]"
        axes[2].plot([p[r].mean() for r in shown], [y[r].double().mean() for r in shown], label=told, **style)
    axes[0].set(xlabel="logit z of an example with y = 1", ylabel="|∂loss/∂z|")
    axes[1].axhline(AUROC, color=GREY, linestyle=":")
    axes[1].set(
        xscale="log", xlabel="epoch, from a confidently wrong start", ylabel="AUROC on val (median, 10 to 90 %)"
    )
    axes[2].plot([0, 1], [0, 1], color=GREY, linestyle=":")
    axes[2].set(xlabel="predicted probability, all seeds", ylabel="share of label 1 on val")
    for name, style in zip(of_targets, STYLES, strict=False):
        x, _, fitted = least_squares(outcome, f"targets, {name}")
        difference = outcome.model(f"targets, {name}", outcome.seeds[0])(x).squeeze(-1) - fitted
        axes[3].plot(fitted, difference, label=name, markersize=3, **{**style, "linestyle": "none"})
    axes[3].set(xlabel="progression of diabetes, least squares", ylabel="trained unit less least squares")
    for one in axes:
        one.legend(fontsize=8)
    annotate(figure, "simulated data, but for the diabetes data")
    return figure


if __name__ == "__main__":
    conduct(__name__)
