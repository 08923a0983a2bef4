"""Claim: a learning rate that is too low stalls, one that is too high diverges or stops learning, and between them a net trains.

Command: python -m experiments.learning_rate            75 s on 2 cores

Expected: of 60 rates from 1e-5 to 1e3 with plain SGD on two moons, the lowest leaves the loss within a tenth of where it
began, the highest ends above log 2, the loss of a net that knows nothing, or diverges, and over at least a decade in between
the loss falls below a quarter of log 2. On XOR with two hidden units a start ends in a poorer local minimum at more than a
tenth of the rates at which others learn it.
"""

import numpy as np

from src.claims import Finding, Lab, Outcome, conduct, mean, share
from src.plots import BLUE, GREY, ORANGE, Figure, annotate, panels

LOW, HIGH = 1e-5, 1e3
COUNT = 60
STALLED = 0.9  # of the loss of the first epoch: above it, nothing was learned
TRAINED = 0.25  # of log 2, the loss of a unit that knows nothing: below it, a net trains
POOR = 0.1  # a final loss on XOR that only a net which misses a corner has


def findings(lab: Lab, *, low: float = LOW, high: float = HIGH) -> list[Finding]:
    """`COUNT` rates from `low` to `high`, on moons and on XOR."""
    rates = np.geomspace(low, high, lab.quick(COUNT, 13))
    data = {
        "moons": ("data=moons", "model.widths=[16]", f"epochs={lab.quick(100, 40)}", "batch_size=64"),
        "XOR": (
            "data=gate",
            "model.widths=[2]",
            f"epochs={lab.quick(800, 600)}",
            "batch_size=128",
            "data.num_train=128",
        ),
    }
    base = ("model.activation=tanh", "model.init=glorot_normal", "optimizer=sgd", "data.num_val=64")
    outcome = lab.train(
        {
            f"{name} {rate:.3g}": lab.run(*base, *settings, f"optimizer.lr={rate}")
            for name, settings in data.items()
            for rate in rates
        }
    )
    moons = np.array([final(outcome, f"moons {rate:.3g}") for rate in rates]) / np.log(2.0)  # (rates, S)
    xor = np.array([final(outcome, f"XOR {rate:.3g}") for rate in rates])
    trains = (moons < TRAINED).all(1)
    lab.draw(regions(rates, moons, xor, trains))
    decades = (moons < TRAINED).sum(0) * np.log10(rates[1] / rates[0])
    slowest = outcome.curves(f"moons {rates[0]:.3g}", "train/loss")
    stays = slowest[:, -1] / slowest[:, 0]
    able = np.flatnonzero((xor < POOR).any(1))  # rates at which some start learns all of XOR
    poorer = ((xor[able] > POOR) & np.isfinite(xor[able])).mean(0) if len(able) else np.full(len(lab.seeds), np.nan)
    return [
        mean("too low: the loss stays where it began", stays, of="last loss / first at the lowest rate", above=STALLED),
        share("too high: it ends above, or diverges", moons[-1] > 1.0, of="runs at the highest rate", above=0.5),
        mean("in between it trains, over a decade or more", decades, of="decades with loss / log 2 < 0.25", above=1.0),
        mean(
            "on XOR starts end in poorer minima",
            poorer,
            of="the share of the able rates at which a start does",
            above=0.1,
        ),
    ]


def final(outcome: Outcome, condition: str) -> np.ndarray:
    """Training loss of the last epoch (S,); infinite for a run that diverged."""
    loss = outcome.last(condition, "train/loss")
    return np.where(outcome.diverged(condition) | ~np.isfinite(loss), np.inf, loss)


def regions(rates: np.ndarray, moons: np.ndarray, xor: np.ndarray, trains: np.ndarray) -> Figure:
    """The final loss of each start against the rate with the region that trains, and the share of poorer minima."""
    figure, (left, right) = panels(1, 2, size=(5.6, 4.0))
    top = 10.0
    x = np.repeat(rates, moons.shape[1])
    left.loglog(x, np.minimum(moons.ravel(), top), ".", color=GREY, alpha=0.4, markersize=4, label="a start")
    left.loglog(rates, np.minimum(np.median(moons, 1), top), color=BLUE, label="median")
    left.axhline(1.0, color=GREY, linewidth=0.8, linestyle=":", label="before training")
    inside = rates[trains]
    if len(inside):
        left.axvspan(inside[0], inside[-1], color=BLUE, alpha=0.1, label=f"trains: {inside[0]:.2g} to {inside[-1]:.2g}")
    left.set(
        xlabel="learning rate", ylabel=f"final training loss / log 2 (at most {top:g} shown)", title="two moons, 2-16-1"
    )
    left.legend(frameon=False, fontsize=8)
    for name, bound, color, dashes in (
        ("poorer than", POOR, ORANGE, "-"),
        ("no better than chance, over", 0.6, BLUE, "--"),
    ):
        share_above = (xor > bound).mean(1)
        right.semilogx(rates, share_above, dashes, color=color, label=f"loss {name} {bound:g}")
    right.set(xlabel="learning rate", ylabel="share of starts", title="XOR, 2-2-1", ylim=(-0.03, 1.03))
    right.legend(frameon=False, fontsize=8, loc="lower left")
    annotate(figure, "simulated data")
    return figure


if __name__ == "__main__":
    conduct(__name__)
