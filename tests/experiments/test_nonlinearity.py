"""Layers with and without a non-linear activation; sabotaged by data that one line separates."""

from experiments.nonlinearity import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "nonlinearity.png").is_file()


def test_it_does_not_hold_on_data_that_a_line_separates(lab):
    assert verdict_of(findings(lab, data=("data=blobs",))) == "does not hold"
