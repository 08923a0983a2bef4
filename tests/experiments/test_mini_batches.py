"""Gradients of batches; sabotaged by batches that one class never gets into."""

from experiments.mini_batches import study, with_replacement
from src.study import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(study(lab)) != "does not hold"
    assert (lab.folder / "mini_batches.png").is_file()


def test_it_does_not_hold_where_batches_hold_label_0_only(lab):
    assert verdict_of(study(lab, draw=lambda *which: with_replacement(*which) // 2 * 2)) == "does not hold"
