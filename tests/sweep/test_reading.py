"""The data of a sweep are read once, whoever needs them: they may fill the memory."""

import pytest

from tests import doors

COUNTED = """
from src.data.sources.bundled import wine
def read():
    print("data are read")
    return wine(val_fraction=0.2, test_fraction=0.2, split_seed=0, fold=None, num_folds=5)
"""
KEYS = ("data=wine", "data._target_=counted.read", "model.widths=[4]", "epochs=1", "tracking.enabled=false")


@pytest.mark.parametrize(
    "keys",
    [
        ("seed=0,1", "hydra.launcher.retrain=2"),
        ("+search=quick", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=2"),
    ],
    ids=["grid", "search"],
)
def test_from_the_first_run_to_the_last_data_are_read_once(tmp_path, keys):
    (tmp_path / "counted.py").write_text(COUNTED)
    done = doors.run("-m", "src.train", "-m", *KEYS, *keys, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "fresh seeds" in done.stdout
    assert done.stdout.count("data are read") == 1
