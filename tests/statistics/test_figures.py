"""Bounds of figures against closed forms, and what they cover."""

import math

import pytest
import torch
from scipy import stats

from src.metrics import accuracy, auroc
from src.statistics.figures import bounded_figures, figures, mean_figures
from src.statistics.variance import over_rows


def scored(n: int, seed: int = 0, d: float = 1.5) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = (torch.rand(n, generator=generator) < 0.5).long()
    return d * (d * labels + torch.randn(n, generator=generator)) - d * d / 2, labels


def test_figures_are_what_they_are_without_bounds():
    logits, labels = scored(200)
    told = bounded_figures("binary", logits, labels, 0.4)
    assert {name: told[name] for name in figures("binary", logits, labels, 0.4)} == figures(
        "binary", logits, labels, 0.4
    )
    assert "calibration_error_low" not in told, "chance pushes it one way"


def test_a_share_has_wilsons_interval():
    logits, labels = scored(60)
    told = bounded_figures("binary", logits, labels, None)
    called = (logits[labels == 1] >= 0).long()
    expected = stats.binomtest(int(called.sum()), len(called)).proportion_ci(method="wilson")
    assert (told["sensitivity_low"], told["sensitivity_high"]) == pytest.approx(tuple(expected))


def test_the_area_has_the_variance_of_delong():
    logits, labels = scored(80)
    above = (logits[labels == 1][:, None] > logits[labels == 0]).double()
    m, n = above.shape
    variance = above.mean(1).var(correction=0) / m + above.mean(0).var(correction=0) / n
    told, area = bounded_figures("binary", logits, labels, None), float(above.mean())
    half = stats.t.ppf(0.975, min(m, n) - 1) * math.sqrt(variance * 80 / 79) / (area * (1 - area))
    centre = math.log(area / (1 - area))
    expected = [1 / (1 + math.exp(-(centre + sign * half))) for sign in (-1, 1)]
    assert [told["auroc_low"], told["auroc_high"]] == pytest.approx(expected)


def test_bounds_of_sixty_rows_cover_the_truth():
    draws, truth = 200, figures("binary", *scored(200_000, seed=1), None)
    told = [bounded_figures("binary", *scored(60, seed), None) for seed in range(draws)]
    for name in ("auroc", "average_precision", "accuracy", "sensitivity", "specificity", "brier"):
        held = sum(one[f"{name}_low"] <= truth[name] <= one[f"{name}_high"] for one in told)
        assert stats.binom.ppf(0.001, draws, 0.94) <= held, name


def test_a_model_without_an_error_has_room_below():
    labels = torch.arange(40) % 2
    told = bounded_figures("binary", labels * 8.0 - 4.0, labels, None)
    assert told["auroc"] == told["auroc_high"] == 1.0
    assert 0.7 < told["auroc_low"] < 0.9


def test_what_few_rows_tell_has_no_bounds():
    logits, labels = scored(60)
    labels[labels.nonzero()[9:]] = 0  # nine positives
    told = bounded_figures("binary", logits, labels, None)
    assert {name for name in told if name.endswith("_low")} == {"accuracy_low", "specificity_low", "brier_low"}


def test_of_patients_with_four_equal_rows_it_is_as_if_each_had_one():
    logits, labels = scored(100)
    once = bounded_figures("binary", logits, labels, 0.5)
    groups = [row // 4 for row in range(400)]
    four = bounded_figures("binary", logits.repeat_interleave(4), labels.repeat_interleave(4), 0.5, groups)
    blind = bounded_figures("binary", logits.repeat_interleave(4), labels.repeat_interleave(4), 0.5)
    for name in ("auroc", "average_precision", "brier"):
        assert four[f"{name}_low"] == pytest.approx(once[f"{name}_low"])
        assert blind[f"{name}_high"] - blind[f"{name}_low"] < 0.6 * (four[f"{name}_high"] - four[f"{name}_low"])
    wide, known = (one["accuracy_high"] - one["accuracy_low"] for one in (four, once))
    assert wide == pytest.approx(known, rel=0.05)


def test_a_mean_over_seeds_varies_with_seeds_and_with_rows():
    logits, labels = scored(400)
    one = bounded_figures("binary", logits, labels, 0.4)
    alike = mean_figures("binary", logits.expand(5, 400), labels, [0.4] * 5)
    assert alike["auroc_low"] == pytest.approx(one["auroc_low"]), "seeds that agree add nothing"
    own = torch.randn(5, 400, generator=torch.Generator().manual_seed(2))
    shifts = torch.linspace(-3, 3, 5)[:, None] * labels + own
    apart = mean_figures("binary", logits + shifts, labels, [0.4] * 5)
    areas = auroc(logits + shifts, labels)
    assert apart["auroc"] == pytest.approx(float(areas.mean()))
    seeds_alone = stats.t.interval(0.95, 4, float(areas.mean()), float(areas.std()) / math.sqrt(5))
    assert apart["auroc_high"] - apart["auroc_low"] > 0.8 * (min(1.0, seeds_alone[1]) - seeds_alone[0])


def test_few_examples_that_make_the_variance_leave_few_degrees_of_freedom():
    even, uneven = torch.randn(200, generator=torch.Generator().manual_seed(0)), torch.zeros(200)
    uneven[:4] = torch.tensor([5.0, -5.0, 4.0, -4.0])
    assert over_rows(even).df > 100
    assert over_rows(uneven).df < 10
    assert over_rows(uneven, torch.arange(200) // 100).value == 0.0, "which cancel within a group"


def test_a_threshold_between_neighbouring_float32_scores_tells_them_apart():
    low = torch.rand(500, generator=torch.Generator().manual_seed(0))
    high = torch.nextafter(low, torch.ones(()))
    middle = 0.5 * (low.double() + high.double())
    labels = torch.tensor([0, 1])
    right = [float(accuracy(torch.stack([a, b]), labels, float(t))) for a, b, t in zip(low, high, middle, strict=True)]
    assert right == [1.0] * 500
