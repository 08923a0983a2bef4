"""A claim in MLflow: one run that holds its predictions, what was found, and its figures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from src import runs
from src.runs.files import STATE
from src.tracking.state import State
from src.tracking.store import configured_uri, connect, experiment_id, is_same, resolve_uri

FIGURES = ("estimate", "low", "high")
TAGS = ("text", "expected", "command", "verdict")


def note_claim(folder: Path, uri: str | None) -> None:
    """Write down that MLflow at `uri` is to have what lies in `folder` now."""
    State(configured_uri(uri)).write(folder)


def record_claim(folder: Path, uri: str | None = None) -> None:
    """Log what a claim left in `folder` as a run of the experiment of its name, at `uri` or where `note_claim` said."""
    noted, report = State.read(folder), runs.read_json(folder / runs.RESULTS)
    configured = configured_uri(uri or (noted.uri if noted else None))
    where = resolve_uri(configured)
    client, name = connect(where), str(report["name"])
    experiment = experiment_id(client, where, name)
    run_id = str(client.create_run(experiment, run_name=f"claim {name}", tags=tags_of(report)).info.run_id)
    for key, value in figures_of(report).items():
        client.log_metric(run_id, key, value)
    for path in sorted(folder.iterdir()):
        if path.name != STATE:
            client.log_artifact(run_id, str(path))
    client.set_terminated(run_id, status="FINISHED")
    State(configured, name, run_id, complete="FINISHED").write(folder)


def tags_of(report: Mapping[str, Any]) -> dict[str, str]:
    """What a claim is found by and tells at a glance, of the report in its folder."""
    tags = {"claim" if key == "text" else key: str(report[key]) for key in TAGS}
    found = enumerate(report["findings"], 1)
    return tags | {
        "claim_name": str(report["name"]),
        "quick": str(report["quick"]).lower(),
        "stated": str(report["stated"]).lower(),  # false also where overrides or other seeds make it another claim
        "sweeps": " ".join(report["sweeps"]),
        **report["made_by"],
        **{f"prediction/{number}": f"{finding['prediction']}: {finding['verdict']}" for number, finding in found},
    }


def figures_of(report: Mapping[str, Any]) -> dict[str, float]:
    """The estimates of its findings with their bounds, as far as they have some."""
    found = enumerate(report["findings"], 1)
    of_each = {f"finding/{number}/{name}": finding[name] for number, finding in found for name in FIGURES}
    return {name: float(value) for name, value in of_each.items() if value is not None}


def unsent_claims(uri: str | None = None) -> list[Path]:
    """Folders of claims that MLflow (at `uri`; None: where they were to be sent) was to have and has not."""
    noted = [path.parent for path in sorted((runs.ROOT / "claims").glob(f"*/{STATE}"))]
    return [folder for folder in noted if _lacks(folder, uri)]


def _lacks(folder: Path, uri: str | None) -> bool:
    try:
        state = State.read(folder)
    except ValueError:  # of which whoever sends it tells
        return True
    return state is not None and (not state.complete or not (uri is None or is_same(uri, state.uri)))
