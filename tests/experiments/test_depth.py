"""What stacked units gain; sabotaged by problems that one unit can solve."""

from experiments.depth import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "depth.png").is_file()


def test_it_does_not_hold_on_a_gate_that_one_unit_computes(lab):
    assert verdict_of(findings(lab, problems={"AND": ("data=gate", "data.kind=and")})) == "does not hold"
