"""What a tracker tells its writer's process, and what MLflow has of it in the end."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from src import runs, tracking
from src.config.errors import Interrupted
from src.runs.background import Background
from src.runs.files import STATE
from src.runs.job import Job
from src.runs.outcome import Failed, Recalled
from src.runs.results import Results
from src.runs.stop_reason import RunStatus
from src.tracking.state import State, is_complete
from src.tracking.store import is_same
from src.tracking.writer_process import WriterProcess
from tests.doors import environment
from tests.tracking.records import (
    TRACKED,
    WriterThread,
    begin,
    children_at,
    leave,
    parent_at,
    results,
    row,
    runs_at,
    single,
    steps,
    sweep_jobs,
    the_run,
)

DEAD = "http://me:secret@127.0.0.1:9"


def until(holds: Callable[[], Any], seconds: float = 60.0) -> float:
    """Wait for it; the seconds that it took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() < started + seconds, "it did not come about"
        time.sleep(0.1)
    return time.monotonic() - started


def in_thread() -> tracking.Tracker:
    """A tracker that needs no process to be started."""
    return tracking.Tracker(cast(WriterProcess, WriterThread()))


def train(tracker: tracking.Tracker, background: Background, job: Job, epochs: int, **more: Any) -> None:
    """All that is told of a job, with the record before the tracker."""
    begin(job)
    tracker.begin(job, TRACKED)
    for epoch in range(1, epochs + 1):
        tracker.epoch(job, row(epoch, job.number))
    background.submit(lambda: leave(job, range(1, epochs + 1), **more))
    tracker.end(job, Failed(ValueError("whatever: what ended it stands in its results")))


def test_a_run_has_its_page_while_it_trains(tmp_path: Path, uri: str):
    job = single(tmp_path, uri)
    begin(job)
    with tracking.open(True) as tracker, Background() as background:
        tracker.follow(job.folder, job.run.tracking, background, is_sweep=False)
        tracker.begin(job, TRACKED)
        until(lambda: runs_at(uri))
        assert the_run(uri).info.status == "RUNNING"
        for epoch in (1, 2, 3):
            tracker.epoch(job, row(epoch))
            assert until(lambda epoch=epoch: steps(uri, the_run(uri).info.run_id)[-1:] == [epoch]) < 10
        background.submit(lambda: leave(job, (1, 2, 3)))
        tracker.end(job, Recalled(Results(**results(job.folder))))
        tracker.finish(RunStatus.FINISHED)
        assert the_run(uri).info.status == "FINISHED"
        assert the_run(uri).info.run_name == "4 lr 0.001 seed 0"
        assert is_complete(job.folder)


def test_a_sweep_with_its_status_and_what_it_had_before(tmp_path: Path, uri: str):
    folder, jobs = sweep_jobs(tmp_path, uri, 3)
    with in_thread() as tracker:
        for again in (False, True):  # with one tracker, as a claim does that trains several sweeps
            with Background() as background:
                tracker.follow(
                    folder,
                    jobs[0].run.tracking,
                    background,
                    is_sweep=True,
                    facts={"commit": "abc"},
                    status=lambda: ({"sweep/done": 1.0}, 7),
                )
                for job in jobs[:2] if not again else jobs[2:]:
                    train(tracker, background, job, epochs=3)
                for job in jobs[:2] if again else ():
                    before = {job.number: children_at(uri)[runs.label(job.folder)].info.end_time for job in jobs[:2]}
                    tracker.begin(job, TRACKED)
                    tracker.epoch(job, row(1))
                    tracker.end(job, Recalled(Results(**results(job.folder))))
                tracker.hurry()
            runs.write_json(folder / "sweep.json", {"status": "FINISHED", "figures": {}, "tags": {}})
            tracker.finish(RunStatus.FINISHED, jobs[0].folder)
            assert is_complete(folder)
    parent, children = parent_at(uri), children_at(uri)
    assert (parent.info.status, parent.data.tags["commit"]) == ("FINISHED", "abc")
    assert steps(uri, parent.info.run_id, "sweep/done")[0] == 7
    assert sorted(run.info.run_name for run in children.values()) == ["0 seed 0", "1 seed 1", "2 seed 2"]
    assert {run.info.status for run in children.values()} == {"FINISHED"}
    assert all(steps(uri, run.info.run_id) == [1, 2, 3] for run in children.values())
    assert before == {number: children[f"grid-0/{number}"].info.end_time for number in before}  # left alone


@pytest.mark.parametrize(
    ("error", "status"),
    [(Interrupted(signal.SIGINT), "KILLED"), (KeyboardInterrupt(), "KILLED"), (OSError(), "FAILED")],
)
def test_a_sweep_that_is_broken_off_is_sent_and_ends(tmp_path: Path, uri: str, error: BaseException, status: str):
    folder, (job,) = sweep_jobs(tmp_path, uri, 1)

    def broken_off() -> None:
        with in_thread() as tracker, Background() as background:
            tracker.follow(folder, job.run.tracking, background, is_sweep=True)
            train(tracker, background, job, epochs=2, status="KILLED", stop_reason="interrupted")
            raise error

    with pytest.raises(type(error)):
        broken_off()
    assert parent_at(uri).info.status == status
    assert [(run.info.status, steps(uri, run.info.run_id)) for run in children_at(uri).values()] == [("KILLED", [1, 2])]


def test_what_is_not_finished_is_sent_all_the_same(tmp_path: Path, uri: str):
    job = single(tmp_path, uri)
    with in_thread() as tracker, Background() as background:
        tracker.follow(job.folder, job.run.tracking, background, is_sweep=False)
        train(tracker, background, job, epochs=2)
    assert the_run(uri).info.status == "FINISHED"


def test_a_server_that_is_down_costs_one_warning_without_its_password(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    job = single(tmp_path, DEAD)
    with caplog.at_level(logging.INFO), tracking.open(True) as tracker, Background() as background:
        tracker.follow(job.folder, job.run.tracking, background, is_sweep=False)
        train(tracker, background, job, epochs=2)
        tracker.finish(RunStatus.FINISHED)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith(
        "MLflow at http://me:***@127.0.0.1:9 cannot be reached; `python -m src.sync` sends the run"
    )
    assert "secret" not in caplog.text
    state = State.read(job.folder)
    assert state is not None
    assert (state.uri, state.complete) == ("http://me:***@127.0.0.1:9", None)  # so that sync knows where to
    assert is_same(state.uri, DEAD)


def test_nothing_is_started_or_written_where_nothing_is_tracked(tmp_path: Path, uri: str):
    job = single(tmp_path, uri)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with tracking.open(False) as tracker, Background() as background:
        tracker.follow(job.folder, job.run.tracking, background, is_sweep=False)
        train(tracker, background, job, epochs=2)
        tracker.hurry()
        tracker.finish(RunStatus.FINISHED)
        assert {child.pid for child in psutil.Process().children(recursive=True)} == before
    assert not (job.folder / STATE).exists()
    assert runs_at(uri) == []


def test_the_writer_dies_with_the_process_that_trains(tmp_path: Path, uri: str):
    """Whoever takes the run up is alone at it."""
    code = (
        "import sys, time; from pathlib import Path; from src import tracking; from src.config.schema import Tracking\n"
        "tracker = tracking.open(True); print(tracker._process.pid, flush=True)\n"
        "settings = Tracking(enabled=True, uri=sys.argv[1], experiment='claims', run_name=None, save_model=False,"
        " register=None, system_metrics=False, tags={})\n"
        "tracker.follow(Path(sys.argv[2]), settings, None, is_sweep=True); time.sleep(600)"
    )
    folder, _ = sweep_jobs(tmp_path, uri, 0)
    command = [sys.executable, "-c", code, uri, str(folder)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as training:
        assert training.stdout is not None
        writer = psutil.Process(int(training.stdout.readline()))
        until(lambda: runs_at(uri))
        os.kill(training.pid, signal.SIGKILL)
        psutil.wait_procs([writer], timeout=5)
        assert not writer.is_running() or writer.status() == psutil.STATUS_ZOMBIE
    assert parent_at(uri).info.status == "RUNNING"


def test_a_writer_that_was_told_nothing_is_not_waited_for(caplog: pytest.LogCaptureFixture):
    """So that a mistake found once it is open costs no wait for MLflow's import."""
    writer = WriterProcess()
    writer.close()
    assert writer._process.returncode == -signal.SIGKILL
    assert caplog.text == ""


def test_a_writer_that_dies_costs_a_warning(tmp_path: Path, uri: str, caplog: pytest.LogCaptureFixture):
    job = single(tmp_path, uri)
    before = set(psutil.Process().children())
    with tracking.open(True) as tracker, Background() as background:
        tracker.follow(job.folder, job.run.tracking, background, is_sweep=False)
        (writer,) = set(psutil.Process().children()) - before
        writer.kill()
        train(tracker, background, job, epochs=2)
        tracker.finish(RunStatus.FINISHED)
    assert "MLflow has not got everything; `python -m src.sync` sends what it lacks" in caplog.text
    assert not is_complete(job.folder)
