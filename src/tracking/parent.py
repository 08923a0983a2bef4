"""The parent run of a sweep."""

from collections.abc import Mapping
from typing import Any

from src.config.schema import NOTE
from src.runs.files import ENSEMBLE, ENVIRONMENT, HEADLINE, LEADERBOARD, MULTIRUN, SWEEP, read_json
from src.runs.identity import folder_id
from src.tracking.deleted import deleted_run, find_runs, is_deleted
from src.tracking.events import Follow
from src.tracking.notes import describe_sweep

FILES = (
    LEADERBOARD,
    "objective.png",
    HEADLINE,
    ENSEMBLE,
    MULTIRUN,
    ENVIRONMENT,
    "optimization_results.yaml",
)
FOLDERS = ("figures", "experiment")  # of a search


def open_parent(client: Any, experiment_id: str, sweep: Follow) -> str:
    """The id of the parent run of `sweep`, RUNNING, with its facts; made if need be. DeletedError if it was deleted."""
    known, name = folder_id(sweep.folder), sweep.folder.name
    found = find_runs(client, experiment_id, f"tags.sweep_id = '{known}'")
    if found := [run for run in found if not (is_deleted(run) and sweep.again)]:
        run_id = str(found[0].info.run_id)
        if is_deleted(found[0]):
            raise deleted_run(sweep.uri, name, run_id)
        client.update_run(run_id, status="RUNNING")
    else:
        tags = {"sweep": name, "sweep_id": known, "mlflow.runName": name, "mlflow.source.name": "src.train"}
        run_id = str(client.create_run(experiment_id, run_name=name, tags=tags).info.run_id)
    _tag(client, run_id, sweep.facts)
    return run_id


def end_parent(client: Any, run_id: str, sweep: Follow, status: str) -> None:
    """End the parent run of `sweep`, with what lies in its folder of the sweep as a whole, and a description if it has none."""
    folder = sweep.folder
    ended = read_json(folder / SWEEP)
    for key, value in ended.get("figures", {}).items():
        client.log_metric(run_id, key, value)
    _tag(client, run_id, ended.get("tags", {}))
    for name in FILES:
        if (folder / name).is_file():
            client.log_artifact(run_id, str(folder / name))
    for name in FOLDERS:
        if (folder / name).is_dir():
            client.log_artifacts(run_id, str(folder / name), name)
    if NOTE not in sweep.facts:  # the user's own
        describe_sweep(client, run_id, folder)
    client.set_terminated(run_id, status=status)


def _tag(client: Any, run_id: str, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        client.set_tag(run_id, key, value)
