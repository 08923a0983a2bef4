"""Bootstrap bounds against the normal interval of a mean, and their rules."""

import math

import pytest
import torch

from src.metrics import auroc
from src.randomness import Purpose, fold, key
from src.statistics.bootstrap import _rows, mean_over_seeds, report_bounds

STATE = key(0, Purpose.BOOTSTRAP)


def test_bounds_of_a_mean_are_those_of_the_normal_distribution():
    values = torch.randn(400, generator=torch.Generator().manual_seed(0))
    bounds = report_bounds(
        lambda s, _: {"mean": s.mean(-1)}, values, torch.zeros(400), STATE, stratify=False, resamples=4000
    )
    half = 1.96 * float(values.std()) / math.sqrt(400)
    assert abs(bounds["mean_low"] - (float(values.mean()) - half)) < 0.1 * half
    assert abs(bounds["mean_high"] - (float(values.mean()) + half)) < 0.1 * half


def test_bounds_are_a_function_of_the_key_and_hold_the_figure():
    labels = torch.arange(100) % 2
    scores = labels + torch.randn(100, generator=torch.Generator().manual_seed(0))

    def bounds(state):
        return report_bounds(lambda s, y: {"auroc": auroc(s, y)}, scores, labels, state, stratify=True)

    assert bounds(STATE) == bounds(STATE) != bounds(key(1, Purpose.BOOTSTRAP))
    assert bounds(STATE)["auroc_low"] < float(auroc(scores, labels)) < bounds(STATE)["auroc_high"]


def test_stratified_resamples_keep_the_number_of_each_class():
    labels = torch.tensor([0] * 30 + [1] * 2 + [2] * 9)
    rows = _rows(labels, fold(STATE, torch.arange(50)), stratify=True)
    counts = torch.stack([(labels[rows] == value).sum(-1) for value in range(3)])
    assert torch.equal(counts, torch.tensor([[30], [2], [9]]).expand(3, 50))
    assert len({tuple(row) for row in rows.tolist()}) == 50


def test_the_mean_over_seeds_varies_with_rows_and_with_seeds():
    labels = torch.arange(200) % 2
    generator = torch.Generator().manual_seed(0)
    one = labels + torch.randn(200, generator=generator)
    alike, each = one.expand(5, 200), labels + torch.randn(5, 200, generator=generator)
    plain = report_bounds(lambda s, y: {"auroc": auroc(s, y)}, one, labels, STATE, stratify=True)
    areas = mean_over_seeds(auroc, alike, labels, STATE)
    # Seeds that agree add nothing, and the rows are the same.
    assert areas.quantile(0.975).item() == pytest.approx(plain["auroc_high"], rel=1e-6)
    offsets = torch.linspace(-1.0, 1.0, 5)[:, None].expand(5, 200)
    values = mean_over_seeds(lambda s, y: s.mean(-1), offsets, labels, STATE)
    assert abs(values.std().item() - offsets[:, 0].std(correction=0).item() / 5**0.5) < 0.03  # seeds alone
    assert mean_over_seeds(auroc, torch.stack([each, -each], 1), labels, STATE).shape == (1000, 2)
