"""A view of an experiment's runs in MLflow: of its own accord its table shows no figures, and its charts begin with bars.

MLflow's pages keep views as tags of the experiment, and list them under "Views". What no run has is not shown.
"""

import json
from collections.abc import Sequence
from typing import Any

from src.metrics import OBJECTIVES
from src.tracking.events import now

NAME = "Figures"
KEY = "figures"  # in an address
TAG = f"mlflow.sharedViewState.{KEY}"
TESTED = ("auroc", "accuracy", "accuracy_at_threshold", "rmse", "r2")
SETTINGS = ("model.widths", "model.dropout", "optimizer.lr", "optimizer.name", "batch_size", "seed")
CURVES = (*(name for name in OBJECTIVES if name.startswith("val/")), "train/loss")
SECTIONS = ("val", "train", "test", "best")  # of charts; MLflow adds the others
LINE = {"type": "LINE", "xAxisKey": "step", "useGlobalXaxisKey": True, "useGlobalLineSmoothing": True}
SHOWN = {"deleted": False, "isGenerated": True}


def offer_figures(client: Any, experiment_id: str) -> None:
    """What runs came to and what they were as a table, and their curves before everything else as charts."""
    metrics = [*(f"best/{name}" for name in OBJECTIVES), *(f"test/{name}" for name in TESTED), "best/epoch"]
    columns = [f"metrics.`{name}`" for name in metrics] + [f"params.`{name}`" for name in SETTINGS]
    state = {"selectedColumns": columns, **_charts(CURVES, SECTIONS)}
    view = {"name": NAME, "createdAt": now(), "state": json.dumps(state)}
    client.set_experiment_tag(experiment_id, TAG, json.dumps(view))


def links(experiment_id: str) -> str:
    """To that view, as table and as charts, as a description has them."""
    place = f"#/experiments/{experiment_id}/runs?viewStateShareKey={KEY}&workflowType=machine_learning"
    return f"[The runs and their figures]({place}), [their curves]({place}&compareRunsMode=CHART)"


def _charts(curves: Sequence[str], sections: Sequence[str]) -> dict[str, Any]:
    lines = []
    for name in curves:
        section, _, shown = name.partition("/")
        its_own = {"uuid": name, "metricSectionId": section, "metricKey": name, "displayName": shown}
        lines.append({**its_own, **LINE, **SHOWN, "runsCountToCompare": 10, "selectedMetricKeys": [name]})
    blocks = [{"uuid": name, "name": name, "display": True, "isReordered": True, **SHOWN} for name in sections]
    of_all = {"isAccordionReordered": True, "hideEmptyCharts": True}
    return {"compareRunCharts": lines, "compareRunSections": blocks, **of_all}
