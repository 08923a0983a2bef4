"""The schema's choices, the errors and the help come from the tables, and a new entry needs its own file alone."""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from src.choices import chosen
from src.config.composition import compose_run
from src.config.help import choices
from src.data.sources import SOURCES
from src.imports import imported
from src.losses import LOSSES
from src.metrics import OBJECTIVES
from src.models.activations import ACTIVATIONS
from src.models.arguments import MODELS
from src.models.embeddings import EMBEDDINGS
from src.models.initialisers import INITIALISERS
from src.optimizers import OPTIMIZERS
from src.schedules import SCHEDULES
from tests.doors import REPOSITORY, environment

TABLES = {
    "optimizer.name": OPTIMIZERS,
    "schedule.name": SCHEDULES,
    "loss": LOSSES,
    "objective": OBJECTIVES,
    "model.activation": ACTIVATIONS,
    "model.init": INITIALISERS,
    "model.embedding": EMBEDDINGS,
    "model._target_": MODELS,
    "data._target_": SOURCES,
}
GIVEN = ("num_features", "num_outputs", "spec", "input_shape")  # by the data
ENTRIES = [(key, name) for key, table in TABLES.items() for name in table]


@pytest.mark.parametrize("key", TABLES)
def test_a_name_that_is_not_there_is_answered_with_all_that_are(key):
    with pytest.raises(ValueError, match=f"^{key}: must be one of ") as refused:
        compose_run("model=tabular", f"{key}=src.nothing" if key.endswith("_target_") else f"{key}=nothing")
    assert ", ".join(TABLES[key]) in str(refused.value)
    with pytest.raises(ValueError, match=f"^{key}: must be one of .*, but got 'nothing'"):
        chosen(key, TABLES[key], "nothing")


@pytest.mark.parametrize(("key", "name"), ENTRIES)
def test_the_help_tells_every_entry_and_what_it_is_for(key, name):
    (block,) = (part for part in choices().split("\n\n") if part.startswith(f"{key}\n"))
    (line,) = (line.split(maxsplit=1) for line in block.splitlines()[1:] if line.split()[0] == name)
    assert len(line) == 2, f"{name} must say what it is for"
    assert block.count("\n") == len(TABLES[key])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_has_its_options(name):
    assert compose_run(f"optimizer={name}").optimizer.name == name


@pytest.mark.parametrize("target", MODELS)
def test_the_settings_of_a_model_are_what_its_class_takes(target):
    taken = set(inspect.signature(imported("model", target)).parameters)
    assert set(MODELS[target].model_fields) - {"dotted_path"} == taken - {*GIVEN, "seed"}
    assert MODELS[target].knows_columns == ("spec" in taken)
    assert MODELS[target].knows_places == ("input_shape" in taken)


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("src.config, src.config.composition", ("torch", "numpy", "sklearn", "pytorch_lightning", "mlflow")),
        ("src.train", ("torch", "pytorch_lightning", "mlflow")),  # a mistyped command waits for none of them
        ("src.tracking.writer_process, src.tracking.patient_writer", ("torch", "pytorch_lightning")),
    ],
)
def test_what_starts_first_imports_nothing_heavy(modules: str, heavy: tuple[str, ...]):
    code = f"import sys, {modules}; sys.exit(str([n for n in {heavy} if n in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "[]"


LION = '''"""Lion: steps by signs (Chen et al. 2023)."""

from src.optimizers.optimizer import Optimizer, like


def build(parameters, **settings):
    raise NotImplementedError


def update(p, g, state, h):
    p.sub_(like(h.lr, p) * g.sign())


OPTIMIZER = Optimizer(build, update, takes={"betas": (0.9, 0.99)}, state=("mean",))
'''
TWO_POINTS = '''"""Two points."""

from src.data.dataset import Dataset
from src.data.source import source
from src.fields import Positive


@source
def two_points(*, distance: Positive) -> Dataset:
    """Two points, some distance apart."""
'''
LOG_COSH = '''

def log_cosh(predictions, targets):
    """log cosh of the error."""
    return (predictions - targets).cosh().log()


LOSSES["log_cosh"] = _of_error(log_cosh)
'''


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the project with one file more for an optimizer and a source, and an entry more among the losses."""
    folder = tmp_path_factory.mktemp("extended")
    for room in ("src", "conf"):
        shutil.copytree(REPOSITORY / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "src" / "optimizers" / "lion.py").write_text(LION)
    (folder / "src" / "data" / "sources" / "two_points.py").write_text(TWO_POINTS)
    with (folder / "src" / "losses.py").open("a") as losses:
        losses.write(LOG_COSH)
    metrics = folder / "src" / "metrics.py"
    entry = '    "median_error": Metric("The median error.", "minimize", {"regression": lambda o: o.logits}, each_epoch=True),\n'
    head = "METRICS: dict[str, Metric] = {\n"
    metrics.write_text(metrics.read_text().replace(head, head + entry))
    (folder / "conf" / "optimizer" / "lion.yaml").write_text(
        (folder / "conf" / "optimizer" / "adam.yaml").read_text().replace("adam", "lion")
    )
    (folder / "conf" / "data" / "two_points.yaml").write_text(
        "_target_: src.data.sources.two_points.two_points\nstandardize: none\ndistance: 1.0\n"
    )
    return folder


def said(folder: Path, *arguments: str) -> str:
    """What the door of the copy answers; torch cannot be imported there."""
    (folder / "torch.py").write_text("raise AssertionError('torch is imported')")
    command = [sys.executable, "-m", "src.train", *arguments]
    given = {**environment(), "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=60)
    assert not os.path.exists(folder / "mlruns")
    return done.stdout + done.stderr


def test_a_new_file_is_in_the_help(extended):
    told = " ".join(said(extended, "--help").split())
    for line in (
        "lion Lion: steps by signs (Chen et al. 2023). [takes betas]",
        "log_cosh log cosh of the error. [binary, multiclass, regression]",
        "val/median_error The median error. [regression]",
        "Two points, some distance apart.",
    ):
        assert line in told


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["optimizer.name=loin"], "error: optimizer.name: must be one of adagrad, adam, adamw, lion, momentum"),
        (["optimizer=lion", "optimizer.momentum=0.5"], "error: optimizer.momentum: must be null for lion"),
        (["loss=log_cos"], "error: loss: must be one of bce, cross_entropy, mse, mae, huber, perceptron, log_cosh"),
        (["objective=val/median"], "error: objective: must be one of val/loss, val/median_error, "),
        (["data=two_points", "data.distance=0"], "error: data.distance: must be greater than 0, but got 0"),
        (["data=two_points", "data.far=1"], "known here: _target_, standardize, distance."),
        (["data._target_=src.data.two"], "src.data.sources.two_points.two_points or a path of your own"),
        (
            ["optimizer=lion", "loss=log_cosh", "data=two_points", "objective=val/median_error", "seed=-1"],
            "error: seed: ",
        ),
    ],
)
def test_a_new_file_is_in_the_schema_and_in_the_errors(extended, arguments, answer):
    assert answer in said(extended, *arguments)
