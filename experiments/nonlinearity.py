"""Claim: without a non-linear activation any number of layers is worth one; with one, two layers reach what the noise allows.

Command: python -m experiments.nonlinearity          25 s on 2 cores

Expected: on two moons of noise 0.3, drawn anew for each seed, the identity at depths 1 to 3 is as accurate on 4,096 fresh rows as
scikit-learn's logistic regression on the same 1,024, to 0.003, while every other activation that passes a gradient comes within
0.0075 of Bayes' rule, which knows the densities and is ahead of any line by 0.05. A pilot (--first-seed 100) had the identities
at most 0.0008 ± 0.0012 away, the others 0.0022 to 0.0039 ± 0.0015 (leaky_relu: 0.0024) behind Bayes' rule, and that 0.061 ±
0.004 ahead: each margin is about two half-widths beyond. The step passes no gradient, so its hidden weights stay where they
began: its accuracy is only shown. Restated after results: nets were compared with one trained unit on rows of little noise, to
0.02, and ahead of it by 0.05; they were by 0.124 ± 0.001.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from src.claims import Finding, Lab, Outcome, conduct, exact, mean
from src.claims.baselines import logistic_regression
from src.data.dataset import Dataset
from src.models.activations import ACTIVATIONS
from src.models.mlp import HiddenLayer
from src.plots import BLUE, GREY, ORANGE, Figure, annotate, panels
from src.runs.build import build_run_model

NONLINEAR = [name for name in ACTIVATIONS if name != "identity"]
DEPTHS = (1, 2, 3)
WIDTH = 16
NOISE = 0.3
LINE, BAYES = "logistic regression", "Bayes' rule"
MOONS = ("data=moons", f"data.noise={NOISE}", "data.num_test=4096", "optimizer.lr=0.01", "patience=20")


def findings(lab: Lab, *, nonlinear: Sequence[str] = NONLINEAR) -> list[Finding]:
    """Accuracy on moons of identities at each depth, and of activations claimed to be `nonlinear` with two hidden layers."""
    rows = lab.quick(("data.num_train=1024", "data.num_val=1024", "epochs=200"), ("epochs=60",))
    activations = lab.quick(nonlinear, [name for name in nonlinear if name in ("identity", "step", "tanh", "relu")])
    layers = {f"identity, {depth}": ("identity", depth) for depth in DEPTHS} | {name: (name, 2) for name in activations}
    outcome = lab.train(
        {
            name: lab.run(*MOONS, *rows, f"model.widths={[WIDTH] * depth}", f"model.activation={activation}")
            for name, (activation, depth) in layers.items()
        },
        drawn_by="seed",
    )
    found = {name: np.array([accuracy(outcome, name, seed) for seed in outcome.seeds]) for name in layers}
    samples = [outcome.data("identity, 1", seed) for seed in outcome.seeds]
    line = np.array(
        [of_logits(logistic_regression(one, standardize="none", penalties=(1e-3,)), one) for one in samples]
    )
    bayes = np.array([of_logits(bayes_logits(one.test.inputs.double()), one) for one in samples])
    dead = {name: np.array([dead_share(outcome, name, seed) for seed in outcome.seeds]) for name in layers}
    lab.draw(accuracies({LINE: line, **found, BAYES: bayes}, dead))
    return [
        mean("no line is near Bayes' rule", bayes - line, of="accuracy of Bayes' rule less the line's", above=0.05),
        *(
            mean(
                f"identity at depth {n} is one layer",
                found[f"identity, {n}"] - line,
                of="accuracy less that of logistic regression, over seeds and rows",
                above=-0.003,
                below=0.003,
            )
            for n in DEPTHS
        ),
        *(
            mean(
                f"{name} reaches what the noise allows",
                bayes - found[name],
                of="accuracy of Bayes' rule less the net's, over seeds and rows",
                below=0.0075,
            )
            for name in activations
            if name != "step"
        ),
        exact(
            "the step passes no gradient: hidden weights do not move",
            [moved(outcome, "step", seed) for seed in outcome.seeds],
            of="change of a hidden weight",
            tolerance=1e-12,
        ),
    ]


def accuracy(outcome: Outcome, condition: str, seed: int) -> float:
    """Of a trained net, on test rows that nothing was chosen by."""
    data = outcome.data(condition, seed)
    return of_logits(outcome.predict(condition, seed, data.test).logits, data)


def of_logits(logits: Tensor, data: Dataset) -> float:
    """The share of test rows on the right side."""
    return float(((logits > 0) == data.test.labels).double().mean())


def bayes_logits(points: Tensor) -> Tensor:
    """The true log odds of moon 1 at `points` (N, 2): each moon is a half circle, its angle uniform, under normal noise."""
    angle = torch.linspace(0.0, torch.pi, 200, dtype=points.dtype)
    moons = [torch.stack([y + side * angle.cos(), y / 2.0 + side * angle.sin()], 1) for y, side in ((0, 1), (1, -1))]
    zero, one = ((-(torch.cdist(points, moon) ** 2) / (2.0 * NOISE**2)).logsumexp(1) for moon in moons)
    return one - zero


def dead_share(outcome: Outcome, condition: str, seed: int) -> float:
    """The share of hidden units whose activation is the same for every val example."""
    model, seen = outcome.model(condition, seed), list[Tensor]()
    for layer in hidden_layers(model):
        layer.register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        model(outcome.standardize(condition, seed)(outcome.data(condition, seed).val.inputs))
    activations = torch.cat(seen, 1)
    return float((activations == activations[0]).all(0).double().mean())


def moved(outcome: Outcome, condition: str, seed: int) -> float:
    """The largest change of a hidden weight in training."""
    initial = build_run_model(outcome.jobs[condition, seed].run, outcome.data(condition, seed))
    pairs = zip(hidden_layers(initial), hidden_layers(outcome.model(condition, seed)), strict=True)
    return max(float((after.linear.weight - before.linear.weight).detach().abs().max()) for before, after in pairs)


def hidden_layers(model: nn.Module) -> list[HiddenLayer]:
    """The hidden layers of an MLP, from the inputs on."""
    return [module for module in model.modules() if isinstance(module, HiddenLayer)]


def accuracies(accuracy: Mapping[str, np.ndarray], dead: Mapping[str, np.ndarray]) -> Figure:
    """Each seed and the mean with its interval, by activation; the dead units beside."""
    figure, axes = panels(1, 2, size=(5.4, 4.6))
    for one, values, color, marker in zip(axes, (accuracy, dead), (BLUE, ORANGE), ("o", "s"), strict=True):
        for row, name in enumerate(accuracy):
            if name in values:
                one.plot(values[name], np.full(len(values[name]), row), "|", color=GREY, alpha=0.6)
                found = mean(name, values[name], of=name)
                reach = [[found.estimate - found.low], [found.high - found.estimate]]
                one.errorbar(found.estimate, row, xerr=reach, color=color, marker=marker, capsize=3)
        one.set_yticks(range(len(accuracy)), accuracy)
        one.set_ylim(len(accuracy) - 0.5, -0.5)
    for name in (LINE, BAYES):
        axes[0].axvline(accuracy[name].mean(), color=GREY, linestyle=":")
    axes[0].set(xlabel="accuracy on test", title="identity by depth, others with 2 hidden layers")
    axes[1].set(xlabel="share of hidden units, constant over val", title="dead units")
    annotate(figure, "simulated data; mean, 95 % t interval, and each seed")
    return figure


if __name__ == "__main__":
    conduct(__name__)
