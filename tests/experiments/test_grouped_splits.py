"""What a random split of grouped rows promises; sabotaged by exchanging the splits."""

import numpy as np

from experiments.grouped_splits import countries, findings, patients
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "grouped_splits.png").is_file()


def test_it_does_not_hold_with_the_splits_exchanged(lab):
    assert verdict_of(findings(lab, flatters="by group", honest="random")) == "does not hold"


def test_rows_of_a_patient_correlate_as_is_stated():
    frame, target = patients(icc=0.5, seed=0)
    values = frame["x9"].to_numpy().reshape(-1, 5)  # a feature that does not know the sick
    assert abs(np.corrcoef(values[:, 0], values[:, 1])[0, 1] - 0.5) < 0.06
    assert abs(values.std() - 1.0) < 0.03
    assert (frame.groupby("group")[[target, "part"]].nunique() == 1).all(axis=None)


def test_a_country_is_new_with_all_its_years():
    frame, _ = countries(seed=0)
    assert (frame.groupby("group")["part"].nunique() == 1).all()
    assert frame.groupby("part")["group"].nunique().to_dict() == {"test": 42, "train": 100}
