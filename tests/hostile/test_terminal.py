"""A terminal that is closed, full or without UTF-8, and pictures that cannot be drawn, cost no run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from src.config.terminal import Output
from src.plots import Figure, save_figure
from src.runs.results import Results
from tests import doors

TRAIN = """
import os, sys
import src.artifacts.leaving
def no_picture(*arguments, **named):
    raise RuntimeError("no such font")
src.artifacts.leaving.loss_curve = no_picture
read, write = os.pipe()
os.dup2(write, 1)
os.close(read)
sys.stdout = open(1, "w", closefd=False)
sys.argv[1:] = ["+experiment=smoke", "data=breast_cancer", "epochs=3", "tracking.enabled=false"]
from src.train import main
main()
"""


def test_a_run_goes_on_without_a_reader_and_without_a_picture(tmp_path: Path):
    done = doors.run("-c", TRAIN, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    closed, undrawn = done.stderr.splitlines()
    assert closed == "WARNING: stdout: Broken pipe; the work goes on, and nothing more is shown."
    assert undrawn.endswith("loss_curve.png: is not drawn: RuntimeError: no such font")
    (folder,) = tmp_path.glob("mlruns/runs/*")
    results = Results.read(folder)
    assert results is not None
    assert results.stopped_epoch == 3
    assert (folder / "model").is_dir()
    assert (folder / "confusion.png").is_file()
    assert not list(folder.glob("**/*.part"))


READ = """
import os, sys
read, write = os.pipe()
os.dup2(write, 1)
os.close(read)
sys.stdout = open(1, "w", closefd=False)
from src.config.door import enter
enter("", lambda arguments: print("row\\n" * 10_000))
"""


def test_who_only_tells_ends_when_nobody_reads(tmp_path: Path):
    done = doors.run("-c", READ, cwd=tmp_path)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(("goes_on", "status"), [(True, 0), (False, 1)])
def test_a_full_disk_behind_stdout_is_told(tmp_path: Path, goes_on: bool, status: int):
    code = f"""
import os, sys
os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
sys.stdout = open(1, "w", closefd=False)
from src.config.errors import report_errors
from src.config.terminal import output
with report_errors(), output(goes_on={goes_on}):
    print("row")
"""
    done = doors.run("-c", code, cwd=tmp_path)
    assert done.returncode == status
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        ("WARNING: stdout: No space left on device", "error: stdout: must be writable, but got: No space")[not goes_on]
    )


def test_signs_that_the_terminal_lacks_are_spelled():
    read, write = os.pipe()
    with os.fdopen(read, encoding="ascii") as reader:
        with os.fdopen(write, "w", encoding="ascii") as stream:
            Output(stream, goes_on=True).write("0.95 ± 0.01 of 3×3, naïve…")
        assert reader.read() == "0.95 +/- 0.01 of 3x3, na?ve..."


def test_a_matplotlibrc_changes_no_figure(tmp_path: Path):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfont.size: 40\n")
    code = "import src.plots, matplotlib; print(matplotlib.rcParams['text.usetex'], matplotlib.rcParams['font.size'])"
    env = {**doors.environment(), "MATPLOTLIBRC": str(tmp_path / "matplotlibrc")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env, check=True
    )
    assert done.stdout == "False 10.0\n"


def test_a_picture_that_fails_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    save_figure(lambda: Figure(figsize=(1, 1)), tmp_path / "one.png")
    save_figure(lambda: Figure(figsize=(-1, 1)), tmp_path / "two.png")
    save_figure(lambda: None, tmp_path / "three.png")
    assert [path.name for path in tmp_path.iterdir()] == ["one.png"]
    (line,) = caplog.messages
    assert line.startswith(f"{tmp_path}/two.png: is not drawn: ValueError")


WARN = """
import warnings
from src.config.errors import show_warnings
from src.config.terminal import output
warnings.simplefilter("default")
show_warnings()
with output(goes_on=True):
    warnings.warn_explicit("a glyph is missing", UserWarning, "/lib/matplotlib/text.py", 1)
    warnings.warn_explicit("a worker is missing", UserWarning, "/lib/torch/data.py", 1)
"""


def test_warnings_of_drawing_libraries_stay_in_the_log(tmp_path: Path):
    done = doors.run("-c", WARN, cwd=tmp_path)
    assert "glyph" not in done.stderr
    assert done.stderr == "WARNING: a worker is missing (UserWarning, /lib/torch/data.py:1)\n"
