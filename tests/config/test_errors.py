"""How a door ends, whatever comes at its end."""

import signal
from pathlib import Path

from tests import doors

PROGRAM = """
import os, signal
from src.config.errors import raise_on_signals, report_errors
raise_on_signals()
try:
    with report_errors():
        raise ValueError("seed: must be told, but got nothing.")
finally:
    os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_after_the_error_was_told_adds_nothing_to_it(tmp_path: Path):
    done = doors.run("-c", PROGRAM, cwd=tmp_path)
    assert done.stderr == "error: seed: must be told, but got nothing.\n"
    assert done.returncode == -signal.SIGTERM
