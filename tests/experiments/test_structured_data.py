"""Classical models against MLPs on tables; sabotaged by spirals and linear models only."""

import numpy as np
import pandas as pd

from experiments.structured_data import FAMILIES, GENERATED, findings, generated
from src.claims import Lab, verdict_of

LINEAR = {"linear": FAMILIES["linear"]}
SPIRALS = ("data=spirals", "data.turns=0.75", "data.num_train=512", "data.num_test=512")


def test_no_prediction_fails(lab):
    kinds = {kind: GENERATED[kind] for kind in ("friedman1", "clusters")}
    found = findings(lab, drawn=kinds, tables={"wine": ("data=wine",)}, families=LINEAR)
    assert [one.prediction for one in found] == [f"{kind}: classical is ahead" for kind in kinds]
    assert "wine: classical is ahead" in lab.bounds  # shown, and no prediction
    assert (lab.folder / "structured_data.png").is_file()


def test_it_does_not_hold_on_spirals_with_linear_models_only(lab):
    found = findings(lab, drawn={"spirals": SPIRALS}, tables={}, families=LINEAR)
    assert verdict_of(found) == "does not hold"


def test_a_table_of_yours_stands_in_for_all(lab, tmp_path):
    draw = np.random.default_rng(0)
    x = draw.standard_normal((120, 2))
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(y=x[:, 0] + 0.1 * draw.standard_normal(120))
    frame.to_csv(tmp_path / "mine.csv", index=False)
    keys = (*lab.overrides, f"data.path={tmp_path}/mine.csv", "data.target=y")
    mine = Lab(lab.name, quick=True, overrides=keys)
    (one,) = findings(mine, families=LINEAR)
    assert one.prediction == f"{tmp_path}/mine.csv: classical is ahead"
    assert "corrected" in one.statistic  # its splits share rows
    assert not mine.is_stated


def test_rows_are_drawn_by_the_seed():
    first, again, other = (generated(kind="friedman1", seed=seed)["train"][0] for seed in (0, 0, 1))
    assert (first == again).all()
    assert not (first == other).any()
