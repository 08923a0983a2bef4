"""Where a claim is tested: models trained together, with records, and a place for figures."""

import hashlib
import importlib.util
import json
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import torch
from rich.console import Console

from src import runs, tracking
from src.claims.outcome import Outcome
from src.config.composition import compose_run
from src.config.leaves import leaves
from src.config.schema import Run, Tracking
from src.config.terminal import plain_console
from src.disk import whole_file, write_text
from src.plots import Figure, save_figure
from src.runs import identity
from src.runs.evaluation import Predictions
from src.runs.files import LEADERBOARD, SWEEP
from src.runs.job import Job
from src.runs.provenance import versions
from src.runs.stop_reason import RunStatus
from src.statistics.figures import mean_figures
from src.statistics.intervals import mean_and_sd
from src.sweep.grid import train_grid
from src.sweep.leaderboard import leaderboard
from src.sweep.summary import read_entries
from src.tracking.state import is_complete

SEEDS, QUICK_SEEDS = 10, 3
NOT_OF_RESULTS = ("claims", "report", "plots", "plugins", "tracking", "serving")  # folders of our own
NOT_OF_CLAIMS = {
    "seed": "which has --seeds",
    "ensemble": "which trains each run by itself",
    "lr_find": "which trains",
    "resume": "whose command goes on by itself",
}
SOURCE = Path(__file__).resolve().parent.parent
Setting = TypeVar("Setting")


class Lab:
    """The lab of claim `name`. `seeds` of every condition, from `first_seed` on; `quick`: only whether it works, in seconds.

    A pilot has other seeds than the claim. `overrides` stand behind those of each run; with some that decide numbers, or with
    other seeds, the claim is not the one that its file states (`is_stated`). What has been trained before, by the same code,
    is not trained again.
    """

    def __init__(
        self,
        name: str,
        *,
        quick: bool = False,
        seeds: int | None = None,
        first_seed: int = 0,
        overrides: Sequence[str] = (),
    ) -> None:
        for key, why in NOT_OF_CLAIMS.items():
            if any(text.lstrip("+").startswith(f"{key}=") for text in overrides):
                raise ValueError(f"{key}: must be left to the claim, {why}, but got {list(overrides)}.")
        self.name, self.is_quick, self.overrides = name, quick, tuple(overrides)
        self.seeds = range(first_seed, first_seed + (seeds or (QUICK_SEEDS if quick else SEEDS)))
        free = identity.FREE | identity.FREE_OF_DATA
        changed = [text for text in overrides if not identity.is_free(text.lstrip("+").partition("=")[0], free)]
        self.is_stated = not quick and seeds in (None, SEEDS) and not first_seed and not changed
        marks = {
            "quick": quick,
            f"{seeds}-seeds": seeds is not None,
            f"from-{first_seed}": first_seed > 0,
            "changed": bool(changed),
        }
        self.folder = runs.ROOT / "claims" / "-".join((name, *(mark for mark, holds in marks.items() if holds)))
        self.console = plain_console()
        self.sweeps: list[str] = []  # the folders of what was trained
        self.seconds_saved = 0.0  # by what had been trained before
        self.figures: dict[str, list[float]] = {}  # that were told, by name
        self.bounds: dict[str, tuple[float, float]] = {}  # of their means

    @cached_property
    def tracking(self) -> Tracking:
        """Where MLflow's records go, as the runs have it."""
        return compose_run(*(text for text in self.overrides if text.lstrip("+").startswith("tracking."))).tracking

    def quick(self, whole: Setting, enough: Setting) -> Setting:
        """`whole`, or what is `enough` in a quick trial."""
        return enough if self.is_quick else whole

    def run(self, *overrides: str) -> Run:
        """The run of these overrides: without patience and without the test split, unless they say otherwise."""
        given = ("patience=null", "test=false", "tracking.save_model=false", f"tracking.experiment={self.name}")
        return compose_run(*given, *overrides, *self.overrides)

    @property
    def other_seeds(self) -> range:
        """As many seeds that judge nothing, the next ones: what a claim chooses, say a learning rate, it chooses on these."""
        return range(self.seeds.stop, self.seeds.stop + len(self.seeds))

    def train(
        self, conditions: Mapping[str, Run], *, seeds: Sequence[int] | None = None, drawn_by: str | None = None
    ) -> Outcome:
        """Train each condition on every seed, all of them as a sweep's; each has its folder and its child run in MLflow.

        `seeds`: others than the lab's. `drawn_by`: the key of `data`, say "seed" or "split_seed", that each seed sets as well,
        so that it has rows of its own; None: all seeds have the same rows.
        """
        pairs = [(name, seed) for name in conditions for seed in seeds or self.seeds]
        seeded = {(name, seed): _on(conditions[name], seed, drawn_by) for name, seed in pairs}
        folder = runs.ROOT / "sweeps" / f"{self.name}-{_digest(list(seeded.values()))}"
        jobs = {
            (name, seed): Job(number, seeded[name, seed], folder / str(number), (name, f"seed={seed}"))
            for number, (name, seed) in enumerate(pairs)
        }
        self.sweeps.append(folder.name)
        before = runs.read_json(folder / SWEEP).get("figures", {}).get("sweep/seconds", 0.0)
        self.seconds_saved += before
        if not before or (self.tracking.enabled and not is_complete(folder)):
            self._sweep(list(jobs.values()), folder, before)  # of what has been trained, MLflow gets what it lacks
        return Outcome(folder, jobs)

    def tell(self, name: str, values: Sequence[float], bounds: tuple[float, float] | None = None) -> None:
        """Say a figure, of each seed or one alone, with the 95 % `bounds` of its mean; the claim's report keeps both."""
        self.figures[name] = [float(value) for value in values]
        told = f"{name}: {mean_and_sd(self.figures[name])}, n = {len(values)}"
        if bounds is not None:
            self.bounds[name] = bounds
            told += f", 95 % [{bounds[0]:.4f}, {bounds[1]:.4f}]"
        self.console.print(told, soft_wrap=True)

    def tell_test(
        self, name: str, found: Sequence[Predictions], thresholds: Sequence[float | None], shown: Sequence[str]
    ) -> None:
        """Say the figures that are `shown` of what one model of each seed has `found` on test, a binary task's.

        Bounds are over other seeds, where there are several, and other rows.
        """
        logits, labels = torch.stack([one.logits for one in found]), found[0].labels
        means = mean_figures("binary", logits, labels, thresholds)
        each = [one.figures("binary", threshold) for one, threshold in zip(found, thresholds, strict=True)]
        for figure in filter(means.__contains__, shown):
            bounds = means[f"{figure}_low"], means[f"{figure}_high"]
            self.tell(f"{name}: test {figure}", [figures[figure] for figures in each], bounds)

    def draw(self, figure: Figure, name: str | None = None) -> None:
        """Keep a figure as `<claim>.png`, or `<claim>_<name>.png`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        save_figure(lambda: figure, self.folder / f"{'_'.join(filter(None, (self.name, name)))}.png", dpi=110)

    def write(self, name: str, text: str) -> None:
        """Keep a text, say a page to explore, as `name` beside the figures."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(self.folder / name, text)

    def _sweep(self, jobs: list[Job], folder: Path, before: float) -> None:
        started = time.perf_counter()
        console = Console(quiet=True) if before else self.console
        with tracking.open(self.tracking.enabled) as tracker:
            results = train_grid(jobs, folder, tracker, console=console)
            if failed := [result for result in results.values() if result.status == RunStatus.FAILED]:
                raise ValueError(f"{folder}: no run of a claim may fail, but got {len(failed)}: {failed[0].reason}")
            with whole_file(folder / LEADERBOARD) as part:
                leaderboard(read_entries(folder), jobs[0].run.first_objective).to_csv(part, index=False)
            figures = {"sweep/runs": len(jobs), "sweep/seconds": before or time.perf_counter() - started}
            runs.write_json(folder / SWEEP, {"status": "FINISHED", "figures": figures, "tags": {"lab": self.name}})
            tracker.finish(RunStatus.FINISHED)


def _on(run: Run, seed: int, drawn_by: str | None) -> Run:
    """`run` on a seed, and on the rows that its key `drawn_by` of data draws by it."""
    if drawn_by is None:
        return run.model_copy(update={"seed": seed})
    assert drawn_by in run.data
    return run.model_copy(update={"seed": seed, "data": {**run.data, drawn_by: seed}})


def _digest(seeded: Sequence[Run]) -> str:
    """What the results are a function of: the settings, the data files, the code and what it stands on."""
    settings = [run.model_dump(mode="json", exclude={"tracking"}) for run in seeded]
    digest = hashlib.sha256(json.dumps([settings, versions()]).encode())
    own = [path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] not in NOT_OF_RESULTS]
    for path in sorted({*own, *_files_of(seeded)}):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _files_of(seeded: Sequence[Run]) -> set[Path]:
    """The files of data, and those of models and readers that a claim brings along, however deep they are named."""
    named = (pair for run in seeded for part in (run.model, run.data) for pair in leaves(part))
    texts = {(key, value) for key, value in named if isinstance(value, str)}
    modules = {value.rpartition(".")[0] for key, value in texts if key.rpartition(".")[2] == "_target_"}
    origins = {spec.origin for module in modules if (spec := importlib.util.find_spec(module)) and spec.origin}
    return {path for name in (*origins, *(value for _, value in texts)) if (path := Path(name)).is_file()}
