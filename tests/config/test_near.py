"""A key that is not known is told with what it may have meant."""

import pytest

from src.config.near import near, unknown_key

KNOWN = ["model.dropout", "model.widths", "optimizer.lr", "optimizer.name", "batch_size", "hydra.sweeper.n_trials"]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("dropout", ["model.dropout"]),
        ("droput", ["model.dropout"]),
        ("model.width", ["model.widths"]),
        ("model.lr", ["optimizer.lr"]),
        ("optimizer.lrr", ["optimizer.lr"]),
        ("batchsize", ["batch_size"]),
        ("nonsense", []),
    ],
)
def test_what_may_have_been_meant(key, meant):
    assert near(key, KNOWN) == meant


def test_a_key_beside_it_comes_before_one_elsewhere():
    assert near("model.nam", ["optimizer.name", "model.name"]) == ["model.name"]
    assert near("nam", ["optimizer.name", "model.name"]) == ["optimizer.name", "model.name"]


def test_where_nothing_is_near_all_that_is_known_there_is_told():
    assert unknown_key("a.b", [], ["c", "d"]) == "a.b: must be a known key, but got 'b'; known here: c, d."
    assert unknown_key("a.c1", ["a.c11"], ["c11"]).endswith("; perhaps a.c11 was meant.")
