"""The loss as a surface; sabotaged by a step along the gradient instead of against it."""

from experiments.loss_landscape import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "loss_landscape.png").is_file()
    assert "Plotly.newPlot" in (lab.folder / "loss_landscape.html").read_text()


def test_it_does_not_hold_uphill(lab):
    assert verdict_of(findings(lab, lr=-0.2)) == "does not hold"
