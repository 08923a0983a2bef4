"""The configuration that was chosen on val is the experiment file, and what was tested is nothing else."""

import json

from experiments.pneumonia import BASE, CONDITIONS, GRID, RESULTS, TEST_SEEDS, winner
from src.config.composition import compose_run


def test_the_experiment_file_is_what_was_chosen():
    table = json.loads((RESULTS / "pneumonia_select.json").read_text())
    assert [row["overrides"] for row in table] == [list(overrides) for overrides in GRID]
    assert compose_run(*BASE, *winner(table)) == compose_run(*BASE)


def test_the_results_are_those_of_the_experiment_file_on_ten_seeds():
    report = json.loads((RESULTS / "pneumonia_test.json").read_text())
    assert {name: report[name]["overrides"] for name in CONDITIONS} == CONDITIONS
    assert all(len(report[name]["seeds"]) == len(TEST_SEEDS) for name in CONDITIONS)


def test_augmentation_is_off_where_it_is_told_so():
    assert compose_run(*BASE).augment.is_on
    assert not compose_run(*BASE, *CONDITIONS["without augmentation"]).augment.is_on
