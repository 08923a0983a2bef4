"""The leaderboard of a sweep: a row for each configuration, its seeds folded."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.table import Table

from src.config.leaves import leaves
from src.runs.objective import Objective
from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.statistics.best_row import against_best
from src.statistics.intervals import t_half_width
from src.statistics.rounding import rounded, short

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
    mean by Student's t), `difference` to the first row over the draws that both have and its `p`, which allows for the
    first having been picked among all (`against_best`), `selected`, `broken` (runs that diverged or failed), `pruned` (runs
    that a search stopped), `infeasible` (runs against its constraints), `best_epoch` (median), `numbers` of the runs.

    The first row is `selected` where there were others to pick: its mean is too good, and no interval is told, since one
    that covers what fresh seeds would give cannot be had from the seeds that it was picked by.
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
    members, ranked = list(groups.values()), [rows[i] for i in order]
    gaps, ps = _against_first([members[i] for i in order], candidates := sum(map(_can_be_first, ranked)))
    for rank, row in enumerate(ranked, 1):
        row |= {"rank": rank, "difference": gaps[rank - 1], "p": ps[rank - 1], "selected": rank == 1 and candidates > 1}
        if row["selected"]:
            row |= {"low": math.nan, "high": math.nan}
    return pd.DataFrame(ranked, columns=["rank", *keys, *FIGURES])


FLAWS = ["broken", "infeasible", "pruned"]  # what has one stands below what has none, the worst first
FIGURES = ["mean", "sd", "n", "low", "high", "difference", "p", "selected", *FLAWS, "best_epoch", "numbers"]
SELECTED = "selected"  # in place of the first row's interval
WARNING = "The first row was selected: its mean is too good. To quote one, train it on fresh seeds."


def read_leaderboard(path: Path) -> pd.DataFrame:
    """The table that was written to `path`: the keys of its configurations are texts, as they were typed."""
    texts = {name: str for name in pd.read_csv(path, nrows=0).columns if name not in FIGURES} | {"numbers": str}
    return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={name: [""] for name in FIGURES})


def drawn(table: pd.DataFrame, objective: str) -> Table:
    """The first rows for a terminal."""
    count = f"{min(SHOWN, len(table))} of {len(table)}" if len(table) > SHOWN else str(len(table))
    board = Table(
        title=f"{objective} on val, {count} configuration{'s' * (len(table) > 1)}",
        title_justify="left",
        caption=WARNING if table["selected"].any() else None,
        caption_justify="left",
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
        interval = SELECTED if row["selected"] and row["n"] > 1 else interval
        p = "" if math.isnan(row["p"]) else f"{row['p']:.3f}"
        named = [short(row[key]) for key in keys]
        mean = "none" if math.isnan(row["mean"]) else f"{rounded(row['mean'])}{spread}"
        figures = [mean, str(row["n"]), interval, p, *(str(row[name] or "") for name in told)]
        board.add_row(str(row["rank"]), *named, *figures)
    return board


def _short(keys: Sequence[str]) -> list[str]:
    """Each key by its last part, where that is enough to tell it from the others; the name of a block is that block."""
    plain = [key.removesuffix(".name").removesuffix("._target_") for key in keys]
    last = Counter(key.rpartition(".")[2] for key in plain)
    return [end if last[end := key.rpartition(".")[2]] == 1 else key for key in plain]


def _flat(entry: Entry) -> dict[str, str]:
    """The configuration as flat text, so that lists and nulls can be told apart and put into a table."""
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in leaves(entry.values)
        if not key.startswith(NOT_COMPARED)
    }


def _folded(members: Sequence[Entry]) -> dict[str, Any]:
    """Figures of one configuration."""
    group = _each_draw(members)
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


def _each_draw(members: Sequence[Entry]) -> list[Entry]:
    """Of runs with the same seed and fold, which have the same bits, the one that came furthest."""
    worst_first = sorted(members, key=lambda entry: (math.isfinite(entry.value), not entry.is_pruned))
    return list({entry.draw: entry for entry in worst_first}.values())


def _can_be_first(row: Mapping[str, Any]) -> bool:
    return math.isfinite(row["mean"]) and not any(row[name] for name in FLAWS)


def _against_first(groups: Sequence[Sequence[Entry]], candidates: int) -> tuple[list[float], list[float]]:
    """The mean difference of each of the ranked `groups` to the first, over the draws that both have, and its p.

    The first `candidates` of them could have been the first. Of these a p have those that share two draws with it and
    more, over the draws that all such have.
    """
    values = pd.DataFrame([{entry.draw: entry.value for entry in _each_draw(group)} for group in groups]).T
    values = values[np.isfinite(values[0])]
    compared = values.iloc[:, :candidates]
    compared = compared.loc[:, compared.notna().sum() > 1].dropna()
    p = pd.Series(math.nan, index=values.columns)
    if min(compared.shape) > 1:
        p[compared.columns] = against_best(compared.to_numpy(), candidates)
    return values.sub(values[0], axis=0).mean().to_list(), p.to_list()
