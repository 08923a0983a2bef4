"""Promise 1: a member of a stack has the curve that it has alone, whoever is beside it and whenever it came."""

import copy
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from src.config.composition import compose_run
from src.config.loading import load
from src.config.schema import Run
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.engines.build import spec_of
from src.engines.single.engine import build_data, build_learner
from src.engines.single.trainer import fit
from src.engines.stacked.engine import StackedEngine
from src.engines.stacked.updates import UPDATES
from src.runs.job import Job, Jobs, Place
from src.runs.outcome import Trained
from src.runs.progress import Progress
from tests.engines.stacked.heard import Heard, jobs_of

TWIN_FACTOR = 100.0  # how much more than its twin a member may differ
CHAOS = 1e-3  # a twin that is off by this much says nothing any more
ROUNDING = 1e-14  # of a figure near 1, where a twin's epoch happens to be the same to the bit

BASE = compose_run(
    "trainer.precision=64-true", "trainer.accelerator=cpu", "tracking.enabled=false", "patience=null"
).model_dump()


class Trickle(Jobs):
    """Jobs that come one after another, at least `gap` member-epochs apart."""

    def __init__(self, jobs: list[Job], gap: int) -> None:
        super().__init__(jobs, spec_of)
        self.gap, self.epochs, self.given = gap, 0, 0

    def next(self, place: Place | None) -> Job | None:
        if self.epochs < self.given * self.gap:
            return None
        job = super().next(place)
        self.given += job is not None
        return job

    def keep(self, job: Job, row: Mapping[str, float]) -> bool:
        self.epochs += 1
        return super().keep(job, row)


def positive(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(lambda x: float(f"{math.exp(x):.3g}"))


SCHEDULES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["constant", "step", "exponential", "cosine", "onecycle"]),
        "warmup_steps": st.integers(0, 3),
        "step_size": st.integers(1, 5),
        "gamma": st.sampled_from([0.5, 0.9]),
    }
)

STRENGTHS = {
    "flip": [0.0, 0.5],
    "blur": [0.0, 1.0],
    **{name: [0.0, 0.3] for name in ("gamma", "contrast", "brightness", "cutout", "mixup")},
    "noise": [0.0, 0.1],
}


@st.composite
def companies(draw: st.DrawFn, optimizer: str) -> list[Run]:
    """Runs of one stack that differ in all that they may."""
    task = draw(st.sampled_from(["images", "classes", "curve"]))
    augmented, clipped = task == "images" and draw(st.booleans()), draw(st.booleans())
    shared = {
        "data": {"_target_": f"tests.engines.stacked.tiny.{task}", "standardize": "features"},
        "batch_size": draw(st.sampled_from([7, 16, 50])),
        "train_eval": draw(st.booleans()),
    }
    model = {
        "widths": draw(st.sampled_from([[5], [7, 4]])),
        "activation": draw(st.sampled_from(["relu", "tanh", "gelu"])),
        "norm": draw(st.sampled_from([None, "layer"])),
        "bias": draw(st.booleans()),
    }
    accumulate = draw(st.sampled_from([1, 2]))
    averaged = draw(st.booleans())
    algorithm = draw(st.sampled_from(["norm", "value"]))

    def run() -> Run:
        values = copy.deepcopy(BASE) | shared
        values |= {
            "seed": draw(st.integers(0, 2**40)),
            "epochs": draw(st.integers(1, 6)),
            "patience": draw(st.sampled_from([None, 1, 2])),
            "ema": draw(st.sampled_from([0.5, 0.9, 0.99])) if averaged else None,
            "label_smoothing": draw(st.sampled_from([0.0, 0.1])) if task != "curve" else 0.0,
            "pos_weight": draw(st.sampled_from([None, 2.0])) if task == "images" else None,
        }
        values["model"] |= model | {
            "dropout": draw(st.sampled_from([0.0, 0.2, 0.5])),
            "init": draw(st.sampled_from(["he_normal", "glorot_uniform", "orthogonal", "normal"])),
        }
        values["optimizer"] |= {
            "name": optimizer,
            "lr": draw(positive(1e-4, 0.1)),
            "weight_decay": draw(st.sampled_from([0.0, 0.01])),
        }
        if optimizer in ("momentum", "nesterov", "rmsprop"):
            values["optimizer"]["momentum"] = draw(st.sampled_from([None, 0.5]))
        elif optimizer in ("adam", "adamw", "nadam"):
            values["optimizer"]["betas"] = draw(st.sampled_from([None, [0.8, 0.99]]))
        values["schedule"] |= draw(SCHEDULES)
        values["schedule"]["warmup_steps"] = min(values["schedule"]["warmup_steps"], 0 if values["epochs"] < 4 else 3)
        if augmented:
            values["augment"] |= {name: draw(st.sampled_from(strengths)) for name, strengths in STRENGTHS.items()}
            values["augment"]["shift"] = draw(st.sampled_from([0.1, 0.2]))
        values["trainer"] |= {
            "gradient_clip_val": draw(positive(0.01, 1.0)) if clipped else None,
            "gradient_clip_algorithm": algorithm if clipped else "norm",
            "accumulate_grad_batches": accumulate,
        }
        return load(values)

    return [run() for _ in range(draw(st.integers(2, 4)))]


def alone(run: Run, dataset: Dataset, *, moved: bool = False) -> Progress:
    """The run through Lightning; `moved`: with initial weights one unit in the last place beside its own."""
    data = build_data(run, dataset)
    learner = build_learner(run, data)
    if moved:
        with torch.no_grad():
            for parameter in learner.model.double().parameters():
                parameter.copy_(torch.nextafter(parameter, parameter.new_tensor(math.inf)))
    with tempfile.TemporaryDirectory() as folder:
        quiet = Console(quiet=True)
        return fit(run, learner, data, Path(folder), console=quiet, on_epoch=lambda row: True).progress


def assert_same_curve(member: Progress, one: Progress, twin: Progress) -> None:
    """As alike as the run's own sensitivity allows."""
    sensitivity = ROUNDING
    for epoch, rows in enumerate(zip(member.history, one.history, twin.history, strict=False), 1):
        mine, its, twins = ({name: row[name] for name in row if name != "epoch_seconds"} for row in rows)
        assert mine.keys() == its.keys()
        sensitivity = max([sensitivity, *(_gap(its[name], twins[name]) for name in its)])
        if sensitivity > CHAOS:
            return
        for name, value in its.items():
            assert _gap(mine[name], value) <= TWIN_FACTOR * sensitivity, f"epoch {epoch}: {name}"
    if (one.best_epoch, one.stop_reason) == (twin.best_epoch, twin.stop_reason):
        assert (member.best_epoch, member.stop_reason) == (one.best_epoch, one.stop_reason)
        assert len(member.history) == len(one.history)


def _gap(one: float, other: float) -> float:
    """Relative, of figures below 1 absolute."""
    return 0.0 if one == other or (one != one and other != other) else abs(one - other) / max(1.0, abs(one))


def in_company(runs: list[Run], dataset: Dataset, *, slots: int, gap: int) -> Heard:
    """What is heard of `runs`, in as many engines as their late arrival makes necessary."""
    jobs, heard = jobs_of(runs), Heard()
    assert len({spec_of(job) for job in jobs}) == 1
    source = Trickle(jobs, gap)
    while len(heard.outcomes) < len(jobs):
        StackedEngine(jobs[0], dataset, slots=slots).train(source, heard)
        source.epochs += gap  # nobody trains any more: the next job comes now
    return heard


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", UPDATES)
@settings(max_examples=6, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_a_member_trains_as_it_does_alone(optimizer: str, data: st.DataObject):
    runs = data.draw(companies(optimizer), label="runs")
    slots, gap = data.draw(st.integers(1, 4), label="slots"), data.draw(st.integers(0, 4), label="gap")
    dataset = read_dataset(runs[0].data)
    heard = in_company(runs, dataset, slots=slots, gap=gap)
    for number, run in enumerate(runs):
        assert isinstance(heard.outcomes[number], Trained), heard.outcomes[number]
        assert_same_curve(heard.progress(number), alone(run, dataset), alone(run, dataset, moved=True))
