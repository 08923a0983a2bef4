"""What the folders have of runs, sweeps and claims, told as MLflow would: for a page that needs no server and no store."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from src import runs
from src.disk import DamagedError
from src.runs.files import CONFIG, FACTS, LEADERBOARD, MULTIRUN, RESULTS, SWEEP, read_history, read_json
from src.runs.identity import folder_id, read_config
from src.runs.stop_reason import RunStatus
from src.tracking.artifacts import artifacts_of
from src.tracking.claim import figures_of, tags_of
from src.tracking.events import params_of, summary_figures
from src.tracking.reading import Recorded, newest_claim
from src.tracking.state import State


class FolderReader:
    """Reads what lies under `root`, as `Reader` reads MLflow: runs are known by their folders. ValueError in one line."""

    def __init__(self, root: Path = runs.ROOT) -> None:
        self.root, self.shown = root, f"the folders under {root}"

    def experiment(self, name: str) -> list[Recorded]:
        """Every run of an experiment, the parents of sweeps and claims too."""
        every = [_run(folder) for folder in runs.run_folders(self.root)]
        found = [run for run in every if run.experiment == name]
        sweeps = dict.fromkeys(run.label.rpartition("/")[0] for run in found)
        parents = [self._parent(self.root / "sweeps" / sweep) for sweep in sweeps if sweep]
        claims = [claim for claim in self._claims() if claim.experiment == name]
        if not found and not claims:
            known = ", ".join(sorted({run.experiment for run in every})) or "none"
            raise ValueError(f"experiment: must be one of {known}, but got {name!r}.")
        return [*found, *parents, *claims]

    def sweep(self, name: str) -> tuple[Recorded, list[Recorded]]:
        """What is known of a sweep or search as a whole, by its folder's name or path, and its runs."""
        folders = (Path(name), self.root / "sweeps" / name) if name else ()
        found = ([path.parent for path in folder.glob(f"[0-9]*/{CONFIG}")] for folder in folders)
        members = next(filter(None, found), None)
        if members is None:
            known = sorted(path.name for path in self.root.glob("sweeps/*") if path.is_dir())
            raise ValueError(
                f"sweep: must be a sweep or search here ({', '.join(known[:20]) or 'none'}), but got {name!r}."
            )
        return self._parent(members[0].parent), [
            _run(member) for member in sorted(members, key=lambda path: int(path.name))
        ]

    def claim(self, name: str) -> Recorded:
        """The claim of this name: the newest that is as its file states it, else the newest."""
        every = self._claims()
        found = newest_claim([claim for claim in every if claim.tags["claim_name"] == name])
        if found is None:
            known = ", ".join(sorted({claim.tags["claim_name"] for claim in every})) or "none"
            raise ValueError(f"claim: must be a claim here ({known}), but got {name!r}.")
        return found

    def run(self, name: str) -> Recorded:
        """A run by its folder's name, `<sweep>/<number>`, its path or its MLflow id."""
        return _run(runs.find(name, self.root))

    def curves(self, run_ids: Sequence[str], key: str) -> pd.DataFrame:
        """The curve `key` of each run: `run`, `epoch`, `value`, by run and epoch; what is not finite is NaN."""
        rows = [
            (run_id, int(row["epoch"]), row[key] if math.isfinite(row[key]) else math.nan)
            for run_id in run_ids
            for row in read_history(Path(run_id))
            if key in row
        ]
        table = pd.DataFrame(rows, columns=["run", "epoch", "value"])
        return table.sort_values(["run", "epoch"], ignore_index=True)

    def files(self, run: Recorded) -> set[str]:
        """The names of what lies in the run's folder."""
        return {path.name for path in artifacts_of(Path(run.id))}

    def file(self, run: Recorded, path: str) -> bytes:
        """The content of one of the run's files."""
        return (Path(run.id) / path).read_bytes()

    def _parent(self, folder: Path) -> Recorded:
        """Of a sweep as a whole."""
        ended, first = read_json(folder / SWEEP), next(iter(sorted(folder.glob(f"[0-9]*/{CONFIG}"))), None)
        facts = {} if first is None else read_json(first.parent / FACTS)
        experiment = "default" if first is None else str(read_config(first.parent)["tracking"]["experiment"])
        tags = {**facts, "sweep": folder.name, "sweep_id": folder_id(folder), **ended.get("tags", {})}
        status = ended.get("status") or _open(folder)
        times = _time(folder / MULTIRUN, folder), _time(folder / LEADERBOARD, folder / SWEEP) if ended else None
        return Recorded(str(folder), folder.name, status, *times, experiment, {}, tags, ended.get("figures", {}))

    def _claims(self) -> list[Recorded]:
        return [_claim(path.parent) for path in sorted(self.root.glob(f"claims/*/{RESULTS}"))]


def _run(folder: Path) -> Recorded:
    try:
        return _told(folder)
    except (OSError, KeyError, TypeError) as error:
        raise DamagedError(f"{folder}: must be whole, but got {type(error).__name__}: {error}") from error


def _told(folder: Path) -> Recorded:
    values, results, noted = read_config(folder), read_json(folder / RESULTS), State.read(folder)
    tracking, history = values["tracking"], read_history(folder)
    last = {key: value for row in history for key, value in row.items() if key != "epoch" and math.isfinite(value)}
    tags = {**(tracking["tags"] or {}), **read_json(folder / FACTS), "folder": runs.label(folder)}
    if results:
        tags["stop_reason"] = results["stop_reason"]
    status = results.get("status") or _open(folder)
    times = _time(folder / CONFIG), _time(folder / RESULTS) if results else None
    name = (noted.name if noted else None) or runs.label(folder)
    figures = {**last, **(summary_figures(results) if results else {})}
    return Recorded(str(folder), name, status, *times, str(tracking["experiment"]), params_of(values), tags, figures)


def _claim(folder: Path) -> Recorded:
    report: dict[str, Any] = read_json(folder / RESULTS)
    name, at = str(report["name"]), _time(folder / RESULTS)
    return Recorded(str(folder), f"claim {name}", "FINISHED", at, at, name, {}, tags_of(report), figures_of(report))


def _open(folder: Path) -> str:
    """The status of what has no results."""
    lives = runs.is_alive(folder) or (runs.in_sweep(folder) and runs.is_alive(folder.parent))
    return RunStatus.RUNNING if lives else RunStatus.KILLED


def _time(*paths: Path) -> int:
    """When the first of these that is there was written, in ms."""
    return int(1000 * next(path for path in paths if path.exists()).stat().st_mtime)
