"""Figures as people read them."""

import math

import pytest

from src.statistics.rounding import rounded, short


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "0.2500"), (-3.0, "-3.0000"), (123456.0, "123456.0000"), (1.2e30, "1.2e+30"), (-1e7, "-1e+07")],
)
def test_a_figure_has_four_decimals_and_a_large_one_four_digits(value: float, text: str):
    assert rounded(value) == text


def test_what_is_not_finite_says_so():
    assert [rounded(value) for value in (math.inf, -math.inf, math.nan)] == ["inf", "-inf", "nan"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0.00123456789", "0.001235"),
        ("1.23456e-05", "1.235e-05"),
        ("12345678e3", "1.235e+10"),
        ("0.1", "0.1"),
        *(
            (text, text)
            for text in ("20240101", "-12345678", "infinity", "v1.23456789", "[0.9, 0.999]", "1e2e3e4e5", "")
        ),
    ],
)
def test_floats_of_many_digits_are_told_by_four_and_all_else_as_it_is(text: str, told: str):
    assert short(text) == told
