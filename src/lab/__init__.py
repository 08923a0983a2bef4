"""From Python: `from src import lab`. Every call is a command, with the same keys, folders, records and numbers.

`lab.train("xray", lr=1e-3)` is `python -m src.train +experiment=xray optimizer.lr=1e-3`. A keyword is a key of the command
line, by its last part where that is enough; a text with `=` is typed as it stands, one without names an experiment, and a
mapping has keys in full: `lab.train("smoke", {"model.widths": [64, 32]}, "epochs=5", seed=1)`. `data` may be a frame, with the
name of its `target`, or arrays (X, y). Mistakes are ValueErrors of one line.

>>> from src import lab
>>> run = lab.train("smoke", lr=0.01)                                     # doctest: +SKIP
>>> sweep = lab.sweep("smoke", lr=[1e-3, 1e-2], seed=range(3))            # doctest: +SKIP
>>> found = lab.search("smoke", lr=lab.interval(1e-4, 1e-1, log=True), n_trials=20)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from src.lab.commands import diff, load, runs, search, sweep, train
from src.lab.overrides import interval
from src.lab.run import Run
from src.lab.sweep import Search, Sweep

if TYPE_CHECKING:
    from src.lab.estimators import MLPClassifier, MLPRegressor, Perceptron
    from src.lab.grid_search import GridSearch

ESTIMATORS = {
    "GridSearch": "grid_search",
    **dict.fromkeys(("MLPClassifier", "MLPRegressor", "Perceptron"), "estimators"),
}


def __getattr__(name: str) -> Any:
    """Estimators, for which alone scikit-learn and the compiled engine are imported."""
    if name not in ESTIMATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{ESTIMATORS[name]}"), name)


__all__ = [
    "GridSearch",
    "MLPClassifier",
    "MLPRegressor",
    "Perceptron",
    "Run",
    "Search",
    "Sweep",
    "diff",
    "interval",
    "load",
    "runs",
    "search",
    "sweep",
    "train",
]
