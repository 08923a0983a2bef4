"""What all trials of a study have in common: it goes on with the space and the settings that it began with."""

import json
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import check_distribution_compatibility, distribution_to_json, json_to_distribution

from src.config.leaves import leaves
from src.config.schema import Run
from src.runs import identity
from src.runs.record import plain_values
from src.search.settings import Settings
from src.search.space import Space, as_sweep

TERMS = "terms"  # the attribute of a study that holds them


def check_unchanged_settings(study: optuna.Study, base: Run, space: Space, settings: Settings) -> None:
    """Raises ValueError with the difference if the study's earlier trials are on other terms than those of now.

    `resume=force` lets the run's settings and the bounds of the space differ, not what trials are judged by, nor the kind
    of a distribution, beside which Optuna cannot sample from another.
    """
    free = (*identity.FREE, "test")
    values = {key: value for key, value in leaves(plain_values(base)) if not key.startswith(free)}
    searched = {key: json.loads(distribution_to_json(distribution)) for key, distribution in space.searched.items()}
    sweeper = {"repeats": settings.repeats, "constraints": settings.constraints}
    now = json.loads(json.dumps({"space": searched, "run": values, "sweeper": sweeper}))
    before = study.user_attrs.get(TERMS)
    if before is not None:
        old, new = _named(before), _named(now)
        changed = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
        may_force = before["sweeper"] == now["sweeper"] and all(map(_is_compatible, _pairs(before, now)))
        if changed and not (may_force and settings.resume == "force"):
            differences = ", ".join(f"{key}: {new.get(key)} (was {old.get(key)})" for key in changed)
            ways = "fresh begins another study" + (", force goes on with this one" if may_force else "")
            raise ValueError(
                f"hydra.sweeper.resume: a study must go on with the space and settings that it began with, but got "
                f"{differences}; {ways}."
            )
    study.set_user_attr(TERMS, now)


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


def _named(terms: Mapping[str, Any]) -> dict[str, Any]:
    space = {key: as_sweep(json_to_distribution(json.dumps(value))) for key, value in terms["space"].items()}
    sweeper = {f"hydra.sweeper.{key}": value for key, value in terms["sweeper"].items()}
    return {**terms["run"], **space, **sweeper}
