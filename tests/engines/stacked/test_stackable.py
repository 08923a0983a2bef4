"""Users' own modules: those with a member axis are stacked, the others are named with the reason."""

import pytest
import torch

from src.config.composition import compose_run
from src.config.loading import load
from src.config.schema import Run
from src.data.reading import read_dataset
from src.engines.build import stack_spec, why_not
from tests.engines.stacked.heard import train
from tests.engines.stacked.test_company import alone, assert_same_curve

KEYS = ["data=breast_cancer", "trainer.accelerator=cpu", "trainer.precision=64-true", "tracking.enabled=false"]
KEYS += ["epochs=3", "patience=null"]


def run_of(model: str, *keys: str, **arguments: int) -> Run:
    """A run of a module in `nets`."""
    values = compose_run(*KEYS, *keys).model_dump()
    return load({**values, "model": {"_target_": f"tests.engines.stacked.nets.{model}", **arguments}})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Plain", None),
        ("Normed", "layers.1 (BatchNorm1d) keeps running statistics"),
        ("Noisy", "Noisy: vmap: called random operation while in randomness error mode"),
        ("Counting", "its forward pass changes its buffers calls"),
        ("Branching", "Branching: "),
    ],
)
def test_what_cannot_be_stacked_is_named_with_the_reason(name: str, reason: str | None):
    run = run_of(name)
    found = why_not(run, read_dataset(run.data))
    assert (found is None) == (reason is None)
    if reason is not None:
        assert found.startswith(reason), found


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("trainer.precision=bf16-mixed", "trainer.precision=bf16-mixed is trained by Lightning alone"),
        ("trainer.devices=2", "several devices are driven by Lightning"),
    ],
)
def test_settings_that_need_lightning_are_named(key: str, reason: str):
    run = compose_run("data=breast_cancer", key)
    assert why_not(run, read_dataset(run.data)) == reason


def test_a_users_module_with_torchs_own_dropout_trains_in_company_as_alone():
    runs = [run_of("Plain", f"seed={seed}", f"optimizer.lr={lr}", width=5) for seed, lr in ((0, 0.01), (1, 0.001))]
    dataset = read_dataset(runs[0].data)
    heard = train(runs, dataset)
    for number, run in enumerate(runs):
        assert_same_curve(heard.progress(number), alone(run, dataset), alone(run, dataset, moved=True))


def test_a_member_that_becomes_nan_touches_nobody():
    keys = [*KEYS, "optimizer=sgd", "model.widths=[5]", "model.dropout=0.2"]
    runs = [compose_run(*keys, f"seed={seed}", f"optimizer.lr={lr}") for seed, lr in ((0, 0.1), (1, 1e200), (2, 0.1))]
    dataset = read_dataset(runs[0].data)
    for slots in (2, 3):
        heard = train(runs, dataset, slots=slots)
        assert heard.progress(1).stop_reason == "diverged"
        assert len(heard.progress(1).history) == 1
        for number in (0, 2):
            one, twin = alone(runs[number], dataset), alone(runs[number], dataset, moved=True)
            assert_same_curve(heard.progress(number), one, twin)
            assert all(torch.isfinite(value).all() for value in heard.outcomes[number].weights.values())


@pytest.mark.parametrize("key", ["trainer.devices=2", "trainer.precision=bf16-mixed", "trainer.min_epochs=1"])
def test_what_lightning_must_train_is_in_the_stack_of_nobody(key: str):
    assert stack_spec(compose_run("data=breast_cancer", key)) != stack_spec(compose_run("data=breast_cancer"))
