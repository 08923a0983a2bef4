"""Out of memory, for real: half the slots, and nothing lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.engines.stacked import engine
from src.engines.stacked.engine import Engine
from src.engines.stacked.spec import stack_key
from src.runs.job import Job, Queue
from tests.conftest import environment
from tests.engines.stacked.test_company import alone, assert_same_curve

# An engine whose process may take 400 MB more than it has once torch is there: 48 members want more.
SCRIPT = """
import json, logging, resource, sys
import torch
from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.runs.job import Job, Queue
from src.engines.stacked.engine import Engine
from src.engines.stacked.spec import stack_key

logging.basicConfig(stream=sys.stdout, format="%(message)s")
torch.set_num_threads(1)
keys = ["data=digits", "model.widths=[1500,300]", "epochs=2", "patience=null", "batch_size=256", "trainer.accelerator=cpu"]
first = compose_run(*keys, "tracking.enabled=false")
runs = [first.model_copy(update={"seed": seed}) for seed in range(48)]
dataset = read_dataset(runs[0].data)
source = Queue([(stack_key(run), Job(number, run)) for number, run in enumerate(runs)])
engine = Engine(source, runs[0], dataset, slots=int(sys.argv[1]))
if len(sys.argv) > 2:
    used = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[2]), -1))
engine.train()
curves = {number: [row["val/loss"] for row in trained.progress.history] for number, trained in source.ended_.items()}
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
    dataset, epochs = read_dataset(runs[0].data), []

    def run_out(trainer: Engine) -> None:
        epochs.append(trainer.slots)
        if len(epochs) in (3, 6):
            raise MemoryError

    source = Queue([(stack_key(run), Job(number, run)) for number, run in enumerate(runs)])
    Engine(source, runs[0], dataset, slots=4, on_epoch=run_out).train()
    assert {4, 2, 1} <= set(epochs)
    for number, run in enumerate(runs):
        assert len(source.ended_[number].progress.history) == 6
        assert_same_curve(source.ended_[number].progress, alone(run, dataset), alone(run, dataset, moved=True))
