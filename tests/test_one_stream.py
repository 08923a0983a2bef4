"""One stream of events: a listener registered in one place hears the same from one run, a grid, a search and a claim."""

import json
from pathlib import Path

import pytest

from tests import doors

LISTENER = """
import json, runpy, sys
from src.runs.listener import REGISTERED

class Hears:
    def begin(self, job, facts):
        print(json.dumps([job.number, "begin", sorted(facts)]), file=heard)
    def epoch(self, job, row):
        print(json.dumps([job.number, "epoch", row]), file=heard)
    def end(self, job, outcome):
        print(json.dumps([job.number, "end", str(outcome.stop_reason)]), file=heard)

heard = open("heard", "a", buffering=1)
REGISTERED.append(Hears())
module = sys.argv.pop(1)
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
SMOKE = ["+experiment=smoke", "data=wine", "trainer.precision=64-true", "tracking.enabled=false"]
SEARCH = ["hydra/sweeper=optuna", "hydra.sweeper.sampler=grid", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=0"]
COMMANDS = {
    "run": ["src.train", *SMOKE],
    "grid": ["src.train", "-m", *SMOKE, "optimizer.lr=1e-3,1e-2"],
    "search": ["src.train", "-m", *SMOKE, *SEARCH, "optimizer.lr=1e-3,1e-2"],
    "claim": ["experiments.loss_landscape", "--quick", "tracking.enabled=false"],
}
EPOCHS = 3  # of +experiment=smoke


def events(folder: Path, command: str) -> dict[int, list[list]]:
    """What was heard of each job, in its order."""
    folder.mkdir()
    done = doors.run("-c", LISTENER, *COMMANDS[command], cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    heard: dict[int, list[list]] = {}
    for number, *event in map(json.loads, (folder / "heard").read_text().splitlines()):
        heard.setdefault(number, []).append(event)
    return heard


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, list[list]]]:
    folder = tmp_path_factory.mktemp("stream")
    return {command: events(folder / command, command) for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_job_begins_has_its_epochs_and_ends(heard: dict[str, dict[int, list[list]]], command: str):
    facts = heard["run"][0][0][1]
    assert {"seed", "data", "data_digest", "device", "git_commit"} <= set(facts)
    for job in heard[command].values():
        (begin, *epochs, end) = job
        assert begin == ["begin", facts]
        assert [(kind, row["epoch"]) for kind, row in epochs] == [("epoch", n) for n in range(1, len(epochs) + 1)]
        assert end == ["end", "epochs"]


def test_the_rows_are_those_of_one_run(heard: dict[str, dict[int, list[list]]]):
    alone = [row for _, row in heard["run"][0][1:-1]]
    assert len(alone) == EPOCHS
    for command in ("grid", "search"):
        assert set(heard[command]) == {0, 1}
        rows = [[row for _, row in job[1:-1]] for job in heard[command].values()]
        of_its_lr = min(rows, key=lambda curve: abs(curve[0]["lr"] - 1e-3))
        for mine, its in zip(of_its_lr, alone, strict=True):
            assert list(mine) == list(its)
            assert {**mine, "epoch_seconds": 0} == pytest.approx({**its, "epoch_seconds": 0}, rel=1e-9)
