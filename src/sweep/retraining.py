"""The configuration that was chosen, trained on seeds that nothing was chosen by: the one time that the test split is read."""

from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from src import runs, tracking
from src.data.reading import LastRead
from src.prediction.predictor import Predictor
from src.runs.announcement import tell_data
from src.runs.evaluation import predicted
from src.runs.files import SWEEP
from src.runs.job import Job
from src.statistics.figures import mean_figures
from src.statistics.intervals import mean_and_sd
from src.sweep.grid import train_grid
from src.sweep.summary import read_entries, summarise_sweep
from src.tracking import Tracker

HEADLINE = "headline.json"  # in the folder of the seeds


def retrain(jobs: Sequence[Job], folder: Path, tracker: Tracker, console: Console) -> None:
    """Train `jobs`, equal but for their seeds, in `folder`, and tell the means of their test figures.

    Their bounds are over other seeds and other test rows. `headline.json` holds both.
    """
    console.print(f"the best configuration again, on {len(jobs)} fresh seeds, with the test split:")
    data = LastRead(tell_data(console))
    results = train_grid(jobs, folder, tracker, console=console, data=data)
    summarise_sweep(folder, console, tracker)
    ended = [job for job in jobs if results[job.number].test]
    if len(ended) < 2:
        return
    told = _headline(ended, data)
    runs.write_json(folder / HEADLINE, told)
    for name in results[ended[0].number].test or {}:
        if not name.endswith(("_low", "_high")):
            values = [(results[job.number].test or {})[name] for job in ended]
            bounds = f", 95 % [{told[f'{name}_low']:.4f}, {told[f'{name}_high']:.4f}]" if f"{name}_low" in told else ""
            console.print(f"test {name}: {mean_and_sd(values)}, {len(values)} seeds{bounds}", soft_wrap=True)
    console.print("intervals are of the means, over other seeds and other test rows.")


def retrain_best(jobs: Sequence[Job], folder: Path, num_seeds: int) -> None:
    """The best configuration of the grid in `folder` on as many seeds that it did not have; in a folder beside it."""
    best = runs.read_json(folder / SWEEP)["best"]
    chosen = next((job for job in jobs if job.number == best), None)
    console = Console()
    if chosen is None:
        return
    if chosen.run.data.get("fold") is not None:
        console.print(
            "hydra.launcher.retrain: left out, since folds have no test rows that none of them has learned from."
        )
        return
    place, again = folder.with_name(f"{folder.name}-best-{best}"), []
    for number, seed in enumerate(fresh_seeds(folder, num_seeds)):
        run = chosen.run.model_copy(update={"seed": seed, "test": True})
        again.append(Job(number, run, place / str(number), (*chosen.overrides, f"seed={seed}", "test=true")))
    with tracking.open(chosen.run.tracking.enabled) as tracker:
        retrain(again, place, tracker, console)


def fresh_seeds(folder: Path, count: int) -> range:
    """Those after all seeds of the sweep in `folder`: what was chosen by a seed looks too good on it."""
    first = 1 + max(entry.results.seed for entry in read_entries(folder))
    return range(first, first + count)


def _headline(jobs: Sequence[Job], data: LastRead) -> dict[str, float]:
    """The means over the seeds of `jobs` of the test figures, with their bounds."""
    models = [Predictor.of_run(job.folder) for job in jobs]
    dataset = data.read(jobs[0].run.data)
    found = [predicted(model, dataset, dataset.test) for model in models]
    logits, thresholds = torch.stack([one.logits for one in found]), [model.threshold for model in models]
    return mean_figures(dataset.task, logits, found[0].labels, thresholds, dataset.test.groups)
