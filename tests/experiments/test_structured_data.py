"""Classical models against an MLP on tables; sabotaged by spirals and linear models only."""

from experiments.structured_data import FAMILIES, findings
from src.claims import verdict_of

SPIRALS = (
    "data=spirals",
    "data.seed={split}",
    "data.turns=0.75",
    "data.num_train=1024",
    "data.num_test=128",
    "model.widths=[64]",
    "optimizer.lr=0.01",
    "epochs=60",
)


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "structured_data.png").is_file()


def test_it_does_not_hold_on_spirals_with_linear_models_only(lab):
    found = findings(lab, sources={"spirals": SPIRALS}, families={"linear": FAMILIES["linear"]})
    assert verdict_of(found) == "does not hold"
