"""The commands that the README and the heads of files state are ones that today's doors and keys take."""

import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, RangeSweep

from src.config.composition import compose_run
from src.search.window import BEST, SEEN
from src.statistics.intervals import mean_and_sd
from tests.doors import REPOSITORY
from tests.serving.test_serving import REQUEST

STATED = re.compile(r"(?:^|Command: |`)(python -m [\w.]+[^`\n]*)", re.MULTILINE)
PLACES = [
    REPOSITORY / "README.md",
    REPOSITORY / "benchmarks" / "README.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *sorted((REPOSITORY / "conf").rglob("*.yaml")),
    *sorted((REPOSITORY / "experiments").rglob("*.py")),
    *sorted((REPOSITORY / "benchmarks").glob("*.py")),
]
PARSER = OverridesParser.create()
# What only the reader's own runs and files complete.
UNFINISHED = re.compile(r"--help|--cfg|--config-dir|RUN|\.\.\.|model=net")


def stated(path: Path) -> list[list[str]]:
    """The commands in a file as lists of words, without what is said of them behind two spaces."""
    lines = [re.split(r"\s{2,}|\s+#", line)[0] for line in STATED.findall(path.read_text(encoding="utf-8"))]
    return [shlex.split(line) for line in lines]


ALL = [
    pytest.param(words, id=" ".join(words[2:])) for words in {tuple(w): w for p in PLACES for w in stated(p)}.values()
]


@pytest.mark.parametrize("words", ALL)
def test_a_stated_command_names_a_module_and_keys_that_are_there(words: list[str]):
    module, arguments = words[2], words[3:]
    assert importlib.util.find_spec(module) is not None
    if module != "src.train" or UNFINISHED.search(" ".join(words)):
        return
    run = compose_run(*(_one(text) for text in arguments if not text.startswith("-") and not _of_hydra(text)))
    assert run.epochs >= 1


def test_the_readme_states_commands():
    assert len(stated(REPOSITORY / "README.md")) > 15


def _of_hydra(text: str) -> bool:
    return text.startswith(("hydra.", "hydra/"))


def _one(text: str) -> str:
    """An override with the first value of its sweep."""
    (override,) = PARSER.parse_overrides([text])
    value = override.value()
    if isinstance(value, ChoiceSweep):
        return f"{override.key_or_group}={value.list[0]}".replace("'", "")
    if isinstance(value, Glob):
        return f"{override.key_or_group}={sorted((REPOSITORY / 'conf' / override.key_or_group).glob('*.yaml'))[0].stem}"
    if isinstance(value, (IntervalSweep, RangeSweep)):
        return f"{override.key_or_group}={value.start}"
    return text


RESULTS = REPOSITORY / "experiments" / "results"
FIGURES = ("auroc", "accuracy", "accuracy_at_threshold")


def headline() -> dict[str, str]:
    """The rows of the README's first table that were measured here, as they must read."""
    rows = {}
    for claim in ("xray", "pneumonia"):
        report = json.loads((RESULTS / f"{claim}.json").read_text())
        for model in dict.fromkeys(name.partition(":")[0] for name in report["figures"]):
            found = [report["figures"].get(f"{model}: test {figure}") for figure in FIGURES]
            cells = [mean_and_sd(values, 3) if values else "" for values in found]
            low, high = report["bounds"][f"{model}: test auroc"]
            rows[f"{claim} {model}"] = " | ".join([cells[0], f"[{low:.3f}, {high:.3f}]", *cells[1:]]).strip()
    return rows


@pytest.mark.parametrize("row", headline().values(), ids=headline())
def test_the_headline_is_what_its_commands_found(row: str):
    assert f"| {row} |" in (REPOSITORY / "README.md").read_text().replace("*", "")


def test_what_samplers_see_of_a_long_search_is_said():
    told = f"`tpe` and `gp` see {SEEN} trials of a longer search, the best {BEST} and the latest"
    assert told in (REPOSITORY / "README.md").read_text()


def test_the_request_of_the_readme_is_the_one_that_is_answered_in_a_test():
    assert REQUEST.strip() in (REPOSITORY / "README.md").read_text()
