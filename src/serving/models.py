"""The models that predictions are asked of: a run's, the best of a sweep's, or one that MLflow has saved."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from src import runs
from src.disk import read_whole
from src.prediction.predictor import Predictor, place_of
from src.runs.files import ENSEMBLE, LEADERBOARD, SWEEP, read_json
from src.runs.folder import ROOT


def find_predictors(run: str, top: int | None) -> list[Predictor]:
    """Of a run one, of a sweep those of the `top` best runs (None: the best); ValueError where there are none."""
    return [Predictor.of_run(folder) for folder in _folders(run, top)]


def find_ensemble(names: str, top: int | None) -> list[Predictor]:
    """Of all that `find_folders` finds; the members of an ensemble decide by its threshold."""
    models = [Predictor.of_run(folder) for folder in find_folders(names, top)]
    if top is not None or (ensemble := _ensemble(names)) is None:
        return models
    return [replace(model, threshold=_told(ensemble, "threshold")) for model in models]


def find_folders(names: str, top: int | None) -> list[Path]:
    """The folders of one name, a run, the `top` best of a sweep or (None) all of an ensemble; of several, divided by commas,
    one of each.

    Raises ValueError for a name that is there twice.
    """
    if top is None and (ensemble := _ensemble(names)) is not None:
        return [ensemble.parent / str(number) for number in _told(ensemble, "members")]
    if "," not in names or place_of(Path(names)) is not None:
        return _folders(names, top)
    if top is not None:
        raise ValueError(f"top: must be left out for several runs, but got {top}.")
    of_each = names.split(",")
    if twice := [name for place, name in enumerate(of_each) if name in of_each[:place]]:
        raise ValueError(f"run: must name each run once, but got {twice[0]!r} twice.")
    return [folder for name in of_each for folder in _folders(name, None)]


def _folders(run: str, top: int | None) -> list[Path]:
    sweep = _sweep(run)
    if sweep is not None:
        return [sweep / number for number in _best(sweep, top or 1)]
    if top is not None:
        raise ValueError(f"top: must be left out for a single run, but got {top}.")
    return [Path(run) if place_of(Path(run)) is not None else runs.find(run)]


def _ensemble(run: str) -> Path | None:
    """The file of a sweep that says of its runs what they are as one model, if it has one."""
    sweep = _sweep(run)
    return sweep / ENSEMBLE if sweep is not None and (sweep / ENSEMBLE).is_file() else None


def _told(ensemble: Path, key: str) -> Any:
    return read_whole(ensemble, lambda path: read_json(path)[key])


def _sweep(run: str) -> Path | None:
    return next((folder for folder in (Path(run), ROOT / "sweeps" / run) if (folder / LEADERBOARD).is_file()), None)


def _best(sweep: Path, top: int) -> list[str]:
    """The numbers of runs that have kept their models: that which is told as the best, then as the leaderboard has them."""
    rows = read_whole(sweep / LEADERBOARD, lambda path: list(pd.read_csv(path, dtype=str)["numbers"].str.split()))
    first = str(read_json(sweep / SWEEP).get("best"))
    ranked = sorted((number for row in rows for number in row), key=lambda number: number != first)
    numbers = [number for number in ranked if place_of(sweep / number) is not None]
    if len(numbers) < top:
        raise ValueError(
            f"top: must be at most {len(numbers)}, which is how many runs of {sweep} keep a model, but got {top}."
        )
    return numbers[:top]
