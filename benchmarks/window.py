"""What a trial costs in a long search, and whether a sampler that sees a part of it finds less.

Command: python -m benchmarks.window cost [trials=5000] [epochs=1] [storage=URL]
Processor milliseconds, and milliseconds by the clock, to ask TPE for a trial of five parameters, and to report its epochs and
tell its end; with a journal or a database, which is written behind: what that takes beside it is told at the end.

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

import numpy as np
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
    {"cost": cost, "found": found}[what](**dict(text.split("=", 1) for text in given))


def value(params: dict[str, Any]) -> float:
    """What stands for a val loss: least, 0, at lr 1e-3, dropout 0, weight decay 1e-4, width 64 and 3 layers."""
    near = (math.log10(params["lr"]) + 3.0) ** 2 + abs(math.log10(params["weight_decay"]) + 4.0)
    return near + params["dropout"] + (params["width"] != "64") + 0.3 * abs(params["layers"] - 3)


def cost(trials: str = "5000", epochs: str = "1", storage: str | None = None) -> None:
    """A line for each of MARKS."""
    with tempfile.TemporaryDirectory() as folder, Background() as background:
        sampler, pruner = Samplers("tpe", SPACE, 0), optuna.pruners.NopPruner()
        kept = open_storage(storage, Path(folder), "cost")
        study = Trials(kept, "cost", ["minimize"], sampler=sampler, pruner=pruner, background=background)
        study.load(lambda trial: None)
        before, asked, told = 0, np.zeros(2), np.zeros(2)
        for number in range(1, int(trials) + 1):
            started = clocks()
            trial = study.ask(SPACE, {})
            study.begin(trial)
            middle = clocks()
            for epoch in range(1, int(epochs) + 1):
                trial.report(value(trial.params), epoch)
            study.tell(trial, TrialOutcome(TrialState.COMPLETE, values=[value(trial.params)]))
            asked, told = asked + middle - started, told + clocks() - middle
            if number in MARKS:
                (ask, ask_wall), (tell, tell_wall) = asked / (number - before), told / (number - before)
                told_ms = f"tell {tell:.1f} ms ({tell_wall:.1f})"
                print(
                    f"{before:5} to {number:5}: ask {ask:.1f} ms ({ask_wall:.1f} by the clock), {told_ms}", flush=True
                )
                before, asked, told = number, np.zeros(2), np.zeros(2)
        started = clocks()
        background.flush()
        print(
            f"{clocks()[1] - started[1]:.0f} ms until all is written; {1000 * time.process_time():.0f} ms of processor in all"
        )
        study.close()


def clocks() -> "np.ndarray[Any, Any]":
    """Milliseconds of this thread's processor time, and by the clock."""
    return np.array([time.thread_time(), time.perf_counter()]) * 1000.0


def found(trials: str = "1200", seeds: str = "5") -> None:
    """Means over seeds, in memory."""
    best: dict[str, list[float]] = {"all": [], "a part": []}
    for seed in range(int(seeds)):
        for seen, sampler_of in (
            ("all", lambda sampler, window: sampler),
            ("a part", lambda sampler, window: within(window, sampler)),
        ):
            study, window, samplers = optuna.create_study(), Window(), Samplers("tpe", SPACE, seed)
            for number in range(int(trials)):
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
