"""MLflow made to agree with a run's folder, by one idempotent function."""

import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from src import runs
from src.config.leaves import leaves
from src.tracking.parent import parent_run
from src.tracking.store import PARENT, STATE, connect, experiment_id, resolve_uri

BATCH = 1000  # metrics in one call, MLflow's limit
NOT_ARTIFACTS = {STATE, runs.OWNER, runs.CHECKPOINT}


class Sender:
    """Sends one folder; knows what MLflow has, so that each row goes once."""

    def __init__(self, folder: Path, *, uri: str | None, experiment: str, run_name: str | None) -> None:
        self.folder, self.uri, self.experiment = folder, resolve_uri(uri), experiment
        self.run_name = run_name or runs.label(folder)
        self.run_id: str | None = None
        self._sent = 0  # epochs that MLflow has
        self._client: Any = None
        self._is_open = False

    def open(self) -> None:
        """Find the folder's MLflow run or create it: RUNNING, with its parameters and tags."""
        from mlflow.entities import Param, RunTag

        self._client = connect(self.uri)
        self.run_id = self._existing_run()
        if self.run_id is None:
            experiment = experiment_id(self._client, self.uri, self.experiment)
            tags = {
                "folder": runs.label(self.folder),
                "mlflow.runName": self.run_name,
                "mlflow.source.name": "src.train",
            }
            if runs.in_sweep(self.folder):
                tags[PARENT] = parent_run(self._client, self.folder.parent, self.uri, self.experiment)
            self.run_id = self._client.create_run(experiment, run_name=self.run_name, tags=tags).info.run_id
        self.note()
        known = self._client.get_run(self.run_id)
        if known.info.status != "RUNNING":
            self._client.update_run(self.run_id, status="RUNNING")
        params = [Param(key, value) for key, value in self._params().items() if key not in known.data.params]
        for chunk in _chunks(params, 100):
            self._client.log_batch(self.run_id, params=chunk)
        tags = runs.read_json(self.folder / "tags.json")
        self._client.log_batch(self.run_id, tags=[RunTag(key, str(value)) for key, value in tags.items()])
        steps = [metric.step for metric in self._client.get_metric_history(self.run_id, "train/loss")]
        self._sent = max(steps, default=0)
        self._is_open = True

    def note(self) -> None:
        """Write down where the run is to be sent: `config.yaml` is an artifact and must not hold a password."""
        known = self.run_id or self._noted_id()
        runs.write_json(self.folder / STATE, {"uri": self.uri, "experiment": self.experiment, "run_id": known})

    def send_history(self) -> None:
        """The epochs of `history.csv` that MLflow lacks."""
        from mlflow.entities import Metric

        if not self._is_open:
            self.open()
        new = [row for row in runs.read_history(self.folder) if int(row["epoch"]) > self._sent]
        now = int(time.time() * 1000)
        for epochs in _chunks(new, BATCH // max(map(len, new), default=1)):  # whole epochs: `open` counts by train/loss
            metrics = [
                Metric(name, value, now, int(row["epoch"]))
                for row in epochs
                for name, value in row.items()
                if name != "epoch"
            ]
            self._client.log_batch(self.run_id, metrics=metrics)
            self._sent = int(epochs[-1]["epoch"])

    def finish(self) -> None:
        """Everything of a run that has ended: figures, artifacts, status. Marks the folder as sent."""
        from mlflow.entities import Metric, RunTag

        self.send_history()
        results = runs.read_json(self.folder / runs.RESULTS)
        now, known = int(time.time() * 1000), self._client.get_run(self.run_id).data.metrics
        figures = summary_figures(results)
        summary = [Metric(name, value, now, 0) for name, value in figures.items() if known.get(name) != value]
        self._client.log_batch(self.run_id, metrics=summary, tags=[RunTag("stop_reason", results["stop_reason"])])
        log_folder(self._client, str(self.run_id), self.folder)
        self._client.set_terminated(self.run_id, status=results["status"])
        runs.write_json(self.folder / STATE, {**runs.read_json(self.folder / STATE), "complete": results["status"]})

    def _existing_run(self) -> str | None:
        if noted := self._noted_id():
            return noted
        # A process killed between the creation of the run and the writing of its id leaves a run that only MLflow knows.
        found = self._client.get_experiment_by_name(self.experiment)
        if found is None:
            return None
        named = self._client.search_runs(
            [found.experiment_id], f"tags.folder = '{runs.label(self.folder)}'", max_results=1
        )
        return named[0].info.run_id if named else None

    def _noted_id(self) -> str | None:
        state = runs.read_json(self.folder / STATE)
        return state.get("run_id") if state.get("uri") == self.uri else None

    def _params(self) -> dict[str, str]:
        config = yaml.safe_load((self.folder / runs.CONFIG).read_text())
        return {key: str(value)[:6000] for key, value in leaves(config)}


def send(folder: Path, uri: str | None = None) -> None:
    """Send a run whose process has ended to `uri`; None: to where it was to be sent."""
    tracking = yaml.safe_load((folder / runs.CONFIG).read_text())["tracking"]
    noted = runs.read_json(folder / STATE).get("uri") or runs.read_json(folder.parent / STATE).get("uri")
    sender = Sender(
        folder,
        uri=uri or noted or tracking["uri"],
        experiment=tracking["experiment"] or "default",
        run_name=tracking["run_name"],
    )
    sender.open()
    sender.finish()


def is_complete(folder: Path, uri: str | None = None) -> bool:
    """Whether MLflow (at `uri`; None: where it was to be sent) has all of `folder`, in the state that its results tell."""
    results, state = runs.read_json(folder / runs.RESULTS), runs.read_json(folder / STATE)
    return bool(results) and state.get("complete") == results["status"] and uri in (None, state["uri"])


def log_folder(client: Any, run_id: str, folder: Path) -> None:
    """The run's files as its artifacts; of a sweep's member in a local store they are so where they lie."""
    if client.get_run(run_id).info.artifact_uri == folder.resolve().as_uri():
        return
    for path in sorted(folder.iterdir()):
        if path.name in NOT_ARTIFACTS or path.suffix == ".part" or path.name.startswith("."):
            continue
        if path.is_dir():
            client.log_artifacts(run_id, str(path), path.name)
        else:
            client.log_artifact(run_id, str(path))


def summary_figures(results: dict[str, Any]) -> dict[str, float]:
    """What MLflow shows of a run that ended, by name; figures that are not finite are left out."""
    objective = results.get("objective") or {}
    figures = {
        "best/epoch": results.get("best_epoch"),
        f"best/{objective.get('name')}": objective.get("value"),
        "stopped/epoch": results.get("stopped_epoch"),
        "threshold": results.get("threshold"),
        "num_params": results.get("num_params"),
        **{f"best_val/{name}": value for name, value in (results.get("val") or {}).items()},
        **{f"test/{name}": value for name, value in (results.get("test") or {}).items()},
    }
    return {name: float(value) for name, value in figures.items() if value is not None and math.isfinite(value)}


def _chunks(items: list[Any], size: int) -> Iterable[list[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
