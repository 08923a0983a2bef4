"""Claim: one unit with a bias separates what a line can separate, and nothing else; without a bias its line meets the origin.

Command: python -m experiments.perceptron            20 s on 2 cores

Expected: AND, OR and shifted blobs are separated by Rosenblatt's rule and by gradient descent; XOR is not, at most three of
its four corners; blobs whose line misses the origin are not separated without a bias; at x = 0 the output is g(bias).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from src.claims import Finding, Lab, Outcome, conduct, exact, mean
from src.plots import BLUE, GREY, ORANGE, Figure, panels, points

SEPARABLE = {
    "AND": ("data=gate", "data.kind=and"),
    "OR": ("data=gate", "data.kind=or"),
    "shifted blobs": ("data=blobs",),
}
OTHERS = {"XOR": ("data=gate", "data.kind=xor"), "blobs without bias": ("data=blobs", "model.bias=false")}
RULES = {
    "Rosenblatt": ("loss=perceptron", "optimizer=sgd", "optimizer.lr=1.0", "batch_size=1"),
    "gradient descent": ("loss=bce", "optimizer=sgd", "optimizer.lr=2.0", "batch_size=128"),
}
THREE_CORNERS = 0.75  # of XOR's four: the most that lie on the right side of a line
LINES = {"Rosenblatt": {"color": BLUE}, "gradient descent": {"color": ORANGE, "linestyle": "--"}}


def findings(lab: Lab, *, separable: Mapping[str, Sequence[str]] = SEPARABLE) -> list[Finding]:
    """Both rules on every problem; the first `separable`."""
    epochs = {"Rosenblatt": lab.quick(15, 10), "gradient descent": lab.quick(300, 100)}
    base = ("model=perceptron", "model.init=normal", "objective=val/accuracy")
    problems = {**separable, **OTHERS}
    outcome = lab.train(
        {
            f"{problem}, {rule}": lab.run(*base, *data, "data.num_train=128", *settings, f"epochs={epochs[rule]}")
            for problem, data in problems.items()
            for rule, settings in RULES.items()
        }
    )
    lab.draw(decision_lines(outcome, list(problems)))
    found = [exact("at x = 0 the output is g(bias)", at_zero(outcome), of="difference", tolerance=1e-6)]
    for rule in RULES:
        accuracy = {problem: outcome.best(f"{problem}, {rule}", "val/accuracy") for problem in problems}
        worst = np.min([accuracy[problem] for problem in separable], axis=0)
        of = "val accuracy over seeds"
        found += [
            mean(f"{rule}: {', '.join(separable)} are separated", worst, of=f"the least {of}", above=0.98),
            mean(f"{rule}: XOR is not", accuracy["XOR"], of=of, below=THREE_CORNERS),
            mean(f"{rule}: nor are blobs without a bias", accuracy["blobs without bias"], of=of, below=0.9),
        ]
    return found


@torch.no_grad()
def at_zero(outcome: Outcome) -> list[float]:
    """How far the sigmoid of each unit at x = 0 is from the sigmoid of its bias."""
    models = [outcome.model(*pair) for pair in outcome.jobs]
    zero = torch.zeros(1, 2)
    biases = [model.linear.bias if model.linear.bias is not None else torch.zeros(1) for model in models]
    return [
        float((torch.sigmoid(model(zero)) - torch.sigmoid(bias)).abs().max())
        for model, bias in zip(models, biases, strict=True)
    ]


def decision_lines(outcome: Outcome, problems: Sequence[str]) -> Figure:
    """The points of each problem, and where the unit of each seed is undecided."""
    figure, axes = panels(1, len(problems), size=(3.3, 3.4))
    for one, problem in zip(axes, problems, strict=True):
        data = outcome.data(f"{problem}, Rosenblatt").val
        points(one, data.inputs[:160], data.labels[:160])
        low, high = (data.inputs.amin(0) - 0.4).tolist(), (data.inputs.amax(0) + 0.4).tolist()
        x = np.linspace(low[0], high[0], 2)
        for rule, style in LINES.items():
            for seed in outcome.seeds:
                unit = outcome.model(f"{problem}, {rule}", seed).linear
                (a, b), c = unit.weight[0].tolist(), 0.0 if unit.bias is None else unit.bias.item()
                one.plot(x, -(a * x + c) / b, linewidth=0.8, alpha=0.7, label=rule if seed == 0 else None, **style)
        one.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="x₁", ylabel="x₂", title=problem)
        one.plot(0, 0, "+", color=GREY, markersize=12, label="origin")
    axes[0].legend(fontsize=7)
    return figure


if __name__ == "__main__":
    conduct(__name__)
