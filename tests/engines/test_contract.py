"""Every engine tells the same: the same events in the same order, with the same rows, whatever happens on the way."""

import logging
from pathlib import Path

import pytest
from rich.console import Console

from src.config.composition import compose_run
from src.config.errors import Interrupted
from src.engines.build import stack_spec
from src.engines.dispatch import Dispatch
from src.runs.job import Job, Jobs
from src.runs.listener import RecordError
from src.runs.outcome import Failed, Trained
from src.runs.stop_reason import StopReason

ENGINES = ("single", "stacked", "native")
EPOCHS = 3
KEYS = [
    "data=breast_cancer",
    f"epochs={EPOCHS}",
    "trainer.precision=64-true",
    "tracking.enabled=false",
]


MLP = ("model.widths=[4]",)
COLUMNS = ("model.d_embedding=3", "model.num_bins=4", "model.num_frequencies=2", "model.dropout=0.2")
IMAGES = ("data=digits", "batch_size=256", "augment=mixup", "model.dropout=0.2")
MODELS = {
    "mlp": MLP,
    "tabular": ("model=tabular", *COLUMNS, "model.widths=[4]"),
    "tabular, periodic": ("model=tabular", *COLUMNS, "model.widths=[4]", "model.embedding=periodic"),
    "tabm": ("model=tabm", *COLUMNS, "model.k=3", "model.d_block=5", "model.arch_type=tabm"),
    "tabm, mixup": ("model=tabm", *COLUMNS, "model.k=3", "model.d_block=5", "augment=mixup"),
    "tabm-mini": ("model=tabm", *COLUMNS, "model.k=3", "model.d_block=5", "trainer.gradient_clip_val=0.1"),
    "averaged, the last": (*MLP, "ema=0.9", "keep=last", "patience=null", "train_eval=true"),
    "cnn": (*IMAGES, "model=cnn", "model.channels=[2,3]", "model.convs_per_stage=1", "model.norm=layer"),
    "mixer": (*IMAGES, "model=mixer", "model.hidden_dim=4", "model.num_blocks=1", "model.channels_mlp_dim=5"),
}


class Events:
    """The first listener; `at`: what it does as an event comes."""

    def __init__(self, at=lambda event, job, number: None):
        self.events, self.rows, self.outcomes, self.at = [], {}, {}, at

    def begin(self, job, facts):
        assert facts["data"].startswith(job.run.data["_target_"].split(".")[-1]) or facts == {"seed": str(job.run.seed)}
        self.note("begin", job, 0)

    def epoch(self, job, row):
        self.rows.setdefault(job.number, []).append(dict(row))
        self.note("epoch", job, int(row["epoch"]))

    def end(self, job, outcome):
        self.outcomes[job.number] = outcome
        self.note(str(outcome.stop_reason), job, 0)

    def note(self, event, job, number):
        self.events.append((event, job.number, number))
        self.at(event, job, number)

    def of(self, number):
        return [(event, epoch) for event, its, epoch in self.events if its == number]


class Pruned(Jobs):
    """Asks job 0 to stop after its first epoch."""

    def keep(self, job, row):
        return job.number != 0


def train(engine, folder, *overrides, source=Jobs, listeners=None, jobs=2, shared=MLP):
    """Jobs that differ in their seeds, the first with `overrides`, all with `shared`; gives the first listener's events."""
    made = []
    for number in range(jobs):
        run = compose_run(*KEYS, *shared, f"seed={number}", f"engine={engine}", *(overrides if number == 0 else ()))
        made.append(Job(number, run, Path(folder) / engine / str(number)))
        made[-1].folder.mkdir(parents=True, exist_ok=True)
    listeners = listeners or [Events()]
    kinds = source(made, lambda job: stack_spec(job.run))
    dispatch = Dispatch(kinds, listeners, console=Console(quiet=True), slots=4)
    dispatch.train()
    return listeners[0]


WHOLE = [("begin", 0), *(("epoch", number + 1) for number in range(EPOCHS)), ("epochs", 0)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """By engine."""
    return {engine: train(engine, tmp_path_factory.mktemp("plain")) for engine in ENGINES}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_job_begins_has_its_epochs_and_ends(engine, plain):
    events = plain[engine]
    assert [events.of(number) for number in (0, 1)] == [WHOLE, WHOLE]
    outcome = events.outcomes[0]
    assert isinstance(outcome, Trained)
    assert [row["val/loss"] for row in events.rows[0]] == [row["val/loss"] for row in outcome.progress.history]


@pytest.mark.parametrize("model", MODELS)
def test_the_rows_are_the_same(model, plain, tmp_path):
    heard = plain if model == "mlp" else {engine: train(engine, tmp_path, shared=MODELS[model]) for engine in ENGINES}
    for engine in ENGINES[1:]:
        assert_same_rows(heard["single"].rows, heard[engine].rows)


EVERY = ["blur=1", "gamma=0.3", "contrast=0.2", "brightness=0.1", "noise=0.1", "cutout=0.3", "mixup=0.4"]
AUGMENTED = {  # what the first has, and the second beside it
    "all, beside affine": (["data=digits", "augment=affine", "batch_size=256"], [f"augment.{key}" for key in EVERY]),
    "none, beside mixup": (["data=digits", "augment=mixup", "batch_size=256"], ["augment=affine"]),
    "binary": (["augment=mixup", "pos_weight=2.0"], ["augment.mixup=1.0", "pos_weight=1.0"]),
    "regression": (["data=diabetes", "augment=mixup", "loss=huber"], ["augment.mixup=1.0"]),
}


@pytest.mark.parametrize("case", AUGMENTED)
def test_augmented_rows_are_the_same(case, tmp_path):
    shared, first = AUGMENTED[case]
    single, *others = (train(engine, tmp_path, *first, shared=(*MLP, *shared)).rows for engine in ENGINES)
    for rows in others:
        assert_same_rows(single, rows)
    assert single[0][0]["train/loss"] != single[1][0]["train/loss"]


def assert_same_rows(some, others):
    assert some.keys() == others.keys()
    for number, rows in some.items():
        for one, other in zip(rows, others[number], strict=True):
            assert one.keys() == other.keys()
            for name in one.keys() - {"epoch_seconds"}:
                assert one[name] == pytest.approx(other[name], rel=1e-9), name


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stop_that_is_asked_for_prunes_one_job(engine, tmp_path):
    events = train(engine, tmp_path, source=Pruned)
    assert events.of(0) == [("begin", 0), ("epoch", 1), ("pruned", 0)]
    assert events.of(1) == WHOLE


@pytest.mark.parametrize("engine", ENGINES)
def test_a_divergence_is_a_result(engine, tmp_path):
    events = train(engine, tmp_path, "optimizer.lr=1e300", "loss=mse", "model.activation=identity")
    assert events.of(0)[-1] == ("diverged", 0)
    assert isinstance(events.outcomes[0], Trained)
    assert events.of(1) == WHOLE


@pytest.mark.parametrize("engine", ENGINES)
def test_an_exception_in_training_fails_one_job(engine, tmp_path):
    events = train(engine, tmp_path, "schedule.warmup_steps=100000")
    assert events.of(0) == [("begin", 0), ("failed", 0)]
    assert "warmup_steps" in events.outcomes[0].reason
    assert events.of(1) == WHOLE


@pytest.mark.parametrize("engine", ENGINES)
def test_a_listener_that_fails_costs_a_warning_once(engine, tmp_path, caplog):
    def fail(event, job, number):
        raise OSError("no paper left")

    first, failing, last = Events(), Events(fail), Events()
    with caplog.at_level(logging.WARNING):
        train(engine, tmp_path, listeners=[first, failing, last])
    assert first.of(0) == last.of(0) == WHOLE
    assert len([record for record in caplog.records if "no paper left" in record.message]) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_record_that_fails_ends_the_training(engine, tmp_path):
    def fail(event, job, number):
        if (event, number) == ("epoch", 2):
            raise OSError("the disk is full")

    events, other = Events(fail), Events()
    with pytest.raises(RecordError, match="the disk is full") as raised:
        train(engine, tmp_path, listeners=[events, other])
    assert isinstance(raised.value.__cause__, OSError)
    assert all(isinstance(outcome, Failed) for outcome in events.outcomes.values())
    assert events.outcomes


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interruption_ends_what_has_begun_and_goes_on_upwards(engine, tmp_path):
    def interrupt(event, job, number):
        if (event, job.number, number) == ("epoch", 0, 2):
            raise Interrupted(2)

    events = Events(interrupt)
    with pytest.raises(Interrupted):
        train(engine, tmp_path, listeners=[events])
    assert events.of(0) == [("begin", 0), ("epoch", 1), ("epoch", 2), ("interrupted", 0)]
    assert {number for event, number, _ in events.events if event == "begin"} == events.outcomes.keys()
    reasons = {outcome.stop_reason for outcome in events.outcomes.values()}
    assert reasons <= {StopReason.INTERRUPTED, *([StopReason.EPOCHS] if engine == "native" else [])}
