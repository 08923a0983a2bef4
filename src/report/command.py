"""How to run it again: the command of a run, from its parameters; that of a sweep, as it was typed."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from src.config.command_line import CONF, as_typed, in_quotes
from src.config.composition import compose_run
from src.config.leaves import leaves
from src.report.page_data import PageData, value_of
from src.runs.files import MULTIRUN
from src.tracking.reading import Recorded

GROUPS = ("model", "data", "optimizer", "schedule", "augment")
FREE = ("tracking.", "resume", "test")  # they do not decide what is trained
TRAIN = "python -m src.train"
PLAIN = re.compile(r"(?!(null|true|false|nan|inf)$)[\w./+-]+( [\w./+-]+)*", re.IGNORECASE)  # a text without quotes


def commands(material: PageData) -> list[tuple[str, str, str]]:
    """What each is for, the command, and a remark."""
    found = []
    if material.best is not None:
        what = "This run" if material.subject == "run" else f"The best run by itself ({material.best.label})"
        command, lost = command_of(material.best)
        found.append((what, command, f"Not brought back by it: {lost}." if lost else ""))
    if material.claim is not None:
        found.append((f"The claim {material.claim.tags['claim_name']}", material.claim.tags["command"], ""))
    for parent in material.parents:
        what = f"The {'search' if 'study' in parent.tags else 'sweep'} {parent.label}"
        if MULTIRUN in material.reader.files(parent):
            text = material.reader.file(parent, MULTIRUN).decode()
            found.append((what, _typed(yaml.safe_load(text)), ""))
        elif material.subject == "sweep":
            found.append((what, "", "The command that it was started with is not recorded."))
    return found


def command_of(run: Recorded) -> tuple[str, str]:
    """A command that trains what `run` trained, and which of its keys it does not bring back."""
    wanted = {key: value_of(text) for key, text in run.params.items()}
    experiment = wanted.get("tracking.experiment")
    named: list[str] = []
    if (CONF / "experiment" / f"{experiment}.yaml").is_file():
        named = [f"+experiment={experiment}"]
    elif experiment not in (None, "default"):
        named = [f"tracking.experiment={typed(experiment)}"]
    try:
        base = _values(*named)
        chosen = [f"{group}={option}" for group in GROUPS if (option := _option(group, wanted, base))]
        given = [*named, *chosen, *_left_open(chosen, wanted)]
        overrides = [*given, *_settings(wanted, _values(*given))]
        again = _values(*overrides)
    except Exception as error:  # a model of the user's that is not at hand, a key of another version
        return " ".join((TRAIN, *map(shlex.quote, named))), f"keys that this version does not take ({error})"
    lost = [key for key in sorted(wanted.keys() | again.keys()) if _differs(key, wanted, again)]
    return " ".join((TRAIN, *map(shlex.quote, overrides))), ", ".join(lost)


def _left_open(chosen: Sequence[str], wanted: Mapping[str, Any]) -> list[str]:
    """What the files of these choices leave to be set, as it is wanted."""
    found = []
    for group, _, option in (choice.partition("=") for choice in chosen):
        content = yaml.safe_load((CONF / group / f"{option}.yaml").read_text(encoding="utf-8"))
        keys = [key for key, value in leaves(content, f"{group}.") if value == "???" and key in wanted]
        found += [f"{key}={typed(wanted[key])}" for key in keys]
    return found


def _settings(wanted: Mapping[str, Any], base: Mapping[str, Any]) -> list[str]:
    """The overrides that lead from `base` to what is wanted."""
    changed = [key for key in wanted if _differs(key, wanted, base)]
    added = [f"{'' if key in base else '+'}{key}={typed(wanted[key])}" for key in changed]
    filled = {key.rpartition(".")[0] for key in wanted}  # an empty mapping is a key until something stands in it
    gone = [key for key in base if key not in wanted and key not in filled]
    return added + [f"~{key}" for key in gone if _differs(key, wanted, base)]


def _typed(multirun: Mapping[str, Any]) -> str:
    """The command that Hydra noted of a multirun."""
    overrides = multirun["hydra"]["overrides"]
    of_hydra = [text for text in overrides["hydra"] if not text.startswith("hydra.mode=")]
    return " ".join((TRAIN, "-m", *map(shlex.quote, as_typed([*overrides["task"], *of_hydra]))))


def _values(*overrides: str) -> dict[str, Any]:
    """The leaves of what a command trains."""
    return dict(leaves(compose_run(*overrides).kept()))


def _differs(key: str, wanted: Mapping[str, Any], base: Mapping[str, Any]) -> bool:
    missing = object()
    return not key.startswith(FREE) and wanted.get(key, missing) != base.get(key, missing)


def _option(group: str, wanted: Mapping[str, Any], base: Mapping[str, Any]) -> str | None:
    """The option of a config group that is nearest to the run, if it is nearer than what is chosen already."""
    of_run = {key: value for key, value in wanted.items() if key.startswith(f"{group}.")}
    chosen = {key: value for key, value in base.items() if key.startswith(f"{group}.")}
    best, least = None, _distance(of_run, chosen)
    for file in sorted((CONF / group).glob("*.yaml")):
        content = {
            key: value for key, value in yaml.safe_load(file.read_text(encoding="utf-8")).items() if key != "defaults"
        }
        option = dict(leaves(content, f"{group}."))
        if (distance := _distance(of_run, option)) < least:
            best, least = file.stem, distance
    return best


def _distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """In how many keys they differ; what is missing weighs more, since it must be added or taken away."""
    changed = sum(one[key] != other[key] for key in one.keys() & other.keys())
    return changed + 3 * len(one.keys() ^ other.keys())


def typed(value: Any) -> str:
    """A value as the command line has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(typed, value))}]"
    text = str(value)
    return text if isinstance(value, (int, float)) or PLAIN.fullmatch(text) else in_quotes(text)
