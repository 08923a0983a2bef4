"""What dropout does to the gap; sabotaged by holding nothing out, so that there is none."""

from experiments.dropout import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "dropout.png").is_file()


def test_it_does_not_hold_where_the_training_rows_stand_as_val(lab):
    assert verdict_of(findings(lab, val_from="train")) == "does not hold"
