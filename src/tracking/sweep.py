"""A sweep in MLflow: a parent run, and a child run for each of its members, written beside the training."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from src import runs
from src.config.leaves import leaves
from src.tracking.parent import finish_parent, open_parent, parent_run
from src.tracking.run_writer import End, NewRun, Point, many_runs
from src.tracking.store import PARENT, STATE, connect, experiment_id, resolve_uri, without_password
from src.tracking.tracker import is_complete, log_folder, send, summary_figures

log = logging.getLogger(__name__)

CHILDREN = 50_000  # of one sweep at most, MLflow's limit to a search


@dataclass
class Pending:
    """What MLflow has not got yet."""

    begun: list[tuple[Path, NewRun]] = field(default_factory=list)
    rows: list[tuple[Path, dict[str, float], int]] = field(default_factory=list)  # with the time in ms
    ended: list[tuple[Path, dict[str, Any]]] = field(default_factory=list)
    standing: list[tuple[dict[str, float], int, int]] = field(default_factory=list)  # with step and time in ms

    def before(self, later: "Pending") -> "Pending":
        """This, then `later`."""
        return Pending(**{name: mine + vars(later)[name] for name, mine in vars(self).items()})


class SweepMirror:
    """Keeps MLflow in step with the sweep in `folder`, whose members have folders of their own in it.

    `begin`, `row`, `end`, `standing` and `hurry` return at once. A server that is down costs a warning;
    `python -m src.sync` sends the members later. `seconds_`: what the writing took, beside the training.
    """

    def __init__(self, folder: Path, *, uri: str | None, experiment: str, interval: float = 5.0) -> None:
        self.folder, self.uri, self.experiment, self.interval = folder, resolve_uri(uri), experiment, interval
        self.parent_id: str | None = None
        self.seconds_ = 0.0
        self._ids: dict[Path, str] = {}
        self._sent: dict[Path, int] = {}
        self._summed: set[Path] = set()  # their figures of the end are there
        self._pending, self._lock = Pending(), threading.Lock()
        self._closing, self._hurry = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="mlflow-sweep", daemon=True)
        self._warned = False

    def start(self, known: list[Path], tags: Mapping[str, str]) -> None:
        """Open or create the parent run; `known`: the members' folders that are there from an earlier start."""
        if runs.read_json(self.folder / STATE).get("uri") != self.uri:
            runs.write_json(self.folder / STATE, {"uri": self.uri, "experiment": self.experiment, "run_id": None})
        self._known, self._tags = known, dict(tags)
        self._thread.start()

    def begin(self, folder: Path, name: str, values: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """A member begins: `values` is its resolved configuration."""
        params = {key: str(value)[:6000] for key, value in leaves(values)}
        tags = {"folder": runs.label(folder), "mlflow.runName": name, "mlflow.source.name": "src.train", **tags}
        with self._lock:
            self._pending.begun.append((folder, NewRun(name, params, dict(tags), folder.resolve().as_uri())))

    def row(self, folder: Path, row: dict[str, float]) -> None:
        """A member has done an epoch."""
        with self._lock:
            self._pending.rows.append((folder, row, _now()))

    def end(self, folder: Path, results: dict[str, Any]) -> None:
        """A member has ended and its folder is complete."""
        with self._lock:
            self._pending.ended.append((folder, results))

    def standing(self, figures: dict[str, float], step: int) -> None:
        """How the sweep as a whole stands, on the parent's curves."""
        with self._lock:
            self._pending.standing.append((figures, step, _now()))

    def hurry(self) -> None:
        """Write what has gathered now: nothing more is to come soon."""
        self._hurry.set()

    def close(self, status: str | None) -> None:
        """Send what is left; with a `status` the sweep was broken off, and its parent run ends."""
        self._closing.set()
        self._hurry.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=120.0)
        self._try(self._flush)
        if status is not None:
            self._try(lambda: finish_parent(self.folder, status))

    def finish(self, status: str, best: Path | None) -> None:
        """Send what is left, the files of the `best` member, and those of the sweep as a whole, which has ended."""
        self.close(None)
        self._try(lambda: finish_sweep(self.folder, status, best))

    def _open(self) -> None:
        client, self._many = connect(self.uri), many_runs(self.uri)
        self._experiment_id = experiment_id(client, self.uri, self.experiment)
        parent_id = parent_run(client, self.folder, self.uri, self.experiment)
        open_parent(client, parent_id, self._tags)
        # MLflow knows better than the folders which runs it has: a process may have been killed before it noted one.
        labels = {runs.label(folder): folder for folder in self._known}
        for child in client.search_runs(
            [self._experiment_id], f"tags.`{PARENT}` = '{parent_id}'", max_results=CHILDREN
        ):
            if not child.data.params:  # broken off in its making
                client.delete_run(child.info.run_id)
            elif folder := labels.get(child.data.tags.get("folder", "")):
                self._ids[folder] = child.info.run_id
                self._summed |= {folder} if "stopped/epoch" in child.data.metrics else set()
        self.parent_id = parent_id  # at the end: whatever fails before is tried again

    def _work(self) -> None:
        self._try(self._open)
        while True:
            self._hurry.wait(self.interval if not self._warned else 6 * self.interval)
            if self._closing.is_set():
                return
            self._hurry.clear()
            self._try(self._flush)

    def _flush(self) -> None:
        if self.parent_id is None:
            self._open()
        with self._lock:
            pending, self._pending = self._pending, Pending()
        try:
            self._write(pending)
        except BaseException:
            with self._lock:  # once more later, before what came since
                self._pending = pending.before(self._pending)
            self.parent_id = None  # what MLflow has of it is asked anew
            raise

    def _write(self, pending: Pending) -> None:
        """All of `pending`; what MLflow has already is not sent twice."""
        self._begin(pending.begun)
        rows, last = [], dict(self._sent)
        for folder, row, at in pending.rows:
            if row["epoch"] > last[folder]:
                rows.append((folder, row, at))
                last[folder] = int(row["epoch"])
        points = [
            Point(self._ids[folder], key, float(value), int(row["epoch"]), at)
            for folder, row, at in rows
            for key, value in row.items()
            if key != "epoch"
        ]
        points += [
            Point(self._ids[folder], key, value, 0, _now())
            for folder, results in pending.ended
            if folder not in self._summed
            for key, value in summary_figures(results).items()
        ]
        points += [
            Point(str(self.parent_id), key, value, step, at)
            for figures, step, at in pending.standing
            for key, value in figures.items()
        ]
        self._many.log(points)
        self._sent = last
        self._end(pending.ended)

    def _begin(self, begun: list[tuple[Path, NewRun]]) -> None:
        new = [(folder, run) for folder, run in begun if folder not in self._ids]
        again = [folder for folder, _ in begun if folder in self._ids and folder not in self._sent]
        if again:
            last = self._many.reopen([self._ids[folder] for folder in again])
            self._sent |= {folder: last.get(self._ids[folder], 0) for folder in again}
        if new:
            parent = {PARENT: str(self.parent_id)}
            children = [replace(run, tags={**run.tags, **parent}) for _, run in new]
            ids = self._many.create(self._experiment_id, children)
            for (folder, _), run_id in zip(new, ids, strict=True):
                self._ids[folder], self._sent[folder] = run_id, 0
                self._note(folder, run_id)

    def _end(self, ended: list[tuple[Path, dict[str, Any]]]) -> None:
        ends = [
            End(self._ids[folder], results["status"], {"stop_reason": results["stop_reason"]}, folder)
            for folder, results in ended
        ]
        self._many.end(ends)
        for end in ends:
            self._note(end.folder, end.run_id, complete=end.status)

    def _note(self, folder: Path, run_id: str, **more: str) -> None:
        runs.write_json(folder / STATE, {"uri": self.uri, "experiment": self.experiment, "run_id": run_id, **more})

    def _try(self, step: Callable[[], None]) -> bool:
        started = time.perf_counter()
        try:
            step()
        except Exception as error:  # whatever MLflow raises, the sweep goes on without it
            reason = without_password(" ".join(str(error).split()), self.uri)
            shown = without_password(self.uri, self.uri)
            if not self._warned:
                log.warning(
                    "MLflow at %s cannot be reached; `python -m src.sync` sends the runs later. (%s)",
                    shown,
                    reason[:200],
                )
                self._warned = True
            log.info("MLflow: %s", reason)
            return False
        finally:
            self.seconds_ += time.perf_counter() - started
        return True


def finish_sweep(folder: Path, status: str, best: Path | None) -> None:
    """A sweep has been concluded in `folder`: its parent run ends, and its `best` member has more files than before."""
    if best is not None and is_complete(best):
        noted = runs.read_json(best / STATE)
        log_folder(connect(noted["uri"]), noted["run_id"], best)
    elif best is not None:
        send(best)
    finish_parent(folder, status)


def _now() -> int:
    return int(time.time() * 1000)
