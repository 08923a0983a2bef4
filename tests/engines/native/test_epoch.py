"""A compiled epoch is the one that torch computes: autograd, torch's optimizers, and the model's own dropout."""

from pathlib import Path

import numpy as np
import pytest
import torch

from src.config.composition import compose_run
from src.data.batches import TrainBatches
from src.data.reading import read_dataset
from src.engines.build import learning_rates
from src.engines.native import activations, losses, updates
from src.engines.native.build import build_member
from src.engines.native.data import prepare
from src.losses import LOSSES, mixed
from src.models.activations import ACTIVATIONS
from src.models.dropout import dropout_layers, set_rows
from src.models.outputs import squeezed
from src.optimizers import OPTIMIZERS, build_optimizer
from src.runs.build import build_augment, build_loss, build_run_model, dtype_of, standardize_of
from src.runs.job import Job

EPOCHS = 2
READERS = {"binary": "images", "multiclass": "classes", "regression": "curve"}
BASE = ["tracking.enabled=false", "trainer.accelerator=cpu", "trainer.precision=64-true", "optimizer.lr=0.01"]
BASE += ["batch_size=16", "epochs=2", "seed=3"]
MLP = ["model.widths=[7,5]", "model.dropout=0.2"]


def run_of(task, *overrides):
    run = compose_run(*BASE, *([] if "model=perceptron" in overrides else MLP), *overrides)
    data = {"_target_": f"tests.engines.stacked.tiny.{READERS[task]}", "standardize": "features"}
    return run.model_copy(update={"data": data})


def by_torch(run, dataset, after_step=lambda model: None):
    """The weights after two epochs of a plain loop, and the mean losses."""
    model = build_run_model(run, dataset).to(dtype_of(run)).train()
    data = prepare(dataset, standardize_of(run), dtype_of(run))
    augment = build_augment(run, dataset)
    batches = TrainBatches(dataset.train, data.standardize, augment, run.batch_size, run.seed, dtype=dtype_of(run))
    optimizer, loss = build_optimizer(model.parameters(), **run.optimizer.model_dump()), build_loss(run, dataset.task)
    lrs, means = learning_rates(run, batches.steps_per_epoch), []
    for epoch in range(EPOCHS):
        batches.epoch, total = epoch, 0.0
        for batch, lr in zip(batches, lrs[epoch].tolist(), strict=True):
            optimizer.param_groups[0]["lr"] = lr
            set_rows(dropout_layers(model), batch.rows)
            each = mixed(loss, batch.mix)(squeezed(model(batch.inputs), dataset.task), batch.labels)
            optimizer.zero_grad()
            each.mean().backward()
            if bound := run.trainer.gradient_clip_val:
                by = run.trainer.gradient_clip_algorithm
                clip = torch.nn.utils.clip_grad_norm_ if by == "norm" else torch.nn.utils.clip_grad_value_
                clip(model.parameters(), bound)
            optimizer.step()
            after_step(model)
            total += float(each.detach().sum())
        means.append(total / len(dataset.train))
    return {name: tensor.detach() for name, tensor in model.state_dict().items()}, means


def member_of(run, dataset, stop=False):
    data = prepare(dataset, standardize_of(run), dtype_of(run))
    return build_member(Job(0, run, Path()), data, np.array([stop]))


def assert_same(task, *overrides):
    run = run_of(task, *overrides)
    dataset = read_dataset(run.data)
    member = member_of(run, dataset)
    rows = [member.epoch() for _ in range(EPOCHS)]
    weights, means = by_torch(run, dataset)
    assert [row["train/loss"] for row in rows] == pytest.approx(means, rel=1e-10)
    found = member.layout.named(torch.from_numpy(member.trainable.weights))
    assert found.keys() == weights.keys()
    for name, tensor in weights.items():
        torch.testing.assert_close(
            found[name], tensor, rtol=1e-10, atol=1e-12, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_every_choice_is_known():
    assert set(activations.KINDS) == set(ACTIVATIONS)
    assert set(updates.KINDS) == set(OPTIMIZERS)
    assert set(losses.KINDS) == {(name, task) for name, loss in LOSSES.items() for task in loss.tasks}


@pytest.mark.parametrize("activation", activations.KINDS)
def test_every_activation(activation):
    assert_same("binary", f"model.activation={activation}", "optimizer.name=momentum")


@pytest.mark.parametrize(("loss", "task"), losses.KINDS)
def test_every_loss(loss, task):
    assert_same(task, f"loss={loss}", "model.activation=tanh", "optimizer.name=momentum")


@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("optimizer", updates.KINDS)
def test_every_optimizer(optimizer, decay):
    assert_same("regression", f"optimizer.name={optimizer}", f"optimizer.weight_decay={decay}", "model.activation=tanh")


SETTINGS = {
    "label smoothing, binary": ("binary", "label_smoothing=0.2", "pos_weight=2.5"),
    "label smoothing, classes": ("multiclass", "label_smoothing=0.2"),
    "clipped by norm": ("binary", "trainer.gradient_clip_val=0.05"),
    "clipped by value": ("binary", "trainer.gradient_clip_val=0.01", "trainer.gradient_clip_algorithm=value"),
    "no dropout": ("binary", "model.dropout=0"),
    "layer norm": ("binary", "model.norm=layer"),
    "layer norm, no dropout": ("binary", "model.norm=layer", "model.dropout=0", "model.bias=false"),
    "no bias": ("binary", "model.bias=false"),
    "no hidden layer": ("multiclass", "model.widths=[]"),
    "a batch of all": ("binary", "batch_size=1000"),
    "single rows": ("binary", "batch_size=1"),
    "a schedule": ("binary", "schedule.name=cosine", "schedule.warmup_steps=2"),
    "perceptron": ("regression", "model=perceptron", "model.activation=softplus"),
    "betas": ("binary", "optimizer.name=nadam", "optimizer.betas=[0.8,0.99]"),
    "images moved": ("binary", "augment=affine"),
    "images disturbed": ("binary", "augment=radiograph", "augment.cutout=0.3", "augment.noise=0.1"),
    "blended": ("binary", "augment=mixup"),
    "blended predictions": ("regression", "augment=mixup", "loss=huber"),
    "blended classes": ("multiclass", "augment=mixup", "label_smoothing=0.1", "batch_size=7"),
    "blended and moved": ("binary", "augment=affine", "augment.mixup=0.4"),
    "momentum": ("binary", "optimizer.name=rmsprop", "optimizer.momentum=0.5"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting(setting):
    assert_same(*SETTINGS[setting])


@pytest.mark.parametrize("augment", ["none", "affine"])
def test_another_thread_breaks_an_epoch_off(augment):
    run = run_of("binary", f"augment={augment}")
    member = member_of(run, read_dataset(run.data), stop=True)
    before = member.trainable.weights.copy()
    member.epoch()
    assert (member.trainable.weights == before).all()
