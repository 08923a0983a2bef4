"""What was deleted in MLflow, where it can be restored until `mlflow gc`: told as it is, and not made anew unasked."""

from typing import Any

from src.passwords import masked

MOST = 50_000  # runs in one answer, MLflow's limit


class DeletedError(Exception):
    """A run, or an experiment, that MLflow has among what was deleted."""


def deleted_experiment(uri: str, found: Any) -> DeletedError:
    """Of an experiment, with the way to restore it."""
    restore = f"`mlflow experiments restore --experiment-id {found.experiment_id}`"
    return DeletedError(
        f"experiment {found.name} is deleted in MLflow at {masked(uri)}; {_there(uri, restore)} brings it back, and "
        "`python -m src.sync` then sends what it lacks"
    )


def deleted_run(uri: str, label: str, run_id: str) -> DeletedError:
    """Of a run or the parent run of a sweep, with the ways to restore it and to send it once more."""
    restore = f"`mlflow runs restore --run-id {run_id}`"
    return DeletedError(
        f"{label} is deleted in MLflow at {masked(uri)}; {_there(uri, restore)} brings it back, or "
        f"`python -m src.sync --again {label}` sends it as a new one"
    )


def find_runs(client: Any, experiment_id: str, condition: str) -> list[Any]:
    """The runs that meet a condition, those that were deleted last."""
    from mlflow.entities import ViewType

    found = client.search_runs([experiment_id], condition, run_view_type=ViewType.ALL, max_results=MOST)
    return sorted(found, key=is_deleted)


def is_deleted(run: Any) -> bool:
    """Whether a run, as MLflow's client gives it, was deleted."""
    return bool(run.info.lifecycle_stage == "deleted")


def _there(uri: str, command: str) -> str:
    return f"with MLFLOW_TRACKING_URI={masked(uri)} {command}"
