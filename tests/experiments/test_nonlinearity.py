"""Layers with and without a non-linear activation, against a line and against Bayes' rule; sabotaged by the identity."""

import torch

from experiments.nonlinearity import bayes_logits, findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "nonlinearity.png").is_file()


def test_it_does_not_hold_of_the_identity(lab):
    found = findings(lab, nonlinear=("identity", "step"))
    assert verdict_of(found) == "does not hold"
    assert verdict_of([one for one in found if not one.prediction.endswith("what the noise allows")]) != "does not hold"


def test_bayes_rule_knows_the_moons():
    """Of two half circles the middles lie on their own side, and the point between the moons on neither."""
    odds = bayes_logits(torch.tensor([[0.0, 1.0], [1.0, -0.5], [0.5, 0.25]], dtype=torch.float64))
    assert odds[0] < -2.5 < 2.5 < odds[1]
    torch.testing.assert_close(odds[[2, 0]], -odds[[2, 1]])
