"""Where a study is carried out: models trained in stacks, with records, and a place for figures."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from src import runs
from src.config.composition import compose_run
from src.config.schema import Run
from src.jobs import Job
from src.plots import Figure
from src.study.outcome import Outcome
from src.sweep.conclusion import read_entries
from src.sweep.leaderboard import leaderboard
from src.sweep.run import run_sweep
from src.tracking import Scribe
from src.tracking.parent import SWEEP

SEEDS, QUICK_SEEDS = 10, 3
SOURCE = Path(__file__).resolve().parent.parent
Setting = TypeVar("Setting")


class Lab:
    """The lab of study `name`. `seeds` of every condition; `quick`: only whether it works, in seconds.

    `overrides` stand behind those of each run. What has been trained before, by the same code, is not trained again.
    """

    def __init__(
        self, name: str, *, quick: bool = False, seeds: int | None = None, overrides: Sequence[str] = ()
    ) -> None:
        self.name, self.quick, self.overrides = name, quick, tuple(overrides)
        self.seeds = range(seeds or (QUICK_SEEDS if quick else SEEDS))
        self.folder = runs.ROOT / "studies" / (f"{name}-quick" if quick else name)
        self.console = Console()
        self.sweeps: list[str] = []  # the folders of what was trained
        self.seconds_saved = 0.0  # by what had been trained before
        self.uri: str | None = None  # of MLflow, as the runs have it
        self.tracked = False

    def few(self, whole: Setting, quick: Setting) -> Setting:
        """A setting, and what is enough for `quick`."""
        return quick if self.quick else whole

    def run(self, *overrides: str) -> Run:
        """The run of these overrides: without patience and without the test split, unless they say otherwise."""
        given = ("patience=null", "test=false", "tracking.save_model=false", f"tracking.experiment={self.name}")
        return compose_run(*given, *overrides, *self.overrides)

    def train(self, conditions: Mapping[str, Run]) -> Outcome:
        """Train each condition on every seed, all of them in stacks; each has its folder and its child run in MLflow."""
        pairs = [(name, seed) for name in conditions for seed in self.seeds]
        jobs = {
            (name, seed): Job(number, conditions[name].model_copy(update={"seed": seed}), (name, f"seed={seed}"))
            for number, (name, seed) in enumerate(pairs)
        }
        folder = runs.ROOT / "sweeps" / f"{self.name}-{_digest(list(jobs.values()))}"
        self.sweeps.append(folder.name)
        self._note(next(iter(conditions.values())))
        if (folder / SWEEP).is_file():
            self.seconds_saved += runs.read_json(folder / SWEEP)["figures"]["sweep/seconds"]
        else:
            self._sweep(list(jobs.values()), folder)
        return Outcome(folder, jobs)

    def draw(self, figure: Figure, name: str | None = None) -> None:
        """Keep a figure as `<study>.png`, or `<study>_<name>.png`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(self.folder / f"{'_'.join(filter(None, (self.name, name)))}.png", dpi=110)

    def write(self, name: str, text: str) -> None:
        """Keep a text, say a page to explore, as `name` beside the figures."""
        self.folder.mkdir(parents=True, exist_ok=True)
        runs.write_text(self.folder / name, text)

    def _note(self, run: Run) -> None:
        self.tracked, self.uri = run.tracking.enabled, run.tracking.uri

    def _sweep(self, jobs: list[Job], folder: Path) -> None:
        scribe, started = Scribe() if self.tracked else None, time.perf_counter()
        try:
            results = run_sweep(jobs, folder, slots=None, console=self.console, scribe=scribe)
            if failed := [result for result in results.values() if result["status"] == "FAILED"]:
                raise ValueError(f"{folder}: no run of a study may fail, but got {len(failed)}: {failed[0]['reason']}")
            leaderboard(read_entries(folder), jobs[0].run.first_objective).to_csv(
                folder / "leaderboard.csv", index=False
            )
            figures = {"sweep/runs": len(jobs), "sweep/seconds": time.perf_counter() - started}
            runs.write_json(folder / SWEEP, {"status": "FINISHED", "figures": figures, "tags": {"lab": self.name}})
            if scribe is not None:
                scribe.finish("FINISHED", None)
        finally:
            if scribe is not None:
                scribe.close(None)


def _digest(jobs: Sequence[Job]) -> str:
    """What the results are a function of: the settings, and the code."""
    settings = [job.run.model_dump(mode="json", exclude={"tracking"}) for job in jobs]
    digest = hashlib.sha256(json.dumps(settings).encode())
    for path in sorted(SOURCE.rglob("*.py")):
        if path.relative_to(SOURCE).parts[0] not in ("study", "report", "plots", "plugins"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
