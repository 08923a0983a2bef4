"""Estimators beside scikit-learn's own MLP: one fit, and a grid search of small tables, by the seconds that pass.

Command: python -m benchmarks.estimators [rounds=5]
Each fit has 100 hidden units, batches of 200, Adam, at most 200 epochs, the same rule of stopping, float64 and standardised
features; the grid has three learning rates by four penalties by five folds, scikit-learn's in as many processes as there are
cores, ours in threads. Rounds in turn; medians of seconds and of ratios within a round. The accuracy is that of the best
point, over its folds.
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from src import lab
from src.engines.native.cores import num_cores

TABLES = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer}
RATE, PENALTY = "mlpclassifier__learning_rate_init", "mlpclassifier__alpha"  # by their names
RATES, PENALTIES, FOLDS = [1e-3, 3e-3, 1e-2], [0.0, 1e-4, 1e-3, 1e-2], 5


def main() -> None:
    """A table of all."""
    rounds = int(next((text.partition("=")[2] for text in sys.argv[1:] if text.startswith("rounds=")), "5"))
    warnings.simplefilter("ignore")
    print(f"{num_cores()} cores, {rounds} rounds")
    for name, load in TABLES.items():
        compare(name, *load(return_X_y=True), rounds)


def compare(name: str, rows: Any, labels: Any, rounds: int) -> None:
    """One fit of each, and the grid."""
    lab.MLPClassifier(epochs=1).fit(rows, labels)  # compiled, once on a machine
    tell(f"{name}, one fit", rounds, lambda: theirs().fit(rows, labels), lambda: ours().fit(rows, labels))
    of_theirs = GridSearchCV(
        theirs(), {RATE: RATES, PENALTY: [200 * one for one in PENALTIES]}, cv=FOLDS, n_jobs=num_cores()
    )
    of_ours = lab.GridSearch(ours(), {"lr": RATES, "weight_decay": PENALTIES}, cv=FOLDS)
    points = f"{name}, {len(RATES) * len(PENALTIES)} points"
    tell(points, rounds, lambda: of_theirs.fit(rows, labels), lambda: of_ours.fit(rows, labels))
    print(f"  accuracy of the best point: theirs {of_theirs.best_score_:.3f}, ours {of_ours.best_score_:.3f}")


def theirs() -> Any:
    """scikit-learn's."""
    return make_pipeline(StandardScaler(), MLPClassifier((100,), alpha=0.0, random_state=0))


def ours() -> Any:
    """The same of ours."""
    return lab.MLPClassifier((100,), batch_size=200, random_state=0)


def tell(what: str, rounds: int, *calls: Callable[[], Any]) -> None:
    """The seconds of theirs and ours, and how many times as fast ours is."""
    taken = [[_seconds(call) for call in calls] for _ in range(rounds)]
    first, second = (statistics.median(column) for column in zip(*taken, strict=True))
    times = [before / after for before, after in taken]
    spread = f"[{min(times):.1f}, {max(times):.1f}]"
    print(
        f"{what}: theirs {first:.3f} s, ours {second:.3f} s, {statistics.median(times):.1f} times {spread}", flush=True
    )


def _seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
