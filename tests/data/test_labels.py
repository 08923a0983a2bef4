"""Labels as texts, and the numbers that they are."""

import numpy as np
import pytest

from src.data.labels import Labels, coded, number_of, paired


def code(labels: list, task: str = "multiclass", classes: tuple[str, ...] = ()):
    return coded(Labels.of(labels), range(len(labels)), task, classes)


def test_a_label_is_coded_by_its_text():
    labels, faults = code(["b", "a", 7, "1.0", 1], classes=("a", "b", "1"))
    assert [*labels[:2], *labels[3:]] == [1.0, 0.0, 2.0, 2.0]
    assert faults == {2: "its label must be one of a, b, 1, but got '7'"}


def test_a_class_is_known_in_any_letters_unless_another_differs_by_these_alone():
    assert code(["false", True, "TRUE"], classes=("False", "True")) == ([0.0, 1.0, 1.0], {})
    labels, faults = code(["a", "A", "B"], classes=("a", "A", "b"))
    assert (labels, faults) == ([0.0, 1.0, 2.0], {})
    assert list(code(["tB"], classes=("TB", "tb"))[1]) == [0]


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_a_label_that_is_missing_is_not_wrong(task: str):
    labels, faults = code([None, "old"], task)
    assert (np.isnan(labels).all(), list(faults)) == (True, [1])


def test_those_of_some_rows_are_asked():
    labels, faults = coded(Labels.of(["1", "2", "x"]), [2, 1], "regression", ())
    assert labels[1] == 2.0
    assert faults == {2: "its label must be a number, but got 'x'"}


def test_a_number_is_finite():
    assert np.isnan([number_of(label) for label in ("inf", "nan", None, "x")]).all()
    assert number_of("1.5") == 1.5


def test_of_one_text_the_other_of_its_pair_is_known():
    assert paired(["No"]) == {"No": 0.0, "yes": 1.0}
    assert paired(["1"]) == {"0": 0.0, "1": 1.0}
    assert paired(["x"]) == paired([]) == paired(["no", "ja"]) == {}
