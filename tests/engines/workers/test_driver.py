"""What the driver makes of the words of workers, without them."""

import logging
from pathlib import Path

import pytest
from rich.console import Console

from src.config.composition import compose_run
from src.data.reading import LastRead
from src.engines import commits as pacing
from src.engines.workers.cluster import Machine
from src.engines.workers.driver import Driver
from src.engines.workers.hands import Hand, Left
from src.engines.workers.messages import Begun, Ended, NextJob
from src.runs.job import Job, Place
from src.runs.outcome import Failed
from src.runs.stop_reason import StopReason
from src.sweep.display import Display
from src.sweep.one import jobs as source_of
from src.sweep.status import SweepStatus


class Heard:
    """A listener that keeps how jobs ended."""

    def __init__(self):
        self.begun, self.ended = [], {}

    def begin(self, job, facts):
        self.begun.append(job.number)

    def epoch(self, job, row):
        pass

    def end(self, job, outcome):
        self.ended[job.number] = outcome.stop_reason


@pytest.fixture
def commits(monkeypatch):
    """Of each commit, for which nothing is waited, the jobs that had ended."""
    monkeypatch.setattr(pacing, "SECONDS", 0.0)
    return []


@pytest.fixture
def driver(commits):
    """One with two jobs."""
    jobs = [Job(number, compose_run("data=moons"), Path(str(number))) for number in range(2)]
    data, heard = LastRead(), Heard()
    driver = Driver(
        source_of(*jobs, data=data), [heard], data, prunes=False, on_commit=lambda: commits.append({*driver.ended_})
    )
    driver.heard = heard
    return driver


def test_what_is_broken_off_has_not_ended_for_the_next_start(driver, commits):
    hands = [Hand("worker 1"), Hand("worker 2")]
    for hand in hands:
        job = driver.take(hand, NextJob(None))
        driver.take(hand, Begun(job.number, {}))
    driver.take(hands[0], Ended(0, Failed(ValueError("bad"))))
    driver.break_off(hands, KeyboardInterrupt())
    assert driver.heard.ended == {0: StopReason.FAILED, 1: StopReason.INTERRUPTED}
    assert commits == [{0}]


def test_what_nobody_has_got_is_not_told_to_have_failed(driver):
    assert driver.has_more()
    driver.break_off([Hand("worker 1")], ValueError("hydra.launcher.workers: must be able to start"))
    assert driver.heard.ended == {}


def test_a_job_that_is_given_again_is_shown_at_its_new_worker_and_has_begun_once(driver):
    status = SweepStatus(2, "val/loss", epochs_left=20)
    driver.listeners.listeners.append(Display(status, Console(quiet=True)))
    first, second = Hand("worker 1"), Hand("worker 2")
    job = driver.take(first, NextJob(None))
    driver.take(first, Begun(job.number, {"worker": "worker 1", "device": "cpu"}))
    driver.lose(first, "SIGKILL", is_guilty=True)
    assert driver.take(second, NextJob(None)) == job
    driver.take(second, Begun(job.number, {"worker": "worker 2", "device": "cpu"}))
    assert {name: worker.jobs for name, worker in status.workers.items()} == {"worker 1": set(), "worker 2": {0}}
    assert driver.heard.begun == [0]


def test_what_may_have_killed_two_workers_goes_on_alone_and_the_others_together(driver):
    jobs = [Job(number, driver.source.next(None).run, Path(str(number))) for number in range(2)]
    commit = Path("stack.ckpt")
    for _ in range(2):
        hand = Hand("worker", {job.number: job for job in jobs}, commit, frozenset([0]))
        driver.lose(hand, "SIGKILL", is_guilty=True)
        left = [driver.hand_over(Hand("another")) for _ in range(len(driver.left))]
    assert left == [Left([jobs[0]], commit, keeps=False), Left([jobs[1]], None, keeps=False)]
    driver.lose(Hand("worker", {0: jobs[0]}), "SIGKILL", is_guilty=True)
    assert driver.heard.ended == {0: StopReason.FAILED}


def test_jobs_of_threads_go_to_whoever_is_free_and_those_of_a_stack_stay_together(driver):
    jobs = {number: Job(number, driver.source.next(None).run, Path(str(number))) for number in range(2)}
    driver.lose(Hand("of threads", dict(jobs)), "SIGKILL", is_guilty=False)
    busy, idle = Hand("busy", {9: jobs[0]}), Hand("idle")
    assert driver.take(busy, NextJob(None)) == jobs[0]
    assert driver.hand_over(idle) == Left([jobs[1]])
    stack = Hand("of a stack", dict(jobs))
    driver.take(stack, NextJob(Place("spec", 2)))
    driver.lose(stack, "SIGKILL", is_guilty=False)
    assert driver.take(Hand("empty"), NextJob(None)) is None  # it begins anew, with the stack
    assert driver.hand_over(idle) == Left(list(jobs.values()))


def test_a_worker_that_dies_before_its_first_commit_leaves_that_of_the_one_before_it(driver):
    jobs = {number: Job(number, driver.source.next(None).run, Path(str(number))) for number in range(2)}
    commit = Path("stack.ckpt")
    driver.take_up(Left(list(jobs.values()), commit))
    hand = Hand("worker")
    driver.hand_over(hand)
    driver.lose(hand, "SIGKILL", is_guilty=True)
    assert driver.hand_over(Hand("another")) == Left(list(jobs.values()), commit)


def test_a_warning_of_a_worker_is_told_with_its_name(driver, caplog):
    record = logging.makeLogRecord(
        {"name": "src.data", "msg": "100 % damaged", "levelno": logging.WARNING, "levelname": "WARNING"}
    )
    assert driver.take(Hand("worker 3"), record) is None
    assert caplog.messages == ["worker 3: 100 % damaged"]


@pytest.mark.parametrize(
    ("gpus", "workers", "each"), [(0, 2, 0), (2, 1, 2), (2, 2, 1), (3, 2, 1), (1, 4, 0.25), (2, 3, 0.5), (4, 6, 0.5)]
)
def test_workers_fit_on_the_gpus_of_a_machine(gpus, workers, each):
    machine = Machine("key", "name", cores=8, gpus=gpus)
    assert machine.gpus_each(workers) == each
    room = int(1 / each) * gpus if 0 < each < 1 else gpus // each if each else workers
    assert room >= workers
