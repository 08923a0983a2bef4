"""Claim: where rows come in groups, a random split flatters: val knows the groups of train; by data.group it tells the truth.

Command: python -m experiments.grouped_splits        30 s on 2 cores

Expected: 400 patients with 5 rows each are drawn anew for each seed, every row the patient's own values plus noise; the share of
the variance that is the patient's (the intraclass correlation, ICC) is 0, 0.5 or 0.9. Half of the rows go to val, and a net is
trained to the end, so that val chooses nothing. If the rows were split at random, its val AUROC less that on 400 patients never
seen is above 0 at 0.5, above 0.05 at 0.9, and grows with the ICC; at ICC 0, or if whole patients were held out (`data.group`),
it is 0 to 0.04. A pilot (--first-seed 100) had 0.026 ± 0.014, 0.121 ± 0.021 and a slope of 0.13 ± 0.03; by group at most 0.005 ±
0.026 away from 0, so the margin is one and a half half-widths. On a real table, the life expectancy of 142 countries in twelve
years (Gapminder, as plotly has it), the squared error on 42 countries never seen is above that on a val drawn at random (pilot:
log2 of the ratio 1.1 ± 0.8, splits that share rows counted in). By group it is shown, of too few countries to claim 0.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from src.claims import Finding, Lab, Outcome, conduct, mean
from src.metrics import evaluate
from src.plots import GREY, STYLES, Axes, Figure, annotate, panels

LEAST = {0.0: -math.inf, 0.5: 0.0, 0.9: 0.05}  # by ICC, how much better val by a random split is said to be
MARGIN = 0.04  # about 0, of a val that does not flatter
FEATURES, ROWS = 10, 5  # of a patient
PATIENTS = {"train": 400, "test": 400}
SHIFT = 1.0  # of the mean of each of three features in the sick, in standard deviations
NEW_COUNTRIES = 42
SPLITS = {"random": ("+data.drop=[group]",), "by group": ("+data.group=group",)}
READER = ("data=code", "data.val_fraction=0.5", "+data.seed=0", "+data.split=part")
PATIENTS_OF = "data._target_=experiments.grouped_splits.patients"
COUNTRIES = ("data._target_=experiments.grouped_splits.countries", "data.val_fraction=0.2")
NET = ("model.widths=[64]", "optimizer.lr=0.003", "keep=last")


def patients(*, icc: float, seed: int) -> tuple[pd.DataFrame, str]:
    """Rows of patients, healthy or sick; `icc` is the share of a feature's variance that all rows of a patient have in common."""
    draw = np.random.default_rng(seed)
    group = np.repeat(np.arange(sum(PATIENTS.values())), ROWS)
    sick = draw.integers(0, 2, group[-1] + 1)
    own = draw.standard_normal((group[-1] + 1, FEATURES))
    x = np.sqrt(icc) * own[group] + np.sqrt(1.0 - icc) * draw.standard_normal((len(group), FEATURES))
    x[:, :3] += SHIFT * sick[group, None]
    frame = pd.DataFrame(x, columns=[f"x{number}" for number in range(FEATURES)])
    part = np.where(group < PATIENTS["train"], "train", "test")
    return frame.assign(group=group, part=part, target=sick[group]), "target"


def countries(*, seed: int) -> tuple[pd.DataFrame, str]:
    """Life expectancy in a country and year, by continent, population and product a head; some countries are test."""
    from plotly.data import gapminder

    frame = gapminder().drop(columns=["iso_alpha", "iso_num"])
    names = np.random.default_rng(seed).permutation(frame["country"].unique())
    part = np.where(frame["country"].isin(names[:NEW_COUNTRIES]), "test", "train")
    return frame.rename(columns={"country": "group", "lifeExp": "target"}).assign(part=part), "target"


def findings(lab: Lab, *, flatters: str = "random", honest: str = "by group") -> list[Finding]:
    """A net on each source, val drawn by each of `SPLITS`: the one that is claimed to flatter, and the one that does not."""
    iccs = lab.quick(list(LEAST), [0.0, 0.9])
    alike = {icc: f"ICC {icc:g}" for icc in iccs}
    sources = {name: (PATIENTS_OF, f"+data.icc={icc}") for icc, name in alike.items()} | {"Gapminder": COUNTRIES}
    outcome = lab.train(
        {
            f"{source}, {split}": lab.run(*READER, *data, *how, *NET, f"epochs={lab.quick(200, 50)}")
            for source, data in sources.items()
            for split, how in SPLITS.items()
        },
        drawn_by="seed",
    )
    better = {one: np.array([flattery(outcome, one, seed) for seed in outcome.seeds]) for one in outcome.conditions}
    data = outcome.data(f"Gapminder, {flatters}")
    real = {
        split: mean(
            f"Gapminder: {split} flatters",
            better[f"Gapminder, {split}"],
            of="log2 of the squared error on new countries over that on val",
            above=0.0,
            test_share=len(data.test) / len(data.train),
        )
        for split in SPLITS
    }
    lab.draw(by_source(better, iccs, real))
    shown = real[honest]
    lab.tell(f"Gapminder, {honest}", better[f"Gapminder, {honest}"], (shown.low, shown.high))
    of = "val AUROC less that on new patients"
    return [
        *(
            mean(f"{alike[icc]}: {flatters} flatters", better[f"{alike[icc]}, {flatters}"], of=of, above=LEAST[icc])
            for icc in iccs[1:]
        ),
        mean(
            "it flatters the more, the more alike rows are",
            np.polyfit(iccs, [better[f"{one}, {flatters}"] for one in alike.values()], 1)[0],
            of="slope on the ICC",
            above=0.0,
        ),
        mean("ICC 0: nothing to flatter by", better[f"ICC 0, {flatters}"], of=of, above=-MARGIN, below=MARGIN),
        *(
            mean(f"{one}: {honest} is right", better[f"{one}, {honest}"], of=of, above=-MARGIN, below=MARGIN)
            for one in alike.values()
        ),
        real[flatters],
    ]


def flattery(outcome: Outcome, condition: str, seed: int) -> float:
    """How much better val is than groups never seen: by its AUROC less theirs, or log2 of their squared error over its."""
    data = outcome.data(condition, seed)
    val, test = (
        evaluate(data.task, one.logits, one.labels)
        for one in (outcome.predict(condition, seed, part) for part in (data.val, data.test))
    )
    if data.task == "regression":
        return 2.0 * math.log2(float(test["rmse"]) / float(val["rmse"]))
    return float(val["auroc"] - test["auroc"])


def by_source(better: Mapping[str, np.ndarray], iccs: Sequence[float], real: Mapping[str, Finding]) -> Figure:
    """By how much val is better than new groups, by split: of patients by ICC, and of countries; each seed, and the mean."""
    figure, (left, right) = panels(1, 2, size=(4.8, 3.8))
    for (split, of_countries), style, aside in zip(real.items(), STYLES, (-0.03, 0.03), strict=False):
        for icc in iccs:
            values = better[f"ICC {icc:g}, {split}"]
            one = mean(split, values, of=split)
            marked(left, icc + aside, values, one, style, split if icc == iccs[0] else None)
        marked(right, list(real).index(split), better[f"Gapminder, {split}"], of_countries, style, None)
    left.set(xlabel="ICC", xticks=iccs, ylabel="AUROC on val less that on new patients", title="simulated patients")
    left.legend(title="val is split")
    right.set_xticks(range(len(real)), list(real))
    right.set(
        xlim=(-0.5, len(real) - 0.5), ylabel="log2 of squared error, new countries over val", title="life expectancy"
    )
    for axes in (left, right):
        axes.axhline(0.0, color=GREY, linestyle=":")
    annotate(
        figure, "ticks: seeds; points and bars: mean and its 95 % t interval, of countries corrected for shared rows"
    )
    return figure


def marked(axes: Axes, x: float, values: np.ndarray, one: Finding, style: Mapping[str, str], label: str | None) -> None:
    """Each seed's value at `x`, and their mean with its interval."""
    axes.plot(np.full(len(values), x), values, "_", color=style["color"], alpha=0.5)
    bars = [[one.estimate - one.low], [one.high - one.estimate]]
    axes.errorbar(x, one.estimate, bars, color=style["color"], marker=style["marker"], capsize=3, label=label)


if __name__ == "__main__":
    conduct(__name__)
