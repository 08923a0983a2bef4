"""A study in MLflow: one run that holds its claim, what was found, and its figures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from src.tracking.store import connect, experiment_id, resolve_uri

TAGS = ("text", "expected", "command", "verdict")


def record_study(folder: Path, uri: str | None, report: Mapping[str, Any]) -> str:
    """Log what a study left in `folder`, and its `report`, as a run of the experiment that is named after it; its id."""
    where = resolve_uri(uri)
    client = connect(where)
    name = str(report["name"])
    tags = {"claim" if key == "text" else key: str(report[key]) for key in TAGS}
    tags |= {
        "study": name,
        "quick": str(report["quick"]).lower(),
        "sweeps": " ".join(report["sweeps"]),
        **report["made_by"],
    }
    run_id = str(client.create_run(experiment_id(client, where, name), run_name=f"study {name}", tags=tags).info.run_id)
    for number, finding in enumerate(report["findings"], 1):
        client.set_tag(run_id, f"prediction/{number}", f"{finding['prediction']}: {finding['verdict']}")
        for figure in ("estimate", "low", "high"):
            if finding[figure] is not None:
                client.log_metric(run_id, f"finding/{number}/{figure}", finding[figure])
    client.log_artifacts(run_id, str(folder))
    client.set_terminated(run_id, status="FINISHED")
    return run_id
