"""The doors that use a trained model, `src.predict` and `src.export`: what is wrong is one line, and no file is changed by it."""

import os
import random
import shutil
import time
from pathlib import Path

import pytest

from src.prediction.predictor import FILE
from tests import doors
from tests.hostile.damages import DAMAGES, damage
from tests.hostile.rule import SECONDS, assert_refused, unchanged

KEYS = (
    "data=table",
    "data.path=rows.csv",
    "data.target=y",
    "epochs=1",
    "model.widths=[2]",
    "tracking.enabled=false",
    "tracking.save_model=false",
)
PREDICT, EXPORT = "src.predict", "src.export"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, `good`, and a copy for each way in which a file may be damaged, called so; tables and what is none."""
    folder = tmp_path_factory.mktemp("answers")
    draw = random.Random(0)
    rows = [f"{draw.random()},{draw.random()},{draw.choice('ab')}" for _ in range(60)]
    (folder / "rows.csv").write_text("\n".join(["x,z,y", *rows]) + "\n")
    (folder / "other.csv").write_text("u,v\n1,2\n")
    (folder / "empty.csv").write_text("")
    (folder / "heading.csv").write_text("x,z\n")
    (folder / "noise.csv").write_bytes(draw.randbytes(3000))
    (folder / "noise.parquet").write_bytes(draw.randbytes(3000))
    (folder / "a-folder.csv").mkdir()
    (folder / "model.onnx").mkdir()
    (folder / "full.csv").symlink_to("/dev/full")
    os.mkfifo(folder / "pipe.csv")
    done = doors.run("-m", "src.train", *KEYS, "hydra.run.dir=mlruns/runs/good", cwd=folder)
    assert done.returncode == 0, done.stderr
    for how in DAMAGES:
        shutil.copytree(folder / "mlruns/runs/good", folder / "mlruns/runs" / how)
        damage(folder / "mlruns/runs" / how / FILE, how)
    shutil.copytree(folder / "mlruns/runs/good", folder / "mlruns/runs/pipe")
    (folder / "mlruns/runs/pipe" / FILE).unlink()
    os.mkfifo(folder / "mlruns/runs/pipe" / FILE)
    return folder


# What is typed, and what its line names.
CASES = {
    PREDICT: {
        "": "command line: ",
        "run=good": "command line: ",
        "run=good input=rows.csv input=other.csv": "command line: ",
        "run=good input=rows.csv seed=1": "command line: ",
        "run=nothing input=rows.csv": "run: ",
        "run=mlruns input=rows.csv": "run: ",
        "run=/dev/null input=rows.csv": "run: ",
        "run=good input=rows.csv top=0": "top: ",
        "run=good input=none.csv": "none.csv: ",
        "run=good input=other.csv": "input: ",
        "run=good input=empty.csv": "empty.csv: ",
        "run=good input=heading.csv": "heading.csv: ",
        "run=good input=noise.csv": "",
        "run=good input=noise.parquet": "noise.parquet: ",
        "run=good input=a-folder.csv": "a-folder.csv: ",
        "run=good input=pipe.csv": "pipe.csv: ",
        "run=good input=/dev/zero": "/dev/zero: ",
        "run=good input=rows.csv output=a-folder.csv": "output: ",
        "run=good input=rows.csv output=rows.csv": "output: ",
        "run=good input=rows.csv output=answer.txt": "output: ",
        "run=good input=rows.csv output=other.csv/answer.csv": "output: ",
        "run=good input=rows.csv output=full.csv": "output: ",
        "run=good input=rows.csv output=pipe.csv": "output: ",
        "run=good input=rows.csv output=/proc/answer.csv": "/proc/answer.csv: ",
    },
    EXPORT: {
        "": "command line: ",
        "run=good": "command line: ",
        "run=nothing output=its.onnx": "run: ",
        "run=good output=model.pt": "output: ",
        "run=good output=rows.csv/model.onnx": "output: ",
        "run=good output=/proc/model.onnx": "/proc/model.onnx: ",
        "run=good output=model.onnx": "output: ",
    },
}
CASES[PREDICT] |= {f"run={how} input=rows.csv": f"mlruns/runs/{how}" for how in (*DAMAGES, "pipe")}
CASES[EXPORT] |= {f"run={how} output=its.onnx": f"mlruns/runs/{how}" for how in (*DAMAGES, "pipe")}
FLAT = [(door, typed, about) for door, cases in CASES.items() for typed, about in cases.items()]


@pytest.mark.parametrize(("door", "typed", "about"), FLAT, ids=lambda part: str(part)[-60:])
def test_what_is_wrong_is_one_line_in_time_and_leaves_nothing(folder: Path, door: str, typed: str, about: str):
    start, busy = time.monotonic(), os.getloadavg()[0]
    with unchanged(folder):
        done = doors.run("-m", door, *typed.split(), cwd=folder, timeout=60)
    assert_refused(done.returncode, done.stderr, about)
    assert done.stdout == ""
    assert time.monotonic() - start < SECONDS * (1 + busy)


def test_predictions_that_stdout_has_no_room_for_are_told(folder: Path, tmp_path: Path):
    typed = ("run=good", "input=rows.csv")
    status = doors.start("-m", PREDICT, *typed, cwd=folder, output=Path("/dev/full"), errors=tmp_path / "errors").wait()
    assert_refused(status, (tmp_path / "errors").read_text(), "stdout: must be writable, but got: No space left")
