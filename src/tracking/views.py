"""A view of an experiment's runs in MLflow: its table shows no figures of its own accord, and pages keep views as tags."""

import json
from typing import Any

from src.metrics import OBJECTIVES
from src.tracking.events import now

NAME = "Figures"
KEY = "figures"  # in an address
TAG = f"mlflow.sharedViewState.{KEY}"
TESTED = ("auroc", "accuracy", "accuracy_at_threshold", "rmse", "r2")
SETTINGS = ("model.widths", "model.dropout", "optimizer.lr", "optimizer.name", "batch_size", "seed")


def offer_figures(client: Any, experiment_id: str) -> None:
    """Under "Views" on the page of an experiment: what runs came to and what they were; of what none has, nothing is shown."""
    metrics = [*(f"best/{name}" for name in OBJECTIVES), *(f"test/{name}" for name in TESTED), "best/epoch"]
    columns = [f"metrics.`{name}`" for name in metrics] + [f"params.`{name}`" for name in SETTINGS]
    state, at = json.dumps({"selectedColumns": columns}), now()
    view = {"name": NAME, "createdAt": at, "updatedAt": at, "state": state}
    client.set_experiment_tag(experiment_id, TAG, json.dumps(view))


def link(experiment_id: str) -> str:
    """To that view, as a description has it."""
    place = f"#/experiments/{experiment_id}/runs?viewStateShareKey={KEY}&workflowType=machine_learning"
    return f"[The runs and their figures]({place})"
