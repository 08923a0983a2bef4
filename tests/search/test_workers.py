"""A search by workers of a cluster whose devices are others than the driver's."""

from collections import Counter

import pandas as pd
import pytest

from src import runs
from tests import doors
from tests.engines.workers.test_workers import nodes  # noqa: F401
from tests.sweep.test_multirun import sweep_of


@pytest.mark.slow
def test_workers_that_stack_get_stacks_of_a_driver_that_would_not(nodes, tmp_path):  # noqa: F811
    data = ("data=code", "data._target_=tests.engines.workers.stacking.read", "epochs=20", "patience=null")
    space = ("optimizer.lr=interval(1e-5,1e-1)", "model.widths=choice([8],[16])")
    search = ("hydra/sweeper=optuna", "hydra.sweeper.n_trials=16", "hydra.sweeper.retrain=0", "tracking.enabled=false")
    address = f"hydra.launcher.address={nodes.address}"
    done = doors.run("-m", "src.train", "-m", *data, *space, *search, address, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    histories = [pd.read_csv(path) for path in sweep_of(tmp_path).glob(f"*/{runs.HISTORY}")]
    assert len(histories) == 16
    together = Counter(history["epoch_seconds"][0] for history in histories)  # whose first epochs were the same ones
    assert max(together.values()) == 2, "two workers, of 16 trials four at once"
