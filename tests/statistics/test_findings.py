"""Intervals against scipy's, and verdicts that can come out each way."""

import json
import math

import numpy as np
import pytest
import torch
from scipy import stats

from src.claims import Finding, exact, mean, over_seeds_and_rows, share, verdict_of
from src.statistics.findings import table

VALUES = np.array([0.3, 0.5, 0.1, 0.4, 0.2])


def test_a_mean_has_students_interval():
    found = mean("p", VALUES, of="x")
    expected = stats.ttest_1samp(VALUES, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.estimate, found.n) == (pytest.approx(0.3), 5)


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ({"above": 0.0}, "holds"),
        ({"above": 0.6}, "does not hold"),
        ({"above": 0.25}, "undecided"),
        ({"below": 0.0}, "does not hold"),
        ({"above": 0.0, "below": 1.0}, "holds"),
        ({"above": 0.25, "below": 1.0}, "undecided"),
        ({"above": -1.0, "below": 0.05}, "does not hold"),
    ],
)
def test_a_prediction_holds_if_its_whole_interval_lies_where_it_was_predicted(bounds, verdict):
    assert mean("p", VALUES, of="x", **bounds).verdict == verdict


def test_values_that_are_all_alike_decide():
    assert mean("p", [1.0, 1.0], of="x", above=0.5).verdict == "holds"
    assert mean("p", [0.0, 0.0], of="x", above=0.0).verdict == "does not hold"


@pytest.mark.parametrize("values", [[1.0, math.inf], [1.0, math.nan], [1.0]])
def test_what_cannot_be_measured_is_undecided(values):
    assert mean("p", values, of="x", above=0.0).verdict == "undecided"


def test_a_share_has_wilsons_interval():
    found = share("p", [True] * 9 + [False], of="x", above=0.5)
    z, p, n = 1.959964, 0.9, 10
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half), abs=1e-6)
    assert found.verdict == "holds"
    assert share("p", [], of="x", above=0.5).verdict == "undecided"


def test_an_identity_holds_up_to_its_tolerance():
    assert exact("p", [1e-9, -1e-8], of="x", tolerance=1e-7).verdict == "holds"
    assert exact("p", [1e-9, -1e-6], of="x", tolerance=1e-7).verdict == "does not hold"
    assert exact("p", [math.nan], of="x", tolerance=1e-7).verdict == "does not hold"


def test_a_claim_stands_with_all_its_predictions():
    good, bad, open_ = (mean("p", VALUES, of="x", above=bound) for bound in (0.0, 0.6, 0.25))
    assert verdict_of([good]) == "holds"
    assert verdict_of([good, open_]) == "undecided"
    assert verdict_of([good, open_, bad]) == "does not hold"


def test_findings_are_plain_data():
    plain = table([Finding("p", "s", math.nan, math.nan, math.nan, 3, least=0.0)])
    assert json.loads(json.dumps(plain, allow_nan=False))[0]["most"] is None
    assert plain[0]["verdict"] == "undecided"


def test_splits_that_share_rows_have_a_wider_interval():
    plain, corrected = mean("p", VALUES, of="x"), mean("p", VALUES, of="x", test_share=0.25)
    assert corrected.high - corrected.low == pytest.approx((plain.high - plain.low) * math.sqrt(1 + 5 * 0.25))
    assert "corrected" in corrected.statistic


def test_a_mean_over_seeds_and_rows_has_the_interval_of_students_where_rows_tell_nothing():
    values = torch.tensor(VALUES)
    found = over_seeds_and_rows("p", values, torch.zeros(5, 100), of="x", above=0.0)
    expected = stats.ttest_1samp(VALUES, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.n, found.verdict) == (5, "holds")


def test_a_mean_over_seeds_and_rows_covers_the_truth_where_many_rows_leave_the_seeds():
    held = 0
    for draw in range(150):  # 10 seeds: a bootstrap of both holds 0.88
        generator = torch.Generator().manual_seed(draw)
        rows = torch.randn(800, generator=generator) + torch.randn(10, 800, generator=generator)
        each = rows + 0.05 * torch.randn(10, 1, generator=generator)
        found = over_seeds_and_rows("p", each.mean(1), (each - each.mean(1, keepdim=True)) / 800, of="x")
        held += found.low <= 0.0 <= found.high
    assert stats.binom.ppf(0.001, 150, 0.95) <= held
