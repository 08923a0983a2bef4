"""Claim: without a non-linear activation any number of layers is worth one; with one, two layers do what one cannot.

Command: python -m experiments.nonlinearity          40 s on 2 cores

Expected: on two moons the identity at depths 1 to 3 is as accurate as one unit, to 0.02; every other activation that passes a
gradient gains at least 0.05. The step passes none, so its hidden weights stay where they began: its accuracy is only shown.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from src.claims import Finding, Lab, Outcome, conduct, exact, mean
from src.models.activations import ACTIVATIONS
from src.models.mlp import HiddenLayer
from src.plots import BLUE, GREY, ORANGE, Figure, annotate, panels
from src.runs.build import build_run_model

NONLINEAR = [name for name in ACTIVATIONS if name != "identity"]
DEPTHS = (1, 2, 3)
WIDTH = 16
ONE = "one unit"
BASE = ("optimizer=adam", "optimizer.lr=0.01")


def findings(lab: Lab, *, data: Sequence[str] = ("data=moons",)) -> list[Finding]:
    """Accuracy on `data` of one unit, of identities at each depth, and of every other activation with two hidden layers."""
    base = (*BASE, *data, "data.num_train=256", "data.num_val=1024", f"epochs={lab.quick(300, 60)}")
    activations = lab.quick(NONLINEAR, ["step", "tanh", "relu"])
    layers = {f"identity, {depth}": ("identity", depth) for depth in DEPTHS} | {name: (name, 2) for name in activations}
    outcome = lab.train(
        {
            ONE: lab.run(*base, "model=perceptron", "optimizer.lr=0.1"),
            **{
                name: lab.run(*base, f"model.widths={[WIDTH] * depth}", f"model.activation={activation}")
                for name, (activation, depth) in layers.items()
            },
        }
    )
    accuracy = {name: outcome.best(name, "val/accuracy") for name in outcome.conditions}
    gains = {name: accuracy[name] - accuracy[ONE] for name in layers}
    dead = {name: np.array([dead_share(outcome, name, seed) for seed in outcome.seeds]) for name in layers}
    lab.draw(accuracies(accuracy, dead))
    of = "val accuracy less that of one unit, over seeds"
    return [
        *(
            mean(f"identity at depth {n} is one layer", gains[f"identity, {n}"], of=of, above=-0.02, below=0.02)
            for n in DEPTHS
        ),
        *(mean(f"{name} does better", gains[name], of=of, above=0.05) for name in activations if name != "step"),
        exact(
            "the step passes no gradient: hidden weights do not move",
            [moved(outcome, "step", seed) for seed in outcome.seeds],
            of="change of a hidden weight",
            tolerance=1e-12,
        ),
    ]


def dead_share(outcome: Outcome, condition: str, seed: int) -> float:
    """The share of hidden units whose activation is the same for every val example."""
    model, seen = outcome.model(condition, seed), list[torch.Tensor]()
    for layer in hidden_layers(model):
        layer.register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        model(outcome.standardize(condition)(outcome.data(condition).val.inputs))
    activations = torch.cat(seen, 1)
    return float((activations == activations[0]).all(0).double().mean())


def moved(outcome: Outcome, condition: str, seed: int) -> float:
    """The largest change of a hidden weight in training."""
    initial = build_run_model(outcome.jobs[condition, seed].run, outcome.data(condition))
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
    axes[0].axvline(accuracy[ONE].mean(), color=GREY, linestyle=":")
    axes[0].set(xlabel="accuracy on val", title="identity by depth, others with 2 hidden layers")
    axes[1].set(xlabel="share of hidden units, constant over val", title="dead units")
    annotate(figure, "simulated data; mean, 95 % t interval, and each seed")
    return figure


if __name__ == "__main__":
    conduct(__name__)
