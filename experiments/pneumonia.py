"""Claim: on PneumoniaMNIST augmentation and convolutions help, each without the other, and a small CNN is ahead of ResNet-50.

Command: python -m experiments.pneumonia             160 min by one of 2 cores

Expected: over ten seeds of `+experiment=pneumonia`, `+experiment=pneumonia_cnn` and `+experiment=pneumonia_mixer`, which val
chose (`experiments/pneumonia_select.py`), the test AUROC of the MLP and of the CNN is above that of the same without
augmentation, since the test images come from elsewhere; that of the CNN is above the MLP's with augmentation and without, and
above the MLP-Mixer's, further by the mean of eight views; the MLP is above the published ResNet-18 of 28 pixels (0.944), the
CNN above ResNet-50 of 224 pixels (0.962). Each would be refuted by an interval, over seeds and images, that lies below. What is
said of the CNN without augmentation and of the Mixer was stated after the other figures were known, and before those two were
trained.
`data.path=FILE` reads a file that is there already.
"""

from collections.abc import Sequence

import numpy as np
import torch

from src.claims import Finding, Lab, Outcome, conduct, over_seeds_and_rows
from src.claims.baselines import logistic_regression
from src.metrics import auroc
from src.plots import GREY, STYLES, Figure, annotate, panels
from src.runs.ensemble import Ensemble
from src.runs.evaluation import Predictions
from src.statistics.influence import of_auroc

APART = "fetches 4 MB, and takes long"
SHOWN = ("auroc", "accuracy", "accuracy_at_threshold")
PENALTIES = (1.0, 10.0, 100.0, 1000.0)  # of the logistic regression; val chooses
CONDITIONS = {
    "MLP": ("+experiment=pneumonia",),
    "MLP without augmentation": ("+experiment=pneumonia", "augment=none"),
    "CNN": ("+experiment=pneumonia_cnn",),
    "CNN without augmentation": ("+experiment=pneumonia_cnn", "augment=none", "tta=0"),
    "Mixer": ("+experiment=pneumonia_mixer",),
}
TOGETHER = {"MLP": 6, "CNN": 3, "Mixer": 3}  # how many seeds' mean probabilities are one model
RESNET_18, RESNET_50 = 0.944, 0.962  # test AUROC at 28 and 224 pixels: MedMNIST v2, Yang et al. 2023, table 3


def findings(lab: Lab) -> list[Finding]:
    """The MLP and the CNN with augmentation and without, and the Mixer, on test; by one view, and several seeds together."""
    outcomes = trained(lab)
    found = {name: on_test(outcome, name) for name, outcome in outcomes.items()}
    found["CNN, one view"] = on_test(outcomes["CNN"], "CNN", one_view=True)
    for name, outcome in outcomes.items():
        lab.tell_test(name, found[name], outcome.results(name, "threshold").tolist(), SHOWN)
    lab.tell_test("CNN, one view", found["CNN, one view"], [None] * len(lab.seeds), SHOWN)
    for name, count in TOGETHER.items():
        mean = together(outcomes[name], name, found[name][:count])
        lab.tell_test(f"{count} of {name} together", [mean.splits["test"]], [mean.threshold], SHOWN)
    linear = logistic_regression(outcomes["MLP"].data("MLP"), standardize="images", penalties=PENALTIES)
    labels = found["MLP"][0].labels
    lab.tell_test("logistic regression", [Predictions(linear, labels)], [None], SHOWN)
    lab.draw(areas(lab.seeds, found))
    scores = {name: torch.stack([one.logits for one in of_seeds]) for name, of_seeds in found.items()}
    values = {name: auroc(logits, labels) for name, logits in scores.items()}
    influences = {name: of_auroc(logits, labels) for name, logits in scores.items()}

    def ahead(prediction: str, name: str, other: str) -> Finding:
        return over_seeds_and_rows(
            prediction,
            values[name] - values[other],
            influences[name] - influences[other],
            of=f"test AUROC, {name} less {other}, over seeds and images",
            above=0.0,
        )

    def above(prediction: str, name: str, published: float) -> Finding:
        of = f"test AUROC of {name}, over seeds and images"
        return over_seeds_and_rows(prediction, values[name], influences[name], of=of, above=published)

    return [
        ahead("augmentation helps the MLP", "MLP", "MLP without augmentation"),
        ahead("augmentation helps the CNN", "CNN, one view", "CNN without augmentation"),
        ahead("with augmentation the CNN is ahead of the MLP", "CNN, one view", "MLP"),
        ahead("without it the CNN is ahead too", "CNN without augmentation", "MLP without augmentation"),
        ahead("the CNN is ahead of the Mixer", "CNN", "Mixer"),
        ahead("the mean of eight views is ahead of one", "CNN", "CNN, one view"),
        above("the MLP is ahead of ResNet-18 at 28 pixels", "MLP", RESNET_18),
        above("the CNN is ahead of ResNet-50 at 224 pixels", "CNN", RESNET_50),
    ]


def trained(lab: Lab) -> dict[str, Outcome]:
    """Where each condition was trained: a sweep of its own, so that one that is broken off costs no other."""
    small = lab.quick([], ["epochs=1"])
    return {name: lab.train({name: lab.run(*overrides, *small)}) for name, overrides in CONDITIONS.items()}


def on_test(outcome: Outcome, condition: str, *, one_view: bool = False) -> list[Predictions]:
    """What the model of each seed gives for test."""
    test = outcome.data(condition).test
    return [outcome.predict(condition, seed, test, one_view=one_view) for seed in outcome.seeds]


def together(outcome: Outcome, condition: str, tests: Sequence[Predictions]) -> Ensemble:
    """The first seeds as one model, of whose `tests` the mean is taken; val chooses its threshold."""
    data, seeds = outcome.data(condition), outcome.seeds[: len(tests)]
    vals = [outcome.predict(condition, seed, data.val) for seed in seeds]
    of_each = [{"val": val, "test": test} for val, test in zip(vals, tests, strict=True)]
    return Ensemble.of(outcome.run(condition), [f"seed {seed}" for seed in seeds], data.task, of_each)


def areas(seeds: Sequence[int], found: dict[str, list[Predictions]]) -> Figure:
    """Test AUROC of each seed, by condition, beside what is published."""
    figure, (axis,) = panels(1, 1, size=(11.0, 4.0))
    for number, of_seeds in enumerate(found.values()):
        values = [float(auroc(one.logits, one.labels)) for one in of_seeds]
        places = number + np.linspace(-0.2, 0.2, len(seeds))
        axis.plot(places, values, "o", color=STYLES[0]["color"], label="a seed" if number == 0 else None)
        axis.hlines(np.mean(values), number - 0.3, number + 0.3, color="black", label="mean" if number == 0 else None)
    for name, value, style in (("ResNet-18 at 28 px", RESNET_18, ":"), ("ResNet-50 at 224 px", RESNET_50, "--")):
        axis.axhline(value, color=GREY, linestyle=style, label=f"{name}, published")
    axis.set(xticks=range(len(found)), ylabel="test AUROC", title="PneumoniaMNIST")
    axis.set_xticklabels([name.replace(" without", "\nwithout").replace(", ", ",\n") for name in found])
    axis.legend()
    annotate(figure, "each seed trained and tested by itself; 624 test images")
    return figure


if __name__ == "__main__":
    conduct(__name__)
