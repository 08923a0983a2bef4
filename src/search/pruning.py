"""Where a pruner begins: one whose settings let it end no trial early is told of."""

from collections.abc import Iterator
from typing import NamedTuple

from src.config.schema import Run
from src.search.samplers import PRUNERS
from src.search.settings import Settings, Strategy


class Start(NamedTuple):
    """A setting of Optuna's that lets the first so many, and `more`, of something pass."""

    setting: str
    default: int
    of: str
    more: int = 0


MEDIANS = (Start("n_warmup_steps", 0, "epochs"), Start("n_startup_trials", 5, "hydra.sweeper.n_trials"))
STARTS = {
    "halving": (Start("min_resource", 1, "epochs"),),
    "hyperband": (Start("min_resource", 1, "epochs"),),
    "median": MEDIANS,
    "percentile": MEDIANS,
    "patient": (Start("patience", 5, "epochs", more=2),),
    "wilcoxon": (Start("n_startup_steps", 2, "hydra.sweeper.repeats"),),
}


def why_idle(settings: Settings, run: Run) -> Iterator[str]:
    """A line for each setting by which the pruner ends no trial of `run` before its last epoch, or its last seed."""
    pruner = Strategy.of("pruner", settings.pruner, PRUNERS)
    counts = {
        "epochs": run.epochs,
        "hydra.sweeper.n_trials": settings.n_trials,
        "hydra.sweeper.repeats": settings.repeats,
    }
    for start in STARTS.get(pruner.name, ()) if pruner.own is None else ():
        given = pruner.settings.get(start.setting, start.default)
        if isinstance(given, int) and given + start.more >= counts[start.of]:
            limit = f"{start.setting}={given} and {start.of}={counts[start.of]}"
            yield f"hydra.sweeper.pruner: {pruner.name} ends no trial early, by {limit}."
