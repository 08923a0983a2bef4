"""What a sweep's status knows of its workers: who has which job, and how many epochs it has done."""

from src.config.composition import compose_run
from src.runs.job import Job
from src.runs.stop_reason import StopReason
from src.sweep.status import SweepStatus


def test_an_epoch_is_that_of_the_worker_which_has_the_job(tmp_path):
    run = compose_run("data=moons", "epochs=2")
    jobs = [Job(number, run, tmp_path / str(number)) for number in range(3)]
    status = SweepStatus(3, "val/loss", 6)
    for job, worker in zip(jobs, ("a", "b", "b"), strict=True):
        status.begin(job, {"worker": worker, "device": "cpu"})
    for epoch in (1, 2):
        for job in jobs:
            status.add(job, {"epoch": epoch, "val/loss": 1.0})
    assert {name: (worker.jobs, worker.epochs) for name, worker in status.workers.items()} == {
        "a": ({0}, 1),  # the first begins its clock
        "b": ({1, 2}, 3),
    }
    for job in jobs[:2]:
        status.end(job, StopReason.EPOCHS)
    assert [worker.jobs for worker in status.workers.values()] == [set(), {2}]
    assert status.done == 2


def test_a_job_of_no_worker_is_nobodys(tmp_path):
    job = Job(0, compose_run("data=moons", "epochs=2"), tmp_path)
    status = SweepStatus(1, "val/loss", 2)
    status.begin(job, {})
    status.add(job, {"epoch": 1, "val/loss": 1.0})
    status.end(job, StopReason.EPOCHS)
    assert (status.workers, status.done) == ({}, 1)
