"""The leaderboard, against pandas and scipy."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.sweep.leaderboard import Entry, drawn, leaderboard, swept_keys


def entry(number: int, value: float | None, *, seed: int, lr: float, stop_reason: str = "epochs", **more: Any) -> Entry:
    values = {"seed": seed, "optimizer": {"lr": lr, "name": "adam"}, "tracking": {"run_name": str(number)}, **more}
    reason = StopReason(stop_reason)
    objective = {"name": "val/loss", "value": value}
    return Entry(number, values, Results(str(number), reason.status, reason, seed, best_epoch=3, objective=objective))


@pytest.fixture
def entries() -> list[Entry]:
    """3 learning rates, 5 seeds; the middle one is best, the largest diverges once."""
    draw = np.random.default_rng(0)
    made = []
    for number, (lr, seed) in enumerate((lr, seed) for lr in (0.001, 0.01, 0.1) for seed in range(5)):
        value = {0.001: 0.5, 0.01: 0.3, 0.1: 0.1}[lr] + 0.02 * draw.standard_normal()
        broken = lr == 0.1 and seed == 3
        made.append(entry(number, value, seed=seed, lr=lr, stop_reason="diverged" if broken else "epochs"))
    return made


def test_seeds_are_folded_and_the_best_mean_stands_first(entries: list[Entry]):
    table = leaderboard(entries, "val/loss")
    assert list(table["optimizer.lr"]) == ["0.01", "0.001", "0.1"], "a row with a broken run stands last"
    assert list(table["rank"]) == [1, 2, 3]
    assert list(table["broken"]) == [0, 0, 1]
    values = pd.Series([e.value for e in entries if e.values["optimizer"]["lr"] == 0.01])
    first = table.iloc[0]
    assert first["mean"] == pytest.approx(values.mean())
    assert first["sd"] == pytest.approx(values.std())
    low, high = stats.t.interval(0.95, 4, values.mean(), values.sem())
    assert (first["low"], first["high"]) == (pytest.approx(low), pytest.approx(high))
    assert (first["n"], first["best_epoch"], first["numbers"]) == (5, 3.0, "5 6 7 8 9")


def test_the_paired_test_is_over_the_same_seeds(entries: list[Entry]):
    table = leaderboard(entries, "val/loss").set_index("optimizer.lr")
    of = {lr: [e.value for e in entries if e.values["optimizer"]["lr"] == lr] for lr in (0.001, 0.01, 0.1)}
    assert table.loc["0.001", "p"] == pytest.approx(stats.ttest_rel(of[0.001], of[0.01]).pvalue)
    finite = [seed for seed in range(5) if seed != 3]
    pairs = [[of[lr][seed] for seed in finite] for lr in (0.1, 0.01)]
    assert table.loc["0.1", "p"] == pytest.approx(stats.ttest_rel(*pairs).pvalue)
    assert table.loc["0.1", "difference"] == pytest.approx(np.mean(pairs[0]) - np.mean(pairs[1]))
    assert math.isnan(table.loc["0.01", "p"])


def test_only_what_differs_has_a_column(entries: list[Entry]):
    assert swept_keys(entries) == ["optimizer.lr"]
    mixed = [entry(0, 1.0, seed=0, lr=0.1, patience=None), entry(1, 2.0, seed=0, lr=0.1, patience=3)]
    assert swept_keys(mixed) == ["patience"]


def test_a_larger_accuracy_is_better(entries: list[Entry]):
    assert leaderboard(entries, "val/accuracy")["optimizer.lr"].iloc[0] == "0.001"


def test_one_seed_has_no_interval_and_no_test():
    table = leaderboard([entry(0, 1.0, seed=0, lr=0.1), entry(1, 2.0, seed=0, lr=0.2)], "val/loss")
    assert table[["sd", "low", "high", "p"]].isna().all().all()
    assert list(table["difference"]) == [0.0, 1.0]


def test_a_sweep_in_which_everything_diverged_still_has_a_table():
    broken = [entry(number, None, seed=number, lr=9.0, stop_reason="diverged") for number in range(3)]
    table = leaderboard(broken, "val/loss")
    assert (table["n"].iloc[0], table["broken"].iloc[0]) == (0, 3)
    assert drawn(table, "val/loss").row_count == 1


def test_a_run_that_repeats_another_counts_once():
    twice = [entry(0, 1.0, seed=0, lr=0.1), entry(1, 1.0, seed=0, lr=0.1), entry(2, 3.0, seed=1, lr=0.1)]
    row = leaderboard(twice, "val/loss").iloc[0]
    assert (row["n"], row["mean"], row["numbers"]) == (2, 2.0, "0 1 2")
