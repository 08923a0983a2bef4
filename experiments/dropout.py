"""Claim: dropout narrows the gap between training and unseen data; it helps when rows are few, and too much of it harms.

Command: python -m experiments.dropout                50 s on 2 cores

Expected: the gap shrinks as the rate grows from 0 to 0.8, on 200 simulated X-rays (300 epochs: without dropout they are fitted
by then) as on 2,000 (60 epochs). By the val loss of the best epoch, rate 0.5 is better than none on the few, and rate 0.8
worse than none on the many. All seeds have the same rows.
"""

import numpy as np

from src.claims import Finding, Lab, Outcome, conduct, mean
from src.plots import STYLES, Figure, annotate, band, panels

RATES = (0.0, 0.2, 0.5, 0.65, 0.8)
SIZES = {"few rows": (200, 300), "many rows": (2000, 60)}  # rows, epochs
QUICK_SIZES = {"few rows": (50, 30), "many rows": (300, 20)}


def findings(lab: Lab, *, val_from: str = "val") -> list[Finding]:
    """A net of one hidden layer with each rate at both sizes of the training set; `val_from` from training."""
    sizes, rates = lab.quick(SIZES, QUICK_SIZES), lab.quick(RATES, (0.0, 0.5, 0.8))
    small = lab.quick((), [f"data.source.num_{part}=300" for part in ("train", "val", "test")])
    base = (
        "data=modified",
        "data@data.source=phantom",
        f"data.val_from={val_from}",
        "train_eval=true",
        "batch_size=32",
    )
    outcome = lab.train(
        {
            f"{size}, rate {rate}": lab.run(
                *base,
                *small,
                f"data.num_train={rows}",
                f"epochs={epochs}",
                "model.widths=[64]",
                f"model.dropout={rate}",
            )
            for size, (rows, epochs) in sizes.items()
            for rate in rates
        }
    )
    lab.draw(against_rate(outcome, sizes, rates))
    helped = outcome.best("few rows, rate 0.5", "val/loss") - outcome.best("few rows, rate 0.0", "val/loss")
    harmed = outcome.best("many rows, rate 0.8", "val/loss") - outcome.best("many rows, rate 0.0", "val/loss")
    return [
        *(
            mean(
                f"{size}: the gap shrinks with the rate",
                slopes(outcome, size, rates),
                of="slope of gap on rate",
                below=0.0,
            )
            for size in sizes
        ),
        mean("few rows: 0.5 lowers the best val loss", helped, of="val loss, 0.5 less none, of a seed", below=0.0),
        mean("many rows: 0.8 raises the best val loss", harmed, of="val loss, 0.8 less none, of a seed", above=0.0),
    ]


def slopes(outcome: Outcome, size: str, rates: tuple[float, ...]) -> np.ndarray:
    """The least-squares slope of the final gap (val less train loss, dropout off) on the rate, for each seed (S,)."""
    gaps = [
        outcome.last(f"{size}, rate {rate}", "val/loss") - outcome.last(f"{size}, rate {rate}", "train/loss_eval")
        for rate in rates
    ]
    return np.polyfit(rates, gaps, 1)[0]


def against_rate(outcome: Outcome, sizes: dict[str, tuple[int, int]], rates: tuple[float, ...]) -> Figure:
    """Final losses and best val loss against the rate, at each size."""
    figure, axes = panels(1, len(sizes))
    for one, (size, (rows, epochs)) in zip(axes, sizes.items(), strict=True):
        conditions = [f"{size}, rate {rate}" for rate in rates]
        curves = {
            "val, last epoch": [outcome.last(condition, "val/loss") for condition in conditions],
            "val, best epoch": [outcome.best(condition, "val/loss") for condition in conditions],
            "train, last epoch": [outcome.last(condition, "train/loss_eval") for condition in conditions],
        }
        for (label, values), style in zip(curves.items(), (STYLES[1], STYLES[2], STYLES[0]), strict=True):
            band(one, rates, np.transpose(values), label, style)
        one.set(xlabel="dropout rate", ylabel="binary cross-entropy (nats)", ylim=(0, None))
        one.set_title(f"{rows:,} rows, {epochs} epochs")
    axes[1].legend(loc="lower left")
    annotate(figure, f"simulated data; median and 10 to 90 % of {len(outcome.seeds)} seeds; losses with dropout off")
    return figure


if __name__ == "__main__":
    conduct(__name__)
