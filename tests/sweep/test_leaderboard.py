"""The leaderboard, against pandas and scipy."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.sweep.leaderboard import FIGURES, Entry, drawn, leaderboard, swept_keys


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
    assert (first["n"], first["best_epoch"], first["numbers"]) == (5, 3.0, "5 6 7 8 9")


def test_a_row_has_students_interval_but_for_the_first_which_was_selected(entries: list[Entry]):
    table = leaderboard(entries, "val/loss")
    values = pd.Series([e.value for e in entries if e.values["optimizer"]["lr"] == 0.001])
    low, high = stats.t.interval(0.95, 4, values.mean(), values.sem())
    assert (table["low"][1], table["high"][1]) == (pytest.approx(low), pytest.approx(high))
    assert list(table["selected"]) == [True, False, False]
    assert table[["low", "high"]].iloc[0].isna().all()
    alone = leaderboard([e for e in entries if e.values["optimizer"]["lr"] == 0.01], "val/loss").iloc[0]
    assert not alone["selected"]
    assert alone["low"] < alone["mean"] < alone["high"]


def test_of_two_rows_p_is_that_of_the_paired_t_test_and_a_broken_row_has_none():
    draw = np.random.default_rng(1)
    of = {lr: draw.normal(size=5) + draw.normal(size=5) for lr in (0.1, 0.2, 0.3)}
    made = [entry(0, value, seed=seed, lr=lr) for lr, values in of.items() for seed, value in enumerate(values)]
    made[-1] = entry(0, None, seed=4, lr=0.3, stop_reason="diverged")
    table = leaderboard(made, "val/loss").set_index("optimizer.lr")
    p = table["p"].dropna()
    assert list(p) == [pytest.approx(stats.ttest_rel(of[0.1], of[0.2]).pvalue, abs=1e-3)]
    first = float(table.index[0])
    expected = np.mean((of[0.3] - of[first])[:4])
    assert table.loc["0.3", "difference"] == pytest.approx(expected)


def test_rows_that_are_alike_are_told_apart_in_at_most_one_table_of_twenty():
    draw = np.random.default_rng(0)
    tables, alarms, plain = 60, 0, 0
    for _ in range(tables):
        values = draw.normal(size=(3, 1)) + draw.normal(size=(3, 18))  # 18 configurations, 3 seeds
        made = [entry(0, value, seed=seed, lr=float(row)) for (seed, row), value in np.ndenumerate(values)]
        alarms += bool((leaderboard(made, "val/loss")["p"] < 0.05).any())
        best = values[:, [values.mean(0).argmin()]]
        plain += bool(np.nanmin(stats.ttest_rel(np.delete(values, values.mean(0).argmin(), 1), best).pvalue) < 0.05)
    assert alarms <= stats.binom.ppf(0.999, tables, 0.05) < 0.5 * tables < plain, "as the t-test had it"


def test_a_row_far_off_does_not_hide_what_better_rows_show(entries: list[Entry]):
    far = [entry(90 + seed, value, seed=seed, lr=9.0) for seed, value in enumerate((2.0, 9.0, 1.0, 30.0, 5.0))]
    table = leaderboard([*entries, *far], "val/loss").set_index("optimizer.lr")
    assert table.loc["0.001", "p"] < 0.001
    assert table.loc["9.0", "p"] > 0.05, "its seeds scatter too much"


def test_rows_share_draws_or_have_no_p():
    made = [entry(0, seed + lr, seed=seed, lr=lr) for lr, seeds in ((0.1, (0, 1, 2)), (0.2, (3, 4))) for seed in seeds]
    assert leaderboard(made, "val/loss")["p"].isna().all()
    made += [entry(0, 1.5 * seed + 0.3, seed=seed, lr=0.3) for seed in (0, 1, 2)]
    table = leaderboard(made, "val/loss").set_index("optimizer.lr")
    assert table["p"].notna().to_dict() == {"0.1": False, "0.3": True, "0.2": False}


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
    assert table["selected"].iloc[0]
    assert "selected" in str(drawn(table, "val/loss").caption)


def test_a_sweep_in_which_everything_diverged_still_has_a_table():
    broken = [entry(number, None, seed=number, lr=9.0, stop_reason="diverged") for number in range(3)]
    table = leaderboard(broken, "val/loss")
    assert (table["n"].iloc[0], table["broken"].iloc[0]) == (0, 3)
    assert drawn(table, "val/loss").row_count == 1


def test_a_run_that_repeats_another_counts_once():
    twice = [entry(0, 1.0, seed=0, lr=0.1), entry(1, 1.0, seed=0, lr=0.1), entry(2, 3.0, seed=1, lr=0.1)]
    row = leaderboard(twice, "val/loss").iloc[0]
    assert (row["n"], row["mean"], row["numbers"]) == (2, 2.0, "0 1 2")


def test_a_block_that_is_known_by_its_name_heads_its_column():
    keys = ["optimizer.name", "optimizer.lr", "schedule.name", "model._target_", "data.seed", "other.seed"]
    table = pd.DataFrame([{"rank": 1, **dict.fromkeys(keys, "a"), **dict.fromkeys(FIGURES, 0)}])
    heads = [column.header for column in drawn(table, "val/loss").columns]
    assert heads[1:7] == ["optimizer", "lr", "schedule", "model", "data.seed", "other.seed"]
