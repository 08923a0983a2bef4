"""How wide the range of rates is; sabotaged by plain gradient descent under another name."""

from experiments.adaptive_rates import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "adaptive_rates.png").is_file()


def test_it_does_not_hold_for_plain_gradient_descent_against_itself(lab):
    assert verdict_of(findings(lab, adaptive=("sgd",))) == "does not hold"
