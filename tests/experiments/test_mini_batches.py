"""Gradients of batches; sabotaged by batches that one class never gets into."""

from experiments.mini_batches import findings, with_replacement
from src.claims import Lab, verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "mini_batches.png").is_file()


def test_it_does_not_hold_where_batches_hold_label_0_only(lab):
    assert verdict_of(findings(lab, draw=lambda *which: with_replacement(*which) // 2 * 2)) == "does not hold"


def test_it_is_undecided_where_no_training_comes_to_the_loss(lab):
    few = Lab("mini_batches", quick=True, overrides=("tracking.enabled=false", "epochs=2"))
    *of_gradients, of_training = findings(few)
    assert verdict_of(of_gradients) == "holds"
    assert (of_training.verdict, few.is_stated) == ("undecided", False)
