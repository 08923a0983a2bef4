"""A run that is killed once its results are there, before MLflow and its figures: the same command sees to these."""

import signal
import time

from mlflow.tracking import MlflowClient

from tests import doors

COMMAND = [
    "-m",
    "src.train",
    "+experiment=smoke",
    "epochs=2",
    "trainer.accelerator=cpu",
    "hydra.run.dir=mlruns/runs/killed",
]


def statuses(project):
    client = MlflowClient(f"sqlite:///{project}/mlruns/mlflow.db")
    return [run.info.status for run in client.search_runs([one.experiment_id for one in client.search_experiments()])]


def test_the_same_command_sends_and_draws_what_is_missing(tmp_path):
    (tmp_path / "project").mkdir()
    project = doors.with_store(tmp_path / "project")
    folder = project / "mlruns/runs/killed"
    process = doors.start(*COMMAND, cwd=project, output=tmp_path / "output")
    while process.poll() is None and not (folder / "results.json").is_file():
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert "FINISHED" not in statuses(project)
    results = (folder / "results.json").read_bytes()

    again = doors.run(*COMMAND, cwd=project)
    assert (again.returncode, again.stderr) == (0, "")
    assert "nothing is left to do" in again.stdout
    assert statuses(project) == ["FINISHED"]
    assert (folder / "results.json").read_bytes() == results
    assert {"loss_curve.png", "confusion.png", "model"} <= {path.name for path in folder.iterdir()}
