"""Damaged and deleted files of a run or a sweep: one line names the file and says what is done, and the numbers stay."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from src import runs
from src.config.composition import compose_run
from src.config.errors import Interrupted
from src.data.reading import LastRead
from src.disk import DamagedError
from src.disk.tensors import load_tensors
from src.engines.resources import Resources
from src.prediction.predictor import FILE, Predictor
from src.runs.identity import Identity, read_config
from src.runs.job import Job
from src.runs.listener import REGISTERED
from src.runs.orphans import close_orphans
from src.runs.results import Results
from src.runs.resume import overrides
from src.sweep.grid import train_grid
from src.sweep.one import train_one
from src.tracking import Tracker
from tests.hostile.damages import DAMAGES, OF_TEXT, damage

EPOCHS, CUT_AT, JOBS = 6, 3, 4
KEYS = ("data=breast_cancer", f"epochs={EPOCHS}", "patience=null", "model.widths=[4]", "tracking.enabled=false")
RUN = compose_run(*KEYS, "test=false", "tracking.save_model=false")


class Cut:
    """A listener that breaks the training off in the middle."""

    def begin(self, job: Job, facts: Any) -> None: ...

    def epoch(self, job: Job, row: Any) -> None:
        if row["epoch"] == CUT_AT:
            raise Interrupted(15)

    def end(self, job: Job, outcome: Any) -> None: ...


def single(folder: Path) -> dict[int, Results]:
    return {0: train_one(RUN, folder, Tracker(None), LastRead())}


def sweep(folder: Path, engine: Any = "stacked") -> dict[int, Results]:
    jobs = [
        Job(number, RUN.model_copy(update={"seed": number, "engine": engine}), folder / str(number))
        for number in range(JOBS)
    ]
    return train_grid(jobs, folder, Tracker(None), console=Console(quiet=True), resources=Resources(slots=2))


def one_by_one(folder: Path) -> dict[int, Results]:
    return sweep(folder, "single")


TRAIN: dict[str, Callable[[Path], dict[int, Results]]] = {"run": single, "stack": sweep, "one by one": one_by_one}


def history(folder: Path) -> list[dict[str, float]]:
    return [{key: value for key, value in row.items() if key != "epoch_seconds"} for row in runs.read_history(folder)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each kind of training as it ends, and broken off (`<kind>, cut`)."""
    root = tmp_path_factory.mktemp("trained")
    for name, train in TRAIN.items():
        train(root / name)
        REGISTERED.append(Cut())
        try:
            with pytest.raises(Interrupted):
                train(root / f"{name}, cut")
        finally:
            REGISTERED.clear()
    return root


@pytest.fixture
def place(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with copies of all of them."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(trained, tmp_path / "mlruns" / "runs"))


def check(folder: Path, control: Path) -> None:
    """The numbers of an unbroken training."""
    places = [folder] if (folder / runs.CONFIG).is_file() else [folder / str(number) for number in range(JOBS)]
    for one in places:
        assert history(one) == history(control / one.relative_to(folder)), one
        results = Results.read(one)
        assert results is not None
        assert results.stop_reason == "epochs"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


READERS: dict[str, Callable[[Path], Any]] = {
    runs.CHECKPOINT: lambda folder: load_tensors(folder / runs.CHECKPOINT),
    FILE: Predictor.of_run,
    runs.RESULTS: Results.read,
    runs.HISTORY: runs.read_history,
    runs.CONFIG: read_config,
    runs.IDENTITY: Identity.read,
    runs.FACTS: lambda folder: runs.read_json(folder / runs.FACTS),
    ".hydra/overrides.yaml": overrides,
}


@pytest.mark.parametrize("how", [name for name in DAMAGES if name != "deleted"])
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_named(place: Path, name: str, how: str):
    folder = place / "run"
    if name.startswith(".hydra"):
        (folder / ".hydra").mkdir()
        (folder / name).write_text("- epochs=6\n- seed=1\n")
    if how == "flipped" and name not in (runs.CHECKPOINT, FILE):
        pytest.skip("a text has no checksum")
    if how in ("another", "cut") and name == ".hydra/overrides.yaml":
        pytest.skip("that is a list")
    damage(folder / name, how)
    with pytest.raises(DamagedError, match=rf"^{folder / name}: must be whole, but got "):
        READERS[name](folder)


@pytest.mark.parametrize("how", ["empty", "zeroed", "flipped", "deleted"])
def test_a_run_with_a_damaged_checkpoint_begins_again_and_says_so(place: Path, trained: Path, how: str, caplog):
    damage(place / "run, cut" / runs.CHECKPOINT, how)
    single(place / "run, cut")
    (line,) = lines(caplog)
    assert str(place / "run, cut" / runs.CHECKPOINT) in line
    assert line.endswith("The run begins again at epoch 1.")
    check(place / "run, cut", trained / "run")


@pytest.mark.parametrize("how", ["zeroed", "deleted"])
def test_a_sweep_with_a_damaged_checkpoint_keeps_what_has_ended(place: Path, trained: Path, how: str, caplog):
    folder = place / "stack"
    shutil.rmtree(folder / "0")
    damage(folder / runs.CHECKPOINT, how)
    before = (folder / "1" / runs.RESULTS).stat().st_mtime_ns
    assert len(sweep(folder)) == JOBS
    (line,) = lines(caplog)
    assert str(folder / runs.CHECKPOINT) in line
    assert line.endswith("3 of 4 runs have ended and are kept; the others begin again at epoch 1.")
    assert (folder / "1" / runs.RESULTS).stat().st_mtime_ns == before
    for number in range(1, JOBS):
        assert history(folder / str(number)) == history(trained / "stack" / str(number))


def test_a_member_of_a_sweep_begins_again_alone(place: Path, trained: Path, caplog):
    folder = place / "one by one, cut"
    damage(folder / "0" / runs.CHECKPOINT, "zeroed")
    one_by_one(folder)
    (line,) = lines(caplog)
    assert str(folder / "0" / runs.CHECKPOINT) in line
    check(folder, trained / "one by one")


def test_members_with_a_damaged_record_are_trained_again(place: Path, trained: Path, caplog):
    folder, files = place / "one by one", (runs.RESULTS, runs.HISTORY, runs.CONFIG, runs.FACTS)
    for number, name in enumerate(files):
        damage(folder / str(number) / name, "zeroed")
    results = one_by_one(folder)
    assert len(lines(caplog)) == JOBS
    for number, (name, line) in enumerate(zip(files, lines(caplog), strict=True)):
        assert str(folder / str(number) / name) in line
        assert line.endswith("The run is trained again.")
    assert set(results) == set(range(JOBS))
    check(folder, trained / "one by one")


def test_a_run_with_damaged_results_goes_on(place: Path, trained: Path, caplog):
    damage(place / "run" / runs.RESULTS, "cut")
    single(place / "run")
    (line,) = lines(caplog)
    assert line.startswith(f"{place / 'run' / runs.RESULTS}: must be whole, but got ")
    check(place / "run", trained / "run")


@pytest.mark.parametrize("how", OF_TEXT)
@pytest.mark.parametrize("kind", TRAIN)
def test_a_folder_whose_identity_is_damaged_is_refused(place: Path, kind: str, how: str):
    path = place / kind / ("" if kind == "run" else "1") / runs.IDENTITY
    damage(path, how)
    with pytest.raises(ValueError, match=rf"^{path}: must be whole, but got .*begin.* anew"):
        TRAIN[kind](place / kind)


@pytest.mark.parametrize("how", OF_TEXT)
def test_a_damaged_owner_owns_nothing(place: Path, how: str, caplog):
    path = place / "run, cut" / runs.OWNER
    path.write_text('{"host": "here", "pids": "x", "pid": 1, "started": 1.0}')
    assert runs.is_alive(path.parent)
    damage(path, how)
    close_orphans(Console(quiet=True), Path("elsewhere"), place.parent)
    assert lines(caplog)[0].startswith(f"{path}: must be whole, but got ")
    assert not path.exists()
    with runs.owned(path.parent):
        assert runs.is_alive(path.parent)
