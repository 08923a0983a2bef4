"""Out of memory, for real: half the slots, and nothing lost."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.engines.build import spec_of
from src.engines.stacked import engine
from src.engines.stacked.engine import StackedEngine
from src.runs.job import Job, Jobs
from tests.doors import environment
from tests.engines.stacked.heard import Heard, jobs_of
from tests.engines.stacked.test_company import alone, assert_same_curve

# An engine whose process may take 400 MB more than it has once torch is there: 48 members want more.
SCRIPT = """
import json, logging, resource, sys
import torch
from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.engines.build import spec_of
from src.engines.stacked.engine import StackedEngine
from src.runs.job import Jobs
from tests.engines.stacked.heard import Heard, jobs_of

logging.basicConfig(stream=sys.stdout, format="%(message)s")
torch.set_num_threads(1)
keys = ["data=wine", "model.widths=[1500,300]", "epochs=2", "patience=null", "batch_size=32", "trainer.accelerator=cpu"]
first = compose_run(*keys, "tracking.enabled=false")
jobs = jobs_of(first.model_copy(update={"seed": seed}) for seed in range(48))
heard, engine = Heard(), StackedEngine(jobs[0], read_dataset(first.data), slots=int(sys.argv[1]))
if len(sys.argv) > 2:
    used = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[2]), -1))
engine.train(Jobs(jobs, spec_of), heard)
curves = {number: [row["val/loss"] for row in trained.progress.history] for number, trained in heard.outcomes.items()}
print(json.dumps({"slots": engine.slots, "curves": curves}))
"""


def train(folder: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")
def test_a_stack_that_does_not_fit_goes_on_with_half_its_slots(tmp_path: Path):
    *said, last = train(tmp_path, "48", str(400_000_000))
    halved = json.loads(last)
    assert 1 <= halved["slots"] <= 24
    assert f"out of memory: the stack goes on with {halved['slots']} slots." in said
    *silent, last = train(tmp_path, "12")
    assert silent == []
    enough = json.loads(last)
    assert len(halved["curves"]) == 48
    for number, curve in enough["curves"].items():
        assert halved["curves"][number] == pytest.approx(curve, rel=1e-3)


def test_members_go_on_from_the_last_snapshot_when_memory_runs_out_later(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "SNAPSHOT_SECONDS", 0.0)
    monkeypatch.setattr(engine, "SNAPSHOT_SHARE", 1e9)
    keys = ["data=breast_cancer", "model.widths=[6]", "epochs=6", "patience=null", "model.dropout=0.2"]
    keys += ["trainer.accelerator=cpu", "trainer.precision=64-true", "tracking.enabled=false", "schedule=cosine"]
    runs = [compose_run(*keys, f"seed={seed}") for seed in range(5)]
    dataset, jobs, slots = read_dataset(runs[0].data), jobs_of(runs), []

    class RunsOut(Heard):
        def epoch(self, job: Job, row: Mapping[str, float]) -> None:
            super().epoch(job, row)
            slots.append(trained.slots)
            if len(slots) in (12, 17):  # the stack's third epoch, all told, and later one that is half told
                raise MemoryError

    heard, trained = RunsOut(), StackedEngine(jobs[0], dataset, slots=4)
    trained.train(Jobs(jobs, spec_of), heard)
    assert set(slots) == {4, 2, 1}
    for number, run in enumerate(runs):
        assert heard.events[number] == ["begin", *(f"epoch {epoch}" for epoch in range(1, 7)), "end"]
        assert_same_curve(heard.progress(number), alone(run, dataset), alone(run, dataset, moved=True))
