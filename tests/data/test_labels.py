"""Labels as texts, and the numbers that they are."""

from src.data.labels import coded


def test_a_label_is_coded_by_its_text():
    labels, faults = coded(["b", "a", 7, "1.0", 1], "multiclass", ("a", "b", "1"))
    assert [*labels[:2], *labels[3:]] == [1.0, 0.0, 2.0, 2.0]
    assert faults == {2: "its label must be one of a, b, 1, but got 7"}
