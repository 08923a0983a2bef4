"""Quality of the draws. Keys are fixed, so the tests are deterministic."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from src.randomness import (
    Purpose,
    fold,
    highest_kept,
    integers,
    keep_mask,
    key,
    normal,
    permutation,
    row_keys,
    uniform,
    unit_keys,
)

ROWS, UNITS = 16384, 256
ALPHA = 1e-3


def layer_units(seed: int = 0, layer: int = 0, units: int = UNITS) -> Tensor:
    """Unit keys as the dropout layer makes them."""
    return unit_keys(key(seed, Purpose.DROPOUT, layer), units)


def mask(
    rate: float = 0.5, seed: int = 0, layer: int = 0, step: int = 0, rows: int = ROWS, units: int = UNITS
) -> Tensor:
    highest = highest_kept(1.0 - torch.tensor(rate))
    return keep_mask(row_keys(step, torch.arange(rows)), layer_units(seed, layer, units), highest)


def correlation(first: Tensor, second: Tensor) -> float:
    """Pearson's correlation times sqrt(n): a standard normal where the two are independent."""
    pair = torch.stack([first.double().flatten(), second.double().flatten()])
    return float(torch.corrcoef(pair)[0, 1]) * math.sqrt(first.numel())


def assert_uniform(counts: Tensor) -> None:
    assert stats.chisquare(counts.flatten().double().numpy()).pvalue > ALPHA


# The keys


def test_splitmix64_gives_the_published_numbers():
    # The first outputs of the reference splitmix64.c with seed 1234567.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    drawn = fold(torch.tensor(1234567), torch.arange(4))
    assert [int(value) % 2**64 for value in drawn] == published


def test_number_and_tensor_give_the_same_key():
    seeds, epochs = torch.arange(3).unsqueeze(1), torch.arange(5)
    table = key(seeds, Purpose.ORDER, epochs)
    assert table.shape == (3, 5)
    for seed, epoch in itertools.product(range(3), range(5)):
        assert int(table[seed, epoch]) == int(key(seed, Purpose.ORDER, epoch))
    large = 2**62 + 12345
    assert int(key(large, Purpose.DATA)) == int(key(torch.tensor(large), Purpose.DATA))


def test_no_two_keys_of_a_sweep_are_equal():
    keys = [key(torch.arange(200).unsqueeze(1), purpose, torch.arange(100)) for purpose in Purpose]
    assert len(torch.cat(keys).unique()) == 200 * 100 * len(Purpose)


@pytest.mark.parametrize("base", [0, 1, 2**24, 12345678901])
def test_one_flipped_bit_of_state_or_value_flips_half_of_the_output(base):
    states = fold(torch.tensor(base), torch.arange(4000))
    values = torch.arange(4000) + base
    for bit in range(64):
        flip = torch.tensor(1).bitwise_left_shift(torch.tensor(bit))
        for changed in (fold(states ^ flip, values), fold(states, values ^ flip)):
            flipped = bits_of(fold(states, values) ^ changed).double().mean(0)  # (64,)
            assert (flipped - 0.5).abs().max() < 5.5 * 0.5 / math.sqrt(4000)


def bits_of(words: Tensor) -> Tensor:
    """(..., 64) of 0 and 1, the lowest bit first."""
    return (words.unsqueeze(-1) >> torch.arange(64)) & 1


def test_bits_of_fold_are_fair_and_pairwise_independent():
    bits = bits_of(fold(key(0, Purpose.DATA), torch.arange(100_000))).double()
    centred = 2 * bits - 1
    assert centred.mean(0).abs().max() < 4.5 / math.sqrt(100_000)
    products = centred.T @ centred / 100_000 - torch.eye(64)
    assert products.abs().max() < 5 / math.sqrt(100_000)


@pytest.mark.parametrize("shift", range(0, 64, 8))
def test_bytes_of_fold_are_uniform(shift):
    words = fold(key(1, Purpose.DATA), torch.arange(200_000))
    assert_uniform(torch.bincount((words >> shift) & 255, minlength=256))


# The distributions


@pytest.mark.parametrize("seed", range(3))
def test_uniform_has_the_moments_and_the_distribution(seed):
    draws = uniform(key(seed, Purpose.DATA), torch.arange(200_000))
    assert draws.min() >= 0
    assert draws.max() < 1
    for power in range(1, 5):
        expected, spread = 1 / (power + 1), 1 / (2 * power + 1) - 1 / (power + 1) ** 2
        assert abs((draws**power).mean() - expected) < 4 * math.sqrt(spread / 200_000)
    assert_uniform(torch.bincount((draws * 1000).long(), minlength=1000))
    assert stats.kstest(draws.numpy(), "uniform").pvalue > ALPHA


def test_neighbouring_uniforms_are_independent():
    draws = uniform(key(0, Purpose.DATA), torch.arange(300_000))
    cells = (draws * 20).long()
    for lag in (1, 2, 7):
        assert_uniform(torch.bincount(cells[:-lag] * 20 + cells[lag:], minlength=400))


@pytest.mark.parametrize("seed", range(3))
def test_normal_has_the_moments_and_the_distribution(seed):
    draws = normal(key(seed, Purpose.WEIGHTS, 0), torch.arange(200_000))
    assert stats.kstest(draws.numpy(), "norm").pvalue > ALPHA
    for power, (expected, spread) in {1: (0, 1), 2: (1, 2), 3: (0, 15), 4: (3, 96)}.items():
        assert abs((draws**power).mean() - expected) < 4 * math.sqrt(spread / 200_000)
    assert abs(correlation(draws[:-1], draws[1:])) < 4
    assert abs(correlation(draws[:-1] ** 2, draws[1:] ** 2)) < 4


@pytest.mark.parametrize("high", [2, 7, 1000])
def test_integers_are_uniform_and_in_range(high):
    draws = integers(key(0, Purpose.BOOTSTRAP), torch.arange(100_000), high)
    assert draws.min() == 0
    assert draws.max() == high - 1
    assert_uniform(torch.bincount(draws, minlength=high))


# Dropout masks


@pytest.mark.parametrize("rate", [0.0, 1e-3, 0.05, 0.2, 0.5, 0.8, 0.99])
def test_masks_keep_the_right_share_of_rows_and_of_units(rate):
    kept = mask(rate).double()
    if rate == 0.0:
        assert kept.all()
        return
    assert abs(kept.mean() - (1 - rate)) < 4 * math.sqrt(rate * (1 - rate) / kept.numel())
    for axis, count in ((0, ROWS), (1, UNITS)):
        sums = kept.sum(axis)
        dispersion = float(((sums - count * (1 - rate)) ** 2).sum() / (count * rate * (1 - rate)))
        assert ALPHA < stats.chi2.cdf(dispersion, len(sums)) < 1 - ALPHA


@pytest.mark.parametrize("rate", [0.2, 0.5])
@pytest.mark.parametrize("axis", ["seed", "layer", "step"])
@pytest.mark.parametrize("distance", [1, 2, 16, 1000])
def test_members_layers_and_steps_are_uncorrelated(axis, distance, rate):
    assert abs(correlation(mask(rate), mask(rate, **{axis: distance}))) < 4


@pytest.mark.parametrize("rate", [0.2, 0.5])
@pytest.mark.parametrize("lag", [1, 2, 3, 8, 64, 128])
def test_neighbouring_rows_and_units_are_uncorrelated(lag, rate):
    kept = mask(rate)
    assert abs(correlation(kept[lag:], kept[:-lag])) < 4
    assert abs(correlation(kept[:, lag:], kept[:, :-lag])) < 4


def test_no_two_units_and_no_two_rows_go_together():
    for kept in (mask(rows=40_000, units=128), mask(rows=128, units=40_000).T):
        correlations = torch.corrcoef(kept.T.double()) * math.sqrt(40_000)
        z = correlations[*torch.triu_indices(128, 128, offset=1)]
        assert z.abs().max() < 5  # of 8,128 pairs
        assert abs(z.var() - 1) < 4 * math.sqrt(2 / len(z))


def test_patterns_of_eight_neighbouring_units_are_uniform():
    patterns = mask(rows=20_000, units=64).view(-1, 8).long() @ (1 << torch.arange(8))
    assert_uniform(torch.bincount(patterns, minlength=256))


@pytest.mark.parametrize("along", ["units", "rows"])
def test_spectrum_is_white(along):
    signs = 2.0 * mask(rows=2048, units=2048).numpy() - 1.0
    power = np.abs(np.fft.rfft(signs, axis=1 if along == "units" else 0)) ** 2 / 2048
    power = (power if along == "units" else power.T)[:, 1:-1]  # without mean and Nyquist, which have one degree less
    # Each power is an exponential of mean 1; so the mean over 2,048 lines is 1 with a standard error of 1 / sqrt(2048).
    assert np.abs(power.mean(0) - 1).max() < 5 / math.sqrt(2048)
    assert power.max() < math.log(power.size) + 10
    assert stats.kstest(power[:200].ravel(), "expon").pvalue > ALPHA


def test_spectrum_of_the_plane_has_no_peak():
    signs = 2.0 * mask(rows=1024, units=1024).numpy() - 1.0
    power = np.abs(np.fft.rfft2(signs)) ** 2 / 1024**2
    assert power[1:, 1:-1].max() < math.log(power.size) + 8


@pytest.mark.parametrize("shared", [2**32 - 1, -(2**32)], ids=["low half", "high half"])
def test_rows_that_share_half_of_their_key_are_independent(shared):
    first, second = row_keys(1, torch.arange(50_000)), row_keys(2, torch.arange(50_000))
    second = (first & shared) | (second & ~shared)
    masks = [keep_mask(rows, layer_units(units=128), highest_kept(torch.tensor(0.5))) for rows in (first, second)]
    z = ((masks[0] == masks[1]).double().mean(1) - 0.5) * 2 * math.sqrt(128)  # agreement of each pair of rows
    assert abs(z.mean()) < 4 / math.sqrt(50_000)
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / 50_000)
    assert z.abs().max() < 6


def test_no_direction_of_units_stands_out():
    # The largest singular value of a matrix of independent signs lies near sqrt(rows) + sqrt(units) (Bai and Yin 1988).
    signs = 2.0 * mask(rows=4096, units=1024).double() - 1.0
    largest = float(torch.linalg.matrix_norm(signs, 2))
    assert abs(largest - (math.sqrt(4096) + math.sqrt(1024))) < 1.0


def test_a_higher_rate_drops_what_a_lower_one_drops():
    assert not (mask(0.5) & ~mask(0.2)).any()


# The order of the data


@pytest.mark.parametrize("size", [1, 2, 17, 5000])
def test_permutation_holds_each_index_once(size):
    orders = permutation(key(torch.arange(3).unsqueeze(1), Purpose.ORDER, 0), size)
    assert orders.shape == (3, size)
    assert torch.equal(orders.sort(dim=1).values, torch.arange(size).expand(3, size))


def test_every_index_comes_to_every_place_equally_often():
    orders = permutation(key(torch.arange(20_000).unsqueeze(1), Purpose.ORDER, 0), 12)
    counts = torch.stack([torch.bincount(orders[:, place], minlength=12) for place in range(12)])
    # Rows and columns of the table have fixed sums: (12 - 1)² degrees of freedom.
    statistic = float(((counts - 20_000 / 12) ** 2 / (20_000 / 12)).sum()) * 11 / 12
    assert ALPHA < stats.chi2.cdf(statistic, 11**2) < 1 - ALPHA


def test_every_order_of_four_is_equally_likely():
    drawn = permutation(key(0, Purpose.ORDER, torch.arange(24_000).unsqueeze(1)), 4)
    counts = [int((drawn == torch.tensor(order)).all(1).sum()) for order in itertools.permutations(range(4))]
    assert_uniform(torch.tensor(counts))


@pytest.mark.parametrize("change", [{"seed": 1}, {"epoch": 1}])
def test_order_differs_by_seed_and_epoch(change):
    place = {"seed": 0, "epoch": 0} | change
    first = permutation(key(0, Purpose.ORDER, 0), 2000)
    second = permutation(key(place["seed"], Purpose.ORDER, place["epoch"]), 2000)
    assert (first == second).sum() < 8  # a Poisson number of mean 1
    assert abs(correlation(first, second)) < 4


# Alone, batched and under vmap


def test_a_batch_of_keys_gives_what_each_gives_alone():
    index, rate = torch.arange(50), torch.tensor([0.1, 0.5, 0.9])
    states = key(torch.arange(3), Purpose.DROPOUT, 2)

    def draw(state: Tensor, rate: Tensor) -> tuple[Tensor, ...]:
        rows, units = fold(state, index), unit_keys(state, 33)
        kept = keep_mask(rows, units, highest_kept(rate))
        return uniform(state, index), normal(state, index), integers(state, index, 9), units, kept

    batched = torch.func.vmap(draw)(states, rate)
    orders = torch.func.vmap(lambda state: permutation(state, 50))(states)
    assert torch.equal(permutation(states.unsqueeze(1), 50), orders)
    for member in range(3):
        for together, alone in zip(batched, draw(states[member], rate[member]), strict=True):
            assert torch.equal(together[member], alone)
        assert torch.equal(orders[member], permutation(states[member], 50))


def test_keys_are_folded_under_vmap_as_outside():
    seeds = torch.arange(5)
    assert torch.equal(
        torch.func.vmap(lambda seed: key(seed, Purpose.AUGMENTATION, 3))(seeds), key(seeds, Purpose.AUGMENTATION, 3)
    )


def test_the_first_units_of_a_wider_mask_are_the_narrower_mask():
    assert torch.equal(mask(units=200)[:, :77], mask(units=77))
