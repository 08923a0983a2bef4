"""The gap between training and unseen data; sabotaged by holding nothing out."""

from experiments.overfitting import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "overfitting.png").is_file()


def test_it_does_not_hold_where_the_training_rows_stand_as_val(lab):
    assert verdict_of(findings(lab, val_from="train")) == "does not hold"
