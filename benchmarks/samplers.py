"""What `sampler=auto` chooses beside every fixed sampler, in searches of five tasks with one trial after another.

Command: python -m benchmarks.samplers [seeds=10] [task=NAME]
A trial trains an estimator of the compiled engine for 20 epochs on two thirds of a table of scikit-learn's; its value is the mean
loss of the other third. For each sampler the median over seeds of the least value, its mean rank within a seed (1: the least of
all), and the median time to ask for a trial. What `auto` chooses is marked.
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from scipy.stats import rankdata
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine, make_friedman1
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import train_test_split

from src import lab
from src.search.auto_sampler import fitting_sampler
from src.search.samplers import SAMPLERS
from src.search.settings import Samplers

Space = Mapping[str, BaseDistribution]

NUMBERS: Space = {
    "lr": FloatDistribution(1e-4, 1.0, log=True),
    "weight_decay": FloatDistribution(1e-6, 1.0, log=True),
    "dropout": FloatDistribution(0.0, 0.8),
}
SIZES: Space = {"widths": IntDistribution(4, 256, log=True), "batch_size": IntDistribution(8, 256, log=True)}
CHOICES: Space = {
    "activation": CategoricalDistribution(["relu", "gelu", "tanh"]),
    "optimizer": CategoricalDistribution(["adam", "sgd", "rmsprop"]),
    "norm": CategoricalDistribution([None, "layer"]),
}
LISTS: Space = {
    "lr": CategoricalDistribution([1e-3, 3e-3, 1e-2, 3e-2, 1e-1]),
    "dropout": FloatDistribution(0.0, 0.4, step=0.2),
    "batch_size": CategoricalDistribution([16, 64]),
}


@dataclass(frozen=True)
class Task:
    """A search of `n_trials` over `space` of an estimator on the rows and targets that `load` gives."""

    load: Callable[..., Any]
    estimator: Any
    space: Space
    n_trials: int


TASKS = {
    "breast_cancer": Task(load_breast_cancer, lab.MLPClassifier, NUMBERS, 40),
    "diabetes": Task(load_diabetes, lab.MLPRegressor, {**NUMBERS, **SIZES}, 60),
    "digits": Task(load_digits, lab.MLPClassifier, {**NUMBERS, **SIZES, **CHOICES}, 60),
    "wine": Task(load_wine, lab.MLPClassifier, LISTS, 30),
    "friedman1": Task(lambda **_: make_friedman1(300, noise=1.0, random_state=0), lab.MLPRegressor, NUMBERS, 250),
}


def main() -> None:
    """A table of each task."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name in [given["task"]] if "task" in given else TASKS:
        compare(name, TASKS[name], int(given.get("seeds", 10)))


def compare(name: str, task: Task, seeds: int) -> None:
    """All samplers on one task; a grid where auto takes one."""
    of_auto, why = fitting_sampler(task.space, task.n_trials, objectives=1)
    fitting = [one for one in SAMPLERS if one != "grid" or of_auto == "grid"]
    found = [{sampler: searched(task, sampler, seed) for sampler in fitting} for seed in range(seeds)]
    losses = np.array([[row[sampler][0] for sampler in fitting] for row in found])
    ranks = rankdata(losses, axis=1).mean(0)
    print(f"\n{name}: {', '.join(task.space)}; {task.n_trials} trials, {seeds} seeds; auto: {of_auto}, since {why}")
    print("| sampler | least loss | rank | ask, ms |\n|---|---|---|---|")
    for place, sampler in enumerate(fitting):
        asked = 1e3 * statistics.median(row[sampler][1] for row in found)
        told = f"{sampler} (auto)" if sampler == of_auto else sampler
        print(f"| {told} | {np.median(losses[:, place]):.4f} | {ranks[place]:.1f} | {asked:.1f} |", flush=True)


def searched(task: Task, sampler: str, seed: int) -> tuple[float, float]:
    """The least loss of a search, and the mean seconds to ask for a trial."""
    study, samplers = optuna.create_study(), Samplers(sampler, task.space, seed)
    rows, targets = task.load(return_X_y=True)
    parts = train_test_split(rows, targets, test_size=1 / 3, random_state=seed)
    least, asking = np.inf, 0.0
    for number in range(task.n_trials):
        started = time.perf_counter()
        study.sampler = samplers(number)
        trial = study.ask(dict(task.space))
        asking += time.perf_counter() - started
        loss = trained(task.estimator, trial.params, seed, *parts)
        study.tell(trial, loss, state=optuna.trial.TrialState.FAIL if loss is None else None)
        least = least if loss is None else min(least, loss)
    return least, asking / task.n_trials


def trained(
    estimator: Any, params: Mapping[str, Any], seed: int, train: Any, val: Any, of_train: Any, of_val: Any
) -> float | None:
    """The loss of val, of a regression divided by the variance; None of what diverged, which fails as in a search."""
    try:
        model = estimator(**params, epochs=20, patience=None, random_state=seed).fit(train, of_train)
    except ValueError:
        return None
    if hasattr(model, "predict_proba"):
        return float(log_loss(of_val, model.predict_proba(val), labels=model.classes_))
    return float(mean_squared_error(of_val, model.predict(val)) / np.var(of_val))


if __name__ == "__main__":
    main()
