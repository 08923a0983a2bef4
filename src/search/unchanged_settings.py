"""What all trials of a study have in common: it goes on with the space and the settings that it began with."""

import json
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import check_distribution_compatibility, distribution_to_json, json_to_distribution

from src.config.schema import Run
from src.runs.identity import Identity
from src.search.settings import Samplers, Settings
from src.search.space import Space, as_sweep

SETTINGS = "settings"  # the attribute of a study that holds them


def check_unchanged_settings(
    study: optuna.Study, base: Run, space: Space, settings: Settings, *, data_digest: str
) -> None:
    """Raises ValueError with the difference if the study's earlier trials have other settings or data than those of now.

    `resume=force` lets the run's settings and the bounds of the space differ, not what trials are judged by, nor the kind
    of a distribution, beside which Optuna cannot sample from another; nor the data, unless its settings differ too.
    """
    now = _settings_of(base, space, settings, data_digest)
    before = study.user_attrs.get(SETTINGS)
    if before == now:
        return
    if before is not None:
        changed = _changes(before, now)
        may_force = before["sweeper"] == now["sweeper"] and all(map(_is_compatible, _pairs(before, now)))
        if before["data"] != now["data"] and not any(key.startswith("data.") for key in changed):
            changed["data"], may_force = "the content of its files has changed", False
        if not (may_force and settings.resume == "force"):
            differences = ", ".join(f"{key}: {change}" for key, change in changed.items())
            forced = ", hydra.sweeper.resume=force goes on with this one" if may_force else ""
            raise ValueError(
                f"hydra.sweeper.resume: a study must go on with the space, settings and data that it began with, but got "
                f"{differences}; hydra.sweeper.resume=fresh begins another study{forced}."
            )
    study.set_user_attr(SETTINGS, now)


def check_whole_grid(study: optuna.Study, samplers: Samplers) -> None:
    """Raises ValueError for a grid in a study whose earlier trials are of another sampler: these count, and tried none of it."""
    if samplers.num_settings is None:
        return
    ended = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    if others := [trial for trial in ended if not trial.system_attrs.keys() & {"grid_id", "fixed_params"}]:
        raise ValueError(
            f"hydra.sweeper.sampler: must be another than grid in study {study.study_name}, of which {len(others)} trials are of "
            "another, but got grid; hydra.sweeper.sampler=tpe goes on, and hydra.sweeper.resume=fresh begins another study."
        )


def _settings_of(base: Run, space: Space, settings: Settings, data_digest: str) -> dict[str, Any]:
    """As JSON has them."""
    run = {key: value for key, value in Identity.of(base).settings.items() if key != "test"}
    searched = {key: json.loads(distribution_to_json(distribution)) for key, distribution in space.searched.items()}
    sweeper = {"repeats": settings.repeats, "constraints": settings.constraints}
    now: dict[str, Any] = json.loads(
        json.dumps({"space": searched, "run": run, "sweeper": sweeper, "data": data_digest})
    )
    return now


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """The keys that differ: what they are now and what they were."""
    old, new = _named(before), _named(now)
    keys = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
    return {key: f"{new.get(key)} (was {old.get(key)})" for key in keys}


def _pairs(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """The distributions, as JSON, of the parameters that both spaces have."""
    return [(before["space"][key], now["space"][key]) for key in before["space"].keys() & now["space"].keys()]


def _is_compatible(pair: tuple[Any, Any]) -> bool:
    """Whether Optuna can sample from one distribution beside trials of the other."""
    try:
        check_distribution_compatibility(*(json_to_distribution(json.dumps(one)) for one in pair))
    except ValueError:
        return False
    return True


def _named(settings: Mapping[str, Any]) -> dict[str, Any]:
    space = {key: as_sweep(json_to_distribution(json.dumps(value))) for key, value in settings["space"].items()}
    sweeper = {f"hydra.sweeper.{key}": value for key, value in settings["sweeper"].items()}
    return {**settings["run"], **space, **sweeper}
