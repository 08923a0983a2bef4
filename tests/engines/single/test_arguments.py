"""Lightning's Trainer as its users know it: each argument passes through, or is refused with the reason."""

import inspect
import math
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from hydra.errors import HydraException
from rich.console import Console
from torch import nn

from src.config.composition import compose_run
from src.config.messages import explain
from src.config.refused import REFUSED
from src.config.rules import why_single
from src.config.schema import Run, Trainer
from src.data.reading import read_dataset
from src.engines.single.engine import fit_best
from src.runs.outcome import Trained
from src.runs.stop_reason import StopReason

KEYS = ["data=breast_cancer", "model.widths=[4]", "epochs=3", "trainer.accelerator=cpu", "tracking.enabled=false"]
ARGUMENTS = list(inspect.signature(pl.Trainer).parameters)


def tiny(*keys: str) -> Run:
    return compose_run(*KEYS, *keys)


def fit(folder: Path, *keys: str) -> Trained:
    run = tiny(*keys)
    return fit_best(run, read_dataset(run.data), folder, console=Console(quiet=True), on_epoch=lambda row: True)


def rows(trained: Trained) -> list[dict[str, float]]:
    return [{name: row[name] for name in row if name != "epoch_seconds"} for row in trained.progress.history]


@pytest.mark.parametrize("name", ARGUMENTS)
def test_each_argument_of_lightnings_trainer_is_a_key_or_refused_with_the_reason(name: str) -> None:
    if name in Trainer.model_fields:
        assert f"trainer.{name}" not in REFUSED
        return
    for override in (f"trainer.{name}=5", f"+trainer.{name}=5"):
        with pytest.raises((ValueError, HydraException)) as refused:
            tiny(override)
        assert explain(refused.value) == f"trainer.{name}: must be left out ({REFUSED[f'trainer.{name}']}), but got 5."


def test_an_unknown_argument_is_told_as_such() -> None:
    with pytest.raises(HydraException) as refused:
        tiny("trainer.max_epoch=5")
    assert "trainer.max_epoch: must be a known key, but got 'max_epoch'" in explain(refused.value)


@pytest.mark.parametrize("strategy", ["ddp_spawn", "fsdp"])
def test_strategies_that_break_the_record_are_refused(strategy: str) -> None:
    with pytest.raises(ValueError, match=f"^trainer.strategy: must be auto or ddp .*, but got {strategy}"):
        tiny(f"trainer.strategy={strategy}")


def test_only_lightning_trains_what_asks_for_it() -> None:
    assert why_single(tiny().trainer) is None
    assert why_single(tiny("trainer.fast_dev_run=false").trainer) is None
    assert why_single(tiny("trainer.profiler=simple").trainer) == "trainer.profiler is for Lightning"


class Seen(pl.Callback):
    """What Lightning's users find on a trainer."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        SEEN.append({name: float(value) for name, value in trainer.callback_metrics.items()})
        TRAINERS.append(trainer)


SEEN: list[dict[str, float]] = []
TRAINERS: list[pl.Trainer] = []
SPY = "trainer.callbacks={_target_: tests.engines.single.test_arguments.Seen}"


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    SEEN.clear()
    TRAINERS.clear()


def test_arguments_reach_lightnings_trainer(tmp_path: Path) -> None:
    given = ["detect_anomaly=true", "deterministic=true", "min_epochs=2", "log_every_n_steps=7", "benchmark=false"]
    fit(tmp_path, SPY, *(f"trainer.{one}" for one in given), "trainer.max_time='00:01:00:00'")
    trainer = TRAINERS[0]
    assert (trainer.min_epochs, trainer.log_every_n_steps) == (2, 7)
    assert trainer._detect_anomaly
    assert any(isinstance(callback, pl.callbacks.Timer) for callback in trainer.callbacks)
    torch.use_deterministic_algorithms(False)


def test_fast_dev_run_goes_through_one_batch_and_ends(tmp_path: Path) -> None:
    trained = fit(tmp_path, SPY, "trainer.fast_dev_run=true")
    assert (len(trained.progress.history), trained.stop_reason) == (1, StopReason.EPOCHS)
    assert TRAINERS[0].global_step == 1


def test_limits_count_batches_or_shares_of_them_and_means_are_over_what_was_seen(tmp_path: Path) -> None:
    whole = fit(tmp_path / "whole", "optimizer.lr=1e-12", "trainer.limit_val_batches=1.0", SPY)
    share = fit(tmp_path / "share", "optimizer.lr=1e-12", "trainer.limit_train_batches=0.5", SPY)
    assert TRAINERS[-1].num_training_batches == TRAINERS[0].num_training_batches // 2
    for row, other in zip(whole.progress.history, share.progress.history, strict=True):
        assert row["train/loss"] == pytest.approx(other["train/loss"], rel=0.2)
    few = fit(tmp_path / "few", "trainer.limit_val_batches=1", "batch_size=10")
    assert all(
        row["val/accuracy"] * 10 == pytest.approx(round(row["val/accuracy"] * 10)) for row in few.progress.history
    )


def test_overfit_batches_are_the_same_in_each_epoch(tmp_path: Path) -> None:
    trained = fit(tmp_path, "trainer.overfit_batches=1", "optimizer.lr=1e-12", "model.dropout=0")
    losses = [row["train/loss"] for row in trained.progress.history]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-6)


def test_min_epochs_come_before_patience_but_not_before_divergence(tmp_path: Path) -> None:
    keys = ["epochs=9", "patience=1", "objective=val/accuracy", "optimizer.lr=1e-12"]
    assert len(fit(tmp_path / "free", *keys).progress.history) == 2
    assert len(fit(tmp_path / "least", *keys, "trainer.min_epochs=5").progress.history) == 5
    broken = fit(tmp_path / "broken", "optimizer=sgd", "optimizer.lr=1e38", "trainer.min_epochs=3")
    assert broken.stop_reason is StopReason.DIVERGED
    assert len(broken.progress.history) == 1


def test_a_profile_lies_in_the_runs_folder(tmp_path: Path) -> None:
    fit(tmp_path, "trainer.profiler=simple")
    assert "run_training_batch" in (tmp_path / "fit-profile.txt").read_text()


OWN = ["LearningRateMonitor", "ModelCheckpoint, monitor: val/loss, filename: mine", "DeviceStatsMonitor"]


@pytest.mark.filterwarnings("ignore:.*psutil.*")
def test_callbacks_and_loggers_of_ones_own_work_beside_ours_to_the_same_bits(tmp_path: Path) -> None:
    callbacks = ", ".join(f"{{_target_: pytorch_lightning.callbacks.{one}}}" for one in OWN)
    spy = "{_target_: tests.engines.single.test_arguments.Seen}"
    logger = "trainer.logger={_target_: pytorch_lightning.loggers.CSVLogger}"
    trained = fit(tmp_path / "own", f"trainer.callbacks=[{callbacks}, {spy}]", logger)
    assert rows(trained) == rows(fit(tmp_path / "plain"))
    assert [one["val/loss"] for one in SEEN] == pytest.approx([row["val/loss"] for row in trained.progress.history])
    (version,) = (tmp_path / "own" / "lightning_logs").iterdir()
    assert {"metrics.csv", "hparams.yaml", "checkpoints"} == {path.name for path in version.iterdir()}
    assert "lr-Adam" in (version / "metrics.csv").read_text()
    assert "optimizer.lr" in (version / "hparams.yaml").read_text()
    assert (version / "checkpoints" / "mine.ckpt").is_file()


def test_early_stopping_of_ones_own_ends_the_run(tmp_path: Path) -> None:
    own = "{_target_: pytorch_lightning.callbacks.EarlyStopping, monitor: val/loss, stopping_threshold: 100.0}"
    trained = fit(tmp_path, f"trainer.callbacks=[{own}]")
    assert (len(trained.progress.history), trained.stop_reason) == (1, StopReason.CALLBACK)


def test_the_weights_kept_are_those_that_validation_saw(tmp_path: Path) -> None:
    own = "{_target_: pytorch_lightning.callbacks.EMAWeightAveraging, decay: 0.9}"
    trained = fit(tmp_path, f"trainer.callbacks={own}", "patience=null")
    best = trained.progress.history[trained.progress.best_epoch - 1]
    val = trained.predict(trained.dataset.val)
    loss = nn.functional.binary_cross_entropy_with_logits(
        torch.as_tensor(val.logits), torch.as_tensor(val.labels).float()
    )
    assert math.isclose(float(loss), best["val/loss"], rel_tol=1e-5)


def test_stochastic_weight_averaging_trains_and_its_rates_are_recorded(tmp_path: Path) -> None:
    averaging = "pytorch_lightning.callbacks.StochasticWeightAveraging"
    own = f"{{_target_: {averaging}, swa_lrs: 0.5, swa_epoch_start: 1, annealing_epochs: 1}}"
    trained = fit(tmp_path, f"trainer.callbacks={own}")
    assert next(row["lr"] for row in trained.progress.history) == 1e-3
    assert [row["lr"] for row in trained.progress.history][-1] != 1e-3


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("trainer.callbacks=[{_target_: no.such.Thing}]", r"trainer.callbacks\[0\]._target_: must be the dotted path"),
        ("trainer.callbacks=[{_target_: torch.nn.ReLU}]", r"trainer.callbacks\[0\]._target_: must be a Callback of"),
        (
            "trainer.callbacks=[{_target_: pytorch_lightning.callbacks.Timer, no: 1}]",
            r"trainer.callbacks\[0\]: must fit Timer",
        ),
        ("trainer.logger=[{_target_: torch.nn.ReLU}]", r"trainer.logger\[0\]._target_: must be a Logger of"),
        ("trainer.callbacks=[{save: 1}]", "trainer.callbacks: must hold a _target_"),
        ("trainer.max_time=tomorrow", "trainer.max_time: "),
        ("trainer.limit_val_batches=0", "trainer.limit_val_batches: must be a number of batches, or a share"),
        ("trainer.limit_train_batches=1.5", "trainer.limit_train_batches: must be a number of batches, or a share"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, override: str, line: str) -> None:
    with pytest.raises(ValueError, match=f"^{line}.*, but got") as refused:
        fit(tmp_path, override)
    assert "\n" not in str(refused.value)


class Whole(pl.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(30, 1)

    def forward(self, inputs: torch.Tensor) -> Any:
        return self.linear(inputs)


def test_a_lightning_module_is_no_model(tmp_path: Path) -> None:
    model = {"_target_": "tests.engines.single.test_arguments.Whole"}
    run = Run.model_validate(tiny().model_dump() | {"model": model})
    with pytest.raises(ValueError, match="^model._target_: must be a plain torch.nn.Module .*, but got the Lightning"):
        fit_best(run, read_dataset(run.data), tmp_path, console=Console(quiet=True), on_epoch=lambda row: True)
