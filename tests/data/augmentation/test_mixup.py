"""Mixup: shares are Beta's, partners uniform, and the loss is the shares' mean of both labels' losses."""

import pytest
import torch
from scipy import stats

from src.data.augmentation import Augment
from src.data.augmentation.mixup import blend, partners, shares
from src.data.batches import TrainBatches
from src.data.dataset import Split
from src.data.transforms import Standardize
from src.losses import LOSSES, Mix, mixed, per_example
from tests.data.augmentation.images import MANY


@pytest.mark.parametrize("alpha", [0.3, 0.5, 1.0, 2.5])
def test_shares_are_the_larger_of_a_beta_draw_and_the_rest(alpha):
    found, beta = shares(MANY, alpha).numpy(), stats.beta(alpha, alpha)
    assert stats.kstest(found, lambda share: beta.cdf(share) - beta.cdf(1 - share)).pvalue > 1e-3
    assert found.min() >= 0.5
    assert found.max() <= 1.0


def test_without_alpha_the_share_is_whole():
    alphas = torch.tensor([0.0, 0.3], dtype=torch.float64).repeat(10_000)
    found = shares(MANY, alphas)
    assert (found[::2] == 1.0).all()
    assert torch.equal(found[1::2], shares(MANY[1::2], 0.3))


def test_partners_are_uniform_and_independent_of_shares():
    found = partners(MANY, 8)
    assert stats.chisquare(found.bincount(minlength=8).numpy()).pvalue > 1e-3
    together = torch.stack((found.double(), shares(MANY, 1.0)))
    assert abs(torch.corrcoef(together)[0, 1]) < 5 / len(MANY) ** 0.5


@pytest.mark.parametrize("name", ["cross_entropy", "bce"])
def test_of_a_cross_entropy_it_is_that_of_the_blended_labels(name):
    """Which is linear in its targets, as torch's is that takes probabilities."""
    share = torch.rand(6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    if name == "bce":
        logits, labels, others = torch.linspace(-3, 3, 6).double(), torch.arange(6) % 2, torch.arange(6) // 3
        targets = blend(labels.double(), others.double(), share)
        expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    else:
        logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        labels, others = torch.arange(6) % 3, torch.arange(6) // 2
        hot = [torch.nn.functional.one_hot(numbers, 3).double() for numbers in (labels, others)]
        expected = torch.nn.functional.cross_entropy(logits, blend(*hot, share), reduction="none")
    loss = per_example(name, "binary" if name == "bce" else "multiclass")
    torch.testing.assert_close(mixed(loss, Mix(others, share))(logits, labels), expected)
    assert mixed(loss, None) is loss


@pytest.mark.parametrize(("name", "task"), [(name, task) for name, loss in LOSSES.items() for task in loss.tasks])
def test_every_loss_is_mixed_by_its_formula(name, task):
    loss, share = per_example(name, task), torch.tensor([0.5, 0.8, 1.0], dtype=torch.float64)
    outputs = torch.tensor([[0.3, -1.0, 0.1], [2.0, 0.4, 1.0], [-1.0, 0.0, 0.5]], dtype=torch.float64)
    outputs = outputs if task == "multiclass" else outputs[:, 0]
    labels, others = torch.tensor([0, 1, 1]), torch.tensor([1, 1, 0])
    found = mixed(loss, Mix(others, share))(outputs, labels)
    torch.testing.assert_close(found, share * loss(outputs, labels) + (1 - share) * loss(outputs, others))
    assert found[2] == loss(outputs, labels)[2]


def test_a_batch_is_the_shares_mean_of_two_plain_examples():
    """Of a table, whose inputs say which rows they are of; with a limit partners are among the rows of the epoch."""
    split = Split(torch.eye(20, dtype=torch.float64), torch.arange(20))
    scale = Standardize.fit(split.inputs, "none")
    batches = TrainBatches(
        split, scale, Augment(mixup=1.0), batch_size=4, seed=0, dtype=torch.float64, limit=3, epoch=1
    )
    seen = set(torch.cat([batch.labels for batch in batches]).tolist())
    assert len(seen) == 12
    others = []
    for batch in batches:
        expected = blend(split.inputs[batch.labels], split.inputs[batch.mix.labels], batch.mix.share)
        torch.testing.assert_close(batch.inputs, expected)
        others += batch.mix.labels.tolist()
    assert set(others) <= seen
    assert len(set(others)) > 4
