"""However a process of a run is lost, all of them end in time, with one line, the right status and a run that goes on."""

import signal
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import psutil
import pytest
from mlflow.tracking import MlflowClient

from src.disk.tensors import load_tensors
from src.runs import HISTORY, read_json
from src.runs.files import CHECKPOINT
from tests import doors
from tests.waiting import until

FOLDER = "mlruns/runs/broken"
KEYS = [
    *("+experiment=smoke", "data=moons", "batch_size=57", "epochs=120", "patience=null", "model.dropout=0.3"),
    *("trainer.precision=64-true", "trainer.accelerator=cpu"),
]
STOP, KILL, TERM, INT = signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM, signal.SIGINT
FIRST, OTHER = "the first", "the other"
LOST = "error: trainer.devices: every process of a run must live to its end, but got "


class Break(NamedTuple):
    """What is sent to which process, the exit code of the first, the status and reason that are recorded."""

    sent: list[tuple[str, signal.Signals]]
    code: int
    status: str | None
    told: str
    count: int = 2  # processes; the run goes from two to one and back


# The first ones are to be over before any time-out ends them.
BREAKS = [
    Break([(OTHER, KILL)], 1, "FAILED", "ended by SIGKILL"),
    Break([(FIRST, KILL)], -9, None, ""),
    Break([(FIRST, INT)], 130, "KILLED", "SIGINT", count=1),
    Break([(FIRST, INT)], 130, "KILLED", "SIGINT"),
    Break([(OTHER, TERM)], 143, "KILLED", "SIGTERM"),
    Break([(OTHER, STOP), (FIRST, INT)], 130, "KILLED", "SIGINT"),
    Break([(OTHER, STOP), (FIRST, TERM)], 143, "KILLED", "SIGTERM"),
    Break([(OTHER, STOP)], 1, "FAILED", "no sign of life of rank 1 "),
    Break([(FIRST, STOP)], 1, "FAILED", "ended by the silence of the first process for 3 s (trainer.timeout_seconds)"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return doors.with_store(tmp_path_factory.mktemp("lost"))


@pytest.mark.parametrize(
    "how", BREAKS, ids=lambda how: " ".join(f"{who}-{what.name}-{how.count}" for who, what in how.sent)
)
def test_all_processes_end_and_the_record_says_how(folder: Path, how: Break):
    before = epochs(folder)
    is_silent = any(what == STOP for _, what in how.sent[-1:])
    started = start(folder, f"trainer.timeout_seconds={3 if is_silent else 100}", f"trainer.devices={how.count}")
    until(lambda: epochs(folder) > before + 1)
    first = psutil.Process(started.pid)
    others = [child for child in first.children(recursive=True) if is_rank(child)]
    assert len(others) == how.count - 1
    processes = dict(zip((FIRST, OTHER), (first, *others), strict=False))
    for who, what in how.sent:
        processes[who].send_signal(what)
        time.sleep(0.5)  # the first is now in the middle of a step, which it cannot do alone
    assert started.wait(30) == how.code, (folder / "errors").read_text()
    until(lambda: not any(map(is_alive, others)), 10)
    errors = (folder / "errors").read_text()
    assert "Traceback" not in errors, errors
    assert [line for line in errors.splitlines() if "error" in line.lower()] == errors.splitlines()[: how.code == 1]
    if how.code == 1:
        assert errors.startswith(LOST)
        assert how.told in errors
    if how.status is not None:
        results = read_json(folder / FOLDER / "results.json")
        assert results["status"] == how.status
        assert how.told in results["reason"]


@pytest.mark.slow
def test_a_process_that_computes_without_a_word_is_not_lost(folder: Path):
    busy = ("data=code", "data._target_=tests.engines.workers.busy.read", "+data.power=25_000_000", "epochs=2")
    done = doors.run("-m", "src.train", *busy, "trainer.devices=2", "trainer.timeout_seconds=3", cwd=folder)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_run_goes_on_to_the_curve_of_one_that_nobody_broke(folder: Path):
    assert start(folder, "trainer.devices=2").wait(200) == 0, (folder / "errors").read_text()
    found = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db").search_runs(["1"], "tags.folder = 'broken'")
    assert [run.info.status for run in found] == ["FINISHED"]
    assert start(folder, "tracking.enabled=false", "hydra.run.dir=mlruns/runs/one").wait(200) == 0
    broken, one = (pd.read_csv(folder / "mlruns/runs" / name / HISTORY) for name in ("broken", "one"))
    pd.testing.assert_frame_equal(*(run.drop(columns="epoch_seconds") for run in (broken, one)), rtol=1e-9)


def start(folder: Path, *keys: str) -> doors.Started:
    (folder / "errors").unlink(missing_ok=True)
    place = [] if any("run.dir" in key for key in keys) else [f"hydra.run.dir={FOLDER}"]
    given = "-m", "src.train", *KEYS, *place, *keys
    return doors.start(*given, cwd=folder, output=folder / "output", errors=folder / "errors")


def epochs(folder: Path) -> int:
    """Those that are committed."""
    path = folder / FOLDER / CHECKPOINT
    states = load_tensors(path)["callbacks"].values() if path.is_file() else []
    return sum(len(state.get("history", [])) for state in states)


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def is_rank(process: psutil.Process) -> bool:
    """Whether it is one that computes: it is connected to another."""
    return any(found.status == psutil.CONN_ESTABLISHED for found in process.net_connections("tcp"))
