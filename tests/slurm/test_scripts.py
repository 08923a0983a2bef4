"""The scripts for SLURM: what its time limit interrupts is requeued, and goes on to its end."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from src.runs.files import HISTORY, RESULTS, read_json
from tests.slurm.cluster import Slurm, until

pytestmark = pytest.mark.slow

DIVIDED, SWEEP = "docs/slurm/divided_run.sh", "docs/slurm/sweep.sh"
SMALL = ["data=moons", "patience=null", "tracking.enabled=false"]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    folder, project = tmp_path_factory.mktemp("slurm"), tmp_path_factory.mktemp("project")
    with Slurm.running(folder, project) as cluster:
        yield cluster


def rows(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines()) - 1 if path.exists() else 0


def test_a_divided_run_goes_on_after_its_time_limit(slurm: Slurm):
    job = slurm.submit(DIVIDED, *SMALL, "data.num_train=1000", "epochs=40")
    folder = slurm.project / "mlruns" / "runs" / f"slurm-{job}"
    until(lambda: rows(folder / HISTORY) >= 4, 120, lambda: slurm.output(job))
    slurm.near_its_limit(job)
    assert read_json(folder / RESULTS)["status"] == "KILLED"
    assert rows(folder / HISTORY) < 40
    slurm.wait(job)
    results = read_json(folder / RESULTS)
    assert results["status"] == "FINISHED", slurm.output(job)
    assert results["timing"]["processes"] == 2
    assert pd.read_csv(folder / HISTORY)["epoch"].tolist() == list(range(1, 41))


def test_a_sweep_on_a_ray_cluster_goes_on_after_its_time_limit(slurm: Slurm):
    job = slurm.submit("--nodes=1", SWEEP, *SMALL, "data.num_train=2000", "epochs=20", "seed=range(0,32)")

    def ended() -> list[str]:
        return [read_json(path)["status"] for path in slurm.project.glob(f"mlruns/sweeps/*/*/{RESULTS}")]

    until(lambda: ended().count("FINISHED") >= 4, 120, lambda: slurm.output(job))
    slurm.near_its_limit(job)
    assert ended().count("FINISHED") < 32
    slurm.wait(job)
    assert ended() == ["FINISHED"] * 32, slurm.output(job)
