"""Problems in the plane: where their points lie, and that each is a function of (seed, split, row)."""

import math

import pytest
import torch

from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.data.sources.curve import curve
from src.data.sources.plane import GATES, blobs, circles, gate, moons, spirals

NUMS = {"num_train": 200, "num_val": 100, "num_test": 50, "seed": 3}
READERS = {
    "gate": lambda **given: gate(kind="xor", noise=0.05, **given),
    "blobs": lambda **given: blobs(distance=2.0, shift=2.0, noise=0.25, **given),
    "circles": lambda **given: circles(factor=0.5, noise=0.1, **given),
    "moons": lambda **given: moons(noise=0.1, **given),
    "spirals": lambda **given: spirals(turns=1.5, noise=0.02, **given),
    "curve": lambda **given: curve(frequency=2.0, noise=0.1, **given),
}


@pytest.mark.parametrize("name", READERS)
def test_sizes_repeatability_and_independent_splits(name):
    data, again, other = READERS[name](**NUMS), READERS[name](**NUMS), READERS[name](**{**NUMS, "seed": 4})
    assert [len(split) for split in (data.train, data.val, data.test)] == [200, 100, 50]
    assert data.train.inputs.equal(again.train.inputs)
    assert data.train.labels.equal(again.train.labels)
    assert not data.train.inputs.equal(other.train.inputs)
    assert not data.train.inputs[:50].equal(data.val.inputs[:50])
    assert data.simulated


@pytest.mark.parametrize("name", READERS)
def test_a_longer_split_begins_with_the_shorter(name):
    short, long = READERS[name](**NUMS), READERS[name](**{**NUMS, "num_train": 300})
    assert long.train.inputs[:200].equal(short.train.inputs)


@pytest.mark.parametrize("name", READERS)
def test_the_configuration_calls_the_reader(name):
    data = read_dataset(compose_run(f"data={name}").data)
    assert (data.name, len(data.train)) == (name, 512)


@pytest.mark.parametrize("kind", GATES)
def test_a_gate_has_its_truth_table(kind):
    data = gate(kind=kind, noise=0.0, **NUMS)
    table = {"and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b}[kind]
    for (a, b), label in zip(data.train.inputs.long().tolist(), data.train.labels.tolist(), strict=True):
        assert label == table(a, b)


def test_blobs_lie_on_the_diagonal_as_far_apart_as_asked():
    data = blobs(distance=3.0, shift=-1.0, noise=0.0, **NUMS)
    first, second = (data.train.inputs[data.train.labels == label].unique(dim=0)[0] for label in (0, 1))
    assert float((second - first).norm()) == pytest.approx(3.0, abs=1e-6)
    assert ((first + second) / 2).tolist() == pytest.approx([-1.0, -1.0], abs=1e-6)


def test_circles_have_their_radii():
    data = circles(factor=0.4, noise=0.0, **NUMS)
    for label, radius in ((0, 1.0), (1, 0.4)):
        points = data.train.inputs[data.train.labels == label]
        assert points.norm(dim=1).tolist() == pytest.approx([radius] * len(points), abs=1e-6)
        assert bool((points.amin(0) < 0).all() and (points.amax(0) > 0).all())


def test_moons_are_half_circles():
    data = moons(noise=0.0, **NUMS)
    for label, centre, side in ((0, (0.0, 0.0), 1.0), (1, (1.0, 0.5), -1.0)):
        points = data.train.inputs[data.train.labels == label] - torch.tensor(centre)
        assert points.norm(dim=1).tolist() == pytest.approx([1.0] * len(points), abs=1e-5)
        assert bool((side * points[:, 1] >= -1e-6).all())


def test_one_spiral_is_the_other_turned_by_half_a_turn():
    data = spirals(turns=2.0, noise=0.0, **NUMS)
    x, y = data.train.inputs.double().unbind(1)
    radius = torch.hypot(x, y)
    turned = torch.atan2(y, x) - 2.0 * math.pi * 2.0 * radius
    expected = math.pi * data.train.labels
    assert float(torch.cos(turned - expected).min()) == pytest.approx(1.0, abs=1e-5)


def test_a_curve_is_a_sine():
    data = curve(frequency=2.0, noise=0.0, **NUMS)
    torch.testing.assert_close(data.train.labels, torch.sin(2.0 * math.pi * data.train.inputs[:, 0]), atol=1e-5, rtol=0)
    assert float(data.train.inputs.abs().max()) <= 1.0


def test_another_gate_is_refused():
    with pytest.raises(ValueError, match=r"data\.kind: must be one of and, or, xor, but got 'nand'"):
        gate(kind="nand", noise=0.0, **NUMS)
