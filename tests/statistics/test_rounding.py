"""Figures as people read them."""

import math

import pytest

from src.statistics.rounding import rounded


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "0.2500"), (-3.0, "-3.0000"), (123456.0, "123456.0000"), (1.2e30, "1.2e+30"), (-1e7, "-1e+07")],
)
def test_a_figure_has_four_decimals_and_a_large_one_four_digits(value: float, text: str):
    assert rounded(value) == text


def test_what_is_not_finite_says_so():
    assert [rounded(value) for value in (math.inf, -math.inf, math.nan)] == ["inf", "-inf", "nan"]
