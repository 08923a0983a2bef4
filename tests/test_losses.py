"""Losses against torch, their gradients against finite differences."""

import pytest
import torch
import torch.nn.functional as F
from torch.func import vmap

from src.losses import (
    LOSSES,
    bce,
    cross_entropy,
    default_loss,
    huber,
    losses_for,
    mae,
    mse,
    per_example,
    perceptron,
)
from src.models.perceptron import rosenblatt
from src.tasks import TASKS

LOGITS = torch.tensor([-3.0, -0.5, 0.0, 0.2, 4.0], dtype=torch.float64)
LABELS = torch.tensor([0, 1, 1, 0, 1])


@pytest.mark.parametrize("pos_weight", [1.0, 0.25, 5.0])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_bce_is_torchs_and_its_formula(pos_weight, label_smoothing):
    targets = LABELS.double() * (1 - label_smoothing) + label_smoothing / 2
    probability = torch.sigmoid(LOGITS)
    formula = -(pos_weight * targets * probability.log() + (1 - targets) * (1 - probability).log())
    found = bce(LOGITS, LABELS, pos_weight=pos_weight, label_smoothing=label_smoothing)
    torch.testing.assert_close(found, formula)
    torch.testing.assert_close(
        found,
        F.binary_cross_entropy_with_logits(
            LOGITS, targets, pos_weight=torch.tensor(pos_weight).double(), reduction="none"
        ),
    )


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_cross_entropy_is_torchs(label_smoothing):
    logits, labels = torch.randn(20, 4, dtype=torch.float64), torch.arange(20) % 4
    torch.testing.assert_close(
        cross_entropy(logits, labels, label_smoothing=label_smoothing),
        F.cross_entropy(logits, labels, label_smoothing=label_smoothing, reduction="none"),
    )


@pytest.mark.parametrize(("ours", "torchs"), [(mse, F.mse_loss), (mae, F.l1_loss), (huber, F.huber_loss)])
def test_errors_are_torchs(ours, torchs):
    targets = torch.linspace(-3, 3, 5, dtype=torch.float64)
    torch.testing.assert_close(ours(LOGITS, targets), torchs(LOGITS, targets, reduction="none"))


@pytest.mark.parametrize("logit", [-1e4, 1e4])
@pytest.mark.parametrize("label", [0, 1])
def test_extreme_logits_stay_finite(logit, label):
    logits = torch.tensor([logit], requires_grad=True)
    loss = bce(logits, torch.tensor([label]))
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(logits.grad).all()


FITTING = [(task, name) for name, loss in LOSSES.items() for task in loss.tasks]
SETTINGS = {"pos_weight": 3.0, "label_smoothing": 0.2}


def example(task):
    """Outputs and labels of six examples."""
    torch.manual_seed(0)
    outputs = torch.randn((6, 3) if task == "multiclass" else (6,), dtype=torch.float64)
    if task == "regression":
        return outputs, torch.randn(6, dtype=torch.float64)
    return outputs, torch.arange(6) % (3 if task == "multiclass" else 2)


@pytest.mark.parametrize(("task", "name"), FITTING)
def test_every_loss_of_a_task_gives_one_value_per_example_with_the_gradient_of_its_differences(task, name):
    outputs, labels = example(task)
    loss = per_example(name, task)
    assert loss(outputs, labels).shape == (6,)
    assert torch.autograd.gradcheck(lambda z: loss(z, labels), (outputs.requires_grad_(),))


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize(("task", "name"), FITTING)
def test_every_loss_takes_the_settings_that_its_entry_names_and_no_other(task, name, setting):
    outputs, labels = example(task)
    changed = per_example(name, task, **{setting: SETTINGS[setting]})(outputs, labels)
    assert changed.equal(per_example(name, task)(outputs, labels)) == (setting not in LOSSES[name].takes)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_one_default_and_lists_what_it_has(task):
    assert [name for name, loss in LOSSES.items() if loss.default_of == task] == [default_loss(task)]
    with pytest.raises(ValueError, match="loss: must be one of (.*) for a") as refused:
        per_example("nothing", task)
    assert ", ".join(losses_for(task)) in str(refused.value)


def test_members_of_a_stack_have_their_own_weights():
    weights, smoothing = torch.tensor([0.5, 1.0, 3.0]), torch.tensor([0.0, 0.1, 0.2])
    logits = torch.randn(3, 5)
    stacked = vmap(lambda z, w, e: bce(z, LABELS, pos_weight=w, label_smoothing=e))(logits, weights, smoothing)
    alone = [
        bce(logits[m], LABELS, pos_weight=float(weights[m]), label_smoothing=float(smoothing[m])) for m in range(3)
    ]
    torch.testing.assert_close(stacked, torch.stack(alone))


def test_sgd_on_the_perceptron_criterion_is_rosenblatts_rule():
    torch.manual_seed(1)
    inputs, labels = torch.randn(30, 4, dtype=torch.float64), torch.randint(2, (30,))
    weight, bias = (
        torch.zeros(4, dtype=torch.float64, requires_grad=True),
        torch.zeros((), dtype=torch.float64, requires_grad=True),
    )
    optimizer = torch.optim.SGD([weight, bias], lr=0.5)
    for row in range(30):
        optimizer.zero_grad()
        perceptron((inputs[row] @ weight + bias).unsqueeze(0), labels[row : row + 1]).sum().backward()
        optimizer.step()
    ruled, ruled_bias, corrections = rosenblatt(torch.zeros(4).double(), torch.zeros(()).double(), inputs, labels, 0.5)
    torch.testing.assert_close(weight.detach(), ruled)
    torch.testing.assert_close(bias.detach(), ruled_bias)
    assert corrections > 0
