"""How a sweep stands, and what a person sees of it."""

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from src.config.composition import compose_run
from src.runs.job import Job
from src.runs.stop_reason import StopReason
from src.sweep.display import Display, clock, line, table
from src.sweep.status import SweepStatus

RUN, HERE = compose_run("epochs=10", "data=digits"), Path("0")


def status_of(total: int = 3) -> SweepStatus:
    return SweepStatus(total, "val/loss", epochs_left=10 * total)


def row(epoch: int, loss: float) -> dict[str, float]:
    return {"epoch": epoch, "val/loss": loss}


def told(status: SweepStatus, *, terminal: bool) -> str:
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=100)
    with Display(status, console) as view:
        view._shown = 0.0
        view._show()
    return written.getvalue()


def test_members_are_counted_as_they_run_and_end():
    stands = status_of()
    jobs = [Job(number, RUN, HERE, (f"seed={number}",)) for number in range(3)]
    stands.add(jobs[0], row(1, 0.5))
    stands.add(jobs[1], row(1, 0.4))
    stands.add(jobs[1], row(2, float("nan")))
    assert (len(stands.running), stands.done, stands.epochs, stands.epochs_left) == (2, 0, 3, 27)
    assert (stands.best, stands.best_job) == (0.4, "seed=1")
    stands.end(jobs[1], StopReason.DIVERGED)
    assert (len(stands.running), stands.done, stands.epochs_left) == (1, 1, 19)
    assert stands.figures()[0]["sweep/diverged"] == 1
    stands.end(jobs[0], StopReason.PATIENCE)
    assert stands.epochs_left == 10
    assert stands.seconds_left == pytest.approx(10 / stands.rate, rel=0.1)


def test_the_best_is_the_largest_where_more_is_better():
    stands = SweepStatus(2, "val/auroc", epochs_left=20)
    for number, value in enumerate((0.7, 0.9, 0.8)):
        stands.add(Job(number, RUN, HERE), {"epoch": 1, "val/auroc": value})
    assert (stands.best, stands.best_job) == (0.9, "1")


def test_where_the_last_weights_are_kept_no_earlier_epoch_counts():
    stands, job = status_of(), Job(0, compose_run("epochs=2", "data=digits", "patience=null", "keep=last"), HERE)
    stands.add(job, row(1, 0.1))
    assert stands.best_job == ""
    stands.add(job, row(2, 0.3))
    assert (stands.best, stands.best_job) == (0.3, "0")


def test_the_live_table_and_the_line_say_the_same():
    stands = status_of()
    for epoch in (1, 2):
        stands.add(Job(0, RUN, HERE, ("seed=0",)), row(epoch, 0.5))
    stands.end(Job(1, RUN, HERE), StopReason.PATIENCE)
    shown = told(stands, terminal=True)
    for text in ("1 of 3  (1 stopped early)", "running", "waiting", "0.5000  seed=0", "member-epochs/s, ETA 0:0"):
        assert text in shown, text
    said = told(stands, terminal=False)
    assert said.count("1/3 done (1 stopped early), 1 running, best val/loss 0.5000") == 2
    assert "slot use" not in said
    stands.used, stands.offered = 9, 10
    assert line(stands).endswith("slot use 90.0 %")


def test_before_the_second_epoch_nothing_is_promised():
    stands = status_of()
    assert "ETA -:--:--" in line(stands)
    assert table(stands)
    stands.add(Job(0, RUN, HERE), row(1, 0.5))  # in its time things were compiled
    assert "ETA -:--:--" in line(stands)
    stands.add(Job(0, RUN, HERE), row(2, 0.5))
    first = stands.started or 0.0
    before, rate, after = time.perf_counter() - first, stands.rate, time.perf_counter() - first
    assert 1 / after <= rate <= 1 / before
    assert clock(3725) == "1:02:05"
