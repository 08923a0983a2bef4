"""A folder of runs that somebody else made, or changed, runs nothing by itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from src.disk import DamagedError
from src.runs.identity import Identity
from src.runs.seal import KEY, check_seal, seal
from tests import doors
from tests.tracking.records import tracked_run

COMMAND = ["data={_target_: os.system, command: 'touch ran'}"]


def run_folder(project: Path) -> Path:
    folder = project / "mlruns" / "runs" / "mine"
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text("- +experiment=smoke\n")
    (folder / "config.yaml").write_text("{}\n")
    return folder


def change(folder: Path) -> None:
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(COMMAND))


def of_another_project(folder: Path) -> None:
    (folder.parent.parent / KEY).write_bytes(b"0" * 32)


def copied(folder: Path) -> None:
    (folder / "identity.json").write_text('{"id": "0", "settings": {}, "data": ""}')


@pytest.mark.parametrize("attack", [change, of_another_project, copied])
def test_a_run_that_was_not_made_here_is_not_resumed_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: Callable[[Path], None]
):
    monkeypatch.chdir(tmp_path)
    folder = run_folder(tmp_path)
    Identity.of(tracked_run("")).hold(folder)
    check_seal(folder)
    attack(folder)
    done = doors.run("-m", "src.train", "resume=mine", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {Path('mlruns/runs/mine')}: must be a run that was made in this project")
    assert "hydra.run.dir=mlruns/runs/mine to go on" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "given",
    [
        ["data=code", "data._target_=os.system", "+data.command='touch ran'"],
        ["data=code", "data._target_=torch.hub.load", "+data.repo_or_dir=me/it"],
        ["model._target_=os.system"],
        ["trainer.callbacks={_target_: os.system, command: 'touch ran'}"],
        ["trainer.logger={_target_: subprocess.Popen, args: [touch, ran]}"],
    ],
    ids=lambda given: given[-1].partition("{")[0],
)
def test_a_target_is_known_for_its_kind_before_it_is_called(tmp_path: Path, given: list[str]):
    keys = ("+experiment=smoke", "epochs=1", "tracking.enabled=false", *given)
    done = doors.run("-m", "src.train", *keys, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "._target_: must " in done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("hydra.sweeper.sampler={_target_: os.system, command: 'touch ran'}", "hydra.sweeper.sampler"),
        ("++hydra.sweeper.pruner={_target_: subprocess.Popen, args: [touch, ran]}", "hydra.sweeper.pruner"),
        ("hydra.sweeper.custom_search_space=os.system", "hydra.sweeper.custom_search_space"),
    ],
)
def test_so_are_those_of_a_search(tmp_path: Path, given: str, key: str):
    search = ("-m", "+experiment=smoke", "hydra/sweeper=optuna", "tracking.enabled=false", "seed=choice(0,1)")
    done = doors.run("-m", "src.train", *search, given, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith(f"error: {key}._target_: must not be of Python's own library")
    assert not (tmp_path / "ran").exists()


def test_the_key_of_seals_is_made_once_and_is_the_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert seal(tmp_path, "a") == seal(tmp_path, "a") != seal(tmp_path, "b")
    assert [path.name for path in (tmp_path / "mlruns").iterdir()] == [KEY]
    assert (tmp_path / "mlruns" / KEY).stat().st_mode & 0o077 == 0


def test_a_cut_key_seals_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    seal(tmp_path, "a")
    (tmp_path / "mlruns" / KEY).write_bytes(b"")
    with pytest.raises(DamagedError, match="must hold 32 bytes, but got 0"):
        seal(tmp_path, "a")
