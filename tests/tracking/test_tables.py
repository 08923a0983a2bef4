"""MLflow straight on PostgreSQL: processes that find no tables make them once, on whichever machine they are."""

from pathlib import Path

import pytest

from tests import doors
from tests.postgresql import PostgreSQL


@pytest.mark.slow
def test_processes_that_start_on_an_empty_database_together_do_not_break_it(tmp_path: Path, postgresql: PostgreSQL):
    code = (
        "import sys; from src.tracking.store import connect, experiment_id as e; u = sys.argv[1]; e(connect(u), u, 'x')"
    )
    command = ["-c", code, postgresql.url("mlflow")]
    together = [doors.start(*command, cwd=tmp_path, output=tmp_path / "output") for _ in range(4)]
    assert [process.wait() for process in together] == [0, 0, 0, 0], (tmp_path / "output").read_text()
