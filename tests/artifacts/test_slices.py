"""Groups against a figure of the rows of each, and the rules of their bounds."""

from dataclasses import replace

import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score, root_mean_squared_error

from src.artifacts.slices import slices_table
from src.statistics.figures import FEWEST
from tests.artifacts.conftest import Table


@pytest.fixture(scope="module")
def found(table: Table) -> pd.DataFrame:
    made = slices_table(table.told)
    assert made is not None
    return made


def test_a_row_for_each_group_in_order(table: Table, found: pd.DataFrame):
    assert list(found["group"][:4]) == ["all", "1", "2", "10"], "numbers by size"
    assert list(found["slice"][:4]) == ["", "site", "site", "site"]
    assert found["group"].iloc[-1] == "missing"
    for _, of_slice in found[found["slice"] != ""].groupby("slice"):
        assert of_slice["n"].sum() == found["n"][0] == len(table.rows)


def test_figures_are_those_of_the_rows_of_a_group(table: Table, found: pd.DataFrame):
    named = found.set_index(["slice", "group"])
    rows, logits = table.rows.reset_index(), table.predictor.logits(table.dataset.test.inputs).numpy()
    for site in ("1", "2"):
        here = rows.index[rows["site"] == site]
        row, true = named.loc[("site", site)], rows["y"][here]
        assert row["n"] == len(here)
        if table.dataset.task == "binary":
            assert row["positives"] == (true == "True").sum()
            assert row["auroc"] == pytest.approx(roc_auc_score(true == "True", logits[here]))
            share = accuracy_score(true == "True", logits[here] >= 0)
        elif table.dataset.task == "multiclass":
            share = accuracy_score(true, [table.dataset.classes[k] for k in logits[here].argmax(1)])
        else:
            assert row["rmse"] == pytest.approx(root_mean_squared_error(true, logits[here]))
            assert row["r2"] == pytest.approx(r2_score(true, logits[here]))
            continue
        assert row["accuracy"] == pytest.approx(share)


def test_few_rows_have_no_bounds_and_many_have_narrower_ones(table: Table, found: pd.DataFrame):
    figure = {"binary": "auroc", "multiclass": "accuracy", "regression": "rmse"}[table.dataset.task]
    named = found.set_index(["slice", "group"])
    width = named[f"{figure}_high"] - named[f"{figure}_low"]
    counts = named["positives"] if "positives" in named else named["n"]
    assert width[counts < FEWEST].isna().all()
    assert 0 < width[("", "all")] < width[("site", "1")]
    assert (named[f"{figure}_low"] < named[figure])[width.notna()].all()
    assert table.dataset.task != "binary" or (counts < FEWEST).any(), "or the test proves nothing"


def test_without_slices_there_is_no_table(binary: Table):
    told = replace(binary.told, split=replace(binary.told.split, slices={}))
    assert slices_table(told) is None
