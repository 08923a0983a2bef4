"""Gradient descent on a quadratic; sabotaged by another constant for the largest stable step."""

from experiments.gradient_descent import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "gradient_descent.png").is_file()


def test_it_does_not_hold_with_three_over_the_largest_eigenvalue(lab):
    assert verdict_of(findings(lab, constant=3.0)) == "does not hold"
