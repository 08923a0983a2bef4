"""Hydra's sweep syntax as a search space."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from src.search.space import as_sweep, read_space

PARSER = OverridesParser.create()


@pytest.mark.parametrize(
    ("given", "distribution"),
    [
        ("interval(0, 0.5)", FloatDistribution(0, 0.5)),
        ("tag(log, interval(1e-4, 1e-1))", FloatDistribution(1e-4, 1e-1, log=True)),
        ("interval(1, 8)", FloatDistribution(1, 8)),
        ("int(tag(log, interval(1, 64)))", IntDistribution(1, 64, log=True)),
        ("int(interval(1.0, 8.0))", IntDistribution(1, 8)),
        ("range(1, 4)", IntDistribution(1, 4)),
        ("range(2, 10, 4)", IntDistribution(2, 10, step=4)),
        ("range(0.0, 0.5, 0.25)", FloatDistribution(0, 0.5, step=0.25)),
        ("range(0.0, 3.0)", FloatDistribution(0, 3, step=1)),
        ("range(1, 2000000)", IntDistribution(1, 2000000)),
        ("interval(0.12345678, 0.5)", FloatDistribution(0.12345678, 0.5)),
        ("32,64,128", CategoricalDistribution([32, 64, 128])),
        ("choice(adam, sgd)", CategoricalDistribution(["adam", "sgd"])),
        ("true,null,3", CategoricalDistribution([True, "null", 3])),
        ("choice([64,32], [128])", CategoricalDistribution(["[64,32]", "[128]"])),
    ],
)
def test_every_sweep_has_its_distribution_and_is_written_so_again(given: str, distribution: object):
    space = read_space(PARSER, {}, [f"key={given}", "epochs=3"])
    assert space.searched == {"key": distribution}
    assert read_space(PARSER, {}, [f"key={as_sweep(space.searched['key'])}"]).searched == space.searched
    assert space.fixed == ["epochs=3"]


def test_the_command_line_has_the_last_word():
    params = {"optimizer.lr": "tag(log, interval(1e-4, 1e-1))", "batch_size": "32,64", "model.dropout": 0.2}
    space = read_space(PARSER, params, ["batch_size=128", "model.dropout=interval(0, 0.5)", "+experiment=smoke"])
    assert set(space.searched) == {"optimizer.lr", "model.dropout"}
    assert space.fixed == ["batch_size=128", "+experiment=smoke"]


def test_a_trial_is_a_command_line():
    space = read_space(PARSER, {}, ["+experiment=smoke", "lr=interval(0, 1)", "bias=true,false", "w=choice([64,32])"])
    params = {"lr": 1e-5, "bias": True, "w": "[64,32]"}
    assert space.overrides(params) == ["+experiment=smoke", "lr=1e-05", "bias=true", "w=[64,32]"]


def test_a_linear_interval_over_a_learning_rate_is_pointed_out():
    (remark,) = read_space(
        PARSER, {}, ["optimizer.lr=interval(1e-5, 1e-1)", "model.dropout=interval(0, 0.5)"]
    ).remarks()
    assert remark.startswith("optimizer.lr: ")
    assert "tag(log, interval(1e-05, 0.1))" in remark
    assert not read_space(PARSER, {}, ["optimizer.lr=tag(log, interval(1e-5, 1e-1))"]).remarks()


@pytest.mark.parametrize("sweep", ["interval(2, 1)", "range(5, 1)", "tag(log, interval(0, 1))"])
def test_an_empty_range_is_told(sweep: str):
    with pytest.raises(ValueError, match=r"lr: must be a range that is not empty, but got lr="):
        read_space(PARSER, {}, [f"lr={sweep}"])
