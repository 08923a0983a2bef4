"""Epochs in one compiled call: those of the engine, and the rule that ends them."""

import math

import numpy as np
import pytest

from src.data.reading import read_dataset
from src.engines.native import plateau
from src.engines.native.build import build_member
from src.engines.native.data import prepare
from src.randomness import Purpose, key
from src.runs.build import dtype_of, standardize_of
from src.runs.folder import ROOT
from src.runs.job import Job
from tests.engines.native.test_epoch import run_of


def member_of(*keys):
    run = run_of("binary", *keys)
    prepared = prepare(read_dataset(run.data), standardize_of(run), dtype_of(run))
    return build_member(Job(0, run, ROOT), prepared, np.zeros(1, np.bool_))


def losses_of(member, **rule):
    order = int(key(member.job.run.seed, Purpose.ORDER))
    return plateau.train_to_plateau(
        member.recipe, member.trainable, member.data.train, order, member.lrs, **{"tol": 0.0, "patience": 0, **rule}
    )


@pytest.mark.parametrize("held", [1, 700, 2**20])
def test_epochs_are_those_of_the_engine_however_many_orders_are_held(held, monkeypatch):
    monkeypatch.setattr(plateau, "HELD", held)
    one, other = member_of("epochs=7", "model.dropout=0.3"), member_of("epochs=7", "model.dropout=0.3")
    assert losses_of(one) == pytest.approx([other.train(number) for number in range(7)], rel=1e-12)
    assert np.allclose(one.trainable.weights, other.trainable.weights, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("held", [1, 2**20])
@pytest.mark.parametrize("patience", [1, 3])
def test_it_ends_after_epochs_that_are_no_better(held, patience, monkeypatch):
    monkeypatch.setattr(plateau, "HELD", held)
    every = losses_of(member_of("epochs=200", "optimizer.lr=0.05"))
    tol = (every[0] - every.min()) / 50
    best, since = math.inf, 0
    for epochs, loss in enumerate(every, 1):  # noqa: B007  # where it ends
        best, since = (loss, 0) if loss < best - tol else (min(best, loss), since + 1)
        if since == patience:
            break
    assert patience < epochs < 200
    found = losses_of(member_of("epochs=200", "optimizer.lr=0.05"), tol=tol, patience=patience)
    assert list(found) == list(every[:epochs])


def test_a_loss_that_is_not_finite_is_the_last():
    found = losses_of(member_of("epochs=50", "optimizer.lr=1e200", "optimizer=sgd"))
    assert 0 < len(found) < 50
    assert np.isfinite(found[:-1]).all()
    assert not np.isfinite(found[-1])
