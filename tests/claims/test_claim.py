"""Every experiment states its claim, and the page beside them is made of what they left."""

import importlib
import json
import re
from types import ModuleType

import pytest

from experiments.__main__ import claims
from src.claims import Claim
from src.claims.page import page
from tests.doors import REPOSITORY

NAMES = claims()
EXPERIMENTS = REPOSITORY / "experiments"


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_states_claim_command_cost_and_what_is_expected(name):
    claim = Claim.of(importlib.import_module(f"experiments.{name}"))
    assert (claim.name, claim.command) == (name, f"python -m experiments.{name}")
    assert claim.text.endswith(".")
    assert "2 cores" in claim.cost
    assert len(claim.expected) > 20


def test_a_head_without_a_claim_is_refused():
    module = ModuleType("experiments.silent", "Nothing is claimed.")
    with pytest.raises(ValueError, match=r"experiments\.silent: .* 'Claim: …'"):
        Claim.of(module)


def test_every_claim_has_its_results_and_its_figure():
    for name in NAMES:
        report = json.loads((EXPERIMENTS / "results" / f"{name}.json").read_text())
        assert report["name"] == name
        assert not report["quick"]
        assert (EXPERIMENTS / "results" / f"{name}.png").is_file()


def test_the_page_is_what_the_results_make_of_it():
    reports = [json.loads(path.read_text()) for path in sorted((EXPERIMENTS / "results").glob("*.json"))]
    assert (EXPERIMENTS / "README.md").read_text() == page([report for report in reports if "findings" in report])


@pytest.mark.parametrize("folder", ["src", "benchmarks"])
def test_nothing_imports_an_experiment_but_tests_and_the_door_of_all(folder):
    for path in (REPOSITORY / folder).rglob("*.py"):
        assert not re.search(r"^\s*(from|import) experiments", path.read_text(), re.MULTILINE), path
