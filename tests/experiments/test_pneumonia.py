"""The configurations that val chose are the experiments' files; the claim runs on any file of that set."""

import json

import pytest

from experiments.pneumonia import CONDITIONS, TOGETHER, findings
from experiments.pneumonia_select import GRIDS, RESULTS
from src.claims import Lab
from src.config.composition import compose_run
from tests.data.medmnist_files import small, written


@pytest.mark.parametrize("experiment", GRIDS)
def test_the_experiment_file_is_what_was_chosen(experiment):
    table = json.loads(RESULTS.read_text())[experiment]
    assert sorted(tuple(row["overrides"]) for row in table) == sorted(GRIDS[experiment])
    chosen = max(table, key=lambda row: row["criterion"])
    assert compose_run(f"+experiment={experiment}", *chosen["overrides"]) == compose_run(f"+experiment={experiment}")


def test_augmentation_is_off_where_it_is_told_so():
    assert all(compose_run(*CONDITIONS[name]).augment.is_on for name in ("MLP", "CNN"))
    assert not any(compose_run(*CONDITIONS[f"{name} without augmentation"]).augment.is_on for name in ("MLP", "CNN"))


def test_every_row_of_the_headline_is_told_with_its_bounds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, "pneumoniamnist.npz", small(examples=40))
    lab = Lab("pneumonia", quick=True, overrides=("tracking.enabled=false", f"data.path={file}"))
    assert len(findings(lab)) == 8
    rows = {name.partition(":")[0] for name in lab.figures}
    together = {f"{count} of {name} together" for name, count in TOGETHER.items()}
    assert rows == {*CONDITIONS, "CNN, one view", "logistic regression", *together}
    assert all(
        lab.bounds[name][0] <= sum(values) / len(values) <= lab.bounds[name][1] for name, values in lab.figures.items()
    )
    assert (lab.folder / "pneumonia.png").is_file()
