"""Workers on a cluster of two nodes: what one process trains, whoever dies meanwhile."""

import os
import re
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster
from rich.console import Console

from src.config.composition import compose_run
from src.data.reading import LastRead
from src.engines.dispatch import Dispatch
from src.engines.workers import workers
from src.engines.workers.cluster import reach
from src.engines.workers.workers import Workers
from src.runs.job import Job
from src.runs.listener import RecordError
from src.runs.outcome import Failed
from src.runs.stop_reason import StopReason
from src.sweep.one import jobs as source_of
from tests.waiting import until

SMALL = ("patience=null", "tracking.enabled=false", "model.widths=[8]")
MOONS = ("data=moons", "data.num_train=256")


class Heard:
    """A listener that keeps all that it is told; `then` is called after each epoch, in the driver's thread."""

    def __init__(self, then=lambda heard: None):
        self.begun, self.ended = Counter(), {}
        self.rows, self.workers, self.then = {}, {}, then

    def begin(self, job, facts):
        self.begun[job.number] += 1
        self.rows[job.number], self.workers[job.number] = [], facts.get("worker")

    def epoch(self, job, row):
        self.rows[job.number].append({name: value for name, value in row.items() if name != "epoch_seconds"})
        self.then(self)

    def end(self, job, outcome):
        assert job.number not in self.ended
        self.ended[job.number] = outcome


@pytest.fixture(scope="module")
def nodes():
    """A head without cores, and two nodes of one core each."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    cluster.extra = [cluster.add_node(num_cpus=1) for _ in range(2)]
    yield cluster
    cluster.shutdown()


def jobs_in(folder, *overrides):
    """A job for each of `overrides`."""
    made = [Job(number, compose_run(*SMALL, *given), folder / str(number)) for number, given in enumerate(overrides)]
    for job in made:
        job.folder.mkdir(parents=True)
    return made


def by_workers(jobs, cluster, heard, **more):
    data = LastRead()
    source = more.pop("source", None) or source_of(*jobs, data=data)
    settings = {"console": Console(quiet=True), "data": data, "slots": None, "count": None, "prunes": False, **more}
    reach(cluster.address)
    workers = Workers(source, [heard], address=cluster.address, **settings)
    workers.train()
    return workers


class Until:
    """Gives jobs until `is_enough`; keeps those that it has given, and what it was asked of them, of which it `stops` some."""

    def __init__(self, folder, is_enough, *overrides, stops=()):
        self.folder, self.is_enough, self.overrides, self.stops = folder, is_enough, overrides, stops
        self.given, self.asked = [], []

    def next(self, place):
        if self.is_enough():
            return None
        number = len(self.given)
        job = Job(number, compose_run(*SMALL, *MOONS, *self.overrides, f"seed={number}"), self.folder / str(number))
        job.folder.mkdir(parents=True)
        self.given.append(job)
        return job

    def keep(self, job, row):
        self.asked.append((job.number, row["epoch"]))
        return (job.number, row["epoch"]) not in self.stops


def test_workers_give_the_bits_of_one_process_though_a_worker_and_a_node_die_and_one_joins(nodes, tmp_path):
    done = []

    def disturb(heard):
        seen = len(set(heard.workers.values()))
        if not done and len(heard.ended) >= 4 and seen == 2:
            done.append("killed")
            kill_a_worker(heard)
        if done == ["killed"] and seen == 3:
            done.append("removed")
            nodes.remove_node(nodes.extra.pop())
            nodes.extra.append(nodes.add_node(num_cpus=1))

    heard = Heard(disturb)
    source = Until(tmp_path / "workers", lambda: len(set(heard.workers.values())) == 4, "epochs=12")
    by_workers(source.given, nodes, heard, source=source)
    assert done == ["killed", "removed"]
    alone, jobs = (
        Heard(),
        jobs_in(tmp_path / "alone", *([*MOONS, "epochs=12", f"seed={job.number}"] for job in source.given)),
    )
    data = LastRead()
    Dispatch(source_of(*jobs, data=data), [alone], console=Console(quiet=True), data=data).train()
    assert set(heard.begun.values()) == {1}
    assert heard.rows == alone.rows
    assert {outcome.stop_reason for outcome in heard.ended.values()} == {StopReason.EPOCHS}
    assert len(heard.ended) == len(jobs)


@pytest.mark.parametrize("signum", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.slow)])
def test_a_job_that_kills_or_freezes_its_worker_three_times_is_one_failed_job(signum, nodes, tmp_path, caplog):
    heard = Heard()
    deadly = ("data=code", "data._target_=tests.engines.workers.deadly.read", f"+data.signum={int(signum)}", "epochs=2")
    others = [(*MOONS, "epochs=5", f"seed={seed}") for seed in range(3)]
    jobs = jobs_in(tmp_path, others[0], (*deadly, "trainer.timeout_seconds=3"), *others[1:])
    workers = by_workers(jobs, nodes, heard)
    assert isinstance(heard.ended[1], Failed)
    assert list(workers.failed_) == [1]
    assert "3 workers died while they trained it" in heard.ended[1].reason
    assert [heard.ended[number].stop_reason for number in (0, 2, 3)] == [StopReason.EPOCHS] * 3
    if signum == signal.SIGSTOP:
        assert "no sign of life for 3 s (trainer.timeout_seconds)" in heard.ended[1].reason
        assert "no sign of life for 3 s (trainer.timeout_seconds), and its 1 jobs are given out again" in caplog.text
        until(
            lambda: not any(re.match(r"\d+ \(ray::Worker.*\) T", told) for told in process_states())
        )  # no core is held


@pytest.mark.slow
def test_a_worker_that_computes_without_a_word_is_not_taken_for_a_frozen_one(nodes, tmp_path, monkeypatch, caplog):
    looks, look = [], workers.start_look
    monkeypatch.setattr(workers, "start_look", lambda *given: looks.append(given) or look(*given))
    heard = Heard()
    busy = ("data=code", "data._target_=tests.engines.workers.busy.read", "+data.power=20_000_000", "epochs=2")
    by_workers(jobs_in(tmp_path, (*busy, "trainer.timeout_seconds=3")), nodes, heard)
    assert heard.ended[0].stop_reason == StopReason.EPOCHS
    assert looks
    assert "no sign of life" not in caplog.text


def process_states():
    """A line of each process: its number, its name and its state."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            yield path.read_text()


def test_the_source_is_asked_after_each_epoch_and_ends_a_job(nodes, tmp_path):
    heard = Heard()
    source = Until(tmp_path, lambda: len(source.given) == 4, "epochs=6", stops={(0, 2), (3, 5)})
    by_workers([], nodes, heard, source=source, prunes=True)
    reasons = {number: outcome.stop_reason for number, outcome in heard.ended.items()}
    assert reasons == {0: StopReason.PRUNED, 1: StopReason.EPOCHS, 2: StopReason.EPOCHS, 3: StopReason.PRUNED}
    assert {number: len(rows) for number, rows in heard.rows.items()} == {0: 2, 1: 6, 2: 6, 3: 5}
    expected = [(number, row) for number, rows in heard.rows.items() for row in range(1, len(rows) + 1)]
    assert sorted(source.asked) == sorted(expected)


def test_a_record_that_fails_ends_the_training_and_what_was_in_it(nodes, tmp_path):
    def fail(heard):
        raise OSError("no space left")

    heard = Heard(fail)
    with pytest.raises(RecordError, match="no space left") as raised:
        by_workers(jobs_in(tmp_path, (*MOONS, "epochs=500"), (*MOONS, "epochs=500", "seed=1")), nodes, heard)
    assert isinstance(raised.value.__cause__, OSError)  # which is what is told
    assert {type(outcome) for outcome in heard.ended.values()} == {Failed}


def test_a_question_waits_for_no_other_worker_and_what_one_warns_of_is_told(nodes, tmp_path, caplog):
    heard = Heard()
    slow = ("data=code", "data._target_=tests.engines.workers.waiting.read", f"+data.for_file={tmp_path / 'ended'}")
    jobs = jobs_in(tmp_path, (*MOONS, "epochs=150"), (*slow, "epochs=1"))
    (jobs[0].folder / "member.ckpt").write_bytes(b"damaged")
    heard.then = lambda heard: (tmp_path / "ended").touch() if len(heard.rows[0]) == 150 else None
    by_workers(jobs, nodes, heard, prunes=True)
    assert len(heard.rows[0]) == 150
    assert heard.ended[1].stop_reason == StopReason.EPOCHS, heard.ended[1].reason
    assert re.search(r"worker \d+: .*member.ckpt.* The run begins again at epoch 1.", caplog.text)


def test_a_sweep_does_not_wait_for_a_machine_that_has_no_room(nodes, tmp_path):
    @ray.remote(num_cpus=1)
    class Other:
        """Work of somebody else."""

        def begun(self):
            return True

    class Occupying(Until):
        """Another has taken a machine by the time that the first job is given."""

        def next(self, place):
            if not self.given:
                self.other = Other.remote()
                assert ray.get(self.other.begun.remote())
            return super().next(place)

    heard = Heard()
    source = Occupying(tmp_path, lambda: len(source.given) == 2, "epochs=3")
    by_workers([], nodes, heard, source=source)
    assert len(heard.ended) == 2
    assert len(set(heard.workers.values())) == 1


def test_a_machine_where_no_worker_can_begin_is_left_out(nodes, tmp_path, caplog):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "torch.py").write_text("raise ImportError('another version')")
    broken = nodes.add_node(num_cpus=1, env_vars={"PYTHONPATH": str(tmp_path / "broken")})
    heard = Heard()
    source = Until(tmp_path / "jobs", lambda: "gets no more" in caplog.text, "epochs=3")
    by_workers([], nodes, heard, source=source)
    nodes.remove_node(broken)
    assert "hydra.launcher.workers: must be able to start on" in caplog.text
    assert "another version" in caplog.text
    assert {outcome.stop_reason for outcome in heard.ended.values()} == {StopReason.EPOCHS}


def kill_a_worker(heard, worker=None):
    """One, or that of the last job that has begun, by SIGKILL, as a machine short of memory does."""
    worker = worker or list(heard.workers.values())[-1]
    os.kill(int(re.search(r"process (\d+)", worker)[1]), signal.SIGKILL)
