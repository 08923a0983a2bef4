"""The models that predictions are asked of: a run's, the best of a sweep's, or one that MLflow has saved."""

from pathlib import Path

import pandas as pd

from src import runs
from src.prediction.predictor import Predictor
from src.runs.files import PREDICTOR
from src.runs.folder import ROOT

SAVED = Path("artifacts") / PREDICTOR  # in a folder that MLflow has saved


def find_predictors(run: str, top: int | None) -> list[Predictor]:
    """Of a run one, of a sweep those of the `top` best runs (None: the best); ValueError where there are none."""
    if (Path(run) / SAVED).is_file():
        return [Predictor.load(Path(run) / SAVED)]
    sweep = next((folder for folder in (Path(run), ROOT / "sweeps" / run) if (folder / LEADERBOARD).is_file()), None)
    if sweep is None:
        if top is not None:
            raise ValueError(f"top: must be left out for a single run, but got {top}.")
        return [_predictor(runs.find(run))]
    return [_predictor(sweep / number) for number in _best(sweep, top or 1)]


LEADERBOARD = "leaderboard.csv"


def _best(sweep: Path, top: int) -> list[str]:
    """The numbers of the runs in the first rows that have kept their models, as the leaderboard has them."""
    table = pd.read_csv(sweep / LEADERBOARD, dtype={"numbers": str})
    numbers = [number for row in table["numbers"] for number in row.split() if _place(sweep / number) is not None]
    if len(numbers) < top:
        raise ValueError(
            f"top: must be at most {len(numbers)}, which is how many runs of {sweep} keep a model, but got {top}."
        )
    return numbers[:top]


def _place(folder: Path) -> Path | None:
    return next((path for path in (folder / PREDICTOR, folder / "model" / SAVED) if path.is_file()), None)


def _predictor(folder: Path) -> Predictor:
    path = _place(folder)
    if path is None:
        raise ValueError(
            f"{folder}: must hold a model to predict with (a run that has ended and keeps its model: "
            "tracking.save_model=true), but got none."
        )
    return Predictor.load(path)
