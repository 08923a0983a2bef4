"""A full disk: one line names the file and the room, what was there before is whole, and the run goes on when there is room."""

from pathlib import Path
from subprocess import CompletedProcess

from src import runs
from src.runs.results import Results
from tests import doors
from tests.hostile.rule import assert_refused

DOOR = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from src.train import main
main()
"""
SMALL = ("+experiment=smoke", "epochs=2")
OFF = "tracking.enabled=false"


def train(folder: Path, limit: int, *keys: str) -> "CompletedProcess[str]":
    """A run whose files may have `limit` bytes each: what does not fit fails as on a full disk."""
    return doors.run("-c", DOOR, str(limit), *keys, cwd=folder)


def test_a_run_ends_with_a_line_and_goes_on_when_there_is_room(tmp_path: Path):
    command = (*SMALL, OFF, "hydra.run.dir=mlruns/runs/mine")
    full = train(tmp_path, 20_000, *command)
    assert full.returncode == 1
    (line,) = full.stderr.splitlines()
    assert line.startswith("error: ")
    assert "checkpoint.ckpt: must have room on its disk, but got: File too large, " in line
    folder = tmp_path / "mlruns" / "runs" / "mine"
    assert not list(folder.glob("*.part"))
    before = Results.read(folder)
    assert before is not None
    assert before.stop_reason == "failed"
    assert doors.run("-m", "src.train", *command, cwd=tmp_path).returncode == 0
    assert len(runs.read_history(folder)) == 2


def test_a_sweep_keeps_its_numbers_and_says_what_did_not_fit(tmp_path: Path):
    done = train(tmp_path, 20_000, "-m", *SMALL, OFF, "seed=0,1")
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("WARNING: ") for line in done.stderr.splitlines())
    assert "must have room on its disk" in done.stderr
    (sweep,) = tmp_path.glob("mlruns/sweeps/*")
    assert (sweep / "leaderboard.csv").is_file()
    assert Results.read(sweep / "1") is not None
    assert not list(sweep.glob("**/*.part"))


def test_a_sweep_that_cannot_begin_says_where_there_is_no_room(tmp_path: Path):
    done = train(tmp_path, 3_000, "-m", *SMALL, OFF, "seed=0,1")
    assert_refused(done.returncode, done.stderr, f"{tmp_path}: must have room on its disk")


def test_a_searchs_journal_is_named(tmp_path: Path):
    done = train(tmp_path, 9_000, "-m", *SMALL, OFF, "+search=quick", "hydra.sweeper.n_trials=8")
    *_, line = done.stderr.splitlines(keepends=True)  # after warnings of what else did not fit
    assert_refused(done.returncode, line, "study.journal: must have room on its disk")
    assert "Traceback" not in done.stderr


def test_a_log_that_is_full_is_told_once(tmp_path: Path):
    log = tmp_path / "mlruns" / "runs" / "mine" / "train.log"
    log.parent.mkdir(parents=True)
    log.symlink_to("/dev/full")
    done = doors.run("-m", "src.train", *SMALL, OFF, "hydra.run.dir=mlruns/runs/mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert line == f"WARNING: {log}: No space left on device; not all is logged there."


def test_a_store_that_is_full_costs_a_line_and_no_run(tmp_path: Path):
    done = train(doors.with_store(tmp_path), 300_000, *SMALL)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "SELECT" not in done.stderr
    assert "MLflow at " in done.stderr
