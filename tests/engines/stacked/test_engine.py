"""What a listener hears of a stack, and what a source decides in it."""

from collections.abc import Callable, Mapping
from functools import cache

import pytest

from src.config.composition import compose_run
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.build import spec_of
from src.engines.stacked import engine
from src.engines.stacked.engine import StackedEngine
from src.engines.stacked.snapshot import Snapshot
from src.runs.job import Job, Jobs, Place
from src.runs.listener import RecordError
from src.runs.outcome import Failed
from src.runs.stop_reason import StopReason
from tests.engines.stacked.heard import Heard, jobs_of, train

KEYS = ["data=breast_cancer", "model.widths=[6]", "epochs=3", "patience=null", "model.dropout=0.2"]
KEYS += ["trainer.accelerator=cpu", "tracking.enabled=false"]


@cache
def dataset() -> Dataset:
    return read_dataset(compose_run(*KEYS).data)


def runs(count: int, *more: str) -> list[Run]:
    return [compose_run(*KEYS, *more, f"seed={seed}") for seed in range(count)]


def story(epochs: int) -> list[str]:
    """All that is heard of a job, from its begin to its end."""
    return ["begin", *(f"epoch {epoch}" for epoch in range(1, epochs + 1)), "end"]


def without_seconds(rows: list[Mapping[str, float]]) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "epoch_seconds"} for row in rows]


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_each_job_begins_has_its_epochs_and_ends(slots: int):
    heard = train(runs(5), dataset(), slots=slots)
    assert dict(heard.events) == dict.fromkeys(range(5), story(3))
    for number in range(5):
        assert heard.facts[number]["seed"] == str(number)
        assert heard.outcomes[number].stop_reason is StopReason.EPOCHS
        assert heard.rows[number] == heard.progress(number).history


def test_the_source_is_asked_for_what_fits():
    asked = []

    class Asked(Jobs):
        def next(self, place: Place | None) -> Job | None:
            asked.append(place)
            return super().next(place)

    jobs = jobs_of([*runs(3), compose_run(*KEYS, "batch_size=7")])
    source, heard = Asked(jobs, spec_of), Heard()
    StackedEngine(jobs[0], dataset(), slots=2).train(source, heard)
    assert set(asked) == {Place(spec_of(jobs[0]), 2)}
    assert set(heard.outcomes) == {0, 1, 2}
    assert source.next(None) == jobs[3]


def test_a_job_that_the_source_does_not_keep_is_pruned():
    class Pruner(Jobs):
        def keep(self, job: Job, row: Mapping[str, float]) -> bool:
            return job.number != 1 or row["epoch"] < 2

    jobs, heard = jobs_of(runs(3)), Heard()
    StackedEngine(jobs[0], dataset(), slots=2).train(Pruner(jobs, spec_of), heard)
    assert heard.events[1] == story(2)
    assert [heard.outcomes[number].stop_reason for number in range(3)] == ["epochs", "pruned", "epochs"]


def test_a_job_that_has_its_own_reason_to_stop_keeps_it():
    class Nobody(Jobs):
        def keep(self, job: Job, row: Mapping[str, float]) -> bool:
            return False

    jobs, heard = jobs_of(runs(1, "epochs=1")), Heard()
    StackedEngine(jobs[0], dataset(), slots=1).train(Nobody(jobs, spec_of), heard)
    assert heard.outcomes[0].stop_reason is StopReason.EPOCHS


def test_a_job_whose_schedule_does_not_fit_fails_alone():
    heard = train([*runs(2), compose_run(*KEYS, "epochs=1", "schedule.warmup_steps=500")], dataset(), slots=2)
    assert heard.events[2] == ["begin", "end"]
    failed = heard.outcomes[2]
    assert isinstance(failed, Failed)
    assert failed.reason.startswith("ValueError: schedule.warmup_steps: must be less than the run's")
    assert heard.events[0] == heard.events[1] == story(3)


@pytest.mark.parametrize("error", [RecordError("no space left on device"), KeyboardInterrupt()])
def test_what_ends_the_training_passes_through(error: BaseException):
    class Broken(Heard):
        def epoch(self, job: Job, row: Mapping[str, float]) -> None:
            raise error

    jobs = jobs_of(runs(3))
    with pytest.raises(type(error)):
        StackedEngine(jobs[0], dataset(), slots=2).train(Jobs(jobs, spec_of), Broken())


def snapshots(patch: pytest.MonkeyPatch, jobs: list[Job], on_snapshot: Callable[[Snapshot], None]) -> Heard:
    patch.setattr(engine, "SNAPSHOT_SECONDS", 0.0)
    patch.setattr(engine, "SNAPSHOT_SHARE", 1e9)
    heard = Heard()
    StackedEngine(jobs[0], dataset(), slots=2, on_snapshot=on_snapshot).train(Jobs(jobs, spec_of), heard)
    return heard


@pytest.mark.parametrize("keys", [(), ("ema=0.9", "keep=last")])
def test_what_was_taken_up_is_told_again_and_goes_on_to_the_same_end(keys, monkeypatch: pytest.MonkeyPatch):
    jobs, kept = jobs_of(runs(3, *keys)), []
    straight = snapshots(monkeypatch, jobs, kept.append)
    snapshot = kept[1]  # of the first two jobs after two epochs
    assert snapshot.numbers == [0, 1]
    heard, resumed = Heard(), StackedEngine(jobs[0], dataset(), slots=2)
    resumed.take_up(snapshot, {0: jobs[0], 1: jobs[1]})
    resumed.train(Jobs(jobs[2:], spec_of), heard)
    assert dict(heard.events) == dict.fromkeys(range(3), story(3))
    for number in range(3):
        assert without_seconds(heard.rows[number]) == without_seconds(straight.rows[number])


def test_used_slots_are_counted():
    jobs = jobs_of(runs(3))
    trained = StackedEngine(jobs[0], dataset(), slots=2)
    trained.train(Jobs(jobs, spec_of), Heard())
    assert (trained.used_, trained.offered_) == (9, 9)
    assert trained.slots == 2
