"""Claim: on small tables the best of six untuned classical models, chosen on val, still beats a multilayer perceptron.

Command: python -m experiments.structured_data        45 s on 2 cores

Expected: over ten splits into train, val and test the classical model ahead on val (linear, random forest or gradient boosting,
each with and without squares and products of the features) has a higher test score than an MLP that stops early on val:
accuracy on breast_cancer and wine, R² on diabetes. Both classifications are nearly solved, so close calls are likely. Splits
of one table share rows, so the interval is that of Nadeau and Bengio (2003).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from src.claims import Finding, Lab, Outcome, conduct, mean
from src.data.dataset import Dataset
from src.metrics import evaluate
from src.plots import BLUE, ORANGE, Figure, annotate, panels

MLP = ("model.widths=[64]", "optimizer.lr=0.003", "epochs=200", "patience=20")
SOURCES = {
    "breast_cancer": ("data=breast_cancer", "data.split_seed={split}", *MLP),
    "wine": ("data=wine", "data.split_seed={split}", *MLP),
    "diabetes": ("data=diabetes", "data.split_seed={split}", *MLP, "optimizer.lr=0.01"),
}
Pair = tuple[BaseEstimator, BaseEstimator]  # for classes, for numbers
FAMILIES: dict[str, Pair] = {
    "linear": (LogisticRegression(max_iter=5000), Ridge(1.0)),
    "forest": (RandomForestClassifier(random_state=0), RandomForestRegressor(random_state=0, max_features="sqrt")),
    "boosting": (
        GradientBoostingClassifier(random_state=0, max_features="sqrt"),
        GradientBoostingRegressor(random_state=0, max_features="sqrt"),
    ),
}
Scores = dict[str, np.ndarray]  # of each model on test (splits,)


def findings(
    lab: Lab, *, sources: Mapping[str, Sequence[str]] = SOURCES, families: Mapping[str, Pair] = FAMILIES
) -> list[Finding]:
    """An MLP and classical `families` on ten splits, one for each seed, of each source."""
    few = lab.quick((), ("epochs=60",))
    outcome = lab.train(
        {
            f"{source} {split}": lab.run(*(text.format(split=split) for text in overrides), *few)
            for source, overrides in sources.items()
            for split in lab.seeds
        }
    )
    scores = {source: compared([f"{source} {split}" for split in lab.seeds], outcome, families) for source in sources}
    lab.draw(by_model(scores))
    return [
        mean(
            f"{source}: classical is ahead",
            found["chosen on val"] - found["MLP"],
            of="test score, best classical on val less MLP, of a split",
            above=0.0,
            test_share=share_on_test(outcome, f"{source} {lab.seeds[0]}"),
        )
        for source, found in scores.items()
    ]


def share_on_test(outcome: Outcome, condition: str) -> float:
    """Test rows over training rows."""
    data = outcome.data(condition)
    return len(data.test.labels) / len(data.train.labels)


def compared(conditions: Sequence[str], outcome: Outcome, families: Mapping[str, Pair]) -> Scores:
    """Test scores on the split of each condition: of the classical models, of the one ahead on val, of the MLP."""
    rows = []
    for condition in conditions:
        data = outcome.data(condition)
        x, y = data.train.inputs.numpy(), data.train.labels.numpy()
        fitted = {name: model.fit(x, y) for name, model in classical(data, families).items()}
        val, test = (
            {name: model.score(part.inputs.numpy(), part.labels.numpy()) for name, model in fitted.items()}
            for part in (data.val, data.test)
        )
        rows.append({**test, "chosen on val": test[max(val, key=val.__getitem__)], "MLP": of_mlp(condition, outcome)})
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def classical(data: Dataset, families: Mapping[str, Pair]) -> dict[str, Pipeline]:
    """Each family on standardised features, and on these with their squares and products."""
    models = {}
    for name, pair in families.items():
        model = pair[data.task == "regression"]
        models[name] = make_pipeline(StandardScaler(), clone(model))
        engineered = (PolynomialFeatures(2, include_bias=False), StandardScaler())
        models[f"{name}, products"] = make_pipeline(StandardScaler(), *engineered, clone(model))
    return models


def of_mlp(condition: str, outcome: Outcome) -> float:
    """The MLP's mean test score over its seeds."""
    data = outcome.data(condition)
    found = [outcome.predict(condition, seed, data.test) for seed in outcome.seeds]
    score = "r2" if data.task == "regression" else "accuracy"
    return float(np.mean([float(evaluate(data.task, one.logits, one.labels)[score]) for one in found]))


def by_model(scores: Mapping[str, Scores]) -> Figure:
    """Test score of every model on every source: all splits, their mean and its 95 % t interval."""
    figure, axes = panels(1, len(scores), size=(4.4, 3.6))
    for one, (source, found) in zip(axes, scores.items(), strict=True):
        for place, (name, values) in enumerate(reversed(found.items())):
            interval = mean(name, values, of=name)
            color, marker = (ORANGE, "s") if name == "MLP" else (BLUE, "o")
            bars = [[interval.estimate - interval.low], [interval.high - interval.estimate]]
            one.plot(values, np.full(len(values), place), "|", color=color, alpha=0.5, markersize=9)
            one.errorbar(interval.estimate, place, xerr=bars, color=color, marker=marker, capsize=3)
        one.set_yticks(range(len(found)), labels=list(reversed(found)))
        one.set(title=source, xlabel="test R²" if source == "diabetes" else "test accuracy")
    annotate(figure, "ticks: splits; points and bars: mean and its 95 % t interval")
    return figure


if __name__ == "__main__":
    conduct(__name__)
