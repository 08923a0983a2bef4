"""What the machine did, in MLflow: on request, on the run or the sweep as a whole. Real stores, and the machine that this is."""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from src.tracking.energy import ProcessorEnergy
from src.tracking.events import Finish
from src.tracking.machine import VARIABLE, Machine
from src.tracking.patient_writer import PatientWriter
from src.tracking.store import connect
from tests import doors
from tests.tracking.records import begun, done, ended, following, leave, single, steps, the_run

ASKED = "tracking.system_metrics=true"
SMALL = ("data=breast_cancer", "model.widths=[4]", "epochs=2", "patience=null", "tracking.experiment=claims")
ALWAYS = {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"}


def measured(run: Any) -> set[str]:
    """The names of its curves that are of the machine."""
    return {name for name in run.data.metrics if name.startswith("system/")}


def trained(project: Path, *argv: str) -> dict[bool, list[Any]]:
    """What MLflow has after a command: parents of sweeps (True) and runs."""
    done = doors.run("-m", "src.train", *argv, *SMALL, cwd=project)
    assert done.returncode == 0, done.stderr
    client = connect(f"sqlite:///{project}/mlruns/mlflow.db")
    found = client.search_runs([client.get_experiment_by_name("claims").experiment_id])
    return {kind: [run for run in found if ("sweep" in run.data.tags) == kind] for kind in (True, False)}


def test_a_run_has_the_machines_curves_if_asked(project: Path):
    runs = trained(project, ASKED)[False]
    assert measured(runs[0]) >= ALWAYS
    assert (
        0 < runs[0].data.metrics["system/cpu_utilization_percentage"] <= 100
    )  # since it began, not since it was asked
    assert sorted(map(bool, map(measured, trained(project)[False]))) == [False, True]


@pytest.mark.parametrize(
    "many", [["seed=0,1"], ["+search=quick", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=0"]]
)
def test_a_sweep_has_them_on_its_parent_run(project: Path, many: list[str]):
    found = trained(project, "-m", ASKED, *many)
    (parent,) = found[True]
    assert measured(parent) >= ALWAYS
    assert [measured(run) for run in found[False]] == [set(), set()]
    assert not any("epochs" in run.info.run_name for run in found[False])  # names say what sets runs apart, and no more


def test_what_a_store_that_was_down_missed_is_sent_and_a_run_that_goes_on_goes_on(
    tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(VARIABLE, "0.01")
    job, store = single(tmp_path, uri), Path(uri.removeprefix("sqlite:///"))
    leave(job, (1, 2))
    for again in (False, True):
        writer = PatientWriter(replace(following(job.folder, uri), system_metrics=True), lambda text: None)
        writer.add(begun(job))
        time.sleep(0.02)
        assert writer.write()
        shutil.move(store, tmp_path / "aside")
        store.write_bytes(b"something else")
        time.sleep(0.02)
        assert not writer.write()
        shutil.move(tmp_path / "aside", store)
        for event in (*done(job, (1, 2)), ended(job)):
            writer.add(event)
        time.sleep(1.0)  # a second, by which they are told
        assert writer.finish(Finish("FINISHED", None))
        found = steps(uri, the_run(uri).info.run_id, "system/cpu_utilization_percentage")
        assert len(found) == (6 if again else 3)
        assert found[-1] > (1 if again else 0)


def test_energy_of_processors_is_counted_over_the_end_of_their_counters(tmp_path: Path):
    for name, energy in (("intel-rapl:0", 900), ("intel-rapl:1", 100), ("intel-rapl:0:0", 5), ("intel-rapl", 7)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "max_energy_range_uj").write_text("999\n")
        (tmp_path / name / "energy_uj").write_text(f"{energy}\n")
    energy = ProcessorEnergy(tmp_path)
    assert energy.read() == {"cpu_energy_joules": 0}
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("50\n")  # it ran over: 150 more
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("300\n")
    (tmp_path / "intel-rapl:0:0" / "energy_uj").write_text("500\n")  # a part of a package
    assert energy.read() == {"cpu_energy_joules": pytest.approx(350e-6)}


def test_energy_that_cannot_be_read_is_left_out(tmp_path: Path):
    with pytest.raises(OSError, match="intel-rapl"):
        ProcessorEnergy(tmp_path)
    assert Machine().read().keys() >= ALWAYS
