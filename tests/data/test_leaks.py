"""Leaks that were planted are told, and nothing else is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.tables.made import csv, customers, read


def test_a_clean_table_is_silent(tmp_path: Path):
    assert read(csv(tmp_path, customers(300))).warnings == ()


def test_a_table_of_few_combinations_is_silent(tmp_path: Path):
    frame = customers(300)[["city", "member", "bought"]]
    assert read(csv(tmp_path, frame)).warnings == ()


def test_rows_that_stand_twice_are_counted(tmp_path: Path):
    frame = customers(300)
    test = [int(name) - 1 for name in read(csv(tmp_path, frame)).test.names]
    train = [int(name) - 1 for name in read(csv(tmp_path, frame)).train.names]
    for place, (row, factor) in enumerate([(test[0], 1), (test[1], 1), (test[2], 1.0001)]):
        target = frame.loc[row, "bought"]  # keeps the split as it was
        frame.loc[row] = frame.loc[train[place]]
        frame.loc[row, ["income", "bought"]] = [frame.loc[row, "income"] * factor, target]
    (line,) = read(csv(tmp_path, frame)).warnings
    assert line.startswith("leak: rows stand in train and elsewhere, identical and near-identical: in ")
    assert f"test 2 and 1 of {len(test)} (row {min(test[:3]) + 1}, say)" in line


def test_persons_in_two_splits_are_told_and_with_a_group_they_are_not(tmp_path: Path):
    path = csv(tmp_path, customers(300).assign(patient_id=[f"p{number % 60}" for number in range(300)]))
    (drawn,) = read(path).warnings
    assert drawn.startswith("leak: values of patient_id stand in two splits: ")
    assert drawn.endswith("; data.group=patient_id keeps them together.")
    assert "patient_id" not in {column.name for column in read(path).intake.columns}  # whose a row is, is no feature
    assert read(path, group="patient_id").warnings == ()
    by_time = read(path, time="since").warnings
    assert by_time
    assert not any("data.group" in line for line in by_time)  # the split goes by time, whatever the group


def test_groups_that_the_split_given_tears_apart_are_told(tmp_path: Path):
    parts = ["train", "train", "val", "test"] * 75
    frame = customers(300).assign(site=np.arange(300) // 4, part=parts)
    (line,) = read(csv(tmp_path, frame), split="part", group="site").warnings
    pairs = ", ".join(f"75 in {where}" for where in ("train and val", "train and test", "val and test"))
    assert line == f"leak: values of site stand in two splits: {pairs}, such as '0'."
    whole = frame.assign(part=["train"] * 200 + ["val"] * 40 + ["test"] * 60)
    assert read(csv(tmp_path, whole), split="part", group="site").warnings == ()


def test_a_future_that_train_has_seen_is_told_and_a_split_by_time_has_none(tmp_path: Path):
    frame = customers(300)
    given = frame.assign(part=["test", "val", "train", "train"] * 75)
    lines = read(csv(tmp_path, given), split="part", time="since").warnings
    since = pd.to_datetime(given["since"])
    for part, line in zip(("val", "test"), lines, strict=True):
        late = (since[given["part"] == "train"] > since[given["part"] == part].min()).sum()
        assert line == f"leak: {late} rows of train are later, by since, than the first of {part}."
    assert read(csv(tmp_path, frame), time="since").warnings == ()


GIVEAWAYS = {
    "a copy": lambda frame: frame["bought"].map({"ja": "paid", "nein": "open"}),
    "a number": lambda frame: (frame["bought"] == "ja") * 10 + np.linspace(0, 1, len(frame)),
    "its absence": lambda frame: pd.Series(np.linspace(0, 1, len(frame))).where(frame["bought"] == "ja"),
}


@pytest.mark.parametrize("kind", GIVEAWAYS)
def test_a_column_that_gives_the_target_away_is_named(tmp_path: Path, kind: str):
    frame = customers(300)
    (line,) = read(csv(tmp_path, frame.assign(told=GIVEAWAYS[kind]))).warnings
    assert line.startswith("leak: column 'told' alone gives the target away (balanced accuracy 1.000)")
    assert "data.drop=[told]" in line


def test_so_is_one_that_rises_with_the_target_of_a_regression(tmp_path: Path):
    frame = customers(300).assign(tax=lambda f: np.log(f["income"]), noise=np.random.default_rng(1).normal(size=300))
    (line,) = read(csv(tmp_path, frame), target="income").warnings
    assert line.startswith("leak: column 'tax' alone gives the target away (rank correlation 1.000)")
