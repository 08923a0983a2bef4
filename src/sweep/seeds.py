"""One configuration on several seeds: how good a run of it is, and how good they are together."""

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from src import runs
from src.config.schema import Run
from src.config.terminal import plain_console
from src.data.dataset import Dataset
from src.data.reading import LastRead
from src.engines.resources import HERE, Resources
from src.prediction.predictor import Predictor
from src.runs.ensemble import SPLITS, Ensemble, told_beside
from src.runs.evaluation import Predictions, predicted, read_predictions
from src.runs.files import ENSEMBLE, HEADLINE
from src.runs.folder import label
from src.runs.job import Job
from src.runs.results import Results
from src.runs.stop_reason import RunStatus
from src.statistics.figures import mean_figures
from src.statistics.intervals import mean_and_sd
from src.sweep.grid import check_members, train_grid
from src.sweep.summary import summarise_sweep
from src.tracking import Tracker

BOUNDS = ("_low", "_high")


def train_ensemble(run: Run, folder: Path, tracker: Tracker, data: LastRead, typed: Sequence[str]) -> None:
    """Train `run`, which was `typed`, on `run.ensemble` seeds from its own on, and tell how good they are together.

    Raises ValueError where one of them failed, once the others are told of.
    """
    others, jobs = [text for text in typed if not text.startswith(("ensemble=", "seed="))], []
    for number, seed in enumerate(range(run.seed, run.seed + (run.ensemble or 0))):
        member = run.model_copy(update={"seed": seed, "ensemble": None})
        jobs.append(Job(number, member, folder / str(number), (*others, f"seed={seed}")))
    check_members(jobs, folder)
    results = train_seeds(jobs, folder, tracker, plain_console(), data)
    for number, one in results.items():
        if one.status == RunStatus.FAILED:
            raise ValueError(f"job {number}: {one.reason}")


def train_seeds(
    jobs: Sequence[Job], folder: Path, tracker: Tracker, console: Console, data: LastRead, resources: Resources = HERE
) -> dict[int, Results]:
    """Train `jobs`, equal but for their seeds, in `folder`; tell the means of their figures and the figures of their mean.

    `headline.json` has the means on test, with bounds over other seeds and other test rows; `ensemble.json` the figures of
    the mean of what all predict, of test with bounds over other rows, beside mean and sd of the members. Gives the results.
    """
    results = train_grid(jobs, folder, tracker, console=console, data=data, resources=resources)
    ended = [job for job in jobs if results[job.number].val]
    if len(ended) < 2:
        summarise_sweep(folder, console, tracker, data=data)
        return results
    dataset, of_each = data.read(jobs[0].run.data), [results[job.number] for job in ended]
    splits = SPLITS if all(one.test for one in of_each) else SPLITS[:1]
    found = [_predictions(job.folder, splits, dataset) for job in ended]
    if "test" in splits:
        headline = _headline(dataset, found, [one.threshold for one in of_each])
        runs.write_json(folder / HEADLINE, headline)
    names = [label(job.folder) for job in ended]
    ensemble = Ensemble.of(ended[0].run, names, dataset.task, found, dataset.test.groups)
    together = {split: ensemble.figures(split) for split in splits}
    members = {split: _mean_and_sd([getattr(one, split) for one in of_each]) for split in splits}
    known = {"members": [job.number for job in ended], "threshold": ensemble.threshold}
    runs.write_json(folder / ENSEMBLE, {**known, **together, "of_members": members})
    summarise_sweep(folder, console, tracker, figures=_flat(together, members), data=data)
    if "test" in splits:
        _tell(console, of_each, headline)
    console.print(told_beside(ensemble, together, members))
    return results


def _predictions(folder: Path, splits: Sequence[str], dataset: Dataset) -> dict[str, Predictions]:
    """Of the run in `folder`: as it has recorded them, or by its model."""
    found = read_predictions(folder)
    if missing := [split for split in splits if split not in found]:
        model = Predictor.of_run(folder)
        found |= {split: predicted(model, dataset, getattr(dataset, split)) for split in missing}
    return {split: found[split] for split in splits}


def _headline(
    dataset: Dataset, found: Sequence[Mapping[str, Predictions]], thresholds: Sequence[float | None]
) -> dict[str, float]:
    """The means over the seeds of the test figures, with their bounds."""
    logits = torch.stack([one["test"].logits for one in found])
    return mean_figures(dataset.task, logits, found[0]["test"].labels, thresholds, dataset.test.groups)


def _tell(console: Console, of_each: Sequence[Results], told: Mapping[str, float]) -> None:
    for name in of_each[0].test or {}:
        if not name.endswith(BOUNDS):
            values = [(one.test or {})[name] for one in of_each]
            bounds = f", 95 % [{told[f'{name}_low']:.4f}, {told[f'{name}_high']:.4f}]" if f"{name}_low" in told else ""
            console.print(f"test {name}: {mean_and_sd(values)}, {len(values)} seeds{bounds}", soft_wrap=True)
    console.print("intervals are of the means, over other seeds and other test rows.")


def _mean_and_sd(of_each: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """By figure, over runs."""
    names = [name for name in of_each[0] if not name.endswith(BOUNDS)]
    values = {name: [one[name] for one in of_each] for name in names}
    return {name: {"mean": statistics.fmean(some), "sd": statistics.stdev(some)} for name, some in values.items()}


def _flat(together: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, float]:
    """As MLflow names them, ensemble/test/auroc and members/test/auroc_mean; what is not finite is left out."""
    told = {f"ensemble/{split}/{name}": value for split, one in together.items() for name, value in one.items()}
    for split, of_split in members.items():
        for name, one in of_split.items():
            told |= {f"members/{split}/{name}_{kind}": value for kind, value in one.items()}
    return {name: value for name, value in told.items() if math.isfinite(value)}
