"""Rates too low, too high and in between; sabotaged by a range in which every rate trains."""

from experiments.learning_rate import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "learning_rate.png").is_file()


def test_it_does_not_hold_where_no_rate_is_too_low_or_too_high(lab):
    assert verdict_of(findings(lab, low=0.3, high=2.0)) == "does not hold"
