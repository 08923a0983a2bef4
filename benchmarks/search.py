"""Searches against what they are to beat, each in one run.

Command: python -m benchmarks.search quick|mlp|wide data.path=FILE, python -m benchmarks.search quality|cost
`quick`, `mlp`: PneumoniaMNIST, 30 epochs: 64 random trials without pruning, then +search=quick (`mlp`: +search=mlp), over
seeds: seconds until the best val loss of the random ones is reached, as a share of theirs; and whole commands.
`wide`: 64 trials of 30 epochs of 784-256-256-1, not augmented, with their records: whole commands, pruned and not.
`quality`: closed-form functions, 16 slots, with and without splitting keys: regret beside Optuna's own `optimize`, one trial
after another and with n_jobs=16.
`cost`: 1,000 trials of 30-64-64-1 on breast_cancer, with data.path=FILE 500 of 784-128-128-1 on PneumoniaMNIST: what asking,
reporting, pruning and telling take of the wall time.
"""

import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from benchmarks.closed_form import best_value, open_search, run_slots
from benchmarks.multirun import environment
from src.search.settings import Samplers
from src.search.source import Search

SEEDS = 5
# Prints each better val loss with its time since the process began, and what the search itself took.
DOOR = """
import sys, time
began = time.perf_counter()
from src.search.study import Trials
from src.search.source import Search
best, spent = [float("inf")], {}
def timed(kind, name):
    inner = getattr(kind, name)
    def outer(*given, **named):
        started = time.perf_counter()
        try:
            return inner(*given, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - started
    setattr(kind, name, outer)
for kind, name in ((Trials, "ask"), (Trials, "begin"), (Trials, "tell"), (Search, "keep")):
    timed(kind, name)
inner = Search.keep
def keep(self, job, row):
    if row["val/loss"] < best[0]:
        best[0] = row["val/loss"]
        print(f"@ {time.perf_counter() - began:.2f} {best[0]:.6f}", flush=True)
    return inner(self, job, row)
Search.keep = keep
from src.train import main
try:
    main()
finally:
    print("spent", " ".join(f"{name}={seconds:.3f}" for name, seconds in spent.items()), flush=True)
"""


def main() -> None:
    """The comparison that is asked for."""
    name, *keys = sys.argv[1:]
    {"quick": race, "mlp": race, "wide": wide, "quality": quality, "cost": cost}[name](name, keys)


def race(name: str, keys: list[str]) -> None:
    """Seconds to the best val loss of 64 random trials."""
    shares, wholes = [], []
    for seed in range(SEEDS):
        given = ["data=pneumoniamnist", *keys, "epochs=30", f"seed={seed}", "hydra.sweeper.retrain=0"]
        plain = [
            "+search=quick",
            "hydra.sweeper.sampler=random",
            "hydra.sweeper.pruner=null",
            "patience=null",
            "hydra.sweeper.n_jobs=32",
        ]
        seconds, curve, _ = search(*given, *plain, "hydra.sweeper.n_trials=64")
        goal = curve[-1][1]
        whole, searched, _ = search(*given, f"+search={name}", "hydra.sweeper.n_trials=64")
        longer, further, _ = search(
            *given, f"+search={name}", "hydra.sweeper.n_trials=256", f"hydra.sweeper.timeout={seconds}"
        )
        reached = next((at for at, value in further if value <= goal), math.nan)
        shares.append(reached / seconds)
        wholes.append(whole)
        print(f"seed {seed}: 64 random trials {seconds:.0f} s, best {goal:.4f}")
        print(f"  +search={name}, 64 trials {whole:.0f} s, best {searched[-1][1]:.4f}")
        print(f"  in {longer:.0f} s best {further[-1][1]:.4f}; {goal:.4f} after {reached:.0f} s", flush=True)
    print(f"median share {100 * statistics.median(shares):.0f} %; 64 trials in {statistics.median(wholes):.0f} s")


def wide(name: str, keys: list[str]) -> None:
    """Seconds of whole searches."""
    given = [
        "+experiment=pneumonia",
        *keys,
        "augment=none",
        "keep=best",
        "ema=null",
        "epochs=30",
        "+search=quick",
        "hydra.sweeper.retrain=0",
    ]
    for title, more in {"pruned": [], "not pruned": ["hydra.sweeper.pruner=null"]}.items():
        rounds = [search(*given, *more, f"seed={seed}") for seed in range(3)]
        seconds, best = [whole for whole, _, _ in rounds], [curve[-1][1] for _, curve, _ in rounds]
        told = ", ".join(f"{whole:.0f} s (best {value:.4f})" for whole, value in zip(seconds, best, strict=True))
        print(f"64 trials, {title}: {told}; median {statistics.median(seconds):.0f} s", flush=True)


TABLE = ["data=breast_cancer", "model.widths=[64,64]", "batch_size=32", "epochs=50", "patience=null"]
IMAGES = ["data=pneumoniamnist", "model.widths=[128,128]", "batch_size=64", "epochs=30"]


def cost(name: str, keys: list[str]) -> None:
    """What the search takes of 1,000 trials of the table, or of 500 of the images, where `keys` say where they lie."""
    given, trials, samplers = ([*IMAGES, *keys], 500, ["tpe"]) if keys else (TABLE, 1000, ["random", "tpe"])
    for sampler in samplers:
        of_search = [f"hydra.sweeper.n_trials={trials}", f"hydra.sweeper.sampler={sampler}", "hydra.sweeper.retrain=0"]
        seconds, _, spent = search(*given, "+search=quick", *of_search)
        shown = ", ".join(f"{step} {value:.1f}" for step, value in spent.items())
        share = 100 * sum(spent.values()) / seconds
        print(f"{sampler}: {seconds:.0f} s, of which {shown} s: {share:.1f} %", flush=True)


def search(*arguments: str) -> tuple[float, list[tuple[float, float]], dict[str, float]]:
    """Seconds of a search, its best val loss by time, and what the search itself took."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", DOOR, "-m", *arguments]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    curve = [(float(at), float(value)) for at, value in re.findall(r"@ ([\d.]+) ([\d.]+)", done.stdout)]
    spent = re.findall(r"(\w+)=([\d.]+)", done.stdout.rpartition("spent ")[2])
    return seconds, curve, {step: float(value) for step, value in spent}


def branin(x: Mapping[str, Any]) -> float:
    """Branin (1972) on [-5, 10] x [0, 15]; least value 0.397887."""
    a, b = x["a"], x["b"]
    bent = b - 5.1 / (4 * math.pi**2) * a**2 + 5 / math.pi * a - 6
    return bent**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10 - 0.397887


def hartmann3(x: Mapping[str, Any]) -> float:
    """Hartmann's function of three variables on [0, 1]^3; least value -3.86278."""
    scales = ((3, 10, 30), (0.1, 10, 35), (3, 10, 30), (0.1, 10, 35))
    places = ((0.3689, 0.117, 0.2673), (0.4699, 0.4387, 0.747), (0.1091, 0.8732, 0.5547), (0.0381, 0.5743, 0.8828))
    point = (x["a"], x["b"], x["c"])
    wells = (
        weight * math.exp(-sum(s * (v - p) ** 2 for s, v, p in zip(scale, point, place, strict=True)))
        for weight, scale, place in zip((1.0, 1.2, 3.0, 3.2), scales, places, strict=True)
    )
    return 3.86278 - sum(wells)


def split_bowl(x: Mapping[str, Any]) -> float:
    """A bowl whose depth and place hang on two choices, as a network's do on its shape; least value 0."""
    place = {"p": 0.2, "q": 0.5, "r": 0.8}[x["kind"]]
    depth = {"p": 0.3, "q": 0.0, "r": 0.1}[x["kind"]] + {1: 0.2, 2: 0.0, 3: 0.05}[x["layers"]]
    return depth + (x["a"] - place) ** 2 + (x["b"] - 0.4) ** 2


FUNCTIONS: dict[str, tuple[Callable[[Mapping[str, Any]], float], list[str], list[str]]] = {
    "branin": (branin, ["a=interval(-5, 10)", "b=interval(0, 15)"], []),
    "hartmann3": (hartmann3, ["a=interval(0, 1)", "b=interval(0, 1)", "c=interval(0, 1)"], []),
    "split bowl": (
        split_bowl,
        ["a=interval(0, 1)", "b=interval(0, 1)", "kind=p,q,r", "layers=1,2,3"],
        ["kind", "layers"],
    ),
}
TRIALS, SLOTS, REGRET_SEEDS = 128, 16, 10


def quality(name: str, keys: list[str]) -> None:
    """Median regret over seeds."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for title, (function, space, splits) in FUNCTIONS.items():
        for sampler in ("random", "tpe", "gp") if keys == [] else keys:
            columns: dict[str, list[float]] = {}
            for seed in range(REGRET_SEEDS):
                columns.setdefault("optimize, one by one", []).append(optimized(function, space, sampler, seed, 1))
                columns.setdefault("n_jobs=16", []).append(optimized(function, space, sampler, seed, SLOTS))
                columns.setdefault("ours, 16 slots", []).append(ours(function, space, sampler, seed, ()))
                if splits:
                    columns.setdefault("split into stacks", []).append(ours(function, space, sampler, seed, splits))
            shown = ", ".join(f"{column} {statistics.median(values):.4f}" for column, values in columns.items())
            print(f"{title}, {sampler}: {shown}", flush=True)


def ours(
    function: Callable[[Mapping[str, Any]], float], space: Sequence[str], sampler: str, seed: int, splits: Sequence[str]
) -> float:
    """Regret of a search in slots."""
    with tempfile.TemporaryDirectory() as folder:
        made: Search = open_search(Path(folder), space, sampler=sampler, n_trials=TRIALS, seed=seed, splits=splits)
        run_slots(made, function, SLOTS, epochs=1)
        return best_value(made) - 1.0  # what one epoch adds


def optimized(
    function: Callable[[Mapping[str, Any]], float], space: Sequence[str], sampler: str, seed: int, jobs: int
) -> float:
    """Regret of Optuna's own loop; a trial takes 10 ms, so that `jobs` really go on at once."""
    with tempfile.TemporaryDirectory() as folder:
        searched: Mapping[str, BaseDistribution] = open_search(
            Path(folder), space, sampler=sampler, n_trials=1, seed=seed
        ).space.searched
    study = optuna.create_study(sampler=Samplers(sampler, searched, seed)(0))

    def objective(trial: optuna.Trial) -> float:
        params = {key: suggested(trial, key, distribution) for key, distribution in searched.items()}
        if jobs > 1:
            time.sleep(0.01)
        return function(params)

    study.optimize(objective, n_trials=TRIALS, n_jobs=jobs)
    return float(study.best_value)


def suggested(trial: optuna.Trial, key: str, distribution: Any) -> Any:
    """The value of one parameter."""
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(key, distribution.choices)
    suggest: Any = trial.suggest_int if isinstance(distribution, IntDistribution) else trial.suggest_float
    return suggest(key, distribution.low, distribution.high, step=distribution.step, log=distribution.log)


if __name__ == "__main__":
    main()
