"""Rows of a table as people hand them over: their labels, places of columns without names, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.tables.made import csv, customers, read


def numbered(rows: int = 120) -> pd.DataFrame:
    """The target first, then three columns."""
    draw = np.random.default_rng(0)
    return pd.DataFrame(draw.normal(size=(rows, 3)).round(3), columns=["a", "b", "c"]).assign(constant=1, y=0)[
        ["y", "a", "b", "c", "constant"]
    ].assign(y=draw.choice(["no", "yes"], rows))  # fmt: skip


@pytest.mark.parametrize(("decimal", "text", "value"), [(",", "1097,88", 1097.88), (".", "1,234", 1234.0)])
def test_the_labels_of_a_regression_are_read_as_in_training(tmp_path: Path, decimal: str, text: str, value: float):
    frame = customers().assign(price=lambda table: table["income"] + 0.5)
    path = csv(tmp_path, frame, sep=";", decimal=decimal)
    intake = read(path, target="price").intake
    np.testing.assert_array_equal(intake.read(path).labels.values, frame["price"])
    asked = frame.astype({"price": object}).head(4)
    asked.loc[:3, "price"] = [text, "", "soon", "3"]
    labels = intake.read(csv(tmp_path, asked, "asked.csv", sep=";", decimal=decimal)).labels
    assert labels.written == [text, None, "soon", "3"]
    np.testing.assert_array_equal(labels.values, [value, np.nan, np.nan, 3.0])


def test_a_target_that_is_empty_in_each_row_is_none(tmp_path: Path):
    intake = read(csv(tmp_path, customers())).intake
    assert intake.take(customers().assign(bought=" ")).labels is None
    assert intake.take(customers().drop(columns="bought")).labels is None
    assert intake.take(customers().assign(bought=[None, *["ja"] * 119])).labels.written[:2] == [None, "ja"]


@pytest.fixture
def nameless(tmp_path: Path):
    """What was trained on a file without names whose first column is the target and whose last tells nothing."""
    path = csv(tmp_path, numbered(), header=False)
    intake = read(path, header=None, target=0).intake
    assert [column.name for column in intake.columns] == ["1", "2", "3"]
    return intake, intake.inputs(intake.read(path)).tensor


def test_rows_without_names_have_their_places_with_and_without_the_target(nameless, tmp_path: Path):
    intake, expected = nameless
    unlabelled = numbered().drop(columns="y")
    raw = intake.read(csv(tmp_path, unlabelled, "new.csv", header=False))
    assert raw.labels is None
    assert intake.inputs(raw).tensor.equal(expected)
    for rows in (unlabelled.to_numpy(), numbered().to_numpy(), unlabelled.to_numpy()[:, :3]):
        assert intake.inputs(intake.take(rows)).tensor.equal(expected)
    named = numbered().set_axis([str(number) for number in range(5)], axis=1)
    named.drop(columns=["0", "4"]).to_parquet(tmp_path / "new.parquet")
    assert intake.inputs(intake.read(tmp_path / "new.parquet")).tensor.equal(expected)


@pytest.mark.parametrize("width", [1, 3, 6])
def test_other_widths_of_a_file_without_names_are_refused(nameless, tmp_path: Path, width: int):
    rows = pd.DataFrame(np.ones((5, width)))
    line = rf"^.*new\.csv: rows without names must have 5 columns, or 4 without the target, but got {width}\.$"
    with pytest.raises(ValueError, match=line):
        nameless[0].read(csv(tmp_path, rows, "new.csv", header=False))


def test_a_column_that_is_there_twice_is_named_the_target_too(tmp_path: Path):
    frame = customers()
    intake = read(csv(tmp_path, frame)).intake
    for name in ("city", "bought"):
        with pytest.raises(ValueError, match=f"each column must be there once, but got '{name}' more than once"):
            intake.take(pd.concat([frame, frame[[name]]], axis=1))


def test_rows_that_another_model_has_taken_in_are_checked(tmp_path: Path):
    first = read(csv(tmp_path, customers().drop(columns="city"))).intake
    second = read(csv(tmp_path, customers())).intake
    with pytest.raises(ValueError, match=r"^input: must have the columns city, but got only income, "):
        second.inputs(first.take(customers().drop(columns="city")))


@pytest.mark.parametrize("categories", ["onehot", "codes"])
def test_no_rows_are_no_inputs(tmp_path: Path, categories: str):
    intake = read(csv(tmp_path, customers()), categories=categories).intake
    raw = intake.take(customers().iloc[:0])
    assert tuple(intake.inputs(raw).tensor.shape) == (0, len(intake.features))
