"""Comparisons with the best of a table, against scipy."""

import numpy as np
import pytest
from scipy import stats

from src.statistics.best_row import against_best, studentized_range


@pytest.mark.parametrize("groups", [2, 3, 18, 64])
@pytest.mark.parametrize("df", [2, 8, 34])
def test_the_studentized_range_is_that_of_scipy(groups: int, df: int):
    for q in (0.5, 2.0, 4.0, 8.0, 15.0):
        expected = stats.studentized_range.sf(q, groups, df)
        assert studentized_range(q, groups, df) == pytest.approx(expected, abs=2e-4 if expected < 0.1 else 4e-3)


def test_the_last_row_of_even_ones_has_tukeys_p():
    values = np.random.default_rng(0).normal(size=(6, 1)) + np.random.default_rng(1).normal(size=(6, 5))
    values = values[:, values.mean(0).argsort()]
    residuals = values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()
    sd = np.sqrt(max((residuals**2).sum() / 20, np.var(values[:, 4] - values[:, 0], ddof=1) / 2))
    q = (values[:, 4].mean() - values[:, 0].mean()) / (sd / np.sqrt(6))
    assert against_best(values, 5)[4] == pytest.approx(stats.studentized_range.sf(q, 5, 20), abs=4e-3)


def test_more_candidates_and_no_spread():
    values = np.array([[0.0, 1.0, 3.0], [0.1, 1.4, 2.0], [0.3, 1.1, 2.9]])
    few, many = against_best(values, 3), against_best(values, 30)
    assert np.isnan(few[0])
    assert (few[1:] < many[1:]).all()
    assert np.isnan(against_best(np.array([[0.0, 1.0], [0.5, 1.5]]), 2)).all(), "a gap that never varies"
