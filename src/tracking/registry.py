"""The registry of models: a version for each run that is to be registered, and which of them is the champion."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from src.runs.files import FACTS, RESULTS, read_json
from src.runs.folder import label
from src.runs.identity import read_config
from src.runs.objective import Objective

CHAMPION = "champion"  # an alias: `models:/NAME@champion`
MODEL = "model"  # among a run's files


def register(client: Any, run_id: str, folder: Path) -> str | None:
    """Make the model of the run in `folder` a version of what `tracking.register` names; what came of it, in one line.

    MLflow must have its files. It becomes champion if there is none, or if it beats the one there is: by the same objective,
    on val of the same data. A run that has its version already gets no other. None if it is not to be registered.
    """
    name = read_config(folder)["tracking"].get("register")
    if name is None:
        return None
    if not (folder / MODEL).is_dir():
        return f"{name}: {label(folder)} is not registered: it keeps no model"
    measured = _measured(folder)
    champion = _champion(client, name)
    version = _version(client, name, run_id, measured)
    if champion is not None and str(champion.version) == version:
        return None
    reason = None if champion is None else why_not(measured, champion.tags, champion.version)
    value = f"{measured['objective']} {float(measured['value']):.4f} on val"
    if reason is not None:
        return f"{name}: version {version} is registered, and version {champion.version} stays {CHAMPION}: {reason}"
    client.set_registered_model_alias(name, CHAMPION, version)
    beaten = (
        "" if champion is None else f", which beats {float(champion.tags['value']):.4f} of version {champion.version}"
    )
    return f"{name}: version {version} is registered and is the {CHAMPION}: {value}{beaten}"


def why_not(measured: Mapping[str, str], champion: Mapping[str, str], version: str) -> str | None:
    """Why a model does not take the place of the champion; None if it does."""
    objective = measured["objective"]
    if champion.get("objective") != objective:
        return f"its objective is {objective}, that of version {version} is {champion.get('objective', 'not known')}"
    if champion.get("data_digest") != measured["data_digest"]:
        return f"its data are not those of version {version}"
    value, best = float(measured["value"]), float(champion["value"])
    if Objective.of(objective).is_better(value, than=best):
        return None
    return f"{objective} {value:.4f} does not beat {best:.4f}"


def _measured(folder: Path) -> dict[str, str]:
    """What a version is compared by, as its tags."""
    objective = read_json(folder / RESULTS)["objective"]
    digest = read_json(folder / FACTS).get("data_digest", "")
    return {"objective": objective["name"], "value": repr(objective["value"]), "data_digest": digest}


def _champion(client: Any, name: str) -> Any:
    """The version that has the alias; None if there is none, or no model of that name."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None


def _version(client: Any, name: str, run_id: str, tags: Mapping[str, str]) -> str:
    """The version that a run has, made if it has none."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    found = client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'")
    if not found:
        source = f"{client.get_run(run_id).info.artifact_uri}/{MODEL}"
        found = [client.create_model_version(name, source, run_id=run_id, tags=dict(tags))]
    return str(found[0].version)
