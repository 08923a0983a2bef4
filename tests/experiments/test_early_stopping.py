"""Losses that fall and rise, and when to stop; sabotaged by judging on the training rows."""

import numpy as np
import pytest

from experiments.early_stopping import findings, stop
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "early_stopping.png").is_file()


def test_it_does_not_hold_where_the_training_rows_stand_as_val_and_test(lab):
    assert verdict_of(findings(lab, val_from=("train", "train"))) == "does not hold"


@pytest.mark.parametrize(("patience", "expected"), [(1, (2, 3)), (2, (4, 6)), (9, (4, 6))])
def test_a_stop_follows_from_a_curve(patience, expected):
    assert stop(np.array([5.0, 4.0, 4.5, 3.0, 3.5, 3.6]), patience) == expected
