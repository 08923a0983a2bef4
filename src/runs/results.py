"""What a run says of itself at the end: `results.json`."""

import logging
import math
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from src.config.schema import Run
from src.data.dataset import Dataset
from src.disk import DamagedError, read_whole
from src.passwords import masked
from src.runs.files import RESULTS, read_json, write_json
from src.runs.folder import label
from src.runs.progress import Progress
from src.runs.stop_reason import RunStatus, StopReason

log = logging.getLogger(__name__)

Figures = dict[str, float]
UNCALIBRATED = "calibration_error_uncalibrated"  # of the logits before a temperature divided them


@dataclass(frozen=True)
class Results:
    """The flat story of a run that ended. What was broken off or failed has a `reason` and no figures."""

    run: str
    status: RunStatus
    stop_reason: StopReason
    seed: int
    reason: str | None = None
    best_epoch: int | None = None
    stopped_epoch: int = 0
    objective: dict[str, Any] | None = None  # its `name` and `value`, None where no epoch was finite
    val: Figures | None = None
    test: Figures | None = None
    threshold: float | None = None
    temperature: float | None = None
    num_params: int | None = None
    data: dict[str, Any] | None = None
    timing: Figures | None = None

    @property
    def value(self) -> float:
        """The objective at the best epoch; NaN for a run that diverged, failed or was broken off."""
        given = (self.objective or {}).get("value")
        return math.nan if given is None or self.stop_reason == StopReason.DIVERGED else float(given)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Those of the run in `folder`; None while it has none. DamagedError if the file is not what was written."""
        path = folder / RESULTS
        return read_whole(path, cls._of_file) if path.is_file() else None

    @classmethod
    def _of_file(cls, path: Path) -> Self:
        found = read_json(path)
        reasons = {"status": RunStatus(found["status"]), "stop_reason": StopReason(found["stop_reason"])}
        return cls(**{**found, **reasons})

    @property
    def kept(self) -> dict[str, Any]:
        """As `results.json` has them."""
        return {name: value for name, value in asdict(self).items() if name != "reason" or value}

    def write(self, folder: Path) -> None:
        """As `results.json`: from here on the run has ended."""
        write_json(folder / RESULTS, self.kept)


def read_results(folder: Path) -> Results | None:
    """Those of the run in `folder`; None if it has none, or, with a warning, damaged ones."""
    try:
        return Results.read(folder)
    except DamagedError as error:
        log.warning("%s It counts as none: the run has not ended.", error)
        return None


def results_of(
    run: Run,
    folder: Path,
    progress: Progress,
    num_params: int,
    dataset: Dataset,
    *,
    val: Figures | None,
    test: Figures | None,
    threshold: float | None,
    temperature: float | None,
) -> Results:
    """Of a run that came to its end; without one finite epoch its figures are None."""
    assert progress.stop_reason is not None
    seconds = [row["epoch_seconds"] for row in progress.history]
    best = progress.best_value
    return Results(
        run=label(folder),
        status=progress.stop_reason.status,
        stop_reason=progress.stop_reason,
        seed=run.seed,
        best_epoch=progress.best_epoch,
        stopped_epoch=len(progress.history),
        objective={"name": run.first_objective, "value": best if math.isfinite(best) else None},
        val=val,
        test=test,
        threshold=threshold,
        temperature=temperature,
        num_params=num_params,
        data={
            "name": masked(dataset.name),
            "source": masked(dataset.source),
            "simulated": dataset.simulated,
            "warnings": list(map(masked, dataset.warnings)),
            "task": dataset.task,
            "classes": list(dataset.classes),
            "rows": {part: len(getattr(dataset, part)) for part in ("train", "val", "test")},
        },
        timing={
            "epoch_seconds": statistics.median(seconds),
            "epochs_seconds": sum(seconds),
            **_of_ranks(progress.rank_seconds),
        },
    )


def _of_ranks(seconds: list[float]) -> Figures:
    """How many processes there were, and what this start took of the processor of each; nothing of one alone."""
    of_each = {f"rank_{rank}_processor_seconds": value for rank, value in enumerate(seconds)}
    return {"processes": len(seconds), **of_each} if seconds else {}


def results_of_broken(seed: int, folder: Path, stop_reason: StopReason, reason: str) -> Results:
    """What is known of a run that was interrupted or failed; `resume` takes it up from its last commit."""
    return Results(label(folder), stop_reason.status, stop_reason, seed, reason=reason)
