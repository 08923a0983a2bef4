"""A study in MLflow: one run that holds its claim, what was found, and its figures."""

from pathlib import Path

from src import runs
from src.tracking.store import STATE, connect, experiment_id, resolve_uri

TAGS = ("text", "expected", "command", "verdict")


def note_study(folder: Path, uri: str | None) -> None:
    """Write down that MLflow at `uri` is to have what lies in `folder` now."""
    runs.write_json(folder / STATE, {"uri": resolve_uri(uri)})


def record_study(folder: Path, uri: str | None = None) -> None:
    """Log what a study left in `folder` as a run of the experiment of its name, at `uri` or where `note_study` said."""
    where, report = uri or runs.read_json(folder / STATE)["uri"], runs.read_json(folder / runs.RESULTS)
    client, name = connect(where), str(report["name"])
    tags = {"claim" if key == "text" else key: str(report[key]) for key in TAGS}
    tags |= {
        "study": name,
        "quick": str(report["quick"]).lower(),
        "stated": str(report["stated"]).lower(),  # false also where overrides or other seeds make it another study
        "sweeps": " ".join(report["sweeps"]),
        **report["made_by"],
    }
    experiment = experiment_id(client, where, name)
    run_id = str(client.create_run(experiment, run_name=f"study {name}", tags=tags).info.run_id)
    for number, finding in enumerate(report["findings"], 1):
        client.set_tag(run_id, f"prediction/{number}", f"{finding['prediction']}: {finding['verdict']}")
        for figure in ("estimate", "low", "high"):
            if finding[figure] is not None:
                client.log_metric(run_id, f"finding/{number}/{figure}", finding[figure])
    for path in sorted(folder.iterdir()):
        if path.name != STATE:
            client.log_artifact(run_id, str(path))
    client.set_terminated(run_id, status="FINISHED")
    runs.write_json(folder / STATE, {"uri": where, "run_id": run_id, "complete": "FINISHED"})


def unsent_studies(uri: str | None = None) -> list[Path]:
    """Folders of studies that MLflow (at `uri`; None: where they were to be sent) was to have and has not."""
    noted = ((path.parent, runs.read_json(path)) for path in sorted((runs.ROOT / "studies").glob(f"*/{STATE}")))
    return [folder for folder, state in noted if not state.get("complete") or uri not in (None, state["uri"])]
