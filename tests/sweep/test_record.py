"""What goes wrong while one job is recorded is that job's alone."""

from pathlib import Path

import pytest
from rich.console import Console

from src.config.composition import compose_run
from src.engines.dispatch import run_sweep
from src.runs.job import Job
from src.runs.outcome import evaluate_run
from src.sweep import record

KEYS = ["data=breast_cancer", "model.widths=[4]", "epochs=2", "trainer.accelerator=cpu", "tracking.enabled=false"]


def test_a_job_that_cannot_be_concluded_fails_alone_and_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    jobs = [Job(seed, compose_run(*KEYS, f"seed={seed}", "tracking.save_model=false")) for seed in range(3)]

    def fail_for_one(folder: Path, trained: object) -> dict[str, object]:
        if folder.name == "1":
            raise RuntimeError("this model cannot be saved")
        return evaluate_run(folder, trained)

    monkeypatch.setattr(record, "evaluate_run", fail_for_one)
    for _ in range(2):  # the second time from the checkpoint
        results = run_sweep(jobs, tmp_path, slots=2, console=Console(quiet=True), scribe=None)
        assert [results[number]["status"] for number in range(3)] == ["FINISHED", "FAILED", "FINISHED"]
        assert results[1]["reason"] == "RuntimeError: this model cannot be saved"
