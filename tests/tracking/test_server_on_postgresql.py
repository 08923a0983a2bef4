"""An MLflow server on PostgreSQL, as a team has it, whose database is restarted while a run is written."""

from pathlib import Path

import pytest

from src.tracking.events import Finish
from src.tracking.patient_writer import PatientWriter
from tests.postgresql import PostgreSQL
from tests.tracking.records import begun, done, ended, following, leave, single, steps, the_run
from tests.tracking.server import Server


@pytest.mark.slow
def test_a_restart_of_the_servers_database_costs_no_epoch(
    tmp_path: Path, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    server = Server(tmp_path, postgresql.url("mlflow"))
    server.start()
    try:
        job = single(tmp_path, server.uri)
        writer = PatientWriter(following(job.folder, server.uri), lambda said: None)
        leave(job, range(1, 10))
        for event in (begun(job), *done(job, (1, 2, 3))):
            writer.add(event)
        assert writer.write()
        postgresql.stop()
        for event in done(job, (4, 5, 6)):
            writer.add(event)
        assert not writer.write()
        postgresql.begin()
        for event in (*done(job, (7, 8, 9)), ended(job)):
            writer.add(event)
        assert writer.write()
        assert writer.finish(Finish("FINISHED", None))
        run = the_run(server.uri)
        assert run.info.status == "FINISHED"
        assert steps(server.uri, run.info.run_id) == list(range(1, 10))
    finally:
        server.kill()
