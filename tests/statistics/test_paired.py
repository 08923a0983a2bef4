"""Paired tests against their textbook forms, and what they say of models that are alike."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from src.statistics.paired import delong, mcnemar


def two(n: int, seed: int = 0, ahead: float = 0.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Scores of two models that share half of their noise, and labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = (torch.rand(n, generator=generator) < 0.5).long()
    shared, mine, its = torch.randn(3, n, generator=generator)
    return (1.5 + ahead) * labels + shared + mine, 1.5 * labels + shared + its, labels


def test_delong_is_that_of_the_placements():
    scores, others, labels = two(120, ahead=0.5)
    above = [(s[labels == 1][:, None] > s[labels == 0]).double() for s in (scores, others)]
    m, n = above[0].shape
    by_positive, by_negative = above[0].mean(1) - above[1].mean(1), above[0].mean(0) - above[1].mean(0)
    variance = float(by_positive.var(correction=0) / m + by_negative.var(correction=0) / n)
    found = delong(scores, others, labels)
    assert found.difference == pytest.approx(float(above[0].mean() - above[1].mean()))
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.difference) / math.sqrt(variance)), rel=0.3)


def test_mcnemar_is_the_sign_test_of_the_rows_on_which_they_differ():
    right = torch.tensor([1] * 40 + [1] * 9 + [0] * 2 + [0] * 9).bool()
    others = torch.tensor([1] * 40 + [0] * 9 + [1] * 2 + [0] * 9).bool()
    found = mcnemar(right, others)
    assert found == (pytest.approx(7 / 60), pytest.approx(stats.binomtest(2, 11).pvalue))
    assert mcnemar(right, right) == (0.0, 1.0)


@pytest.mark.parametrize("test", ["delong", "mcnemar"])
def test_models_that_are_alike_are_told_apart_in_one_of_twenty(test: str):
    ps = []
    for seed in range(400):
        scores, others, labels = two(150, seed)
        of_two = mcnemar((scores > 0.75) == (labels == 1), (others > 0.75) == (labels == 1))
        ps.append((delong(scores, others, labels) if test == "delong" else of_two).p)
    assert stats.binom.ppf(0.0005, 400, 0.02) <= np.sum(np.array(ps) < 0.05) <= stats.binom.ppf(0.9995, 400, 0.05)


def test_rows_of_a_patient_are_no_evidence_of_their_own():
    scores, others, labels = two(80, ahead=0.6)
    often, groups = (scores.repeat(9), others.repeat(9), labels.repeat(9)), list(range(80)) * 9
    once = delong(scores, others, labels)
    assert delong(*often, groups).p == pytest.approx(once.p)
    assert delong(*often).p < 0.1 * once.p
    right = [(one > 0.75) == (labels == 1) for one in (scores, others)]
    assert mcnemar(*(one.repeat(9) for one in right), groups).p == pytest.approx(mcnemar(*right, range(80)).p)
    assert mcnemar(*right, range(80)).p == pytest.approx(mcnemar(*right).p, abs=0.2), "which is not exact"
