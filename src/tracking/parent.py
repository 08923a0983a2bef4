"""The parent run of a sweep."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from src import runs
from src.tracking.store import STATE, connect, experiment_id

FILES = ("leaderboard.csv", "objective.png", "multirun.yaml", "environment.txt", "optimization_results.yaml")
FOLDERS = ("figures", "experiment")  # of a search
SWEEP = "sweep.json"  # how a sweep ended: `status`, and `figures` and `tags` by name


def parent_run(client: Any, folder: Path, uri: str, experiment: str) -> str:
    """The id of the parent run of the sweep in `folder`, created if it is not there."""
    noted = runs.read_json(folder / STATE)
    if noted.get("uri") == uri and noted.get("run_id"):
        return str(noted["run_id"])
    number = experiment_id(client, uri, experiment)
    # A process killed before it wrote the id down leaves a run that only MLflow knows.
    named = client.search_runs([number], f"tags.sweep = '{folder.name}'", max_results=1)
    if named:
        found = str(named[0].info.run_id)
    else:
        tags = {"sweep": folder.name, "mlflow.runName": folder.name, "mlflow.source.name": "src.train"}
        found = str(client.create_run(number, run_name=folder.name, tags=tags).info.run_id)
    runs.write_json(folder / STATE, {"uri": uri, "experiment": experiment, "run_id": found})
    return found


def open_parent(client: Any, run_id: str, tags: Mapping[str, str]) -> None:
    """The sweep goes on: its parent is RUNNING."""
    client.update_run(run_id, status="RUNNING")
    for key, value in tags.items():
        client.set_tag(run_id, key, value)


def finish_parent(folder: Path, status: str) -> None:
    """End the parent run of the sweep in `folder`, with what lies there of the sweep as a whole."""
    state = runs.read_json(folder / STATE)
    client = connect(state["uri"])
    run_id = parent_run(client, folder, state["uri"], state["experiment"])
    ended = runs.read_json(folder / SWEEP)
    for key, value in ended.get("figures", {}).items():
        client.log_metric(run_id, key, value)
    for key, value in ended.get("tags", {}).items():
        client.set_tag(run_id, key, value)
    for name in FILES:
        if (folder / name).is_file():
            client.log_artifact(run_id, str(folder / name))
    for name in FOLDERS:
        if (folder / name).is_dir():
            client.log_artifacts(run_id, str(folder / name), name)
    client.set_terminated(run_id, status=status)
    runs.write_json(folder / STATE, {**state, "run_id": run_id, "complete": status})
