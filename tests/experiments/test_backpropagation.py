"""The chain rule against two oracles; sabotaged by a wrong sign and by a missing factor."""

import torch

from experiments.backpropagation import findings, tanh_slope
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) == "holds"
    assert (lab.folder / "backpropagation.png").is_file()


def test_it_does_not_hold_with_a_wrong_sign(lab):
    assert verdict_of(findings(lab, slope=lambda a: -tanh_slope(a))) == "does not hold"


def test_it_does_not_hold_without_the_derivative_of_the_activation(lab):
    assert verdict_of(findings(lab, slope=torch.ones_like)) == "does not hold"
