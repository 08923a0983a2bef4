"""From a table to a data set: what is fitted sees train alone, what is told, and what is refused before."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.tables.made import csv, customers, read


def test_nothing_is_fitted_on_val_or_test(tmp_path: Path):
    clean = customers(200)
    first = read(csv(tmp_path, clean))
    train = [int(name) - 1 for name in first.train.names]
    others = np.setdiff1d(np.arange(200), train)
    moved = clean.copy()
    moved.loc[others, "income"] *= 50
    moved.loc[others, "city"] = "Ulm"
    second = read(csv(tmp_path, moved, "moved.csv"), rare=1)
    assert second.train.names == first.train.names
    assert second.intake.columns[0] == read(csv(tmp_path, clean), rare=1).intake.columns[0]
    assert "city = Ulm" not in second.intake.features
    assert second.train.inputs.equal(read(csv(tmp_path, clean), rare=1).train.inputs)


def test_in_a_fold_it_is_fitted_on_the_train_of_the_fold(tmp_path: Path):
    frame = customers(200)
    path = csv(tmp_path, frame)
    for fold in (0, 3):
        dataset = read(path, fold=fold, scale="standard")
        train = frame.iloc[[int(name) - 1 for name in dataset.train.names]]
        column = dataset.intake.columns[0]
        assert column.scale["shift"] == pytest.approx([train["income"].mean()])
        assert column.scale["scale"] == pytest.approx([train["income"].std(ddof=0)])


def test_inputs_are_those_that_predictions_see(tmp_path: Path):
    path = csv(tmp_path, customers(), sep=";", decimal=",")
    dataset = read(path)
    inputs = dataset.intake.inputs(dataset.intake.read(path))
    for split in (dataset.train, dataset.val, dataset.test):
        assert inputs.tensor[[int(name) - 1 for name in split.names]].equal(split.inputs)


def test_rows_without_a_target_are_left_out_and_names_stay_those_of_the_file(tmp_path: Path):
    frame = customers()
    frame.loc[[0, 7, 50], "bought"] = [" ", "?", None]
    dataset = read(csv(tmp_path, frame))
    names = {int(name) for split in (dataset.train, dataset.val, dataset.test) for name in split.names}
    assert names == set(range(1, 121)) - {1, 8, 51}
    assert "3 rows have no target and are left out: '?' counts as missing\n" in dataset.description


def test_a_class_that_is_called_like_what_is_missing_can_be_seen(tmp_path: Path):
    frame = customers(200).assign(bought=["none", "mild", "severe", "NA", ""] * 40)
    told = read(csv(tmp_path, frame)).description
    assert "120 rows have no target and are left out: 'NA', 'none' count as missing\n" in told
    frame = frame.assign(bought=[np.nan, "mild", "severe", None, " "] * 40)
    assert "120 rows have no target and are left out\n" in read(csv(tmp_path, frame)).description


def test_codes_tell_how_many_they_are(tmp_path: Path):
    dataset = read(csv(tmp_path, customers()), categories="codes", rare=1)
    place = dataset.intake.features.index("city")
    assert dataset.cardinalities[place] == 4
    assert set(dataset.train.inputs[:, place].tolist()) == {1.0, 2.0, 3.0}
    assert not any(size for column, size in enumerate(dataset.cardinalities) if column != place)


def test_columns_that_split_are_no_features(tmp_path: Path):
    frame = customers(200).assign(site=lambda f: f.index % 20, part=["train", "val", "test", "train"] * 50)
    for changes in ({"group": "site"}, {"split": "part"}, {"time": "since"}):
        (column,) = changes.values()
        dataset = read(csv(tmp_path, frame), **changes, drop=[name for name in ("site", "part") if name != column])
        assert column not in {one.name for one in dataset.intake.columns}


def test_files_of_their_own_are_val_and_test(tmp_path: Path):
    train, val, test = (csv(tmp_path, customers(rows, rows), f"{rows}.csv") for rows in (100, 40, 60))
    dataset = read(train, val_path=str(val), test_path=str(test))
    assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [100, 40, 60]
    assert not dataset.warnings
    drawn = read(train, test_path=str(test))
    assert (len(drawn.train), len(drawn.val), len(drawn.test)) == (84, 16, 60)  # 0.15 of each class, rounded
    wrong = csv(tmp_path, customers(40).drop(columns="city"), "wrong.csv")
    with pytest.raises(ValueError, match=r"wrong\.csv: must have the columns of 100\.csv, but got none named 'city'"):
        read(train, val_path=str(wrong))


def test_categories_of_several_files_stay_categories(tmp_path: Path):
    paths = []
    for rows, codes in ((100, ["10115", "20095"]), (40, ["10115", "50667"])):
        frame = customers(rows, rows).assign(code=pd.Categorical(codes * (rows // 2)))
        frame.to_parquet(tmp_path / f"{rows}.parquet")
        paths.append(tmp_path / f"{rows}.parquet")
    dataset = read(paths[0], test_path=str(paths[1]), rare=1)
    assert {"code = 10115", "code = 20095"} < set(dataset.intake.features)


def test_kinds_are_told_in_a_line_each(tmp_path: Path):
    frame = customers().assign(number=range(120), always=1)
    told = read(csv(tmp_path, frame), columns={"age": "drop"}).description.splitlines()
    assert told[0] == f"120 rows, 8 columns; bought: binary (nein {(frame['bought'] == 'nein').sum()}, " + (
        f"ja {(frame['bought'] == 'ja').sum()}; positive: ja)"
    )
    assert [line.split(",")[0].strip() for line in told[1:]] == [
        *("numeric", "boolean", "categorical", "date", "id (left out)", "constant (left out)", "drop (left out)")
    ]


def test_figures_can_be_told_by_groups_of_rows(tmp_path: Path):
    frame = customers()
    dataset = read(csv(tmp_path, frame), slices=["city", "income"])
    of_test = frame.iloc[[int(name) - 1 for name in dataset.test.names]]
    assert dataset.test.slices["city"] == of_test["city"].tolist()
    quarters = pd.Series(dataset.train.slices["income"]).value_counts(normalize=True)
    assert len(quarters) == 4
    assert quarters.between(0.1, 0.4).all()


REFUSED = {
    "data.target: must be one of income, age, city, member, since, bought, but got 'Bought'": {"target": "Bought"},
    "data.group: must be one of .*, but got 'patient'": {"group": "patient"},
    "data.slices: must be one of .*, but got 'sex'": {"slices": ["sex"]},
    "data.drop: must be one of .*, but got 'sex'": {"drop": ["sex"]},
    "must have a column that tells something of 'bought', but got income .drop": {
        "drop": ["income", "age", "city", "member", "since"]
    },
    "data.time: column 'city' must hold a date or number in each row, but got '.*' in row 1": {"time": "city"},
    "data.split: row 1 must be one of train, .*, but got '.*'": {"split": "city"},
    "data: each split must have rows, but got none for val among 120 in 3 groups": {"group": "city"},
    "data.fold: must be null where data.time divides the rows, but got 1": {"fold": 1, "time": "since"},
    "data.fold: must lie in 0 to data.num_folds - 1, but got 5 of 5": {"fold": 5},
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_does_not_fit_the_table_is_one_line(tmp_path: Path, line: str):
    with pytest.raises(ValueError, match=line):
        read(csv(tmp_path, customers()), **REFUSED[line])


def test_of_very_many_columns_the_first_are_named(tmp_path: Path):
    draw = np.random.default_rng(0)
    wide = pd.DataFrame(draw.normal(size=(60, 100)), columns=[f"gene {number}" for number in range(100)])
    told = read(csv(tmp_path, wide.assign(bought=draw.permutation(["ja", "nein"] * 30)))).description
    assert "numeric, 100: gene 0, gene 1, " in told
    assert told.endswith("gene 39, and 60 more")
