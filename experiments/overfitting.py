"""Claim: the fewer the rows and the wider the net, the further its loss on unseen data lies above that on its training rows.

Command: python -m experiments.overfitting            50 s on 2 cores

Expected: after 60 epochs on simulated X-rays the gap between the two losses falls with the logarithm of the rows (100 to
3,200 rows, 64 units), and rises with that of the width (4 to 256 units, 200 rows). The rows are the same for all seeds.
"""

from collections.abc import Sequence

import numpy as np

from src.claims import Finding, Lab, Outcome, conduct, mean
from src.plots import STYLES, Figure, annotate, band, panels

ROWS, WIDTH = (100, 200, 400, 800, 1600, 3200), 64
WIDTHS, FEW_ROWS = (4, 16, 64, 256), 200
Setting = tuple[int, int]  # rows, width


def findings(lab: Lab, *, val_from: str = "val") -> list[Finding]:
    """Nets of one hidden layer on more and more rows, and on few rows with more and more units; `val_from` from them."""
    by_rows = [(rows, WIDTH) for rows in lab.quick(ROWS, (50, 100, 300))]
    by_width = [(lab.quick(FEW_ROWS, 100), width) for width in lab.quick(WIDTHS, (4, 32, 128))]
    small = lab.quick((), [f"data.source.num_{part}=300" for part in ("train", "val", "test")])
    data = ("data=modified", "data@data.source=phantom", f"data.val_from={val_from}", *small)
    base = (*data, "train_eval=true", "batch_size=32", f"epochs={lab.quick(60, 30)}")
    outcome = lab.train(
        {
            named(rows, width): lab.run(*base, f"data.num_train={rows}", f"model.widths=[{width}]")
            for rows, width in dict.fromkeys(by_rows + by_width)
        }
    )
    lab.draw(losses(outcome, by_rows, by_width))
    of_rows, of_width = slopes(outcome, by_rows, 0), slopes(outcome, by_width, 1)
    return [
        mean("there is a gap with the fewest rows", gap(outcome, *by_rows[0]), of="val - train loss", above=0.05),
        mean("the gap shrinks with the rows", of_rows, of="slope of the gap on log2 rows", below=0.0),
        mean("the gap grows with the width", of_width, of="slope of the gap on log2 units", above=0.0),
    ]


def named(rows: int, width: int) -> str:
    """The condition of a setting."""
    return f"{rows} rows, {width} units"


def gap(outcome: Outcome, rows: int, width: int) -> np.ndarray:
    """The loss on val less that on train, both without dropout, after the last epoch (S,)."""
    condition = named(rows, width)
    return outcome.last(condition, "val/loss") - outcome.last(condition, "train/loss_eval")


def slopes(outcome: Outcome, settings: Sequence[Setting], place: int) -> np.ndarray:
    """The least-squares slope of the gap on log2 of the settings' rows (place 0) or widths (1), for each seed (S,)."""
    doublings = np.log2([setting[place] for setting in settings])
    return np.polyfit(doublings, [gap(outcome, *setting) for setting in settings], 1)[0]


def losses(outcome: Outcome, by_rows: Sequence[Setting], by_width: Sequence[Setting]) -> Figure:
    """Both losses after the last epoch against rows, and against units."""
    figure, axes = panels(1, 2)
    for one, settings, place in ((axes[0], by_rows, 0), (axes[1], by_width, 1)):
        x = [setting[place] for setting in settings]
        for name, label, style in (("val/loss", "val", STYLES[1]), ("train/loss_eval", "train", STYLES[0])):
            last = [outcome.last(named(*setting), name) for setting in settings]
            band(one, x, np.transpose(last), label, style)
        one.set_xscale("log", base=2)
        one.set_xticks(x, labels=[f"{value:,}" for value in x])
        one.set(ylabel="binary cross-entropy (nats)", ylim=(0, None))
    axes[0].set(xlabel="training rows", title=f"{by_rows[0][1]} units")
    axes[1].set(xlabel="units of the hidden layer", title=f"{by_width[0][0]} rows")
    axes[0].legend()
    annotate(figure, f"simulated data; median and 10 to 90 % of {len(outcome.seeds)} seeds, after the last epoch")
    return figure


if __name__ == "__main__":
    conduct(__name__)
