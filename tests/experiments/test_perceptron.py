"""One unit and what it separates; sabotaged by a problem that no line separates."""

from experiments.perceptron import OTHERS, SEPARABLE, findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"


def test_it_does_not_hold_where_xor_is_among_the_separable_problems(lab):
    assert verdict_of(findings(lab, separable={**SEPARABLE, "also XOR": OTHERS["XOR"]})) == "does not hold"
