"""Studies outlive their process: in the journal, also after a kill in the middle of a line, in SQLite and in PostgreSQL."""

import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.exceptions import StorageInternalError
from optuna.samplers import RandomSampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from benchmarks.closed_form import open_search, run_slots
from src.runs.files import JOURNAL
from src.search.storage import answering, open_storage
from tests.doors import with_store
from tests.hostile.damages import damage
from tests.postgresql import PostgreSQL

SPACE_OF_ONE = {"x": FloatDistribution(0, 1)}
SPACE = ["x=tag(log, interval(1e-4, 1e-1))", "kind=a,b"]


@pytest.mark.slow
def test_a_study_in_postgresql_goes_on(tmp_path: Path, postgresql: PostgreSQL):
    for most in (5, None):
        search = open_search(
            tmp_path, SPACE, sampler="tpe", n_trials=12, splits=["kind"], storage=postgresql.url("studies")
        )
        run_slots(search, lambda params: params["x"], 3, most=most)
        kept = search.trials.study.get_trials()
        search.trials.close()
    assert sum(trial.state.is_finished() and not trial.user_attrs.get("reaped") for trial in kept) == 12


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b"{}", b"\xff\xfe", b'{"op_code": 0,'])
def test_a_journal_with_a_line_that_is_no_entry_is_named(tmp_path: Path, line: bytes):
    (tmp_path / JOURNAL).write_bytes(line + b"\n")
    with pytest.raises(ValueError, match=rf"^{tmp_path / JOURNAL}: must be whole, .*resume=fresh begins another study"):
        open_storage(None, tmp_path, "study")


def test_a_line_cut_off_by_a_kill_is_dropped(tmp_path: Path):
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=4)
    run_slots(search, lambda params: params["x"], 2)
    with (tmp_path / JOURNAL).open("ab") as journal:
        journal.write(b'{"op_code":4,"worker_i')
    again = open_search(tmp_path, SPACE, sampler="random", n_trials=6)
    assert len(again.trials.counted) == 4
    run_slots(again, lambda params: params["x"], 2)
    assert len(open_search(tmp_path, SPACE, sampler="random", n_trials=6).trials.counted) == 6


def test_a_write_cut_off_by_a_kill_is_dropped_whole(tmp_path: Path):
    storage = open_storage(None, tmp_path, "study")
    study = optuna.create_study(storage=storage, study_name="study")
    for number in range(2):
        study.tell(study.ask(SPACE_OF_ONE), float(number))
        storage.taken()()
    path = tmp_path / JOURNAL
    written = path.read_bytes()
    second = written.index(b'"op_code":4', written.index(b'"op_code":6'))  # its trial is created
    second = written.rindex(b"\n", 0, second) + 1
    for cut in range(second, len(written), 7):
        path.write_bytes(written[:cut])
        trials = optuna.load_study(study_name="study", storage=open_storage(None, tmp_path, "study")).trials
        assert [trial.value for trial in trials] == [0.0]
        assert path.read_bytes() == written[:second]


@pytest.mark.parametrize("how", ["zeros", "zeroed", "random", "another"])
def test_a_damaged_journal_is_named(tmp_path: Path, how: str):
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=4)
    run_slots(search, lambda params: params["x"], 2)
    path = tmp_path / JOURNAL
    damage(path, how)
    with pytest.raises(
        ValueError, match=rf"^{path}: must be whole, but got .*; hydra.sweeper.resume=fresh begins another"
    ):
        open_storage(None, tmp_path, "study")


def test_optuna_reads_a_journal_as_its_own(tmp_path: Path):
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=4)
    run_slots(search, lambda params: params["x"], 2)
    theirs = JournalStorage(JournalFileBackend(str(tmp_path / JOURNAL)))
    study = optuna.load_study(study_name="study", storage=theirs)
    assert study.get_trials() == search.trials.all


def test_trials_are_listed_as_optuna_lists_them(tmp_path: Path):
    storage = open_storage(None, tmp_path, "study")
    study = optuna.create_study(storage=storage, study_name="study", sampler=RandomSampler(seed=0))
    early = study.ask(SPACE_OF_ONE)
    study.enqueue_trial({"x": 0.5})
    study.tell(study.ask(SPACE_OF_ONE), 1.0)
    study.enqueue_trial({"x": 0.25})
    study.tell(early, state=TrialState.PRUNED)
    study.ask(SPACE_OF_ONE)
    study.enqueue_trial({"x": 0.125})
    for states in (None, (TrialState.WAITING,), (TrialState.COMPLETE, TrialState.RUNNING), ()):
        listed = study.get_trials(deepcopy=False, states=states)
        assert listed == JournalStorage.get_all_trials(storage, study._study_id, states=states)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "COMPLETE", "RUNNING", "WAITING"]
    storage.taken()()
    assert optuna.load_study(study_name="study", storage=open_storage(None, tmp_path, "study")).trials == study.trials


def test_the_lock_of_a_journal_dies_with_its_owner(tmp_path: Path):
    holder = f"""
import time
from filelock import FileLock
FileLock({str(tmp_path / JOURNAL)!r} + ".lock").acquire()
print("held", flush=True)
time.sleep(60)
"""
    command = [sys.executable, "-c", holder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        process.kill()
    started = time.perf_counter()
    open_storage(None, tmp_path, "study")
    assert time.perf_counter() - started < 5


def test_a_database_that_does_not_answer_is_told():
    with pytest.raises(ValueError, match="hydra.sweeper.storage: must be the URL of a database that answers"):
        open_storage("postgresql://nobody@127.0.0.1:1/none", Path(), "study")


def test_the_database_of_mlflow_is_no_place_for_studies(tmp_path: Path):
    url = f"sqlite:///{with_store(tmp_path)}/mlruns/mlflow.db"
    with pytest.raises(
        ValueError, match=f"^hydra.sweeper.storage: must be a database for studies alone .*, but got {url}$"
    ):
        open_storage(url, tmp_path, "study")


def test_a_database_that_fails_on_the_way_is_told_without_its_sql():
    from sqlalchemy.exc import OperationalError

    rule = r"must be the URL of a database that answers, but got: \(builtins.OSError\) disk is full$"
    with pytest.raises(ValueError, match=rule), answering():
        raise StorageInternalError("no more") from OperationalError("SELECT 1", None, OSError("disk is full"))
