"""The contract of the engine: what listeners hear of a job, in which order, whatever happens to it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from src.config.composition import compose_run
from src.config.errors import Interrupted
from src.config.schema import Run
from src.data.reading import read_dataset
from src.engines.single.engine import SingleEngine
from src.runs.files import CHECKPOINT
from src.runs.job import Job, Jobs
from src.runs.listener import Listeners, RecordError
from src.runs.outcome import Failed, Outcome, Trained
from src.runs.stop_reason import StopReason

KEYS = ["data=breast_cancer", "model.widths=[4]", "epochs=3", "trainer.accelerator=cpu", "tracking.enabled=false"]


def tiny(*keys: str) -> Run:
    return compose_run(*KEYS, *keys)


class Heard:
    """Keeps what it is told; `on_epoch` may object."""

    def __init__(self, on_epoch: Callable[[Job, Mapping[str, float]], None] = lambda job, row: None) -> None:
        self.events: list[tuple[str, int, Any]] = []
        self.on_epoch = on_epoch

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        self.events.append(("begin", job.number, dict(facts)))

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        self.events.append(("epoch", job.number, dict(row)))
        self.on_epoch(job, row)

    def end(self, job: Job, outcome: Outcome) -> None:
        self.events.append(("end", job.number, outcome))

    def names(self, number: int) -> list[str]:
        return [name for name, other, _ in self.events if other == number]

    def rows(self, number: int) -> list[dict[str, float]]:
        told = [what for name, other, what in self.events if (name, other) == ("epoch", number)]
        return [{name: value for name, value in row.items() if name != "epoch_seconds"} for row in told]

    def outcome(self, number: int) -> Any:
        return next(what for name, other, what in self.events if (name, other) == ("end", number))


class Keeps(Jobs):
    """Keeps each job for `epochs`."""

    def __init__(self, jobs: list[Job], epochs: int) -> None:
        super().__init__(jobs, lambda job: "one kind")
        self.epochs = epochs

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        return row["epoch"] < self.epochs


def train(folder: Path, runs: list[Run], heard: Any, keeps: int = 1000) -> None:
    jobs = [Job(number, run, folder / str(number)) for number, run in enumerate(runs)]
    for job in jobs:
        job.folder.mkdir(parents=True, exist_ok=True)
    engine = SingleEngine("one kind", read_dataset, console=Console(quiet=True))
    engine.train(Keeps(jobs, keeps), heard)


def test_each_job_begins_is_told_of_each_epoch_once_it_is_committed_and_ends(tmp_path: Path) -> None:
    committed = []

    def look(job: Job, row: Mapping[str, float]) -> None:
        saved = torch.load(job.folder / CHECKPOINT, weights_only=True)
        committed.append(len(saved["callbacks"]["Judge"]["history"]) - row["epoch"])

    heard = Heard(look)
    train(tmp_path, [tiny("seed=1"), tiny("seed=2")], heard)
    assert heard.names(0) == heard.names(1) == ["begin", "epoch", "epoch", "epoch", "end"]
    assert committed == [0] * 6
    assert heard.events[0][2]["data_digest"]
    assert isinstance(heard.outcome(0), Trained)
    assert heard.outcome(0).progress.history == [
        what for name, number, what in heard.events if (name, number) == ("epoch", 0)
    ]
    assert heard.outcome(0).stop_reason is StopReason.EPOCHS


def test_a_job_that_is_not_kept_is_pruned_and_the_next_begins(tmp_path: Path) -> None:
    heard = Heard()
    train(tmp_path, [tiny("trainer.min_epochs=3"), tiny()], heard, keeps=2)
    assert heard.names(0) == heard.names(1) == ["begin", "epoch", "epoch", "end"]
    assert heard.outcome(0).stop_reason is StopReason.PRUNED


def test_a_job_that_fails_is_told_so_and_the_next_begins(tmp_path: Path) -> None:
    heard = Heard()
    train(tmp_path, [tiny("model._target_=torch.nn.NoSuchThing"), tiny()], heard)
    assert isinstance(heard.outcome(0), Failed)
    assert isinstance(heard.outcome(1), Trained)


@pytest.mark.parametrize("error", [Interrupted(15), KeyboardInterrupt()])
def test_what_breaks_off_in_mid_run_goes_on_with_every_row_told_again_to_the_same_bits(tmp_path: Path, error) -> None:
    def break_off(job: Job, row: Mapping[str, float]) -> None:
        if row["epoch"] == 2:
            raise error

    straight, again = Heard(), Heard()
    train(tmp_path / "straight", [tiny("epochs=4", "model.dropout=0.3")], straight)
    with pytest.raises(type(error)):
        train(tmp_path / "broken", [tiny("epochs=4", "model.dropout=0.3")], Heard(break_off))
    train(tmp_path / "broken", [tiny("epochs=4", "model.dropout=0.3")], again)
    assert again.rows(0) == straight.rows(0)
    assert len(again.rows(0)) == 4
    ended = Heard()
    train(tmp_path / "broken", [tiny("epochs=4", "model.dropout=0.3")], ended)
    assert ended.rows(0) == straight.rows(0)
    assert ended.outcome(0).stop_reason is StopReason.EPOCHS
    weights = [heard.outcome(0).weights for heard in (straight, again, ended)]
    assert all(torch.equal(weights[0][name], other[name]) for other in weights for name in other)


def test_a_record_that_fails_ends_the_training(tmp_path: Path) -> None:
    def fail(job: Job, row: Mapping[str, float]) -> None:
        raise OSError("disk full")

    heard = Heard(fail)
    with pytest.raises(RecordError, match="disk full"):
        train(tmp_path, [tiny(), tiny()], Listeners([heard]))
    assert heard.names(0) == ["begin", "epoch"]
    assert heard.names(1) == []
