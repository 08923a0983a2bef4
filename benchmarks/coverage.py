"""How often the intervals that are printed hold the truth: simulated scores of a known one, 60 to 5,000 rows, 1 to 10 seeds.

    python -m benchmarks.coverage draws=1000 [seeds=5]

Scores of class 1 are normal around d, of class 0 around 0; the figures' truths are those of a million rows. A seed's d differs
from another's, and each row has something of its own that all seeds see. Rows of a patient share half of their variance.
Beside ours stands the percentile bootstrap, rows drawn within each class, on 200 of the draws.
"""

import sys
from collections.abc import Iterator

import torch
from torch import Tensor

from src.metrics import full_report
from src.randomness import Purpose, fold, key
from src.statistics.bootstrap import report_bounds
from src.statistics.figures import bounded_figures, figures, mean_figures

SIZES = (60, 156, 624, 5000)
SEEDS = (3, 5, 10)
KINDS = {"AUROC 0.86, half positive": (0.5, 1.5), "AUROC 0.95, 62 % positive": (0.625, 2.3)}
SPREAD = 0.15  # sd of d over seeds
SHOWN = ("auroc", "average_precision", "accuracy", "sensitivity", "specificity", "brier", "rmse", "mae", "r2")
MANY = 1_000_000
RESAMPLED, MANY_TO_RESAMPLE = 200, 600  # draws that are bootstrapped, and rows that take too long for it

Drawn = tuple[Tensor, Tensor]  # logits (N,) or (S, N), and labels (N,)


def binary(rng: torch.Generator, n: int, share: float, d: float, seeds: int = 1) -> Drawn:
    """Log odds, right but for the spread of seeds."""
    labels = (torch.rand(n, generator=rng) < share).long()
    of_row, of_seed = torch.randn(n, generator=rng), torch.randn(seeds, 1, generator=rng)
    own = torch.randn(seeds, n, generator=rng)
    noise = of_row if seeds == 1 else (0.8**0.5) * of_row + (0.2**0.5) * own
    at = d + (0.0 if seeds == 1 else SPREAD) * of_seed
    return (d * (labels * at + noise) - d * d / 2 + _log_odds(share)).squeeze(0), labels


def regression(rng: torch.Generator, n: int, *_: float) -> Drawn:
    """Predictions that miss by a normal error of sd 1."""
    predictions = 1.5 * torch.randn(n, generator=rng)
    return predictions, predictions + torch.randn(n, generator=rng)


def patients(rng: torch.Generator, n: int, share: float, d: float, size: int = 4) -> Drawn:
    """Rows of patients with four each, alike in label and in half of their noise."""
    labels, noise = (part.repeat_interleave(size) for part in _of_patients(rng, n // size, share))
    noise = 0.5**0.5 * noise + 0.5**0.5 * torch.randn(len(labels), generator=rng)
    return d * (labels * d + noise) - d * d / 2 + _log_odds(share), labels


def main() -> None:
    """All, or with `seeds=` those over so many seeds."""
    given = {name: int(value) for name, value in (text.split("=") for text in sys.argv[1:])}
    draws = given.get("draws", 1000)
    if "seeds" in given:
        over_seeds(draws, given["seeds"])
        return
    of_one(draws)
    by_patient(draws)
    for seeds in SEEDS:
        over_seeds(draws, seeds)


def of_one(draws: int) -> None:
    """Of one model's figures."""
    for name, (share, d) in KINDS.items():
        truth = figures("binary", *binary(_generator(99), MANY, share, d), None)
        for n in SIZES:
            made = [binary(_generator(draw), n, share, d) for draw in range(draws)]
            _tell(f"{name}, {n} rows", truth, [bounded_figures("binary", *one, None) for one in made])
            if n < MANY_TO_RESAMPLE:
                _tell("  by bootstrap", truth, [_bootstrapped(*one, draw) for draw, one in enumerate(made[:RESAMPLED])])
    truth = figures("regression", *regression(_generator(99), MANY), None)
    for n in SIZES:
        made = [regression(_generator(draw), n) for draw in range(draws)]
        _tell(f"regression, {n} rows", truth, [bounded_figures("regression", *one, None) for one in made])


def by_patient(draws: int) -> None:
    """Where four rows are of one patient."""
    share, d = KINDS["AUROC 0.86, half positive"]
    for n in SIZES[1:]:
        groups = [row // 4 for row in range(n)]
        truth = figures("binary", *patients(_generator(99), MANY, share, d), None)
        made = [patients(_generator(draw), n, share, d) for draw in range(draws)]
        _tell(f"by patient, {n} rows", truth, [bounded_figures("binary", *one, None, groups) for one in made])
        _tell("  by row", truth, [bounded_figures("binary", *one, None) for one in made])


def over_seeds(draws: int, seeds: int) -> None:
    """Of the mean over so many models on the same rows."""
    share, d = KINDS["AUROC 0.86, half positive"]
    truth = _mean_over_many_seeds(share, d)
    for n in SIZES:
        made = [binary(_generator(draw), n, share, d, seeds) for draw in range(draws)]
        told = [mean_figures("binary", *one, [None] * seeds) for one in made]
        _tell(f"{seeds} seeds and {n} rows", truth, told)


def _tell(name: str, truth: dict[str, float], told: list[dict[str, float]]) -> None:
    cells = []
    for figure in SHOWN:
        bounds = [(one[f"{figure}_low"], one[f"{figure}_high"]) for one in told if f"{figure}_low" in one]
        if bounds:
            held = sum(low <= truth[figure] <= high for low, high in bounds) / len(bounds)
            cells.append(f"{figure} {held:.3f}{'' if len(bounds) == len(told) else f' of {len(bounds)}'}")
    print(f"{name:36} {'  '.join(cells)}", flush=True)


def _bootstrapped(logits: Tensor, labels: Tensor, draw: int) -> dict[str, float]:
    def report(scores: Tensor, labels: Tensor) -> dict[str, Tensor]:
        return full_report("binary", scores, labels)

    state = fold(key(0, Purpose.BOOTSTRAP), torch.tensor(draw))
    return report_bounds(report, logits, labels, state, stratify=True, resamples=400)


def _mean_over_many_seeds(share: float, d: float) -> dict[str, float]:
    """The truths of seeds whose d are spread evenly over their distribution."""
    places = torch.special.ndtri((torch.arange(50) + 0.5) / 50)
    each = []
    for place in places.tolist():
        labels = (torch.rand(200_000, generator=_generator(1)) < share).long()
        noise = torch.randn(200_000, generator=_generator(2))
        logits = d * (labels * (d + SPREAD * place) + noise) - d * d / 2 + _log_odds(share)
        each.append(figures("binary", logits, labels, None))
    return {name: sum(one[name] for one in each) / len(each) for name in each[0]}


def _of_patients(rng: torch.Generator, count: int, share: float) -> Iterator[Tensor]:
    yield (torch.rand(count, generator=rng) < share).long()
    yield torch.randn(count, generator=rng)


def _log_odds(share: float) -> float:
    return float(torch.logit(torch.tensor(share, dtype=torch.float64)))


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


if __name__ == "__main__":
    main()
