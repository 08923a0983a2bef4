"""A study in PostgreSQL, whose server is restarted, or gone, while trials are asked and told."""

import logging
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.closed_form import open_search, run_slots, trained
from src.runs.files import RESULTS, read_json
from src.runs.listener import RecordError
from src.runs.stop_reason import StopReason
from src.search import database
from tests import doors
from tests.doors import with_store
from tests.postgresql import PostgreSQL

ENDED = {"COMPLETE", "PRUNED"}
SPACE = ["x=tag(log, interval(1e-4, 1e-1))"]


def states(url: str) -> list[str]:
    """Of all trials; none before there is a study."""
    with psycopg.connect(url) as connection, suppress(psycopg.errors.UndefinedTable):
        return [state for (state,) in connection.execute("SELECT state FROM trials")]
    return []


def test_a_restart_of_the_database_costs_no_trial(
    tmp_path: Path, postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture
):
    url = postgresql.url("studies")
    search = open_search(tmp_path, SPACE, sampler="tpe", n_trials=40, storage=url)
    restarts = threading.Thread(target=lambda: (time.sleep(0.5), postgresql.restart(seconds=2)))
    restarts.start()
    run_slots(search, lambda params: params["x"], 3)
    restarts.join()
    search.trials.close()
    assert states(url) == ["COMPLETE"] * 40
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert ["does not answer: waiting" in text for text in told] == [True, False]
    assert not any("SQL" in text for text in told)


def test_what_trials_report_and_tell_waits_for_no_database(tmp_path: Path, postgresql: PostgreSQL):
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=postgresql.url("studies"))
    job = search.next(None)
    assert job is not None
    postgresql.stop()
    started = time.monotonic()
    row = {"val/loss": 1.0, "train/loss": 0.0, "epoch": 1}
    assert search.keep(job, row)
    search.end(job, trained([row], StopReason.EPOCHS))
    assert time.monotonic() - started < 0.5
    assert search.trials.num_counted == 1
    postgresql.begin()
    search.trials.background.flush()
    assert states(postgresql.url("studies")) == ["COMPLETE"]
    search.trials.close()


def test_a_search_that_is_broken_off_waits_little_for_a_database_that_is_away(
    tmp_path: Path, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(database, "LAST_SECONDS", 0.5)
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=3, storage=postgresql.url("studies"))
    job = search.next(None)
    assert job is not None
    postgresql.stop()
    try:
        search.end(job, trained([{"val/loss": 1.0, "train/loss": 0.0, "epoch": 1}], StopReason.EPOCHS))
        started = time.monotonic()
        search.trials.storage.hurry()
        with pytest.raises(RecordError):
            search.trials.background.flush()
        assert time.monotonic() - started < 10
    finally:
        postgresql.begin()


def test_a_database_that_stays_away_ends_the_search(
    tmp_path: Path, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
):
    search = open_search(tmp_path, SPACE, sampler="random", n_trials=4, storage=postgresql.url("studies"))
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.5)
    postgresql.stop()
    try:
        with pytest.raises((StorageInternalError, SQLAlchemyError)):
            run_slots(search, lambda params: params["x"], 1)
        started = time.monotonic()
        with pytest.raises((StorageInternalError, SQLAlchemyError)):
            search.trials.close()
        assert time.monotonic() - started < 5  # it waits no more
    finally:
        postgresql.begin()


@pytest.mark.slow
def test_a_search_by_two_workers_outlives_a_restart_of_its_database(tmp_path: Path, postgresql: PostgreSQL):
    url, study, folder = postgresql.url("studies"), "smoke-quick", with_store(tmp_path)
    keys = [
        "+experiment=smoke",
        "+search=quick",
        "epochs=20",
        "hydra.launcher.workers=2",
        "hydra.sweeper.pruner=median",
    ]
    given = ["hydra.sweeper.n_trials=20", "hydra.sweeper.retrain=0", f"hydra.sweeper.storage={url}"]
    search = doors.start("-m", "src.train", "-m", *keys, *given, cwd=folder, output=folder / "output")
    while search.poll() is None and not any(state in ENDED for state in states(url)):
        time.sleep(0.2)
    assert search.poll() is None, (folder / "output").read_text()
    postgresql.restart(seconds=2)
    assert search.wait() == 0, (folder / "output").read_text()
    assert len(states(url)) == 20
    assert ENDED.issuperset(states(url))
    results = sorted((folder / "mlruns" / "sweeps" / study).glob(f"*/{RESULTS}"))
    assert len(results) == 20
    assert {read_json(path)["status"] for path in results} == {"FINISHED"}
