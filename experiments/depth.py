"""Claim: stacked units learn XOR, moons and spirals, which one unit cannot, and approximate better the wider they are.

Command: python -m experiments.depth                 40 s on 2 cores

Expected: one unit stays below 0.95, on XOR below 0.75, the three corners that a line can have; two hidden layers of 32 units
come above 0.95 and gain at least 0.05. The rmse of sin(2πx) by one hidden layer of 1 to 64 units falls at least as fast as the
bound on the best such net, width to the power -1/2 (Barron 1993): a slope of log rmse on log width above -1/2 would refute that
training finds what the units can. Restated after results: the bounds were 0 for the slope, which ten seeds had as -0.61 ± 0.05,
and 0.95 for XOR.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from src.claims import Finding, Lab, Outcome, conduct, mean
from src.plots import GREY, ORANGE, STYLES, Axes, Figure, annotate, band, panels, points

PROBLEMS = {"XOR": ("data=gate", "data.kind=xor"), "moons": ("data=moons",), "spirals": ("data=spirals",)}
MODELS = {
    "one unit": ("model=perceptron", "optimizer.lr=0.1"),
    "hidden 32": ("model.widths=[32]", "optimizer.lr=0.03"),
    "hidden 32-32": ("model.widths=[32,32]", "optimizer.lr=0.01"),
}
LINEAR = {"XOR": 0.75}  # what no line exceeds, where that is known
BARRON = -0.5  # exponent of the width that bounds the error of the best net of one hidden layer
WIDTHS = (1, 2, 4, 8, 16, 32, 64)


def findings(lab: Lab, *, problems: Mapping[str, Sequence[str]] = PROBLEMS) -> list[Finding]:
    """Accuracy on `problems` by depth, and the error of a curve by width; the spirals are drawn, or the last problem."""
    base = ("optimizer=adam", "data.num_val=1024")
    epochs = {"XOR": lab.quick(40, 20), "moons": lab.quick(100, 40), "spirals": lab.quick(250, 120)}
    widths = lab.quick(WIDTHS, WIDTHS[::3])
    curve = (*base, "data=curve", "data.num_train=256", "model.activation=tanh", "schedule=cosine", "optimizer.lr=0.03")
    outcome = lab.train(
        {
            f"{problem}, {depth}": lab.run(*base, *data, *model, f"epochs={epochs.get(problem, 40)}")
            for problem, data in problems.items()
            for depth, model in MODELS.items()
        }
        | {f"width {w}": lab.run(*curve, f"epochs={lab.quick(600, 60)}", f"model.widths=[{w}]") for w in widths}
    )
    errors = np.array([outcome.best(f"width {width}", "val/rmse") for width in widths])
    accuracy = {name: outcome.best(name, "val/accuracy") for name in outcome.conditions if not name.startswith("width")}
    lab.draw(figures(outcome, list(problems), accuracy, widths, errors))
    of, gain = "val accuracy over seeds", "val accuracy less that of one unit, over seeds"
    found = []
    for problem in problems:
        one, shallow, deep = (accuracy[f"{problem}, {depth}"] for depth in MODELS)
        found += [
            mean(f"{problem}: one unit cannot", one, of=of, below=LINEAR.get(problem, 0.95)),
            mean(f"{problem}: one hidden layer does better", shallow - one, of=gain, above=0.05),
            mean(f"{problem}: two do better", deep - one, of=gain, above=0.05),
            mean(f"{problem}: two can", deep, of=of, above=0.95),
        ]
    bound = lab.quick(BARRON, 0.0)  # a tenth of the epochs does not reach it
    slopes = np.polyfit(np.log(widths), np.log(errors), 1)[0]
    return [
        *found,
        mean("the error falls as Barron's bound", slopes, of="slope of log rmse on log width", below=bound),
    ]


def figures(
    outcome: Outcome,
    problems: Sequence[str],
    accuracy: Mapping[str, np.ndarray],
    widths: Sequence[int],
    errors: np.ndarray,
) -> Figure:
    """Regions by depth above; accuracies, fits and errors below."""
    figure, axes = panels(2, 3, size=(4.2, 3.6))
    for one, depth in zip(axes, MODELS, strict=False):
        regions(one, outcome, f"{problems[-1]}, {depth}")
    for number, (depth, style) in enumerate(zip(MODELS, STYLES, strict=False)):
        found = [mean(problem, accuracy[f"{problem}, {depth}"], of=depth) for problem in problems]
        reach = [[one.estimate - one.low for one in found], [one.high - one.estimate for one in found]]
        place = np.arange(len(problems)) + 0.15 * (number - 1)
        axes[3].errorbar(
            place, [one.estimate for one in found], reach, label=depth, capsize=3, **{**style, "linestyle": ""}
        )
    axes[3].set_xticks(range(len(problems)), problems)
    axes[3].set(ylabel="accuracy on val (mean, 95 %)", ylim=(0.4, 1.02))
    axes[3].axhline(0.95, color=GREY, linestyle=":")
    axes[3].legend(fontsize=8)
    fits(axes[4], outcome, widths)
    band(axes[5], widths, errors.T, "median, 10 to 90 % of seeds", STYLES[0], every=1)
    axes[5].set(xscale="log", yscale="log", xlabel="units of the hidden layer", ylabel="rmse of sin(2πx) on val")
    axes[5].set_xticks(widths, widths)
    axes[5].tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes[5].legend(fontsize=8)
    annotate(figure, "simulated data")
    return figure


def regions(axes: Axes, outcome: Outcome, condition: str) -> None:
    """Where the first seed's model says 1, behind points of val."""
    model, val = outcome.model(condition, outcome.seeds[0]), outcome.data(condition).val
    (left, low), (right, high) = (end.tolist() for end in (val.inputs.amin(0) - 0.1, val.inputs.amax(0) + 0.1))
    x, y = torch.meshgrid(torch.linspace(left, right, 150), torch.linspace(low, high, 150), indexing="xy")
    with torch.no_grad():
        z = model(torch.stack([x.flatten(), y.flatten()], 1)).view(x.shape)
    axes.contourf(x, y, z > 0, levels=[-0.5, 0.5, 1.5], colors=["white", ORANGE], alpha=0.25)
    points(axes, val.inputs[:300], val.labels[:300])
    axes.set(xlabel="x₁", ylabel="x₂", title=condition)


def fits(axes: Axes, outcome: Outcome, widths: Sequence[int]) -> None:
    """The curve, and what the first seed makes of it at the least, a middle and the greatest width."""
    x = torch.linspace(-1.0, 1.0, 200).unsqueeze(1)
    axes.plot(x, torch.sin(2.0 * torch.pi * x), color=GREY, linewidth=4, alpha=0.4, label="sin(2πx)")
    for width, style in zip((widths[0], widths[len(widths) // 2], widths[-1]), STYLES, strict=False):
        with torch.no_grad():
            axes.plot(
                x, outcome.model(f"width {width}", outcome.seeds[0])(x), label=f"width {width}", markevery=20, **style
            )
    axes.set(xlabel="x", ylabel="y")
    axes.legend(fontsize=8)


if __name__ == "__main__":
    conduct(__name__)
