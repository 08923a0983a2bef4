"""What a trial costs in a long search, and whether a sampler that sees a part of it finds less.

Command: python -m benchmarks.window cost [trials=5000]
Processor milliseconds to ask TPE for a trial of five parameters, with a journal, and to tell its end.

Command: python -m benchmarks.window found [trials=1200] [seeds=5]
The least value found of a sum of a parabola, a line, two choices and an absolute value, by TPE seeing all trials and by ours.
"""

import math
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from src.runs.background import Background
from src.search.seeded_trial import TrialOutcome
from src.search.settings import Samplers
from src.search.storage import open_storage
from src.search.study import Trials
from src.search.window import Window, within

SPACE = {
    "lr": FloatDistribution(1e-5, 1e-1, log=True),
    "dropout": FloatDistribution(0.0, 0.9),
    "width": CategoricalDistribution(["32", "64", "128"]),
    "weight_decay": FloatDistribution(1e-6, 1e-2, log=True),
    "layers": IntDistribution(1, 4),
}
MARKS = (100, 400, 800, 1500, 3000, 5000, 10_000)


def main() -> None:
    """What is asked for."""
    what, *given = sys.argv[1:]
    {"cost": cost, "found": found}[what](**{key: int(value) for key, value in (text.split("=") for text in given)})


def value(params: dict[str, Any]) -> float:
    """What stands for a val loss: least, 0, at lr 1e-3, dropout 0, weight decay 1e-4, width 64 and 3 layers."""
    near = (math.log10(params["lr"]) + 3.0) ** 2 + abs(math.log10(params["weight_decay"]) + 4.0)
    return near + params["dropout"] + (params["width"] != "64") + 0.3 * abs(params["layers"] - 3)


def cost(trials: int = 5000) -> None:
    """A line for each of MARKS."""
    with tempfile.TemporaryDirectory() as folder, Background() as background:
        sampler = Samplers("tpe", SPACE, 0)
        storage, pruner = open_storage(None, Path(folder)), optuna.pruners.NopPruner()
        study = Trials(storage, "cost", ["minimize"], sampler=sampler, pruner=pruner, background=background)
        study.load(lambda trial: None)
        before, asked, told = 0, 0.0, 0.0
        for number in range(1, trials + 1):
            started = time.thread_time()
            trial = study.ask(SPACE, {})
            study.begin(trial)
            middle = time.thread_time()
            study.tell(trial, TrialOutcome(TrialState.COMPLETE, values=[value(trial.params)]))
            asked, told = asked + middle - started, told + time.thread_time() - middle
            if number in MARKS:
                each = 1000.0 / (number - before)
                print(f"{before:5} to {number:5}: ask {each * asked:.1f} ms, tell {each * told:.1f} ms", flush=True)
                before, asked, told = number, 0.0, 0.0
        study.close()


def found(trials: int = 1200, seeds: int = 5) -> None:
    """Means over seeds, in memory."""
    best: dict[str, list[float]] = {"all": [], "a part": []}
    for seed in range(seeds):
        for seen, sampler_of in (
            ("all", lambda sampler, window: sampler),
            ("a part", lambda sampler, window: within(window, sampler)),
        ):
            study, window, samplers = optuna.create_study(), Window(), Samplers("tpe", SPACE, seed)
            for number in range(trials):
                study.sampler = sampler_of(samplers(number), window)
                trial = study.ask(SPACE)
                study.tell(trial, value(trial.params))
            best[seen].append(study.best_value)
    for seen, values in best.items():
        print(
            f"TPE that sees {seen}: {statistics.mean(values):.4f}, sd {statistics.stdev(values):.4f}, {seeds} seeds of {trials}"
        )


if __name__ == "__main__":
    main()
