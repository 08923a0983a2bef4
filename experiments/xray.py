"""Claim: on simulated chest X-rays an MLP is better than a linear model whose penalty was chosen on val.

Command: python -m experiments.xray                   95 s on 2 cores

Expected: over ten seeds of `+experiment=xray` the test AUROC is above that of scikit-learn's logistic regression on the same
pixels, each image standardised by itself: near 0.95 against 0.91. The interval is over seeds and patients, of whom test has
4,000: with 1,000 a difference of 0.02 is hardly told from none. The test split is read once a seed.
"""

from collections.abc import Sequence

import numpy as np
import torch

from src.claims import Finding, Lab, Outcome, conduct, over_seeds_and_rows
from src.claims.baselines import logistic_regression
from src.metrics import auroc
from src.plots import GREY, STYLES, Figure, annotate, band, panels
from src.runs.evaluation import Predictions
from src.statistics.influence import of_auroc

SHOWN = ("auroc", "accuracy", "accuracy_at_threshold")
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0)  # of the logistic regression


def findings(lab: Lab, *, changed: Sequence[str] = ()) -> list[Finding]:
    """The MLP of the experiment, with what is `changed` of it, beside logistic regression, both judged on test."""
    small = [*(f"data.num_{part}=300" for part in ("train", "val", "test")), "epochs=20", "augment=none"]
    run = lab.run("+experiment=xray", "patience=10", "test=true", *lab.quick(("data.num_test=4000",), small), *changed)
    outcome = lab.train({"MLP": run})
    data = outcome.data("MLP")
    labels, linear = data.test.labels, logistic_regression(data, standardize="images", penalties=PENALTIES)
    found = [outcome.predict("MLP", seed, data.test) for seed in outcome.seeds]
    lab.tell_test("MLP", found, outcome.results("MLP", "threshold").tolist(), SHOWN)
    lab.tell_test("logistic regression", [Predictions(linear, labels)], [None], SHOWN)
    logits, area = torch.stack([one.logits for one in found]), float(auroc(linear, labels))
    lab.draw(curves_and_areas(outcome, area))
    influence = of_auroc(logits, labels) - of_auroc(linear, labels)
    return [
        over_seeds_and_rows(
            "the MLP is ahead",
            auroc(logits, labels) - area,
            influence,
            of="test AUROC, MLP less linear, over seeds and patients",
            above=0.0,
        )
    ]


def curves_and_areas(outcome: Outcome, linear: float) -> Figure:
    """Losses over epochs, and each seed's test AUROC with its bounds."""
    figure, axes = panels(1, 2)
    for name, label, style in (("train/loss", "train, with dropout", STYLES[0]), ("val/loss", "val", STYLES[1])):
        curves = outcome.curves("MLP", name)
        band(axes[0], np.arange(1, curves.shape[1] + 1), curves, label, style)
    axes[0].set(xlabel="epoch", ylabel="binary cross-entropy (nats)", ylim=(0, None), title="Losses")
    area, low, high = (
        outcome.results("MLP", "test", name).astype(float) for name in ("auroc", "auroc_low", "auroc_high")
    )
    axes[1].errorbar(
        outcome.seeds, area, [area - low, high - area], fmt="o", color=STYLES[0]["color"], capsize=3, label="MLP"
    )
    axes[1].axhline(linear, color=GREY, linestyle="--", label="logistic regression")
    axes[1].set(xlabel="seed", xticks=outcome.seeds, ylabel="test AUROC", title="MLP against a linear model")
    axes[0].legend()
    axes[1].legend(loc=(0.3, 0.15))
    annotate(
        figure,
        "simulated data; band: 10 to 90 % of the seeds that still train; bars: 95 % intervals over test patients",
    )
    return figure


if __name__ == "__main__":
    conduct(__name__)
