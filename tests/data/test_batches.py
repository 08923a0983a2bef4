"""Batches: each row once an epoch, and nothing depends on how a step is divided."""

import pytest
import torch

from src.data.augmentation import Augment
from src.data.batches import EvalBatches, TrainBatches
from src.data.dataset import Split
from src.data.transforms import Standardize
from src.randomness import Purpose, key, permutation, row_keys

SIZE = 103
MIXED = Augment(shift=0.2, noise=0.1, mixup=0.7)
SPLIT = Split(torch.arange(SIZE * 4).reshape(SIZE, 1, 2, 2).float() / 100, torch.arange(SIZE))


def batches(batch_size=10, augment=None, epoch=2, **sharding):
    scale = Standardize.fit(SPLIT.inputs, "features")
    return TrainBatches(SPLIT, scale, augment, batch_size=batch_size, seed=4, epoch=epoch, **sharding)


def test_an_epoch_holds_each_row_once_in_the_order_of_seed_and_epoch():
    found = list(batches())
    order = permutation(key(4, Purpose.ORDER, 2), SIZE)
    assert torch.equal(torch.cat([batch.labels for batch in found]), order)
    scale = Standardize.fit(SPLIT.inputs, "features")
    torch.testing.assert_close(torch.cat([batch.inputs for batch in found]), scale(SPLIT.inputs[order]))
    assert [len(batch.labels) for batch in found] == [10] * 10 + [3]
    assert [batch.num_examples for batch in found] == [10] * 10 + [3]
    for step, batch in enumerate(found, start=22):
        assert torch.equal(batch.rows, row_keys(step, torch.arange(len(batch.labels))))
    assert len(batches()) == batches().steps_per_epoch == 11


def test_epochs_have_different_orders_and_iterating_again_changes_nothing():
    loader = batches()
    first, again = ([batch.labels.tolist() for batch in loader] for _ in range(2))
    assert first == again
    assert first != [batch.labels.tolist() for batch in batches(epoch=3)]


@pytest.mark.parametrize("augment", [None, Augment(shift=0.2, rotation=9.0), MIXED])
@pytest.mark.parametrize("world_size", [2, 3, 7])
def test_shards_together_are_the_whole(world_size, augment):
    shards = [list(batches(augment=augment, rank=rank, world_size=world_size)) for rank in range(world_size)]
    for whole, *parts in zip(batches(augment=augment), *shards, strict=True):
        order = torch.cat([torch.arange(len(whole.labels))[rank::world_size] for rank in range(world_size)]).argsort()
        assert torch.equal(torch.cat([part.rows for part in parts])[order], whole.rows)
        assert torch.equal(torch.cat([part.labels for part in parts])[order], whole.labels)
        torch.testing.assert_close(torch.cat([part.inputs for part in parts])[order], whole.inputs)
        assert (whole.mix is None) == (augment is not MIXED)
        if whole.mix is not None:
            assert_same_mix([part.mix for part in parts], whole.mix, order)
        assert {part.num_examples for part in parts} == {whole.num_examples}


def assert_same_mix(parts, whole, order):
    assert torch.equal(torch.cat([part.labels for part in parts])[order], whole.labels)
    assert torch.equal(torch.cat([part.share for part in parts])[order], whole.share)


@pytest.mark.parametrize("accumulate", [2, 3, 5])
def test_accumulated_batches_are_the_large_batch(accumulate):
    small = list(batches(batch_size=6, accumulate=accumulate, augment=MIXED))
    for number, large in enumerate(batches(batch_size=6 * accumulate, augment=MIXED)):
        window = small[number * accumulate : (number + 1) * accumulate]
        assert torch.equal(torch.cat([batch.labels for batch in window]), large.labels)
        assert torch.equal(torch.cat([batch.rows for batch in window]), large.rows)
        torch.testing.assert_close(torch.cat([batch.inputs for batch in window]), large.inputs)
        assert_same_mix([batch.mix for batch in window], large.mix, slice(None))
        assert {batch.num_examples for batch in window} == {large.num_examples}


def test_blocks_of_batches_change_nothing(monkeypatch):
    together = list(batches(augment=Augment(shift=0.2)))
    monkeypatch.setattr("src.data.batches.BLOCK", 1)
    for one, other in zip(together, batches(augment=Augment(shift=0.2)), strict=True):
        torch.testing.assert_close(one.inputs, other.inputs)
        assert torch.equal(one.labels, other.labels)


@pytest.mark.parametrize("limit", [None, 3])
def test_reading_ahead_changes_nothing(monkeypatch, limit):
    monkeypatch.setattr("src.data.batches.BLOCK", 1)
    together = list(batches(augment=Augment(shift=0.2), limit=limit))
    monkeypatch.setattr("src.data.batches.LARGE", 0)
    ahead = list(batches(augment=Augment(shift=0.2), limit=limit))
    for one, other in zip(together, ahead, strict=True):
        assert torch.equal(one.inputs, other.inputs)
        assert torch.equal(one.labels, other.labels)


def test_chunks_of_evaluation_have_a_bounded_number_of_numbers(monkeypatch):
    monkeypatch.setattr("src.data.batches.EVALUATED", 30 * 4)
    chunks = EvalBatches(SPLIT, Standardize.fit(SPLIT.inputs, "none"), chunk=40)
    assert [len(labels) for _, labels in chunks] == [30, 30, 30, 13]
    assert len(chunks) == 4


def test_evaluation_keeps_the_order_of_the_split():
    chunks = list(EvalBatches(SPLIT, Standardize.fit(SPLIT.inputs, "none"), chunk=40))
    assert [len(labels) for _, labels in chunks] == [40, 40, 23]
    assert torch.equal(torch.cat([inputs for inputs, _ in chunks]), SPLIT.inputs)
