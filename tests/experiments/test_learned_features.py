"""Learned features against hand-made ones; sabotaged by labels drawn at random, from which nothing can be learned."""

import torch

from experiments.learned_features import BINS, edge_strengths, findings, histogram
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "learned_features.png").is_file()


def test_it_does_not_hold_for_a_network_trained_on_random_labels(lab):
    assert verdict_of(findings(lab, label_noise=1.0)) == "does not hold"


def test_a_ramp_has_the_edge_strength_of_its_slope():
    ramp = 0.5 * torch.arange(28.0).expand(1, 1, 28, 28)
    torch.testing.assert_close(edge_strengths(ramp), torch.full((1, 49), 0.5))


def test_the_histogram_counts_every_pixel_between_its_bins_once():
    films = torch.linspace(float(BINS[0]), float(BINS[-1]) - 1e-3, 28 * 28).view(1, 1, 28, 28)
    torch.testing.assert_close(histogram(films).sum(1), torch.ones(1))
