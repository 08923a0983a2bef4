"""The task that a target is, and which class is 1."""

import numpy as np
import pandas as pd
import pytest

from src.data.images.labelled import Labelled
from src.data.tables.target import read_target
from src.data.target import Target

DRAW = np.random.default_rng(0)


def target(values: object, task: str | None = None, positive: str | None = None) -> Target:
    return read_target(pd.Series(values, name="y"), ".", task=task, positive=positive)


INFERRED = {
    "binary": [
        ["No", "Yes"] * 9,
        [True, False] * 9,
        [0, 1] * 9,
        [1.0, 2.0] * 9,
        ["a", "b"] * 9,
        ["0.0", "1.0", ""] * 9,
    ],
    "multiclass": [[0, 1, 2] * 20, ["a", "b", "c"] * 9, pd.Categorical([*"xyz"] * 9), ["3", "1", "2.0"] * 20],
    "regression": [DRAW.normal(size=50), DRAW.integers(0, 1000, 50), ["1.5", "2.5", "", "3.5"] * 9, range(5)],
}


@pytest.mark.parametrize(("task", "values"), [(task, values) for task in INFERRED for values in INFERRED[task]])
def test_the_task_is_that_of_the_values(task: str, values: object):
    assert target(values).task == task


@pytest.mark.parametrize("values", [[0, 1], [0.0, 1.0], ["0", "1"], ["0.0", "1.0"], [np.float32(0), np.float32(1)]])
@pytest.mark.parametrize("positive", [None, "1", "1.0", "0"])
def test_a_class_has_one_name_from_whichever_file(values: list, positive: str | None):
    found = target(values * 9, positive=positive)
    assert found.classes == (("1", "0") if positive == "0" else ("0", "1"))
    assert found.labels.tolist() == ([1.0, 0.0] if positive == "0" else [0.0, 1.0]) * 9


@pytest.mark.parametrize("values", [[False, True], ["false", "true"], ["FALSE", "TRUE"]])
def test_true_is_positive_in_any_letters(values: list):
    assert target(values * 9, positive="True").labels.tolist() == [0.0, 1.0] * 9


def test_the_second_by_order_is_positive():
    assert target(["ja", "nein"] * 9).classes == ("nein", "ja")
    assert target(["sick", "healthy"] * 9).classes == ("healthy", "sick")
    assert target(["10", "9"] * 9).classes == ("9", "10")


def test_a_blank_target_is_no_class():
    found = target(["a", " ", "b", None, "a", "?"])
    np.testing.assert_array_equal(found.labels, [0, np.nan, 1, np.nan, 0, np.nan])


REFUSED = {
    "data.task: must be one of binary, .*, but got 'cluster'": (["a", "b"], "cluster", None),
    "data.target: column 'y' must hold numbers for a regression, but got 'a'": (["1", "a"], "regression", None),
    "data.target: column 'y' must have two classes or more, but got a": (["a", "a"], None, None),
    "data.target: column 'y' must have two classes or more, but got none": ([None, ""], None, None),
    "data.target: column 'y' must have different values, but got one": ([2.0, 2.0], "regression", None),
    "data.task: must be multiclass for 3 classes, but got binary": ([*"abc"], "binary", None),
    "data.positive: must be one of two classes, No, Yes, but got 'ja'": (["Yes", "No"], None, "ja"),
    "data.positive: must be one of two classes, a, b, c, but got 'a'": ([*"abc"], None, "a"),
    "data.positive: must be null for a regression, but got '1'": ([1.5, 2.5, 3.5], None, "1"),
    "but got 30 different texts in 30 rows": ([f"n{n}" for n in range(30)], None, None),
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_is_refused(line: str):
    with pytest.raises(ValueError, match=line):
        target(*REFUSED[line])


def test_images_have_the_target_that_a_column_of_their_labels_has():
    def of_images(
        labels: list[str], task: str | None = None, positive: str | None = None, folders: bool = False
    ) -> Target:
        return Labelled(labels, labels, "scans: its folders", folders).target(task=task, positive=positive)

    assert of_images(["PNEUMONIA", "NORMAL"]).classes == ("NORMAL", "PNEUMONIA")
    assert of_images(["PNEUMONIA", "NORMAL"], positive="normal").classes == ("PNEUMONIA", "NORMAL")
    assert of_images(["10", "9", "9"]).classes == ("9", "10")
    assert of_images(["none", "effusion"]).classes == ("effusion", "none"), "a folder of that name is a class"
    assert of_images(["2", "10", "9"] * 2, folders=True).classes == ("2", "9", "10"), "a folder is a class"
    assert of_images([str(number / 4) for number in range(9)]).task == "regression"
    with pytest.raises(ValueError, match="scans: its folders must hold numbers for a regression, but got 'inf'"):
        of_images(["1", "inf"], task="regression")
    with pytest.raises(ValueError, match="scans: its folders must have two classes or more, but got a"):
        of_images(["a", "a"])
