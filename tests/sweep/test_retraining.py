"""The best of a grid on fresh seeds: the figure to quote."""

import re
import statistics
from pathlib import Path

import pytest

from src import runs
from src.sweep.retraining import fresh_seeds
from tests import doors

GRID = ["-m", "+experiment=smoke", "epochs=3", "optimizer.lr=1e-3,1e-2", "seed=0,4", "tracking.enabled=false"]


def test_the_best_is_trained_on_seeds_that_the_grid_did_not_have(tmp_path: Path):
    done = doors.run("-m", "src.train", *GRID, "hydra.launcher.retrain=3", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    sweep, fresh = sorted((tmp_path / "mlruns" / "sweeps").iterdir(), key=lambda path: len(path.name))
    best = runs.read_json(sweep / "sweep.json")["best"]
    assert fresh.name == f"{sweep.name}-best-{best}"
    results = [runs.read_json(fresh / str(number) / runs.RESULTS) for number in range(3)]
    assert [one["seed"] for one in results] == [5, 6, 7]
    assert not any(runs.read_json(path)["test"] for path in sweep.glob(f"*/{runs.RESULTS}"))
    told, areas = runs.read_json(fresh / "headline.json"), [one["test"]["auroc"] for one in results]
    assert told["auroc"] == pytest.approx(statistics.mean(areas))
    assert told["auroc_low"] < told["auroc"] < told["auroc_high"]
    assert runs.read_json(fresh / "ensemble.json")["members"] == [0, 1, 2]
    line = re.search(r"test auroc: (\S+) ± \S+, 3 seeds, 95 % \[(\S+), (\S+)\]", done.stdout)
    assert line
    assert [float(text) for text in line.groups()] == pytest.approx(
        [told["auroc"], told["auroc_low"], told["auroc_high"]], abs=5e-5
    )


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (["hydra.launcher.retrain=-1"], "must be a number of at least 0, but got -1."),
        (["hydra.launcher.retrain=2", "hydra.sweeper.max_batch_size=2"], "must be 0 where jobs come in batches"),
        (["hydra.launcher.retrain=2", "+search=quick"], "must be 0 in a search, where hydra.sweeper.retrain is"),
    ],
)
def test_seeds_that_nothing_would_be_trained_on_are_refused(tmp_path: Path, keys: list[str], told: str):
    done = doors.run("-m", "src.train", *GRID, *keys, cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert f"error: hydra.launcher.retrain: {told}" in done.stderr
    assert not (tmp_path / "mlruns" / "sweeps").exists() or not list((tmp_path / "mlruns" / "sweeps").iterdir())


def test_where_no_run_is_left_fresh_seeds_are_those_after_what_was_asked_for(tmp_path: Path):
    assert fresh_seeds(tmp_path, 2, but=4) == range(5, 7)
