"""Claim: gradient descent on a convex problem shrinks the error by max |1 - lr λ| a step, λ the Hessian's eigenvalues.

Command: python -m experiments.gradient_descent      40 s on 2 cores

Expected: from normal starts a linear unit on the diabetes data follows the loss that the eigenvalues foretell, at every step
size below 2 / L (L the largest eigenvalue) to the minimum, and at every one above away from it.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from src.claims import Finding, Lab, Outcome, conduct, exact
from src.config.schema import Run
from src.data.reading import read_dataset
from src.data.transforms import Standardize
from src.plots import BLUE, GREY, ORANGE, STYLES, Figure, band, panels
from src.runs.build import build_run_model

SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.95, 1.01, 1.05, 1.2)  # of the largest stable step
SHOWN = (0.05, 0.25, 0.95, 1.01, 1.05)
WINDOW = 50  # the steps over which the factor is measured
BASE = (
    "model=perceptron",
    "model.init=normal",
    "data=diabetes",
    "loss=mse",
    "optimizer=sgd",
    "trainer.precision=64-true",
)


def findings(lab: Lab, *, constant: float = 2.0) -> list[Finding]:
    """Full batches at shares of `constant` / L, which is claimed to be the largest stable step."""
    hessian, solution, least = quadratic(lab.run(*BASE))
    values, shares = torch.linalg.eigvalsh(hessian), lab.quick(SHARES, SHARES[3:])
    lrs = {share: share * constant / float(values[-1]) for share in shares}
    settings = (*BASE, "batch_size=100000", f"epochs={lab.quick(3000, 500)}")
    outcome = lab.train({f"{share:g}": lab.run(*settings, f"optimizer.lr={lr!r}") for share, lr in lrs.items()})
    gaps = {share: outcome.curves(f"{share:g}", "train/loss") - least for share in shares}
    theory = {s: foretold(outcome, f"{s:g}", hessian, solution, gap.shape[1]) for s, gap in gaps.items()}
    factors = {share: np.array([factor(row, least) for row in gap]) for share, gap in gaps.items()}
    expected = {share: float((1.0 - lr * values).abs().max()) for share, lr in lrs.items()}
    lab.draw(descents(gaps, theory, factors, hessian, constant))
    off = [(gap / theory[share] - 1.0)[measurable(gap, least)] for share, gap in gaps.items()]
    below, above = ([factors[share] for share in shares if (share > 1.0) == over] for over in (False, True))
    return [
        exact("the loss falls as foretold", np.concatenate(off), of="relative difference of its gap", tolerance=1e-4),
        exact(
            "the error's factor a step is max |1 - lr λ|",
            [(1.0 - factors[share]) / (1.0 - expected[share]) - 1.0 for share in shares],
            of="relative difference of 1 - factor",
            tolerance=0.02,
        ),
        exact(f"below {constant:g} / L all converge", np.concatenate(below), of="factor", tolerance=1.0),
        exact(f"above {constant:g} / L all diverge", 1.0 / np.concatenate(above), of="1 / factor", tolerance=1.0),
    ]


def quadratic(run: Run) -> tuple[Tensor, Tensor, float]:
    """The Hessian H = 2/N XᵀX of the mean of (p - y)², X's last column ones for the bias, the weights at its minimum, and the
    loss there (the normal equations, H w = 2/N Xᵀy).
    """
    train = read_dataset(run.data).train
    inputs = Standardize.fit(train.inputs, run.data["standardize"])(train.inputs.double())
    x, y = torch.cat([inputs, torch.ones(len(inputs), 1)], 1), train.labels.double()
    solution = torch.linalg.lstsq(x, y.unsqueeze(1)).solution[:, 0]
    return 2.0 * x.T @ x / len(x), solution, float((x @ solution - y).square().mean())


def foretold(outcome: Outcome, condition: str, hessian: Tensor, solution: Tensor, steps: int) -> np.ndarray:
    """The gap of the loss to its minimum before each step (S, steps): Σ λ_i / 2 (1 - lr λ_i)^2t c_i², c the start's error
    along the eigenvectors.
    """
    values, vectors = torch.linalg.eigh(hessian)
    errors = []
    for seed in outcome.seeds:
        run = outcome.jobs[condition, seed].run
        unit = build_run_model(run, outcome.data(condition)).linear.double()
        errors.append(vectors.T @ (torch.cat([unit.weight[0], unit.bias]).detach() - solution))
    shrunk = (1.0 - run.optimizer.lr * values) ** (2.0 * torch.arange(steps).unsqueeze(1))
    return (torch.stack(errors) ** 2 @ (0.5 * values * shrunk).T).numpy()


def measurable(gaps: np.ndarray, least: float) -> np.ndarray:
    """Where a gap is more than the rounding of the loss, and finite."""
    return np.isfinite(gaps) & (np.abs(gaps) > 1e-8 * least)


def factor(gaps: np.ndarray, least: float) -> float:
    """The factor of the error a step, whose square is that of the gap, over the last WINDOW measurable steps."""
    last = int(np.flatnonzero(measurable(gaps, least))[-1])
    return float((gaps[last] / gaps[last - WINDOW]) ** (0.5 / WINDOW))


def descents(
    gaps: Mapping[float, np.ndarray],
    theory: Mapping[float, np.ndarray],
    factors: Mapping[float, np.ndarray],
    hessian: Tensor,
    constant: float,
) -> Figure:
    """Loss gaps with what was foretold, and factors with max |1 - lr λ|."""
    figure, (left, right) = panels(1, 2, size=(5.2, 4.0))
    for share, style in zip([share for share in SHOWN if share in gaps], STYLES, strict=False):
        shown = np.where((gaps[share] > 1e-4) & (gaps[share] < 1e12), gaps[share], np.nan)
        alive = np.flatnonzero(~np.isnan(shown).all(0))
        marked = np.unique(np.geomspace(1, 1 + alive[-1], 14).astype(int)) - 1
        band(
            left, 1 + marked, shown[:, marked], f"{share:g} · {constant:g} / L", {**style, "linestyle": "none"}, every=1
        )
        left.plot(1 + alive, np.median(theory[share], 0)[alive], color=style["color"], linewidth=1)
    left.plot([], [], color=GREY, linewidth=1, label="foretold by the eigenvalues")
    left.set(xscale="log", yscale="log", ylim=(1e-4, 1e12), xlabel="step", ylabel="loss - its minimum")
    left.legend(fontsize=8, title="lr (median, 10 to 90 % of seeds)", title_fontsize=8, loc="upper left")
    values, shares = torch.linalg.eigvalsh(hessian), torch.linspace(0.0, 1.3, 300)
    lrs = shares * constant / values[-1]
    right.plot(shares, 1.0 - (1.0 - lrs.unsqueeze(1) * values).abs().amax(1), color=GREY, label="1 - max |1 - lr λ|")
    for number, share in enumerate(gaps):
        label = "measured, each seed" if number == 0 else None
        right.plot([share] * len(factors[share]), 1.0 - factors[share], "x", color=ORANGE, label=label)
    right.axhline(0.0, color=BLUE, linestyle=":", label="below: diverges")
    right.set_yscale("symlog", linthresh=1e-4)
    right.set(xlabel=f"lr / ({constant:g} / L)", ylabel="share of the error that goes in a step")
    right.legend(fontsize=8, loc="lower left")
    return figure


if __name__ == "__main__":
    conduct(__name__)
