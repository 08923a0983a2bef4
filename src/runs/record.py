"""What a run leaves, in the order that survives a kill: the folder first, MLflow after it."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml
from rich.console import Console

from src import runs
from src.config.errors import Interrupted
from src.config.schema import Run
from src.data.dataset import Dataset
from src.runs.build import device_of
from src.runs.provenance import environment, provenance
from src.runs.results import results_of_broken
from src.tracking import Mirror, without_password


class Record:
    """The open record of one run: claims its folder, says in it how the run ends, and keeps MLflow in step with it."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder = run, folder
        tracking = run.tracking
        self.mirror = (
            Mirror(folder, uri=tracking.uri, experiment=tracking.experiment or "default", run_name=tracking.run_name)
            if tracking.enabled
            else None
        )

    def __enter__(self) -> Self:
        runs.claim(self.folder)
        (self.folder / runs.RESULTS).unlink(missing_ok=True)  # a run that is taken up again has not ended
        runs.write_text(self.folder / runs.CONFIG, yaml.safe_dump(plain_values(self.run), sort_keys=False))
        return self

    def start(self, dataset: Dataset) -> None:
        """Write down where the numbers come from; MLflow has the run from here on."""
        runs.write_json(
            self.folder / "tags.json", {**tags_of(self.run, dataset), **provenance(device_of(self.run).type)}
        )
        runs.write_text(self.folder / "environment.txt", environment())
        if self.mirror is not None:
            self.mirror.start()

    def commit(self) -> None:
        """An epoch is on disk: MLflow may have it too."""
        if self.mirror is not None:
            self.mirror.notify()

    def finish(self, results: dict[str, Any]) -> None:
        """The run has ended: from here on it has results."""
        runs.write_json(self.folder / runs.RESULTS, results)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            reason = "interrupted" if isinstance(error, (Interrupted, KeyboardInterrupt)) else "failed"
            self.finish(results_of_broken(self.run, self.folder, reason, f"{kind.__name__ if kind else ''}: {error}"))
        if self.mirror is not None:
            self.mirror.close()
        runs.release(self.folder)


def plain_values(run: Run) -> dict[str, Any]:
    """The resolved configuration as it may be kept: without the password of a tracking server."""
    values = run.model_dump(mode="json")
    if uri := run.tracking.uri:
        values["tracking"]["uri"] = without_password(uri, uri)
    return values


def tags_of(run: Run, dataset: Dataset) -> dict[str, str]:
    """What a run is found by, beside where its numbers come from."""
    return {"data": dataset.source, "simulated": str(dataset.simulated).lower(), "seed": str(run.seed)}


def announce_orphans(console: Console, but: Path) -> None:
    """Say which runs `but` one were left by a process that died without a word (SIGKILL, power), and close their books."""
    for folder in runs.orphans():
        if folder.resolve() == but.resolve():
            continue
        why = f"process {runs.read_json(folder / runs.OWNER)['pid']} is gone"
        if folder.parent.name == "sweeps":
            console.print(f"{folder}: was left running, {why}; the same command goes on with it.")
        else:
            name = runs.label(folder)
            console.print(f"{name}: was left running, {why}; resume={name} goes on with it.")
            if not (folder / runs.RESULTS).is_file():
                broken = {"run": name, "status": "KILLED", "stop_reason": "interrupted", "reason": why}
                runs.write_json(folder / runs.RESULTS, broken)
        runs.release(folder)
