"""The compiled draws have the bits of torch's."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from src import randomness
from src.engines.native import hashing
from src.randomness import Purpose, highest_kept, key, row_keys, unit_keys

INT64 = st.integers(-(2**63), 2**63 - 1)


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(INT64, st.integers(0, 2**40))
def test_the_hash(state, value):
    assert hashing.fold(state, value) == int(randomness.fold(torch.tensor(state), value))


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(INT64, st.integers(0, 2**20), st.integers(0, 300))
def test_an_order(state, epoch, size):
    order = np.argsort(hashing.order_keys(state, epoch, size))
    of_epoch = randomness.fold(torch.tensor(state), epoch)
    assert order.tolist() == randomness.permutation(of_epoch, size).tolist()


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 2**40), st.integers(0, 2**30), st.sampled_from([1.0, 0.9, 0.5, 0.01]))
def test_dropout_factors(seed, step, keep):
    rows, units = row_keys(step, torch.arange(9)), unit_keys(key(seed, Purpose.DROPOUT, 1), 11)
    highest = highest_kept(torch.tensor(keep))
    kept = randomness.keep_mask(rows, units, highest)
    assert [hashing.row_key(step, row) for row in range(9)] == rows.tolist()
    factors = np.empty((9, 11))
    hashing.draw_factors(rows.numpy(), units.numpy(), int(highest), 1.25, factors)
    assert (factors == 1.25 * kept.numpy()).all()
