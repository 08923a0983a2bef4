"""Losses of labels and of targets; sabotaged by exchanging them."""

from experiments.losses import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "losses.png").is_file()


def test_it_does_not_hold_with_the_losses_of_labels_exchanged(lab):
    assert verdict_of(findings(lab, of_labels=("mse", "bce"))) == "does not hold"


def test_it_does_not_hold_with_the_losses_of_targets_exchanged(lab):
    assert verdict_of(findings(lab, of_targets=("mae", "mse"))) == "does not hold"
