"""What a run says of itself, from its own predictions."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from src.runs.evaluation import read_groups, read_predictions
from src.statistics.figures import bounded_figures
from tests import doors


def visits(folder: Path) -> None:
    """120 patients with four visits each, that are nearly the same."""
    rng = np.random.default_rng(0)
    age, ill = rng.normal(50, 10, 120), rng.random(120) < 0.5
    frame = pd.DataFrame({"patient": [f"secret{n}" for n in range(120)], "age": age + 8 * ill, "ill": ill})
    frame = frame.loc[frame.index.repeat(4)]
    frame["age"] += rng.normal(0, 0.1, len(frame))
    frame.to_csv(folder / "visits.csv", index=False)


def test_of_a_table_with_groups_the_bounds_are_by_patient(tmp_path: Path):
    visits(tmp_path)
    keys = ["data.target=ill", "data.group=patient", "data.test_fraction=0.4", "epochs=3", "tracking.enabled=false"]
    done = doors.run("-m", "src.train", "data=table", "data.path=visits.csv", *keys, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "mlruns" / "runs").iterdir()
    told = json.loads((folder / "results.json").read_text())
    frame = pd.read_parquet(folder / "predictions.parquet")
    groups = frame.loc[frame["split"] == "test", "group"]
    assert set(groups.value_counts()) == {4}
    test, threshold = read_predictions(folder)["test"], told["threshold"]
    by_patient = bounded_figures("binary", test.logits, test.labels, threshold, list(groups))
    by_row = bounded_figures("binary", test.logits, test.labels, threshold)
    assert told["test"] == by_patient
    assert read_groups(folder, "test") == list(groups)
    for name in ("auroc", "accuracy"):
        ends = torch.tensor([[one[f"{name}_low"], one[f"{name}_high"]] for one in (by_patient, by_row)])
        assert ends.diff()[0] > 1.5 * ends.diff()[1]
    assert "secret" not in frame.to_csv() + done.stdout
