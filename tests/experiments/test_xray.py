"""An MLP against logistic regression on X-rays; sabotaged by a linear unit that hardly learns."""

from experiments.xray import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "xray.png").is_file()


def test_it_does_not_hold_for_a_linear_unit_that_hardly_learns(lab):
    changed = ("model.widths=[]", "epochs=1", "optimizer.lr=1e-6")
    assert verdict_of(findings(lab, changed=changed)) == "does not hold"
