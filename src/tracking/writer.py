"""What becomes of runs, written to MLflow: of a single run, or of a sweep with its parent run and a child for each member."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from src import runs
from src.runs.files import RESULTS, read_json
from src.runs.identity import folder_id
from src.tracking.deleted import deleted_run, find_runs, is_deleted
from src.tracking.events import Begin, End, Epoch, Finish, Follow, RunEvent, Status, Usage
from src.tracking.notes import describe_experiment, describe_run
from src.tracking.parent import end_parent, open_parent
from src.tracking.registry import register
from src.tracking.run_writer import EndedRun, KnownRun, NewRun, Row, run_writer
from src.tracking.state import State
from src.tracking.store import PARENT, connect, experiment_id, is_same, resolve_uri


@dataclass
class Sent:
    """What MLflow has of a run."""

    run_id: str
    params: frozenset[str]
    figures: dict[str, float]  # by name, the last value of each curve
    epochs: int = 0  # known once the run has begun here
    is_deleted: bool = False


class Writer:
    """Writes what `add` gathers, in batches. Idempotent: what MLflow has of a run, whoever sent it, is not sent twice.

    A run is found by the id of its folder: a process may have been killed before it noted which run it had made. Of a sweep
    whose member's folder was deleted, it is found by the folder's name. `notes_`: what is to be told of models that were
    registered.
    """

    def __init__(self, follow: Follow) -> None:
        self.follow = follow
        self._pending: list[RunEvent] = []
        self._sent: dict[Path, Sent] = {}
        self._names: dict[frozenset[str], frozenset[str]] = {}  # of params: most runs of a sweep have the same
        self._found: dict[str, Sent] = {}  # by the folder's id, and its name, what was there before
        self._parent_id: str | None = None
        self._its_parent: str | None = None  # of which a new run is a child
        self._started: int | None = None  # when what is followed began, in ms
        self._is_open = False
        self.notes_: list[str] = []

    def add(self, event: RunEvent) -> None:
        """To be written next time."""
        self._pending.append(event)

    def write(self) -> None:
        """Send what has gathered. Whatever MLflow raises passes; then all of it is kept for the next time."""
        try:
            if not self._is_open:
                self._open()
            self._send(self._pending)
        except Exception:
            self._is_open = False  # what MLflow has is asked anew
            self._note_unsent()
            raise
        self._pending = []

    def finish(self, finish: Finish) -> None:
        """Send what is left, the files of the best member as they are now, those of the sweep as a whole, and how it ended."""
        best = finish.best
        if best is not None and (noted := State.read(best)) is not None:
            self._note(best, noted.run_id)  # not complete, until its files are there
        self.write()
        if best is not None and (sent := self._sent_of(best)) is not None:
            self._writer.send_files(sent.run_id, best)
            describe_run(self._client, sent.run_id, best)
            self._register(sent.run_id, best)
            self._note(best, sent.run_id, complete=read_json(best / RESULTS)["status"])
        if self._parent_id is not None:
            end_parent(self._client, self._parent_id, self.follow, finish.status)
            self._note(self.follow.folder, self._parent_id, complete=finish.status)

    def _open(self) -> None:
        follow = self.follow
        uri = resolve_uri(follow.uri)
        self._client, self._writer = connect(uri), run_writer(uri)
        self._experiment_id = experiment_id(self._client, uri, follow.experiment)
        describe_experiment(self._client, self._experiment_id, follow.experiment)
        if follow.is_sweep:
            self._parent_id = open_parent(self._client, self._experiment_id, follow)
            self._note(follow.folder, self._parent_id)
            self._its_parent = self._parent_id
        elif runs.in_sweep(follow.folder):  # one of a sweep whose jobs are single runs, one after another
            sweep = replace(follow, folder=follow.folder.parent, is_sweep=True)
            self._its_parent = open_parent(self._client, self._experiment_id, sweep)
        if self._its_parent is not None:
            condition = f"tags.`{PARENT}` = '{self._its_parent}'"
        else:
            condition = f"tags.folder_id = '{folder_id(follow.folder)}'"
        found = find_runs(self._client, self._experiment_id, condition)
        self._found = _by_folder([run for run in found if not (is_deleted(run) and follow.again)])
        self._is_open = True

    def _send(self, pending: Sequence[RunEvent]) -> None:
        begun = [event.folder for event in pending if isinstance(event, Begin)]
        gone = {folder: sent for folder in begun if (sent := self._sent_of(folder)) and sent.is_deleted}
        pending = [event for event in pending if isinstance(event, Status | Usage) or event.folder not in gone]
        self._begin({event.folder: event for event in pending if isinstance(event, Begin)})
        last = {event.folder: event for event in pending if isinstance(event, Begin | End)}
        ends = [event for event in last.values() if isinstance(event, End)]
        self._log(pending, ends)
        self._end(ends)
        for folder, sent in gone.items():  # the others have been sent
            raise deleted_run(self.follow.uri, runs.label(folder), sent.run_id)

    def _begin(self, begun: dict[Path, Begin]) -> None:
        known = {folder: sent for folder in begun if (sent := self._sent_of(folder)) is not None}
        if known:
            last = self._writer.reopen([_going_on(sent, begun[folder]) for folder, sent in known.items()])
            for folder, sent in known.items():
                sent.epochs = max(sent.epochs, last.get(sent.run_id, 0))
                self._take(begun[folder], sent)
        if new := [event for folder, event in begun.items() if folder not in known]:
            ids = self._writer.create(self._experiment_id, [self._new(event) for event in new])
            for event, run_id in zip(new, ids, strict=True):
                self._take(event, Sent(run_id, frozenset(), {}))

    def _new(self, event: Begin) -> NewRun:
        tags = {"folder": runs.label(event.folder), "folder_id": folder_id(event.folder)}
        tags |= {"mlflow.runName": event.name, "mlflow.source.name": "src.train", **event.facts}
        if self._its_parent is not None:
            tags[PARENT] = self._its_parent
        return NewRun(event.name, event.params, tags)

    def _take(self, event: Begin, sent: Sent) -> None:
        self._sent[event.folder] = sent
        names = sent.params.union(event.params)
        sent.params = self._names.setdefault(names, names)
        self._note(event.folder, sent.run_id, event.name)

    def _log(self, pending: Sequence[RunEvent], ends: Sequence[End]) -> None:
        folders = {event.folder for event in pending if isinstance(event, Epoch)}
        epochs = {folder: self._sent[folder].epochs for folder in folders}  # as they are once all is written
        rows = []
        for event in pending:
            if isinstance(event, Status):
                rows.append(Row(str(self._parent_id), event.step, event.figures, event.at))
            elif isinstance(event, Usage):
                rows += self._usage(event)
            elif isinstance(event, Epoch) and (step := int(event.row["epoch"])) > epochs[event.folder]:
                epochs[event.folder] = step
                values = {key: float(value) for key, value in event.row.items() if key != "epoch"}
                rows.append(Row(self._sent[event.folder].run_id, step, values, event.at))
        for end in ends:
            sent = self._sent[end.folder]
            figures = {key: value for key, value in end.figures.items() if sent.figures.get(key) != value}
            rows.append(Row(sent.run_id, 0, figures, end.at))
        self._writer.log([row for row in rows if row.values])
        for folder, epoch in epochs.items():
            self._sent[folder].epochs = epoch
        for end in ends:
            self._sent[end.folder].figures.update(end.figures)

    def _usage(self, usage: Usage) -> list[Row]:
        """On the run or sweep as a whole, by the second since it began; of one that MLflow has not got yet, nothing."""
        if (run_id := self._parent_id or getattr(self._sent.get(self.follow.folder), "run_id", None)) is None:
            return []
        if self._started is None:
            self._started = int(self._client.get_run(run_id).info.start_time)
        return [Row(run_id, max(0, (usage.at - self._started) // 1000), usage.figures, usage.at)]

    def _end(self, ends: Sequence[End]) -> None:
        if not ends:
            return
        named = [(self._sent[end.folder].run_id, end) for end in ends]
        self._writer.end(
            [EndedRun(run_id, end.status, {"stop_reason": end.stop_reason}, end.folder) for run_id, end in named]
        )
        for run_id, end in named:
            if not runs.in_sweep(end.folder) and end.status == "FINISHED":  # of a sweep's runs the best, as it ends
                describe_run(self._client, run_id, end.folder)
                self._register(run_id, end.folder)
            self._note(end.folder, run_id, complete=end.status)

    def _register(self, run_id: str, folder: Path) -> None:
        if note := register(self._client, run_id, folder):
            self.notes_.append(note)

    def _sent_of(self, folder: Path) -> Sent | None:
        return self._sent.get(folder) or self._found.get(folder_id(folder)) or self._found.get(runs.label(folder))

    def _note(self, folder: Path, run_id: str | None, name: str | None = None, complete: str | None = None) -> None:
        before = State.read(folder)
        name = name or (before.name if before else None)
        State(self.follow.uri, self.follow.experiment, run_id, name, complete).write(folder)

    def _note_unsent(self) -> None:
        for event in self._pending:
            before = State.read(event.folder) if isinstance(event, Begin) else None
            if isinstance(event, Begin) and (before is None or not is_same(before.uri, self.follow.uri)):
                self._note(event.folder, None, event.name)


def _by_folder(found: Sequence[Any]) -> dict[str, Sent]:
    by_folder = {}
    for run in reversed(found):  # one that is there, if it was sent again, before those that were deleted
        sent = Sent(run.info.run_id, frozenset(run.data.params), dict(run.data.metrics), is_deleted=is_deleted(run))
        by_folder.update({run.data.tags[tag]: sent for tag in ("folder", "folder_id") if tag in run.data.tags})
    return by_folder


def _going_on(sent: Sent, event: Begin) -> KnownRun:
    missing = {key: value for key, value in event.params.items() if key not in sent.params}
    return KnownRun(sent.run_id, missing, {**event.facts, "folder_id": folder_id(event.folder)})
