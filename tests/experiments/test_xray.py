"""An MLP against logistic regression on X-rays; sabotaged by an MLP without a hidden layer, which is linear."""

from experiments.xray import study
from src.study import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(study(lab)) != "does not hold"
    assert (lab.folder / "xray.png").is_file()


def test_it_does_not_hold_without_a_hidden_layer(lab):
    assert verdict_of(study(lab, widths=())) == "does not hold"
