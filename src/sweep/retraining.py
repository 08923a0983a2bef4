"""The configuration that was chosen, trained on seeds that nothing was chosen by: the one time that the test split is read."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from src import runs, tracking
from src.config.terminal import plain_console
from src.data.reading import LastRead
from src.engines.resources import Resources
from src.runs.announcement import tell_data
from src.runs.files import SWEEP
from src.runs.job import Job
from src.sweep.seeds import train_seeds
from src.sweep.summary import ended_runs
from src.tracking import Tracker

OF_FOLDS = "left out, since folds have no test rows that none of them has learned from."


def retrain(
    jobs: Sequence[Job], folder: Path, tracker: Tracker, console: Console, data: LastRead, resources: Resources
) -> None:
    """Train `jobs`, equal but for their seeds, in `folder`, and tell how good they are, each and together."""
    console.print(f"the best configuration again, on {len(jobs)} fresh seeds, with the test split:")
    tell_data(console)(data.read(jobs[0].run.data))
    train_seeds(jobs, folder, tracker, console, data, resources)


def retrain_best(jobs: Sequence[Job], folder: Path, num_seeds: int, data: LastRead, resources: Resources) -> None:
    """The best configuration of the grid in `folder` on as many seeds that it did not have; in a folder beside it."""
    best = runs.read_json(folder / SWEEP)["best"]
    chosen = next((job for job in jobs if job.number == best), None)
    console = plain_console()
    if chosen is None:
        return
    if chosen.run.data.get("fold") is not None:
        console.print(f"hydra.launcher.retrain: {OF_FOLDS}")
        return
    place, again = folder.with_name(f"{folder.name}-best-{best}"), []
    for number, seed in enumerate(fresh_seeds(folder, num_seeds, but=chosen.run.seed)):
        run = chosen.run.model_copy(update={"seed": seed, "test": True})
        again.append(Job(number, run, place / str(number), (*chosen.overrides, f"seed={seed}", "test=true")))
    with tracking.open(chosen.run.tracking.enabled) as tracker:
        retrain(again, place, tracker, console, data, resources)


def fresh_seeds(folder: Path, count: int, *, but: int) -> range:
    """Those after `but` and all seeds of the sweep in `folder`: what was chosen by a seed looks too good on it."""
    first = 1 + max([but, *(results.seed for results in ended_runs(folder).values())])
    return range(first, first + count)
