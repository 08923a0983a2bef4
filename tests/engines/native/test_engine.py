"""Members on threads of their own: the bits that they have alone, whoever else trains, and after whatever breaks them off."""

import io
import random

import pytest
import torch
from rich.console import Console

from src.config.composition import compose_run
from src.config.errors import Interrupted
from src.data.reading import read_dataset
from src.disk import tensors
from src.engines import commits
from src.engines.build import spec_of
from src.engines.dispatch import Dispatch
from src.engines.native import checkpoint
from src.engines.native import engine as native
from src.engines.native.build import why_not
from src.engines.native.cores import num_cores, quota
from src.engines.native.engine import NativeEngine
from src.runs.job import Job, Jobs
from src.runs.outcome import Failed
from tests.engines.stacked.heard import Heard
from tests.engines.stacked.test_company import alone, assert_same_curve

BASE = ["tracking.enabled=false", "trainer.accelerator=cpu", "patience=null", "data=breast_cancer", "epochs=4"]
SHAPES = [
    ("model.widths=[6]", "model.dropout=0.2", "model.norm=layer"),
    ("model.widths=[9,4]", "batch_size=50", "optimizer.name=sgd", "optimizer.lr=0.1"),
    ("model.widths=[]", "data=diabetes", "loss=huber"),
    ("model.widths=[8]", "trainer.precision=64-true", "epochs=6", "patience=1"),
    ("model.widths=[5,5]", "data=digits", "model.activation=gelu", "train_eval=true", "batch_size=200"),
    ("model=perceptron", "model.activation=identity", "loss=perceptron", "batch_size=8"),
    ("model.widths=[6]", "ema=0.98", "keep=last", "model.dropout=0.2", "diagnostics=true"),
    ("data=phantom", "augment=affine", "augment.mixup=0.2", "batch_size=64", "data.num_train=200", "data.num_val=60"),
]


def jobs(folder, given=SHAPES):
    made = []
    for number, overrides in enumerate(given):
        made.append(Job(number, compose_run(*BASE, *overrides, f"seed={number}"), folder / str(number)))
        made[-1].folder.mkdir(parents=True, exist_ok=True)
    return made


def train(given, threads, heard=None):
    heard = heard or Heard()
    engine = NativeEngine(threads=threads, console=Console(quiet=True))
    engine.train(Jobs(given, lambda job: 0), heard)
    return heard


def bits(heard):
    """All that decides: rows without their seconds, the best weights, and val's outputs."""
    return {
        number: (
            [{name: value for name, value in row.items() if name != "epoch_seconds"} for row in heard.rows[number]],
            {name: tensor.tolist() for name, tensor in outcome.weights.items()},
            outcome.val.logits.tolist(),
        )
        for number, outcome in heard.outcomes.items()
    }


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Each job in an engine of its own."""
    return {
        number: one for job in jobs(tmp_path_factory.mktemp("alone")) for number, one in bits(train([job], 1)).items()
    }


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_member_has_the_bits_that_it_has_alone(threads, order, straight, tmp_path, monkeypatch):
    monkeypatch.setattr(native, "num_cores", lambda: threads)
    given = jobs(tmp_path)
    random.Random(order).shuffle(given)
    assert bits(train(given, threads)) == straight


def test_a_member_goes_on_from_its_last_commit(straight, tmp_path, monkeypatch):
    monkeypatch.setattr(commits, "SECONDS", 0.0)
    monkeypatch.setattr(commits, "SHARE", 1e9)

    class Broken(Heard):
        def epoch(self, job, row):
            super().epoch(job, row)
            if row["epoch"] == 3:
                raise Interrupted(2)

    for job in jobs(tmp_path):
        if straight[job.number][0][-1]["epoch"] >= 3:
            with pytest.raises(Interrupted):
                train([job], 1, Broken())
            assert len(tensors.load_tensors(job.folder / checkpoint.FILE)["progress"]["history"]) == 2
    heard = train(jobs(tmp_path), 2)
    assert bits(heard) == straight
    assert not list(tmp_path.rglob(checkpoint.FILE))


def test_a_damaged_commit_costs_a_line(straight, tmp_path, caplog):
    job = jobs(tmp_path)[0]
    (job.folder / checkpoint.FILE).write_bytes(b"damaged")
    assert bits(train([job], 1)) == {0: straight[0]}
    assert [record.message.count("begins again at epoch 1") for record in caplog.records] == [1]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_curve_is_that_of_lightning(shape, tmp_path):
    run = compose_run(*BASE, *shape, "trainer.precision=64-true")
    dataset = read_dataset(run.data)
    heard = train([Job(0, run, tmp_path)], 1)
    assert_same_curve(heard.progress(0), alone(run, dataset), alone(run, dataset, moved=True))


def test_the_thread_counts_are_given_back(tmp_path):
    before = torch.get_num_threads()
    train(jobs(tmp_path)[:1], 2)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("trainer.precision=bf16-mixed", "trainer.precision=bf16-mixed"),
        ("trainer.compile=true", "trainer.compile"),
        ("model=tabm", "src.models.tabm.TabM is no model of the compiled engine"),
        ("trainer.limit_train_batches=2", "trainer.limit_train_batches is for Lightning"),
    ],
)
def test_what_it_does_not_know_goes_elsewhere(override, reason):
    run = compose_run(*BASE, override)
    assert why_not(run, read_dataset(run.data)).startswith(reason)


def test_jobs_that_it_does_not_know_are_trained_by_others(tmp_path):
    other = ("epochs=1", "model=tabm")
    made, heard = jobs(tmp_path, [("epochs=1",), other, ("epochs=1", "model.widths=[3]"), other]), Heard()
    told = io.StringIO()
    Dispatch(Jobs(made, spec_of), [heard], console=Console(file=told, width=200)).train()
    assert heard.events == {number: ["begin", "epoch 1", "end"] for number in range(4)}
    assert told.getvalue().count("not in the compiled engine: src.models.tabm.TabM is no") == 1


def test_a_job_that_cannot_begin_fails_alone(tmp_path):
    heard = train(jobs(tmp_path, [("epochs=1",), ("epochs=1", "schedule.warmup_steps=5000")]), 2)
    assert isinstance(heard.outcomes[1], Failed)
    assert heard.events == {0: ["begin", "epoch 1", "end"], 1: ["begin", "end"]}


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "max 100000\n"}, 2**16),
        ({"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2**16),
        ({}, 2**16),
    ],
)
def test_a_container_limits_the_cores(files, cores, tmp_path):
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert quota(tmp_path) == cores


def test_the_environment_limits_the_cores(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert num_cores() == 1
