"""False alarms of the leaderboard: configurations that are alike, and rows that it calls worse than its first.

    python -m benchmarks.selection tables=1000

Prints, for each setting, the share of tables in which a row that is not worse than the first has p < 0.05, beside what paired
t-tests against the first give, corrected by Holm and not; how often Student's interval covers the true mean of the first row,
which the leaderboard therefore does not tell, and of the others; and by how many standard errors the first row's mean flatters
it. Values are drawn: what a seed gives all rows, plus what it gives one row, in equal parts.
"""

import sys
from collections.abc import Callable

import numpy as np
from scipy import stats

from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.sweep.leaderboard import Entry, leaderboard

Draw = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]  # values (seeds, rows), and the rows' true means


def alike(rows: int, seeds: int) -> Draw:
    """Normal values, every row the same."""
    return lambda rng: (_normal(rng, seeds, rows), np.zeros(rows))


def skewed(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """18 rows, 5 seeds, values with a long tail above, as losses have it."""
    return rng.lognormal(sigma=0.7, size=(5, 18)) + rng.normal(size=(5, 1)), np.full(18, np.exp(0.7**2 / 2))


def uneven(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """12 rows, 5 seeds, of which three scatter three times as much."""
    return _normal(rng, 5, 12, np.repeat([1.0, 3.0], [9, 3])), np.zeros(12)


def half_worse(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """16 rows, 5 seeds; eight are alike, the others four standard deviations worse, and scatter three times as much."""
    means = np.repeat([0.0, 4.0], 8)
    return means + _normal(rng, 5, 16, np.repeat([1.0, 3.0], 8)), means


SETTINGS: dict[str, Draw] = {
    "5 x 10": alike(5, 10),
    "18 x 3": alike(18, 3),
    "64 x 3": alike(64, 3),
    "9 x 5": alike(9, 5),
    "18 x 5, skewed": skewed,
    "16 x 5, half are worse": half_worse,
    "beyond the model: 12 x 5, uneven": uneven,
}


def main() -> None:
    tables = int(dict(argument.split("=") for argument in sys.argv[1:]).get("tables", 1000))
    print(f"{'false alarms of':32} p       t-test  Holm    interval covers first, others   first flatters by")
    for name, draw in SETTINGS.items():
        rng = np.random.default_rng(0)
        ours, plain, holm, first, others, flatters = np.mean([_of_table(*draw(rng)) for _ in range(tables)], axis=0)
        told = f"{ours:.3f}   {plain:.3f}   {holm:.3f}   {first:21.3f}   {others:.3f} {flatters:15.2f}"
        print(f"{name:32} {told}", flush=True)


def _of_table(values: np.ndarray, means: np.ndarray) -> tuple[float, ...]:
    """Whether there is a false alarm (ours, t-test, Holm), what intervals cover, and how the first row flatters."""
    table = leaderboard([_entry(*cell, value) for cell, value in np.ndenumerate(values)], "val/loss")
    rows = table["row"].astype(int).to_numpy()
    first, others = rows[0], rows[1:]
    not_worse = means[others] <= means[first]
    t = stats.ttest_rel(values[:, others], values[:, [first]]).pvalue
    alarms = [bool((p[not_worse] < 0.05).any()) for p in (table["p"].to_numpy()[1:], t, _holm(t))]
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(0), stats.sem(values))
    covers = (low <= means) & (means <= high)
    error = np.sqrt((stats.sem(values) ** 2).mean())
    return *alarms, covers[first], covers[others].mean(), (means[first] - values[:, first].mean()) / error


def _holm(p: np.ndarray) -> np.ndarray:
    order = p.argsort()
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return steps[order.argsort()]


def _normal(rng: np.random.Generator, seeds: int, rows: int, sd: np.ndarray | float = 1.0) -> np.ndarray:
    return rng.normal(size=(seeds, 1)) + sd * rng.normal(size=(seeds, rows))


def _entry(seed: int, row: int, value: float) -> Entry:
    results = Results("", StopReason.EPOCHS.status, StopReason.EPOCHS, seed, objective={"value": value})
    return Entry(seed, {"seed": seed, "row": row}, results)


if __name__ == "__main__":
    main()
