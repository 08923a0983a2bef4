"""Early stopping where test comes from elsewhere; sabotaged by stopping at once, which is too early for every shift."""

from experiments.shifted_test import findings
from src.statistics.findings import Finding


def test_weights_of_the_first_epochs_are_too_early_for_every_shift(lab):
    found: list[Finding] = findings(lab, patience=1)
    early = [one for one in found if one.prediction.endswith("stopped too early")]
    assert [one.estimate < 0.0 for one in early] == [True] * 4
    assert all(one.low <= one.estimate <= one.high for one in found)
    assert (lab.folder / "shifted_test.png").is_file()
