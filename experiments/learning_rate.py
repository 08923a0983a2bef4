"""Claim: a learning rate that is too low stalls, one that is too high diverges or stops learning, and between them a net trains.

Command: python -m experiments.learning_rate            75 s on 2 cores

Expected: with plain SGD on two moons, 100 epochs at each of 60 rates from 1e-5 to 1e3, what is too low follows from the first
gradient g: after t steps the loss L has fallen by lr t |g|². At the lowest rate that is right to 0.5 %, and the rate at which a
tenth of the loss goes is L / (10 t |g|²) to a factor of 1.25, both worked out before a step is taken: curvature would refute
it. A pilot (--first-seed 100) had 0.9962 ± 0.0005 of that fall and 0.20 ± 0.03 as log2 of the rates' ratio. The highest rate
ends above log 2, the loss of a net that knows nothing, or diverges, and over at least two decades in between (pilot: 2.26 ±
0.15) the loss falls below a quarter of log 2. On XOR with two hidden units a start ends in a poorer local minimum at more than
a tenth of the rates at which others learn it (pilot: 0.44 ± 0.28). Restated after results: too low was once that the lowest
rate leaves nine tenths of the loss, which it did by 130 half-widths; and one decade was to train, where 2.29 ± 0.12 did.
"""

import numpy as np
import torch

from src.claims import Finding, Lab, Outcome, conduct, mean, share
from src.losses import bce
from src.plots import BLUE, GREY, ORANGE, Figure, annotate, panels
from src.runs.build import build_run_model

LOW, HIGH = 1e-5, 1e3
COUNT = 60
STALLED = 0.1  # of the first loss: a rate at which less goes is too low
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
    first, slope = foretold(outcome, f"moons {rates[0]:.3g}")
    falls = 1.0 - moons * np.log(2.0) / first  # of the first loss
    told = STALLED / slope
    lab.draw(regions(rates, moons, xor, trains, float(np.median(told))))
    decades = (moons < TRAINED).sum(0) * np.log10(rates[1] / rates[0])
    able = np.flatnonzero((xor < POOR).any(1))  # rates at which some start learns all of XOR
    poorer = ((xor[able] > POOR) & np.isfinite(xor[able])).mean(0) if len(able) else np.full(len(lab.seeds), np.nan)
    return [
        mean(
            "too low: the loss falls as the first gradient says",
            falls[0] / (rates[0] * slope),
            of="fall of the loss / lr t |g|² at the lowest rate",
            above=0.995,
            below=1.005,
        ),
        mean(
            "the rate that is too low is foretold",
            np.log2(stalling(rates, falls) / told),
            of="log2 of the rate at which a tenth of the loss goes, over L / (10 t |g|²)",
            above=-0.32,
            below=0.32,
        ),
        share("too high: it ends above, or diverges", moons[-1] > 1.0, of="runs at the highest rate", above=0.5),
        mean(
            "in between it trains, over two decades or more", decades, of="decades with loss / log 2 < 0.25", above=2.0
        ),
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


def foretold(outcome: Outcome, condition: str) -> tuple[np.ndarray, np.ndarray]:
    """The loss L before the first step, and the share of it that goes for each unit of the rate, t |g|² / L: (S,), (S,).

    t is the mean number of steps before those of the last epoch, over which its loss is the mean.
    """
    data, run = outcome.data(condition).train, outcome.run(condition)
    inputs, steps = outcome.standardize(condition)(data.inputs), -(-len(data) // run.batch_size)
    found = []
    for seed in outcome.seeds:
        model = build_run_model(outcome.jobs[condition, seed].run, outcome.data(condition))
        loss = bce(model(inputs).squeeze(-1), data.labels).mean()
        gradient = torch.autograd.grad(loss, list(model.parameters()))
        taken = run.epochs * steps - (steps + 1) / 2
        found.append((loss.item(), taken * float(sum(g.square().sum() for g in gradient)) / loss.item()))
    first, slope = np.transpose(found)
    return first, slope


def stalling(rates: np.ndarray, falls: np.ndarray) -> np.ndarray:
    """The least rate at which the share STALLED of the loss goes (S,), between the `rates` of `falls` (rates, S)."""
    found = []
    for fall in falls.T:
        above = int(np.argmax(fall >= STALLED))
        found.append(np.exp(np.interp(STALLED, fall[: above + 1], np.log(rates[: above + 1]))))
    return np.array(found)


def regions(rates: np.ndarray, moons: np.ndarray, xor: np.ndarray, trains: np.ndarray, stalls: float) -> Figure:
    """The final loss of each start against the rate with the region that trains, and the share of poorer minima."""
    figure, (left, right) = panels(1, 2, size=(5.6, 4.0))
    top = 10.0
    x = np.repeat(rates, moons.shape[1])
    left.loglog(x, np.minimum(moons.ravel(), top), ".", color=GREY, alpha=0.4, markersize=4, label="a start")
    left.loglog(rates, np.minimum(np.median(moons, 1), top), color=BLUE, label="median")
    left.axhline(1.0, color=GREY, linewidth=0.8, linestyle=":", label="before training")
    left.axvline(stalls, color=ORANGE, linestyle="--", linewidth=1, label="a tenth goes, by the first gradient")
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
