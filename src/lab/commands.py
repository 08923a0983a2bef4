"""The commands as calls: one run, a sweep, a search; and what was trained before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from src.config.command_line import CONF
from src.lab import call
from src.lab.given import settings_of
from src.lab.overrides import typed
from src.lab.run import Run
from src.lab.sweep import Search, Sweep
from src.runs.diff import Diff
from src.runs.files import JOURNAL, LEADERBOARD, MULTIRUN, read_yaml
from src.runs.folder import ROOT, find
from src.runs.query import asked, best_first
from src.runs.table import runs_table

HYDRA = CONF / "hydra"
OWN = ("defaults", "params")  # of a file of Hydra's: its own, and the space, which keywords are
LAUNCHER, SWEEPER = (
    {
        name: f"hydra.{kind}.{name}"
        for name in read_yaml(HYDRA / kind / file)
        if name not in OWN and not name.startswith("_")
    }
    for kind, file in (("launcher", "stacked.yaml"), ("sweeper", "optuna.yaml"))
)  # keys of Hydra's by keywords of their own
OF_SEARCH = {**LAUNCHER, **SWEEPER, "sampler": "hydra.sweeper.sampler"}


def train(*given: Any, data: Any = None, target: Any = None, **keys: Any) -> Run | Sweep:
    """Train one model; with `ensemble=K` as many, which come as a `Sweep`.

    Raises ValueError, of one line, for a mistake; after Ctrl-C the run can be gone on with by `resume=`.
    """
    overrides = _typed(given, keys, data, target, of={}, several=False)
    if "lr_find=true" in overrides:
        raise ValueError("lr_find: must be asked on the command line, which trains nothing by it, but got true.")
    folder = call.run(overrides)
    return Sweep(folder) if (folder / LEADERBOARD).is_file() else Run(folder)


def sweep(*given: Any, data: Any = None, target: Any = None, **keys: Any) -> Sweep:
    """Train every combination of what stands in lists and ranges: `lr=[1e-3, 1e-2], widths=[[64], [64, 32]], seed=range(3)`.

    The same call finds its sweep again and goes on with it. `slots`, `workers`, `address`, `retrain` and `resume` are keys of
    `hydra.launcher`.
    """
    return Sweep(call.multirun(_typed(given, keys, data, target, of=LAUNCHER, several=True)))


def search(*given: Any, data: Any = None, target: Any = None, **keys: Any) -> Search:
    """Search with Optuna: `lr=lab.interval(1e-4, 1e-1, log=True)`, a list is a choice; or a space by name, `search="mlp"`.

    `n_trials`, `sampler`, `pruner`, `repeats` and the like are keys of `hydra.sweeper`. The same call goes on with its study.
    """
    overrides = _typed(given, keys, data, target, of=OF_SEARCH, several=True)
    return Search(call.multirun(["hydra/sweeper=optuna", *overrides]))


def runs(*where: str, sort: str | None = None, columns: Sequence[str] = ()) -> pd.DataFrame:
    """What has been trained, a row for each run: `lab.runs("experiment == 'xray' and val_auroc > 0.95", sort="-val_auroc")`.

    As `python -m src.runs`: the best first unless `sort` says otherwise; a condition may be `name=value` too.
    """
    table = runs_table()
    return asked(table if sort else best_first(table), where, sort=sort, columns=columns).reset_index(drop=True)


def diff(first: Run | Sweep | str, second: Run | Sweep | str) -> Diff:
    """How two runs, or the best configurations of two sweeps, differ: frames of settings, facts, figures, curves."""
    return Diff.of(*(one if isinstance(one, str) else str(one.folder) for one in (first, second)))


def load(name: str | Path) -> Run | Sweep:
    """The run, sweep or search of this name, path or MLflow id; ValueError if there is none."""
    for folder in (Path(name), ROOT / "sweeps" / name):
        if any((folder / file).is_file() for file in (LEADERBOARD, MULTIRUN)):
            return (Search if is_search(folder) else Sweep)(folder)
    return Run(find(str(name)))


def is_search(folder: Path) -> bool:
    """Whether the sweep in `folder` is Optuna's."""
    if (folder / JOURNAL).is_file():
        return True
    path = folder / MULTIRUN
    return path.is_file() and "n_trials" in (read_yaml(path).get("hydra") or {}).get("sweeper", {})


def _typed(given: Any, keys: Any, data: Any, target: Any, *, of: Any, several: bool) -> list[str]:
    handed = {} if data is None else settings_of(data, target)
    if data is None and target is not None:
        handed = {"data.target": target}
    return typed([*given, handed], keys, of=of, several=several)
