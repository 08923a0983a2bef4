"""Nothing is written outside a run's own folder and mlruns/, whatever names are given."""

from pathlib import Path

import pytest

from tests import doors

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
