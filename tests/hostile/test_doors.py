"""Commands that are wrong, through the real doors: told in one line before anything is recorded, with nothing left behind."""

import os
import random
import shlex
import time
from pathlib import Path

import pytest

from tests import doors
from tests.hostile.rule import SECONDS, assert_refused, contents, unchanged

MINE = """
import optuna
import torch
from pytorch_lightning import Callback
from torch import nn


class Net(nn.Module):
    outputs = 1

    def __init__(self, num_features, num_outputs):
        super().__init__()
        self.layer = nn.Linear(num_features, self.outputs)

    def forward(self, inputs):
        return self.layer(inputs.flatten(1))


class RaisesAtOnce(nn.Module):
    def __init__(self, num_features):
        raise KeyError("nothing")


class Raises(Net):
    def forward(self, inputs):
        raise RuntimeError("this net\\ndoes not work")


class NoParameters(nn.Module):
    def forward(self, inputs):
        return inputs[:, :1]


class Frozen(Net):
    def __init__(self, num_features, num_outputs):
        super().__init__(num_features, num_outputs)
        self.requires_grad_(False)


class Tuple(Net):
    def forward(self, inputs):
        return super().forward(inputs), None


class Wide(Net):
    outputs = 2


class Detached(Net):
    def forward(self, inputs):
        return super().forward(inputs).detach()


class Huge(Net):
    def __init__(self, num_features, num_outputs):
        nn.Module.__init__(self)
        self.layer = nn.Linear(10**7, 10**7)


class NeedsSize(optuna.samplers.RandomSampler):
    def __init__(self, size):
        super().__init__()


class Fails(optuna.samplers.RandomSampler):
    def sample_independent(self, study, trial, name, distribution):
        raise KeyError(name)


class RaisesWhenBuilt(Callback):
    def __init__(self):
        raise RuntimeError("no")


def read():
    raise IndexError("no rows")


def nothing():
    return None


def huge():
    return torch.empty(10**15)
"""
BLOBS = "data=blobs epochs=1 tracking.enabled=false"
GRID = f"-m {BLOBS}"
SEARCH = f"-m {BLOBS} hydra/sweeper=optuna hydra.sweeper.n_trials=4"
QUICK = f"-m {BLOBS} +search=quick hydra.sweeper.n_trials=4"
OWN = f"--config-dir conf {BLOBS} model=own"
TABLE = "data=table data.path=rows.csv data.target=y tracking.enabled=false epochs=1"
THEIRS = "pytorch_lightning.callbacks"
CODE = "data=code tracking.enabled=false epochs=1"

# What is typed, and what its line names.
CASES = {
    "of the command line": {
        "epochs": "command line: ",
        "--such": "command line: ",
        "--config-dir": "command line: ",
        "--cfg=such": "command line: ",
        "+seed=3": "seed: ",
        "seed.x=3": "seed.x: ",
        "~pos_weight": "pos_weight: ",
        "seed=1,2": "seed: ",
        "optimizer.lr=interval(1e-4,1e-1)": "optimizer.lr: ",
        "seed='${foo:3}'": "seed: ",
        "optimizer.lr='${oc.env:NOT_HERE}'": "optimizer.lr: ",
        "model=null": "model: ",
        "augment=3": "augment: ",
        "optimizer=[adam,sgd]": "optimizer: ",
        "model@other=mlp": "model@other: ",
        "data=table": "data.path: ",
        "+search=quick": "search: ",
        "resume=nothing": "resume: ",
        "epochs=1 epochs=2": "epochs: must be given once, but got 'epochs=1' and 'epochs=2'",
        "+experiment=smoke ++experiment=digits": "experiment: must be given once",
        "epochs=100000000000000000000000000": "epochs: ",
        "objective=[val/loss,val/loss]": "objective: ",
    },
    "of this machine": {
        f"{BLOBS} trainer.accelerator=gpu": "trainer.accelerator: ",
        f"{BLOBS} trainer.accelerator=mps": "trainer.accelerator: ",
        f"{BLOBS} trainer.accelerator=tpu": "trainer.accelerator: ",
        f"{BLOBS} trainer.precision=16-mixed": "trainer.precision: ",
        f"{BLOBS} trainer.devices=[7]": "trainer.devices: ",
        f"{BLOBS} trainer.devices=[0,0]": "trainer.devices: ",
        f"{BLOBS} model.widths=[300000,300000]": "model: ",
        f"{BLOBS} data.num_train=1000000000": "data.num_train: ",
        "data=blobs tracking.enabled=false epochs=1000000000 schedule=cosine": "epochs: ",
        f"{BLOBS} schedule.warmup_steps=1000": "schedule.warmup_steps: ",
        f"{GRID} trainer.accelerator=gpu seed=0,1": "trainer.accelerator: ",
        f"{SEARCH} trainer.accelerator=gpu seed=0,1": "trainer.accelerator: ",
    },
    "of Lightning": {
        f"{BLOBS} trainer.max_time={{foo: 1}}": "trainer.max_time: ",
        f"{BLOBS} trainer.callbacks={{_target_: {THEIRS}.EarlyStopping, monitor: none}}": "trainer.callbacks[0].monitor: ",
        f"{BLOBS} trainer.callbacks={{_target_: {THEIRS}.EarlyStoppin}}": "trainer.callbacks[0]._target_: ",
        f"{BLOBS} trainer.callbacks={{_target_: {THEIRS}.EarlyStopping}}": "trainer.callbacks[0]: ",
        f"{BLOBS} trainer.callbacks={{_target_: mine.RaisesWhenBuilt}}": "trainer.callbacks[0]: ",
        f"{BLOBS} trainer.logger={{_target_: os.getcwd}}": "trainer.logger[0]._target_: ",
    },
    "of a model of one's own": {
        f"{OWN} model._target_=mine.{name}": f"model: mine.{name} must "
        for name in ("RaisesAtOnce", "Raises", "NoParameters", "Frozen", "Tuple", "Wide", "Detached")
    }
    | {f"{OWN} model._target_=mine.Huge": "model: ", f"{OWN} model._target_=mine.Nothing": "model._target_: "},
    "of data": {
        "data=table data.path= data.target=y": "data.path: ",
        f"{TABLE} data.drop=[x,x]": "data.drop: ",
        f"{TABLE} data.sheet=3": "data.sheet: ",
        "data=table data.path=rows.csv data.target=z": "data.target: ",
        f"{TABLE} data.columns.größe=numeric": "größe",
        f"{BLOBS} loss=cross_entropy": "loss: ",
        f"{BLOBS} augment=affine": "augment: ",
        f"{GRID} loss=cross_entropy seed=0,1": "loss: ",
        "data=medmnist data.name=breastmnist data.url=nonsense": "data.url: ",
        f"{CODE} data._target_=mine.read": "mine.py line ",
        f"{CODE} data._target_=mine.nothing": "data",
        f"{CODE} data._target_=mine.huge": "data: ",
    },
    "of a sweep": {
        f"{GRID} seed=range(5,1)": "command line: ",
        f"{GRID} seed=1,1": "seed=1: ",
        f"{GRID} seed=range(0,100000000000)": "command line: ",
        f"{GRID} hydra.launcher.slots=0 seed=0,1": "hydra.launcher.slots: ",
        f"{GRID} engine=turbo seed=0,1": "engine: ",
        "-m +experiment=smoke,digits": "tracking.experiment: must be the same for all jobs of a sweep (tracking.experiment=",
        f"{GRID} patience=0,1": "patience: ",
        f"{GRID} hydra.sweeper.max_batch_size=0 seed=0,1": "hydra.sweeper.max_batch_size: ",
    },
    "of a search": {
        SEARCH: "hydra.sweeper.params: ",
        f"{SEARCH} patience=0,-1": "patience: ",
        f"{SEARCH} seed=1,1": "seed: ",
        f"{SEARCH} optimizer=glob(x*)": "optimizer: ",
        f"{SEARCH} hydra.sweeper.sampler=grid seed=range(0,100000000000)": "seed: ",
        f"{SEARCH} hydra.sweeper.sampler=grid optimizer.lr=interval(1e-3,1e-1)": "optimizer.lr: ",
        f"{SEARCH} loss=cross_entropy seed=0,1": "loss: ",
        f"{QUICK} hydra/launcher=basic": "hydra/launcher: ",
        f"{QUICK} hydra.sweeper.sampler={{name: tpe, n_startup_trials: abc}}": "hydra.sweeper.sampler: ",
        f"{QUICK} hydra.sweeper.sampler={{name: tpe, gamma: 3}}": "hydra.sweeper.sampler: ",
        f"{QUICK} hydra.sweeper.sampler={{name: tpe, gamma: {{_target_: math.sqrt}}}}": "hydra.sweeper.sampler.gamma: ",
        f"{QUICK} hydra.sweeper.sampler={{_target_: os.system}}": "hydra.sweeper.sampler._target_: ",
        f"{QUICK} hydra.sweeper.sampler={{_target_: mine.NeedsSize}}": "hydra.sweeper.sampler: ",
        f"{QUICK} hydra.sweeper.sampler={{_target_: mine.Fails}}": "hydra.sweeper.sampler: ",
        f"{QUICK} hydra.sweeper.pruner={{name: hyperband, min_resource: -1}}": "hydra.sweeper.pruner: ",
        f"{QUICK} hydra.sweeper.pruner={{name: halving, min_resource: abc}}": "hydra.sweeper.pruner: ",
        f"{QUICK} +hydra.sweeper.params=3": "hydra.sweeper.params: ",
    },
}
FLAT = [(kind, typed, about) for kind, cases in CASES.items() for typed, about in cases.items()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: all cases share it, since none of them may leave anything."""
    folder = tmp_path_factory.mktemp("hostile")
    draw = random.Random(0)
    rows = [f"{draw.random()},{draw.random()},{draw.choice('ab')}" for _ in range(60)]
    (folder / "rows.csv").write_text("\n".join(["x,a.b,y", *rows]) + "\n")
    (folder / "mine.py").write_text(MINE)
    (folder / "conf" / "model").mkdir(parents=True)
    (folder / "conf" / "model" / "own.yaml").write_text("_target_: mine.Net\n")
    doors.run("-c", "pass", cwd=folder)  # the server is up before the first is timed
    return folder


@pytest.mark.parametrize(("kind", "typed", "about"), FLAT, ids=lambda part: str(part)[-60:])
def test_a_wrong_command_is_one_line_in_time_and_leaves_nothing(folder: Path, kind: str, typed: str, about: str):
    start, busy = time.monotonic(), os.getloadavg()[0]
    with unchanged(folder):
        done = doors.run("-m", "src.train", *words(typed), cwd=folder)
    assert_refused(done.returncode, done.stderr, about)
    assert "mlruns" not in done.stdout, "a folder that is not there is not named"
    assert time.monotonic() - start < SECONDS * (1 + busy)


def words(typed: str) -> list[str]:
    """As a shell divides them, but within braces."""
    parts, depth, word = list[str](), 0, ""
    for sign in typed:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == " " and not depth:
            parts.append(word)
            word = ""
        else:
            word += sign
    return [part for part in [*parts, word] if part] if "'" not in typed or "{_" in typed else shlex.split(typed)


REPORTS = {"output=conf experiment=x": "output: ", "output=rows.csv/page.html experiment=x": "output: "}


@pytest.mark.parametrize("typed", REPORTS)
def test_a_page_that_cannot_be_written_is_told_before_it_is_built(folder: Path, typed: str):
    with unchanged(folder):
        done = doors.run("-m", "src.report", *typed.split(), cwd=folder)
    assert_refused(
        done.returncode, "\n".join(line for line in done.stderr.splitlines() if "error" in line), REPORTS[typed]
    )


SUGGEST = """
def lr(cfg, trial):
    trial.suggest_float("optimizer.lr", 1e-3, 1e-1)
"""


def test_a_run_that_is_stopped_before_an_epoch_is_told(tmp_path: Path):
    done = doors.run("-m", "src.train", *BLOBS.split(), "trainer.max_time=00:00:00:00", cwd=tmp_path)
    assert_refused(done.returncode, done.stderr, "trainer: ")


def test_a_job_that_fails_among_others_is_told_once(tmp_path: Path):
    keys = "-m tracking.enabled=false epochs=1 loss=bce data=blobs,wine model.widths=[4]"
    done = doors.run("-m", "src.train", *keys.split(), cwd=tmp_path)
    assert_refused(done.returncode, done.stderr, "job 1: ValueError: loss: ")
    assert {name.split("/")[3] for name in contents(tmp_path) if name.endswith("results.json")} == {"0", "1"}


def test_a_search_without_a_success_is_one(tmp_path: Path):
    (tmp_path / "mine.py").write_text(SUGGEST)
    keys = "seed=0,1 optimizer.lr=0.1 hydra.sweeper.custom_search_space=mine.lr"
    done = doors.run("-m", "src.train", *f"{SEARCH} {keys}".split(), cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    warning, error = done.stderr.splitlines()
    assert warning.startswith("WARNING: trial 0 failed: ")
    for line in (warning, error):
        assert (
            "hydra.sweeper.custom_search_space: must suggest what the command leaves open, but got optimizer.lr" in line
        )
    assert error.startswith("error: mlruns/sweeps/default-search: at least one trial must come to its end, but got 4")
    assert not any(name.endswith("results.json") for name in contents(tmp_path))
