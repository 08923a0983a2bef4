"""Which task labels make, and in which order their classes stand."""

import pytest
import torch

from src.data.labels import TargetScale, class_names, coded, task_of

MANY = [str(number) for number in range(21)]


@pytest.mark.parametrize(
    ("labels", "wanted", "task"),
    [
        (["yes", "no"], "auto", "binary"),
        (["0", "1", "1"], "auto", "binary"),
        (["a", "b", "c"], "auto", "multiclass"),
        (["1", "2", "3"], "auto", "multiclass"),
        (["a", "b"], "multiclass", "multiclass"),
        (MANY, "auto", "regression"),
        (MANY, "multiclass", "multiclass"),
        ([*MANY, "x"], "auto", "multiclass"),
        (["0.5", "1"], "auto", "regression"),
        (["0.5", "1"], "binary", "binary"),
        (["1", "2"], "regression", "regression"),
    ],
)
def test_a_task_is_told_by_the_labels_or_asked_for(labels, wanted, task):
    assert task_of(labels, wanted) == task


@pytest.mark.parametrize(
    ("labels", "wanted", "rule"),
    [
        (["a", "a"], "auto", "labels must be of at least two classes, but got 1: a"),
        (["a", "b", "c"], "binary", "labels must be of two classes, but got 3: a, b, c"),
        (["1", "nan"], "regression", "data.task: must have numbers as labels to be regression, but got 'nan'"),
        ([], "auto", "labels must be of at least two classes, but got 0"),
    ],
)
def test_labels_that_are_not_of_the_task_are_refused(labels, wanted, rule):
    with pytest.raises(ValueError, match=rule):
        task_of(labels, wanted)


def test_classes_stand_by_number_or_name_and_the_positive_one_last():
    assert class_names(["10", "9", "9"], None) == ("9", "10")
    assert class_names(["10", "9", "x"], None) == ("10", "9", "x")
    assert class_names(["PNEUMONIA", "NORMAL"], None) == ("NORMAL", "PNEUMONIA")
    assert class_names(["PNEUMONIA", "NORMAL"], "NORMAL") == ("PNEUMONIA", "NORMAL")
    for labels, positive in ((["a", "b"], "c"), (["a", "b", "c"], "a")):
        with pytest.raises(ValueError, match="data.positive: must be one of two classes"):
            class_names(labels, positive)
    assert coded(["b", "a", 7], "binary", ("a", "b"))[0][:2] == [1.0, 0.0]


def test_a_scale_is_that_of_its_targets():
    targets = torch.tensor([3.0, 5.0, 10.0])
    scale = TargetScale.fit(targets)
    assert (scale.mean, scale.sd) == (6.0, pytest.approx((26 / 3) ** 0.5))
    torch.testing.assert_close(scale.in_units(scale.scaled(targets)), targets)
    assert TargetScale.fit(torch.ones(4)).sd == 1.0
