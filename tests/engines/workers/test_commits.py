"""What a worker had in training when it died goes on from its last commit."""

from collections import defaultdict

import pytest
from rich.console import Console

from src.data.reading import LastRead
from src.engines import commits
from src.engines.dispatch import Dispatch
from src.engines.stacked import commit
from src.engines.stacked import engine as stacked
from src.engines.workers.messages import EpochDone
from src.engines.workers.workers import Workers
from src.sweep.one import jobs as source_of
from tests.engines.workers.test_workers import Heard, jobs_in, kill_a_worker, nodes  # noqa: F401

EAGER = (
    "data=code",
    "data._target_=tests.engines.workers.eager.read",
    "+data.seconds=0",
    "epochs=60",
    "trainer.precision=64-true",
)
KILLED_AFTER = 20  # epochs of a job


class Listening(Workers):
    """Keeps how long each epoch took, as often as it was told."""

    def __init__(self, *given, **settings):
        super().__init__(*given, **settings)
        self.told, take = defaultdict(list), self.driver.take

        def listen(hand, message):
            if isinstance(message, EpochDone):
                self.told[message.number, int(message.row["epoch"])].append(message.row["epoch_seconds"])
            return take(hand, message)

        self.driver.take = listen


@pytest.fixture(autouse=True)
def given_back(monkeypatch):
    """The reader sets these in this process too, which trains other tests' runs in folders that are not there."""
    for module, name in (
        (commits, "SECONDS"),
        (commits, "SHARE"),
        (stacked, "SNAPSHOT_SECONDS"),
        (stacked, "SNAPSHOT_SHARE"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))


@pytest.mark.parametrize("engine", ["native", pytest.param("single", marks=pytest.mark.slow), "stacked"])
def test_jobs_of_a_worker_that_dies_go_on_from_their_last_commit(engine, nodes, tmp_path, capfd):  # noqa: F811
    killed = []

    def disturb(heard):
        numbers = [number for number, rows in heard.rows.items() if len(rows) > KILLED_AFTER]
        if numbers and not killed:
            killed.append(heard.workers[numbers[-1]])
            kill_a_worker(heard, killed[0])

    def jobs(folder):
        return jobs_in(folder, *([*EAGER, f"engine={engine}", f"seed={seed}"] for seed in range(4)))

    heard, data = Heard(disturb), LastRead()
    settings = {"console": Console(quiet=True), "data": data, "slots": 2}
    given = jobs(tmp_path / "workers")
    for job in given:
        job.folder.rmdir()  # as on a machine with files of its own
    source = source_of(*given, data=data)
    workers = Listening(source, [heard], address=nodes.address, count=None, prunes=False, **settings)
    workers.train()
    alone = Heard()
    Dispatch(source_of(*jobs(tmp_path / "alone"), data=data), [alone], **settings).train()
    for number, rows in alone.rows.items():  # stacks of two and of one do not round alike
        assert heard.rows[number] == (rows if engine != "stacked" else [pytest.approx(row, rel=1e-9) for row in rows])
    assert set(heard.begun.values()) == {1}
    # What was committed is told again as it was; the epoch after it is trained again.
    again = {key: seconds for key, seconds in workers.told.items() if len(seconds) > 1}
    same = [key for key, (first, second) in again.items() if first == second]
    assert {number for number, _ in again} == {number for number, _ in same}
    assert len(same) >= KILLED_AFTER
    assert len(again) - len(same) <= 2 * len({number for number, _ in again})
    assert not commit.found_in(tmp_path / "workers")
    assert "raylet" not in capfd.readouterr().out  # Ray would tell of the death too
    assert not list((tmp_path / "workers").glob("*/member.ckpt"))
