"""Nothing is written outside a run's own folder and mlruns/, whatever names are given."""

from pathlib import Path

import pytest

from tests import doors
from tests.hostile.rule import assert_refused, unchanged

QUICK = ("+experiment=smoke", "epochs=1", "data=moons", "tracking.save_model=false")


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    "given",
    [
        *("hydra.run.dir=.", "hydra.run.dir=..", "hydra.run.dir=/", "hydra.run.dir=''", "hydra.run.dir=mlruns"),
        *("hydra.run.dir=mlruns/runs", "hydra.run.dir=mine", "hydra.job.name=../../x", "hydra.output_subdir=../x"),
        *("hydra.output_subdir=/x", "hydra.job.name=..", "hydra.run.dir=mine/notes.txt"),
        *("hydra.sweep.dir=.", "hydra.sweep.dir=..", "hydra.sweep.dir=mlruns/sweeps", "hydra.sweep.dir=mine"),
    ],
)
def test_a_folder_that_is_not_a_runs_own_is_refused(tmp_path: Path, given: str):
    project = tmp_path / "outside" / "project"
    (project / "mine").mkdir(parents=True)
    (project / "mine" / "notes.txt").write_text("of the user")
    before = everything(tmp_path)
    kind = ("-m", "seed=0,1") if "sweep" in given else ()
    done = doors.run("-m", "src.train", *kind, *QUICK, "tracking.enabled=false", given, cwd=project)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert everything(tmp_path) == before


@pytest.mark.parametrize("kind", [(), ("-m", "seed=0,1")], ids=["run", "grid"])
def test_a_project_whose_path_reads_as_a_reference_is_refused(tmp_path: Path, kind: tuple[str, ...]):
    (project := tmp_path / "a${x}").mkdir()
    done = doors.run("-m", "src.train", *kind, *QUICK, cwd=project)
    assert_refused(done.returncode, done.stderr, "working directory: must have no ${ in its path")
    assert not list(project.iterdir())


@pytest.mark.parametrize("name", ["../../x", "/x/y", "~/x"])
def test_a_name_of_an_experiment_leads_nowhere(tmp_path: Path, name: str):
    project = doors.with_store(_made(tmp_path / "outside" / "project"))
    done = doors.run("-m", "src.train", *QUICK, f"tracking.experiment='{name}'", cwd=project)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"outside"}
    assert {path.name for path in (tmp_path / "outside").iterdir()} == {"project"}
    assert {path.name for path in project.iterdir()} == {"mlruns"}
    (artifacts,) = (project / "mlruns" / "artifacts").iterdir()
    assert (next(artifacts.iterdir()) / "artifacts" / "config.yaml").is_file()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


SWEEP = ("-m", "seed=0,1", "hydra.sweep.dir=")
SEARCH = ("-m", "+search=quick", "hydra.sweep.dir=")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the folder of a run and that of a sweep."""
    project = tmp_path_factory.mktemp("held")
    for command in (("hydra.run.dir=mlruns/runs/run",), (*SWEEP[:-1], "hydra.sweep.dir=mlruns/sweeps/sweep")):
        done = doors.run("-m", "src.train", *QUICK, "tracking.enabled=false", *command, cwd=project)
        assert done.returncode == 0, done.stderr
    return project


RUN = ("hydra.run.dir=",)


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        *((RUN, "mlruns/sweeps/sweep"), (RUN, "mlruns/sweeps/sweep/5"), (RUN, "mlruns/runs/run/5")),
        *((SWEEP, "mlruns/runs/run"), (SWEEP, "mlruns/runs/run/5"), (SWEEP, "mlruns/sweeps/sweep/5")),
        (SEARCH, "mlruns/runs/run"),
    ],
)
def test_a_run_and_a_sweep_keep_out_of_each_others_folders(held: Path, command: tuple[str, ...], folder: str):
    *given, place = command
    with unchanged(held):
        done = doors.run("-m", "src.train", *QUICK, "tracking.enabled=false", *given, place + folder, cwd=held)
    assert_refused(done.returncode, done.stderr, f"{place.removesuffix('=')}: must be the")


def test_a_link_that_leads_to_itself_is_one_line(held: Path):
    link = held / "mlruns" / "runs" / "loop"
    link.symlink_to("loop")
    done = doors.run("-m", "src.train", *QUICK, "tracking.enabled=false", "hydra.run.dir=mlruns/runs/loop", cwd=held)
    link.unlink()
    assert_refused(done.returncode, done.stderr, "mlruns/runs/loop")


@pytest.mark.parametrize(
    ("command", "about"),
    [
        (("-m", "resume=run", "seed=0,1"), "resume: must stand in a command without -m"),
        ((*SEARCH[:-1], "hydra.sweeper.study_name=mine", "hydra.sweep.dir=mlruns/sweeps/other"), "study_name"),
    ],
)
def test_what_would_do_nothing_is_refused(held: Path, command: tuple[str, ...], about: str):
    with unchanged(held):
        done = doors.run("-m", "src.train", *QUICK, "tracking.enabled=false", *command, cwd=held)
    assert_refused(done.returncode, done.stderr, about)
