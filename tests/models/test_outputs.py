from functools import partial

import pytest
import torch

from src.losses import LOSSES, Mix, mixed, per_example
from src.models.outputs import pooled, row_losses

CASES = [(name, task) for name, loss in LOSSES.items() for task in loss.tasks]
ROWS, K = 6, 4


def drawn(task: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs (6, 4, O) and labels (6,)."""
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(ROWS, K, 3 if task == "multiclass" else 1, generator=generator, dtype=torch.float64)
    classes = torch.randint(0, 3 if task == "multiclass" else 2, (ROWS,), generator=generator)
    return outputs, torch.randn(ROWS, generator=generator).double() if task == "regression" else classes


@pytest.mark.parametrize(("name", "task"), CASES)
def test_the_loss_of_a_row_is_the_mean_of_the_losses_of_each(name, task):
    outputs, labels = drawn(task)
    loss = per_example(name, task)
    given = row_losses(loss, outputs, labels, task)
    for row in range(ROWS):
        each = [row_losses(loss, outputs[[row], number], labels[[row]], task) for number in range(K)]
        torch.testing.assert_close(given[row], torch.stack(each).mean())


@pytest.mark.parametrize(("name", "task"), CASES)
def test_rows_are_blended_by_the_formula(name, task):
    outputs, labels = drawn(task)
    loss, others, share = partial(row_losses, per_example(name, task), task=task), labels.flip(0), torch.rand(ROWS)
    expected = share * loss(outputs, labels) + (1 - share) * loss(outputs, others)
    torch.testing.assert_close(mixed(loss, Mix(others, share))(outputs, labels), expected)


@pytest.mark.parametrize("name", ["mse", "bce", "cross_entropy"])
def test_it_is_not_the_loss_of_what_they_give_together(name):
    (task,) = [task for task in LOSSES[name].tasks if LOSSES[name].default_of == task]
    outputs, labels = drawn(task)
    loss = per_example(name, task)
    together = row_losses(loss, pooled(outputs, task), labels, task)
    assert (row_losses(loss, outputs, labels, task) > together).all()  # Jensen: these are convex


def test_members_have_their_own_settings_of_the_loss():
    outputs, labels = (torch.stack([part, part]) for part in drawn("binary"))
    weights = torch.tensor([[1.0], [5.0]], dtype=torch.float64)
    both = row_losses(per_example("bce", "binary", pos_weight=weights), outputs, labels, "binary")
    for member, weight in enumerate(weights.flatten().tolist()):
        loss = per_example("bce", "binary", pos_weight=weight)
        torch.testing.assert_close(both[member], row_losses(loss, outputs[member], labels[member], "binary"))


@pytest.mark.parametrize(
    ("task", "link"),
    [
        ("regression", lambda z: z),
        ("binary", torch.sigmoid),
        ("multiclass", lambda z: z.softmax(-1)),
    ],
)
def test_together_they_give_the_mean_of_predictions_or_probabilities(task, link):
    outputs, _ = drawn(task)
    torch.testing.assert_close(link(pooled(outputs, task)), link(outputs).mean(1))
    assert torch.equal(pooled(outputs[:, 0], task), outputs[:, 0])
