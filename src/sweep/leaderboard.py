"""The leaderboard of a sweep: a row for each configuration, its seeds folded."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.table import Table
from scipy import stats

from src.config.leaves import leaves
from src.runs.objective import Objective
from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.statistics.intervals import t_half_width
from src.statistics.rounding import rounded

NOT_COMPARED = (
    "seed",
    "data.fold",
    "resume",
    "tracking",
    "trainer.accelerator",
    "trainer.devices",
)  # they do not make a configuration
SHOWN = 12  # rows on the terminal


@dataclass(frozen=True)
class Entry:
    """One run of a sweep: its resolved configuration and its results."""

    number: int
    values: Mapping[str, Any]
    results: Results
    feasible: bool = True  # whether it keeps the constraints of a search

    @property
    def value(self) -> float:
        """The objective at the best epoch; NaN for a run that diverged, failed or was broken off."""
        return self.results.value

    @property
    def draw(self) -> tuple[Any, Any]:
        """Seed and fold: what sets the runs of one configuration apart."""
        data = self.values.get("data")
        return self.values["seed"], data.get("fold") if isinstance(data, dict) else self.values.get("data.fold")

    @property
    def is_pruned(self) -> bool:
        """Whether a search stopped it."""
        return self.results.stop_reason == StopReason.PRUNED


def swept_keys(entries: Sequence[Entry]) -> list[str]:
    """The keys in which the runs differ, by name, without the seed and what is only about records."""
    tables = [_flat(entry) for entry in entries]
    keys = sorted({key for table in tables for key in table})
    return [key for key in keys if len({table.get(key) for table in tables}) > 1]


def leaderboard(entries: Sequence[Entry], objective: str) -> pd.DataFrame:
    """One row per configuration, the best mean of `objective` on val first, then pruned, infeasible and broken ones.

    Columns: `rank`, the keys that differ, `mean`, `sd` and `n` over seeds and folds, `low` and `high` (95 % interval of the
    mean by Student's t), `difference` to the best row over the draws that both have and `p` of the paired t-test of it,
    `broken` (runs that diverged or failed), `pruned` (runs that a search stopped), `infeasible` (runs against its
    constraints), `best_epoch` (median), `numbers` of the runs.
    """
    keys = swept_keys(entries)
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        table = _flat(entry)
        groups.setdefault(tuple(table.get(key, "") for key in keys), []).append(entry)
    rows = [{**dict(zip(keys, values, strict=True)), **_folded(group)} for values, group in groups.items()]
    judged = Objective.of(objective)
    order = sorted(
        range(len(rows)),
        key=lambda i: (*(rows[i][name] > 0 for name in FLAWS), judged.ascending(rows[i]["mean"])),
    )
    best, members = order[0], list(groups.values())
    ranked = [
        {"rank": rank, **rows[i], **_against(members[i], members[best], i == best)} for rank, i in enumerate(order, 1)
    ]
    return pd.DataFrame(ranked, columns=["rank", *keys, *FIGURES])


FLAWS = ["broken", "infeasible", "pruned"]  # what has one stands below what has none, the worst first
FIGURES = ["mean", "sd", "n", "low", "high", "difference", "p", *FLAWS, "best_epoch", "numbers"]


def drawn(table: pd.DataFrame, objective: str) -> Table:
    """The first rows for a terminal."""
    count = f"{min(SHOWN, len(table))} of {len(table)}" if len(table) > SHOWN else str(len(table))
    board = Table(
        title=f"{objective} on val, {count} configuration{'s' * (len(table) > 1)}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    keys = [name for name in table.columns if name not in ("rank", *FIGURES)]
    told = [name for name in reversed(FLAWS) if table[name].any()]
    for name in ("", *_short(keys)):
        board.add_column(name, overflow="fold")
    for name in ("mean ± sd", "n", "95 %", "p", *told):
        board.add_column(name, no_wrap=True)
    for row in table.head(SHOWN).to_dict("records"):
        spread = "" if math.isnan(row["sd"]) else f" ± {rounded(row['sd'])}"
        interval = "" if math.isnan(row["low"]) else f"[{rounded(row['low'])}, {rounded(row['high'])}]"
        p = "" if math.isnan(row["p"]) else f"{row['p']:.3f}"
        named = [_short_number(row[key]) for key in keys]
        mean = "none" if math.isnan(row["mean"]) else f"{rounded(row['mean'])}{spread}"
        figures = [mean, str(row["n"]), interval, p, *(str(row[name] or "") for name in told)]
        board.add_row(str(row["rank"]), *named, *figures)
    return board


def _short(keys: Sequence[str]) -> list[str]:
    """Each key by its last part, where that is enough to tell it from the others."""
    last = Counter(key.rpartition(".")[2] for key in keys)
    return [short if last[short := key.rpartition(".")[2]] == 1 else key for key in keys]


def _short_number(text: str) -> str:
    """Of a number that a search drew, four digits tell enough."""
    try:
        return text if len(text) < 8 else f"{float(text):.4g}"
    except ValueError:
        return text


def _flat(entry: Entry) -> dict[str, str]:
    """The configuration as flat text, so that lists and nulls can be told apart and put into a table."""
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in leaves(entry.values)
        if not key.startswith(NOT_COMPARED)
    }


def _folded(members: Sequence[Entry]) -> dict[str, Any]:
    """Figures of one configuration; of runs with the same seed, which have the same bits, the one that came furthest counts."""
    worst_first = sorted(members, key=lambda entry: (math.isfinite(entry.value), not entry.is_pruned))
    group = list({entry.draw: entry for entry in worst_first}.values())
    values = np.array([entry.value for entry in group])
    finite = values[np.isfinite(values)]
    n, mean = len(finite), float(finite.mean()) if len(finite) else math.nan
    sd = float(finite.std(ddof=1)) if n > 1 else math.nan
    half = t_half_width(finite)
    epochs = [entry.results.best_epoch for entry in group if entry.results.best_epoch]
    return {
        "mean": mean,
        "sd": sd,
        "n": n,
        "low": mean - half,
        "high": mean + half,
        "broken": len(group) - n,
        "infeasible": sum(not entry.feasible for entry in group),
        "pruned": sum(entry.is_pruned for entry in group),
        "best_epoch": float(np.median(epochs)) if epochs else math.nan,
        "numbers": " ".join(str(entry.number) for entry in members),
    }


def _against(group: Sequence[Entry], best: Sequence[Entry], is_best: bool) -> dict[str, float]:
    if is_best:
        return {"difference": 0.0, "p": math.nan}
    mine, its = ({entry.draw: entry.value for entry in some} for some in (group, best))
    pairs = np.array([(mine[draw], its[draw]) for draw in mine.keys() & its.keys()]).reshape(-1, 2)
    gaps = (pairs[:, 0] - pairs[:, 1])[np.isfinite(pairs).all(1)]
    if len(gaps) < 2 or not gaps.std(ddof=1) > 0:
        return {"difference": float(gaps.mean()) if len(gaps) else math.nan, "p": math.nan}
    return {"difference": float(gaps.mean()), "p": float(stats.ttest_1samp(gaps, 0.0).pvalue)}
