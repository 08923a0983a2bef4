"""Bootstrap bounds against the normal interval of a mean, and their rules."""

import math

import torch

from src.metrics import auroc
from src.randomness import Purpose, fold, key
from src.statistics.bootstrap import _rows, report_bounds

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
