"""Thresholds against a search through all of them."""

import numpy as np
import pytest
import torch

from src.config.schema import parse_threshold
from src.metrics import sensitivity, specificity
from src.statistics.thresholds import choose_threshold


@pytest.fixture(params=range(5))
def scored(request):
    generator = torch.Generator().manual_seed(request.param)
    labels = torch.randint(2, (60,), generator=generator)
    return ((labels + torch.randn(60, generator=generator)).sigmoid() * 20).round() / 20, labels  # with ties


def everywhere(probabilities, labels):
    thresholds = np.linspace(0, 1.001, 4005)
    return [
        (t, float(sensitivity(probabilities, labels, t)), float(specificity(probabilities, labels, t)))
        for t in thresholds
    ]


def test_youden_is_the_best_of_all_thresholds(scored):
    chosen = choose_threshold("youden", None, *scored)
    best = max(found + spared for _, found, spared in everywhere(*scored))
    assert float(sensitivity(*scored, chosen) + specificity(*scored, chosen)) == pytest.approx(best)


@pytest.mark.parametrize("target", [0.5, 0.9, 0.99])
def test_a_target_is_met_and_nothing_given_away(scored, target):
    chosen = choose_threshold("sensitivity", target, *scored)
    assert sensitivity(*scored, chosen) >= target
    best = max(spared for _, found, spared in everywhere(*scored) if found >= target)
    assert float(specificity(*scored, chosen)) == pytest.approx(best)
    chosen = choose_threshold("specificity", target, *scored)
    assert specificity(*scored, chosen) >= target
    best = max(found for _, found, spared in everywhere(*scored) if spared >= target)
    assert float(sensitivity(*scored, chosen)) == pytest.approx(best)


def test_an_unknown_rule_is_refused(scored):
    with pytest.raises(ValueError, match="threshold: must be youden, sensitivity or specificity, but got 'f1'"):
        choose_threshold("f1", None, *scored)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("youden", ("youden", None)), ("sensitivity:0.95", ("sensitivity", 0.95)), (0.3, ("number", 0.3))],
)
def test_a_threshold_as_it_is_typed(text, parsed):
    assert parse_threshold(text) == parsed


@pytest.mark.parametrize(
    "text",
    ["f1", "youden:0.5", "sensitivity", "sensitivity:x", "specificity:1.5", 0.0, 1.0, float("nan"), "number:0.5x"],
)
def test_what_is_no_threshold_is_refused(text):
    with pytest.raises(ValueError, match="must be youden, sensitivity:X, specificity:X or X"):
        parse_threshold(text)
