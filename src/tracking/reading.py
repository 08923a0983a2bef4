"""What MLflow has, read back: runs with all they are tagged with, curves of many runs at once, files."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from src.disk import DamagedError
from src.passwords import masked
from src.tracking.store import PARENT, connect, resolve_uri

PAGE = 1000  # runs in one answer
CHUNK = 500  # runs in one question about curves
REQUESTS = 8  # at once
HUGE = 1e300  # a database has this and more for infinity


@dataclass(frozen=True)
class Recorded:
    """A run as MLflow has it; `metrics`: the last value of each curve; times in ms since 1970, UTC."""

    id: str
    name: str
    status: str
    started: int
    ended: int | None
    experiment: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]

    @property
    def label(self) -> str:
        """How the run is called: its folder's name, in a sweep `<sweep>/<number>`; of a sweep its folder's."""
        return self.tags.get("folder") or self.tags.get("sweep") or self.name

    @property
    def is_sweep(self) -> bool:
        """Whether it is the parent run of a sweep or a search."""
        return "sweep" in self.tags


class Records(Protocol):
    """Where runs, sweeps and claims are read: MLflow, or the folders. ValueError, of one line, for what is not there."""

    shown: str  # what is read

    def experiment(self, name: str) -> list[Recorded]:
        """Every run of an experiment, the parents of sweeps too."""

    def sweep(self, name: str) -> tuple[Recorded, list[Recorded]]:
        """The parent run of a sweep or search, by its folder's name, and its children."""

    def claim(self, name: str) -> Recorded:
        """The claim of this name: the newest that is as its file states it, else the newest."""

    def run(self, name: str) -> Recorded:
        """A run by its folder's name, `<sweep>/<number>` or its MLflow id."""

    def curves(self, run_ids: Sequence[str], key: str) -> pd.DataFrame:
        """The curve `key` of each run: `run`, `epoch`, `value`, by run and epoch; what is not finite is NaN."""

    def files(self, run: Recorded) -> set[str]:
        """The names of the run's files and folders."""

    def file(self, run: Recorded, path: str) -> bytes:
        """The content of one of the run's files."""


class Reader:
    """Reads from `uri` (None: where runs are sent to by default). What cannot be had raises ValueError, in one line."""

    def __init__(self, uri: str | None) -> None:
        self.uri = resolve_uri(uri)
        self.shown = masked(self.uri)
        path = Path(self.uri.removeprefix("sqlite:///"))
        if self.uri.startswith("sqlite:///") and not path.is_file():
            raise ValueError(f"uri: must be an MLflow server or store that is there, but got {self.shown}.")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        with self._answering():
            self._client = connect(self.uri)
            self._experiments = {found.name: found.experiment_id for found in self._client.search_experiments()}

    def experiment(self, name: str) -> list[Recorded]:
        """Every run of an experiment, the parents of sweeps too, newest first."""
        if name not in self._experiments:
            known = ", ".join(sorted(self._experiments)) or "none"
            raise ValueError(f"experiment: must be one of {known}, but got {name!r}.")
        return self._search([name], "")

    def sweep(self, name: str) -> tuple[Recorded, list[Recorded]]:
        """The parent run of a sweep or search, by its folder's name, and its children."""
        found = self._search(list(self._experiments), f"tags.sweep = {_quoted(name)}")
        if not found:
            known = sorted({run.tags["sweep"] for run in self._search(list(self._experiments), "tags.sweep LIKE '%'")})
            shown = ", ".join(known[:20]) or "none"
            raise ValueError(f"sweep: must be a sweep or search that MLflow has ({shown}), but got {name!r}.")
        parent = found[0]
        return parent, self._search([parent.experiment], f"tags.`{PARENT}` = '{parent.id}'")

    def claim(self, name: str) -> Recorded:
        """The claim of this name: the newest that is as its file states it, else the newest."""
        every = self._search(list(self._experiments), "tags.claim_name LIKE '%' and tags.verdict LIKE '%'")
        found = newest_claim([run for run in every if run.tags["claim_name"] == name])
        if found is None:
            known = ", ".join(sorted({run.tags["claim_name"] for run in every})) or "none"
            raise ValueError(f"claim: must be a claim that MLflow has ({known}), but got {name!r}.")
        return found

    def run(self, name: str) -> Recorded:
        """A run by its folder's name, `<sweep>/<number>` or its MLflow id."""
        found = self._search(list(self._experiments), f"tags.folder = {_quoted(name)}")
        if not found and len(name) == 32 and name.isalnum():
            found = self._search(list(self._experiments), f"attributes.run_id = '{name}'")
        if not found:
            every = self._search(list(self._experiments), "tags.folder LIKE '%'")
            newest = ", ".join(run.label for run in sorted(every, key=lambda run: -run.started)[:3])
            rule = f"must be the folder name or the MLflow id of a run that MLflow has (the newest: {newest or 'none'})"
            raise ValueError(f"run: {rule}, but got {name!r}.")
        return found[0]

    def curves(self, run_ids: Sequence[str], key: str) -> pd.DataFrame:
        """The curve `key` of each run: `run`, `epoch`, `value`, by run and epoch; what is not finite is NaN."""
        with self._answering():
            rows = [
                row for start in range(0, len(run_ids), CHUNK) for row in self._points(run_ids[start:][:CHUNK], key)
            ]
        table = pd.DataFrame(rows, columns=["run", "epoch", "value"])
        table["value"] = table["value"].astype(float).where(table["value"].abs() < HUGE)
        return table.drop_duplicates(["run", "epoch"], keep="last").sort_values(["run", "epoch"], ignore_index=True)

    def files(self, run: Recorded) -> set[str]:
        """The paths of the run's files, of folders the folder's alone."""
        with self._answering():
            return {str(file.path) for file in self._client.list_artifacts(run.id)}

    def file(self, run: Recorded, path: str) -> bytes:
        """The content of one of the run's files."""
        with self._answering(), tempfile.TemporaryDirectory() as folder:
            return Path(self._client.download_artifacts(run.id, path, folder)).read_bytes()

    def _search(self, experiments: Sequence[str], condition: str) -> list[Recorded]:
        ids = [self._experiments[name] for name in experiments]
        names = {number: name for name, number in self._experiments.items()}
        found: list[Recorded] = []
        token = None
        with self._answering():
            while ids:
                page = self._client.search_runs(ids, condition, max_results=PAGE, page_token=token)
                found += [_recorded(run, names[run.info.experiment_id]) for run in page]
                if not (token := page.token):
                    break
        return found

    def _points(self, run_ids: Sequence[str], key: str) -> list[tuple[str, int, float]]:
        store = self._client._tracking_client.store
        if hasattr(store, "get_metric_history_bulk"):  # a database; a server is asked run by run
            found = store.get_metric_history_bulk(list(run_ids), key, max_results=2**31 - 1)
            return [(point.run_id, point.step, point.value) for point in found]
        with ThreadPoolExecutor(REQUESTS) as pool:
            curves = pool.map(lambda run_id: self._client.get_metric_history(run_id, key), run_ids)
        pairs = zip(run_ids, curves, strict=True)
        return [(run_id, point.step, point.value) for run_id, curve in pairs for point in curve]

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Whatever MLflow raises is told as a server or store that does not answer."""
        try:
            yield
        except DamagedError:
            raise
        except Exception as error:
            logging.getLogger(__name__).info("MLflow: %s", error)
            reason = masked(" ".join(str(error).split()))[:200]
            raise ValueError(f"uri: MLflow must answer at {self.shown}, but got: {reason}") from error


def newest_claim(runs: Sequence[Recorded]) -> Recorded | None:
    """Of the claims among `runs` the newest that is as its file states it, else the newest."""
    claims = [run for run in runs if "verdict" in run.tags]
    return max(claims, key=lambda run: (run.tags["stated"] == "true", run.started), default=None)


def _recorded(run: Any, experiment: str) -> Recorded:
    info, data = run.info, run.data
    metrics = {key: value for key, value in data.metrics.items() if abs(value) < HUGE}
    times = (int(info.start_time), info.end_time)
    return Recorded(info.run_id, info.run_name or "", info.status, *times, experiment, data.params, data.tags, metrics)


def _quoted(text: str) -> str:
    """As MLflow's filters have a text, which knows no escapes: one with both kinds of quotes matches nothing."""
    if "'" not in text:
        return f"'{text}'"
    return f'"{text}"' if '"' not in text else "''"
