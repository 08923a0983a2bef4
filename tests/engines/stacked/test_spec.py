"""What must agree within a stack splits it, and nothing else does; kernels know no configuration."""

import ast

import pytest
import torch

from src.config.composition import compose_run
from src.engines.build import hyperparameters, learning_rates, spec_of, stack_spec
from src.runs.job import Job
from tests.doors import REPOSITORY

KERNELS = sorted((REPOSITORY / "src" / "engines" / "stacked").glob("*.py"))
KEYS = ["data=digits", "trainer.accelerator=cpu", "optimizer=adamw", "augment=affine", "trainer.gradient_clip_val=1.0"]

MAY_DIFFER = [
    "seed=7",
    "epochs=3",
    "patience=2",
    "objective=val/auroc",
    "optimizer.lr=0.5",
    "optimizer.weight_decay=0.3",
    "optimizer.betas=[0.8,0.99]",
    "label_smoothing=0.1",
    "schedule=cosine",
    "schedule.warmup_steps=3",
    "model.dropout=0.4",
    "model.init=orthogonal",
    "augment.shift=0.3",
    "augment.flip=0.5",
    "augment=radiograph",
    "augment.mixup=0.4",
    "tta=4",
    "calibrate=temperature",
    "trainer.gradient_clip_val=0.1",
    "tracking.run_name=another",
    "test=false",
]
MUST_AGREE = [
    "model.widths=[5]",
    "model.activation=tanh",
    "model.bias=false",
    "model=perceptron",
    "data.standardize=none",
    "data.split_seed=1",
    "loss=mse",
    "batch_size=7",
    "trainer.accumulate_grad_batches=2",
    "optimizer=adam",
    "augment=none",
    "train_eval=true",
    "ema=0.9",
    "trainer.precision=64-true",
    "trainer.accelerator=auto",
    "trainer.compile=true",
    "trainer.gradient_clip_algorithm=value",
    "trainer.gradient_clip_val=null",
]


@pytest.mark.parametrize("key", MAY_DIFFER)
def test_what_may_differ_shares_a_stack(key: str):
    one, other = compose_run(*KEYS), compose_run(*KEYS, key)
    assert one != other
    assert stack_spec(one) == stack_spec(other)
    assert hash(stack_spec(one)) == hash(stack_spec(other))
    assert stack_spec(one).digest == stack_spec(other).digest


def test_averages_of_other_decays_and_weights_of_other_epochs_share_a_stack():
    one = compose_run(*KEYS, "ema=0.9", "patience=null")
    other = compose_run(*KEYS, "ema=0.99", "patience=null", "keep=last")
    assert stack_spec(one) == stack_spec(other)


@pytest.mark.parametrize("key", MUST_AGREE)
def test_what_must_agree_splits(key: str):
    one, other = stack_spec(compose_run(*KEYS)), stack_spec(compose_run(*KEYS, key))
    assert one != other
    assert one.digest != other.digest


def test_a_step_of_two_halves_is_a_step_of_one_whole():
    whole = compose_run(*KEYS, "batch_size=64")
    halves = compose_run(*KEYS, "batch_size=32", "trainer.accumulate_grad_batches=2")
    assert stack_spec(whole) == stack_spec(halves)


def test_the_spec_of_a_job_is_that_of_its_run(tmp_path):
    run = compose_run(*KEYS)
    assert spec_of(Job(3, run, tmp_path)) == stack_spec(run)


def test_arguments_of_different_types_split():
    """A module of a user's own may tell 1 from true."""
    run = compose_run(*KEYS)
    specs = {
        stack_spec(run.model_copy(update={"model": {"_target_": "theirs.Net", "flag": flag}}))
        for flag in (1, 1.0, True)
    }
    assert len(specs) == 3


def test_arguments_of_a_users_own_module_must_agree():
    run = compose_run(*KEYS)
    specs = {
        stack_spec(run.model_copy(update={"model": {"_target_": "theirs.Net", "dropout": dropout}}))
        for dropout in (0.1, 0.2)
    }
    assert len(specs) == 2


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["optimizer=momentum"], {"momentum": 0.9, "clip": float("inf"), "pos_weight": 1.0, "shift": 0.0}),
        (["optimizer=rmsprop"], {"momentum": 0.0}),
        (["optimizer=momentum", "optimizer.momentum=0.5"], {"momentum": 0.5}),
        (["optimizer=adam"], {"beta1": 0.9, "beta2": 0.999}),
        (["optimizer=adam", "optimizer.betas=[0.8,0.99]"], {"beta1": 0.8, "beta2": 0.99}),
        (["data=breast_cancer", "pos_weight=2.0", "trainer.gradient_clip_val=0.5"], {"pos_weight": 2.0, "clip": 0.5}),
    ],
)
def test_hyperparameters_are_those_of_the_run_or_the_defaults_of_torch(keys: list[str], expected: dict[str, float]):
    found = vars(hyperparameters(compose_run("data=digits", *keys)))
    assert {name: found[name] for name in expected} == expected


def test_learning_rates_have_one_entry_for_each_step():
    run = compose_run("data=digits", "epochs=4", "optimizer.lr=0.5", "schedule=constant", "schedule.warmup_steps=0")
    rates = learning_rates(run, 3)
    assert torch.equal(rates, torch.full((4, 3), 0.5, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"schedule\.warmup_steps: must be less than the run's 12 steps"):
        learning_rates(run.model_copy(update={"schedule": run.schedule.model_copy(update={"warmup_steps": 12})}), 3)


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.name)
def test_no_kernel_knows_a_run(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert all(not alias.name.startswith("src.config") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module != "src.config.schema"
            assert all(alias.name != "Run" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            assert node.attr != "run", f"line {node.lineno} looks into a job's run"
