"""What goes wrong while one job is recorded is that job's alone."""

from pathlib import Path

import pytest
from rich.console import Console

from src import tracking
from src.config.composition import compose_run
from src.config.schema import Run
from src.engines.resources import Resources
from src.prediction.predictor import FILE
from src.runs import record
from src.runs.job import Job
from src.runs.outcome import Trained, evaluate_run
from src.sweep import summary
from src.sweep.grid import train_grid

KEYS = ["data=breast_cancer", "model.widths=[4]", "epochs=2", "trainer.accelerator=cpu", "tracking.enabled=false"]


def jobs_in(folder: Path, *overrides: str) -> list[Job]:
    runs = [compose_run(*KEYS, f"seed={seed}", "tracking.save_model=false", *overrides) for seed in range(3)]
    return [Job(number, run, folder / str(number)) for number, run in enumerate(runs)]


def statuses(folder: Path, *overrides: str) -> dict[int, str]:
    with tracking.open(False) as tracker:
        results = train_grid(
            jobs_in(folder, *overrides), folder, tracker, console=Console(quiet=True), resources=Resources(slots=2)
        )
    return {number: f"{result.status}: {result.reason}" for number, result in sorted(results.items())}


def test_a_job_that_cannot_be_concluded_fails_alone_and_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail_for_one(run: Run, folder: Path, trained: Trained) -> object:
        if folder.name == "1":
            raise RuntimeError("this model cannot be evaluated")
        return evaluate_run(run, folder, trained)

    monkeypatch.setattr(record, "evaluate_run", fail_for_one)
    expected = {0: "FINISHED: None", 1: "FAILED: RuntimeError: this model cannot be evaluated", 2: "FINISHED: None"}
    for _ in range(2):  # the second time from the checkpoint
        assert statuses(tmp_path) == expected


def test_a_sweep_does_not_go_on_as_another(tmp_path: Path):
    statuses(tmp_path)
    with pytest.raises(ValueError, match=r"trainer.gradient_clip_val=1.0 \(was None\).*hydra.launcher.resume=fresh"):
        statuses(tmp_path, "trainer.gradient_clip_val=1.0")
    assert set(statuses(tmp_path, "trainer.accelerator=auto").values()) == {"FINISHED: None"}


def test_a_sweep_that_is_killed_while_it_is_concluded_has_not_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    statuses(tmp_path)
    monkeypatch.setattr(summary, "leave_model", killed)
    for path in tmp_path.glob("*/"):
        (path / FILE).touch()
    with tracking.open(False) as tracker, pytest.raises(KeyboardInterrupt):
        summary.summarise_sweep(tmp_path, Console(quiet=True), tracker)
    assert not summary.has_all(tmp_path)
