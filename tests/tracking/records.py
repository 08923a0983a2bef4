"""What the record leaves of jobs, written without training anything."""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import yaml

from src import runs
from src.config.composition import compose_run
from src.config.schema import Run
from src.runs.files import FACTS
from src.runs.identity import folder_id
from src.runs.job import Job
from src.tracking.events import Begin, Close, End, Epoch, Event, Finish, Follow, end_of, now, params_of
from src.tracking.store import connect
from src.tracking.writer import Writer
from src.tracking.writer_process import work

EXPERIMENT = "claims"
TRACKED = {"data": "simulated", "seed": "0"}


def tracked_run(uri: str, **keys: Any) -> Run:
    """A small run that is tracked at `uri`."""
    run = compose_run("data=breast_cancer", "model.widths=[4]", "epochs=3")
    tracking = run.tracking.model_copy(update={"uri": uri, "experiment": EXPERIMENT, **keys})
    return run.model_copy(update={"tracking": tracking})


def row(epoch: int, number: int = 0) -> dict[str, float]:
    """A row of a history, of its epoch and its job's number."""
    named = ("train/loss", "val/loss", "val/accuracy", "val/auroc", "lr", "epoch_seconds")
    return {"epoch": epoch, **{name: (place + number + 1) / epoch for place, name in enumerate(named)}}


def results(folder: Path, **more: Any) -> dict[str, Any]:
    """Those of a run that came to its end."""
    data = {"name": "made up", "source": "made up for a test", "rows": {"train": 6, "val": 2, "test": 2}}
    figures = {
        "data": data,
        "best_epoch": 2,
        "stopped_epoch": 3,
        "num_params": 7,
        "objective": {"name": "val/loss", "value": 0.5},
    }
    ended = {"run": runs.label(folder), "status": "FINISHED", "stop_reason": "epochs", "seed": 0}
    return {**ended, **figures, "test": {"auroc": 0.9}, **more}


def begin(job: Job) -> None:
    """As the record does when a job begins."""
    job.folder.mkdir(parents=True, exist_ok=True)
    folder_id(job.folder)
    (job.folder / runs.RESULTS).unlink(missing_ok=True)
    runs.write_text(job.folder / runs.CONFIG, yaml.safe_dump(job.run.kept()))
    runs.write_json(job.folder / FACTS, TRACKED)


def leave(job: Job, epochs: Iterable[int], **more: Any) -> None:
    """All that the record leaves of a job that has ended."""
    begin(job)
    runs.write_history(job.folder, [row(epoch, job.number) for epoch in epochs])
    runs.write_json(job.folder / runs.RESULTS, results(job.folder, **more))


def single(root: Path, uri: str, name: str = "20260101T000000Z-00000000") -> Job:
    """A single run below `root`."""
    folder = root / "mlruns" / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    return Job(0, tracked_run(uri), folder)


def sweep_jobs(root: Path, uri: str, members: int, name: str = "grid-0") -> tuple[Path, list[Job]]:
    """A sweep's folder below `root`, and its jobs."""
    folder, run = root / "mlruns" / "sweeps" / name, tracked_run(uri)
    folder.mkdir(parents=True, exist_ok=True)
    return folder, [Job(number, run, folder / str(number), (f"seed={number}",)) for number in range(members)]


def following(folder: Path, uri: str, *, is_sweep: bool = False) -> Follow:
    """What a writer of `folder` is told first."""
    return Follow(folder, uri, EXPERIMENT, is_sweep, {"commit": "abc"} if is_sweep else {})


def begun(job: Job, name: str = "") -> Begin:
    """The event of a job that begins."""
    return Begin(job.folder, name or runs.label(job.folder), params_of(job.run.kept()), TRACKED)


def done(job: Job, epochs: Iterable[int]) -> Sequence[Epoch]:
    """The events of a job's epochs."""
    return [Epoch(job.folder, row(epoch, job.number), now()) for epoch in epochs]


def ended(job: Job, **more: Any) -> End:
    """The event of a job's end."""
    return end_of(job.folder, results(job.folder, **more))


def story(job: Job, epochs: Iterable[int]) -> list[Event]:
    """All events of a job."""
    return [begun(job), *done(job, epochs), ended(job)]


class WriterThread:
    """A writer's process without the process: what imports MLflow once more takes longer than most tests."""

    def __init__(self) -> None:
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._answers: SimpleQueue[str | bool] = SimpleQueue()
        self._thread = threading.Thread(target=work, args=(self._events, self._answers.put, 0.1))
        self._thread.start()

    def tell(self, event: Event) -> None:
        self._events.put(event)

    def ask(self, finish: Finish) -> bool:
        self._events.put(finish)
        return bool(self._answers.get(timeout=60))

    def close(self) -> None:
        self._events.put(Close())
        self._thread.join()


def runs_at(uri: str) -> list[Any]:
    """All runs of the experiment."""
    client = connect(uri)
    found = client.get_experiment_by_name(EXPERIMENT)
    return list(client.search_runs([found.experiment_id], max_results=5000)) if found else []


def the_run(uri: str) -> Any:
    """The only one."""
    (run,) = runs_at(uri)
    return run


def children_at(uri: str) -> dict[str, Any]:
    """The members of the only sweep, by label."""
    return {run.data.tags["folder"]: run for run in runs_at(uri) if "folder" in run.data.tags}


def parent_at(uri: str) -> Any:
    """The only parent run."""
    (parent,) = [run for run in runs_at(uri) if "sweep" in run.data.tags]
    return parent


def curve(uri: str, run_id: str, name: str = "val/loss") -> list[tuple[int, float]]:
    """Steps and values, by step."""
    return sorted((point.step, point.value) for point in connect(uri).get_metric_history(run_id, name))


def steps(uri: str, run_id: str, name: str = "val/loss") -> list[int]:
    """The steps that MLflow has of a curve, each as often as it has it."""
    return [step for step, _ in curve(uri, run_id, name)]


def write(writer: Writer, *events: Event) -> Writer:
    """Give a writer these events, and have it write them."""
    for event in events:
        writer.add(event)
    writer.write()
    return writer
