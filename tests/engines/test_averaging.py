"""Averaged weights, the same in every engine: what is validated, kept, and read back."""

import pytest
import torch
from rich.console import Console

from src.engines.dispatch import Dispatch
from src.optimizers.averaging import share
from src.runs.job import Job, Jobs
from src.runs.outcome import Failed, Trained
from tests.engines.native.test_epoch import by_torch, run_of
from tests.engines.stacked.heard import Heard
from tests.engines.test_contract import ENGINES

DECAY = 0.9
QUIET = Console(quiet=True)


def averaged_by_hand(run, dataset):
    """The mean of the weights after each step of a plain loop, each weighing `DECAY` times what the next does."""
    steps = []
    by_torch(run, dataset, lambda model: steps.append({n: w.detach().clone() for n, w in model.named_parameters()}))
    weighs = DECAY ** torch.arange(len(steps) - 1, -1, -1, dtype=torch.float64)
    weighs /= weighs.sum()
    return {name: sum(w * step[name] for w, step in zip(weighs, steps, strict=True)) for name in steps[0]}


def trained(engine, folder, *keys):
    run = run_of("binary", f"engine={engine}", "patience=null", *keys)
    heard = Heard()
    jobs = Jobs([Job(0, run, folder)], lambda job: 0)
    Dispatch(jobs, [heard], console=QUIET).train()
    if isinstance(heard.outcomes[0], Failed):
        raise heard.outcomes[0].error
    return heard.outcomes[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_kept_is_the_mean_of_the_weights_after_each_step(engine, tmp_path):
    outcome = trained(engine, tmp_path, f"ema={DECAY}", "keep=last")
    expected = averaged_by_hand(outcome.run, outcome.dataset)
    assert expected.keys() <= outcome.weights.keys()
    for name, weight in expected.items():
        torch.testing.assert_close(outcome.weights[name], weight, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("keep", ["best", "last"])
def test_val_is_that_of_the_weights_that_are_kept(engine, keep, tmp_path):
    outcome = trained(engine, tmp_path, f"ema={DECAY}", f"keep={keep}", "epochs=6", "optimizer.lr=0.5")
    assert isinstance(outcome, Trained)
    losses = [row["val/loss"] for row in outcome.progress.history]
    assert min(losses) < losses[-1]  # else the two are one
    assert outcome.progress.best_epoch == (6 if keep == "last" else 1 + losses.index(min(losses)))
    found = outcome.predict(outcome.dataset.val).figures("binary", None)
    assert found["auroc"] == pytest.approx(outcome.progress.history[outcome.progress.best_epoch - 1]["val/auroc"])


@pytest.mark.parametrize("engine", ENGINES)
def test_averages_change_nothing_of_the_training(engine, tmp_path):
    curves = [
        [row["train/loss"] for row in trained(engine, tmp_path / key, key).progress.history]
        for key in ("ema=0.9", "ema=null")
    ]
    assert curves[0] == curves[1]


def test_the_first_weights_are_all_of_their_average():
    for decay in (0.1, 0.9, 0.9999):
        assert share(decay, 1.0) == 1.0
        assert share(decay, 1e9) == pytest.approx(1 - decay)
        steps = torch.arange(1.0, 9.0, dtype=torch.float64)
        assert share(torch.tensor(decay).double(), steps)[3] == pytest.approx(share(decay, 4.0))
