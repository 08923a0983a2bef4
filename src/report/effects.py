"""What a setting does to the objective: a figure for each key that differs, and how much of it each key explains."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy import stats

from src.plots.style import BLUE, GREY, ORANGE
from src.report.page_data import PageData, written
from src.report.style import Figure, axis_of, drawn, is_steep, shown
from src.statistics.intervals import LEVEL, t_half_width

DRAWN = 12  # keys at most
FEW = 8  # values of a number that are settings of their own; more are put into groups
GROUPS = 5
ENOUGH = 10  # runs, before importances are told


@dataclass(frozen=True)
class Key:
    """A key that differs. `value`: the objective of each run; `setting`: what it was set to, `place`: where that is drawn;
    `group`: the number of the setting, or of one of five equal groups of a number with many values."""

    name: str
    table: pd.DataFrame  # setting, place, group, value, label, pruned
    is_number: bool

    @property
    def is_grouped(self) -> bool:
        """Whether a group is more than one setting."""
        return bool((self.table["group"] != self.table["place"]).any())

    @property
    def complete(self) -> pd.DataFrame:
        """Runs with a value that had all the epochs they asked for."""
        return self.table[self.table["value"].notna() & ~self.table["pruned"]]


def keys_of(material: PageData) -> list[Key]:
    """Every key in which the compared runs differ, those first that explain most."""
    keys = [_key(material, name) for name in material.keys]
    return sorted(keys, key=lambda key: -(explained(key) or (-1.0, 0.0))[0])


def effects(material: PageData, keys: list[Key]) -> list[Figure]:
    """The objective against each key."""
    return [_effect(material, key) for key in keys[:DRAWN] if key.table["value"].notna().any()]


def explained(key: Key) -> tuple[float, float] | None:
    """The share of the variance of the objective's ranks that the key alone explains, and what chance reaches in 1 of 20.

    Adjusted for the number of groups: (H - k + 1) / (n - k) with Kruskal and Wallis' H over k groups of n runs (Tomczak
    and Tomczak 2014); at least 0. None where there are too few runs to tell.
    """
    groups = [part["value"].to_numpy() for _, part in key.complete.groupby("group")]
    count, k = sum(map(len, groups)), len(groups)
    if count < ENOUGH or k < 2 or count - k < 3 or len(np.unique(np.concatenate(groups))) < 2:
        return None
    h = float(stats.kruskal(*groups).statistic)
    by_chance = float(stats.chi2.ppf(LEVEL, k - 1))
    return max(0.0, (h - k + 1) / (count - k)), (by_chance - k + 1) / (count - k)


def importances(material: PageData, keys: list[Key]) -> Figure | None:
    """How much of the objective each key explains; None where there are too few runs to tell."""
    told = [(key.name, found) for key in keys[:DRAWN] if (found := explained(key)) is not None]
    if not told:
        return None
    names = [shown(name) for name, _ in reversed(told)]
    shares = [share for _, (share, _) in reversed(told)]
    chance = [by_chance for _, (_, by_chance) in reversed(told)]
    hover = "%{y}<br>explains %{x:.0%}<extra></extra>"
    bars = go.Bar(x=shares, y=names, orientation="h", marker={"color": BLUE}, name="explained", hovertemplate=hover)
    hover = "%{y}<br>chance explains less than %{x:.0%} in 19 of 20 cases<extra></extra>"
    mark = {"symbol": "line-ns", "size": 18, "line": {"color": ORANGE, "width": 2}}
    ticks = go.Scatter(x=chance, y=names, mode="markers", marker=mark, name="reached by chance in 1 of 20")
    plot = drawn([bars.update(width=0.55), ticks.update(hovertemplate=hover)], "share of ranks explained", "")
    plot.update_xaxes(tickformat=".0%", rangemode="tozero")
    plot.update_yaxes(ticks="", showgrid=False)
    caption = (
        "Each key by itself: the share of the variance of the objective's ranks between its settings (Kruskal and Wallis' H, "
        "adjusted for their number; numbers with many values in five equal groups). Only runs that ended count. A bar that "
        "ends before its mark may be chance. What keys do together is not told."
    )
    if any("study" in parent.tags for parent in material.parents):
        caption += " A search tries good settings more often, so the shares are not those of an even grid."
    return Figure("Importance of each key", caption, plot, 120 + 34 * len(told), is_wide=True)


def _key(material: PageData, name: str) -> Key:
    given = [entry.values.get(name) for entry in material.entries]
    texts = [written(value) for value in given]
    is_number = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in given)
    distinct = sorted(set(texts), key=float) if is_number else list(dict.fromkeys(texts))
    numbers = {text: float(text) if is_number else float(place) for place, text in enumerate(distinct)}
    table = pd.DataFrame(
        {
            "setting": texts,
            "place": [numbers[text] for text in texts],
            "value": [entry.value for entry in material.entries],
            "label": [material.runs[entry.number].label for entry in material.entries],
            "pruned": [entry.is_pruned for entry in material.entries],
        }
    )
    table["group"] = table["place"]
    if is_number and len(distinct) > FEW:
        table["group"] = pd.qcut(table["place"], GROUPS, labels=False, duplicates="drop")
    return Key(name, table, is_number)


def _effect(material: PageData, key: Key) -> Figure:
    table = key.table[key.table["value"].notna()]
    steep = is_steep(table["value"])
    parts = (
        ("a run", table[~table["pruned"]], "circle"),
        ("a pruned run", table[table["pruned"]], "circle-open"),
    )
    traces = [_dots(*part) for part in parts if len(part[1])]
    means = pd.DataFrame([_mean(group, steep) for _, group in key.complete.groupby("group")])
    if len(means):
        traces.append(_means(means, joined=key.is_number))
    plot = drawn(traces, shown(key.name), f"{material.objective} of the epoch kept", yaxis=axis_of(table["value"]))
    plot.update_yaxes(range=_reach(table["value"], steep))
    _ticks(plot, key)
    of_fifth = " of a fifth of the runs" if key.is_grouped else ""
    mean = "geometric mean" if steep else "mean"
    return Figure(key.name, f"A dot a run; a diamond the {mean}{of_fifth} with its 95 % interval.", plot, 320)


def _reach(values: "pd.Series[float]", steep: bool) -> list[float]:
    """The ends of an axis that shows all `values`, on which long intervals may leave it."""
    ends = np.log10([values.min(), values.max()]) if steep else np.array([values.min(), values.max()])
    margin = 0.08 * (ends[1] - ends[0]) or 0.1
    return [float(ends[0] - margin), float(ends[1] + margin)]


def _dots(name: str, part: pd.DataFrame, symbol: str) -> Any:
    hover = "%{customdata[0]}<br>%{customdata[1]}: %{y:.4g}<extra></extra>"
    named = [[shown(label), shown(setting)] for label, setting in zip(part["label"], part["setting"], strict=True)]
    dots = go.Scatter(x=part["place"], y=part["value"], mode="markers", name=name, customdata=named)
    marker = {"color": GREY, "symbol": symbol, "size": 6, "opacity": 0.5}
    return dots.update(marker=marker, hovertemplate=hover)


def _mean(group: pd.DataFrame, steep: bool) -> dict[str, float]:
    """Where a group lies, its mean with its 95 % interval by Student's t (of two runs it tells nothing), its size.

    `steep`: of the logarithms.
    """
    values, n = np.log(group["value"]) if steep else group["value"], len(group)
    mean = float(values.mean())
    half = t_half_width(values.to_numpy()) if n > 2 else 0.0
    low, middle, high = (float(np.exp(end)) if steep else end for end in (mean - half, mean, mean + half))
    return {"place": float(group["place"].median()), "mean": middle, "low": low, "high": high, "n": n}


def _means(means: pd.DataFrame, *, joined: bool) -> Any:
    hover = "mean %{y:.4g}<br>95 % %{customdata[0]:.4g} to %{customdata[1]:.4g}<br>n = %{customdata[2]}<extra></extra>"
    trace = go.Scatter(x=means["place"], y=means["mean"], mode="lines+markers" if joined else "markers", name="mean")
    bars: dict[str, Any] = {
        "type": "data",
        "array": means["high"] - means["mean"],
        "arrayminus": means["mean"] - means["low"],
    }
    bars |= {"color": BLUE, "thickness": 1.5, "width": 5}
    marker = {"color": BLUE, "symbol": "diamond", "size": 10}
    trace.update(line={"color": BLUE, "width": 1}, marker=marker, error_y=bars, hovertemplate=hover)
    return trace.update(customdata=means[["low", "high", "n"]].to_numpy())


def _ticks(plot: go.Figure, key: Key) -> None:
    """Few settings are named one by one, as are those that are no numbers."""
    settings = key.table.drop_duplicates("setting").sort_values("place")
    if key.is_number:
        plot.update_xaxes(**axis_of(settings["place"]))
    if len(settings) <= FEW or not key.is_number:
        texts = [shown(text if len(text) <= 18 else f"{text[:17]}…") for text in settings["setting"]]
        plot.update_xaxes(tickvals=settings["place"], ticktext=texts, tickformat=None)
    if not key.is_number:
        plot.update_xaxes(range=[-0.6, len(settings) - 0.4])
