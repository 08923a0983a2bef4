"""Gradient boosting on the split of a table that a search here is judged on: at its defaults, and searched by as many trials.

Command: python -m benchmarks.boosting data.path=FILE data.target=COLUMN trials=40
scikit-learn's HistGradientBoostingRegressor, random search over learning rate, leaves, smallest leaf, penalty, iterations, each
trial judged on val; the best and the defaults with ten random states on test. To be compared with
`python -m src.train -m data=table data.path=FILE data.target=COLUMN data.categories=codes model=tabular +search=tabular
hydra.sweeper.retrain=10`, which reads the same rows.
"""

import sys

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.base import clone, is_regressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import ParameterSampler

from benchmarks.real_data import classical_models, raw_rows
from src.config.composition import compose_run
from src.data.reading import read_dataset

SPACE = {
    "learning_rate": loguniform(0.02, 0.3),
    "max_leaf_nodes": randint(15, 255),
    "min_samples_leaf": randint(5, 100),
    "l2_regularization": loguniform(1e-3, 10.0),
    "max_iter": randint(100, 1500),
}
SEEDS = 10


def main() -> None:
    """Print what the defaults and the best of the search give on test."""
    trials = next((int(text.removeprefix("trials=")) for text in sys.argv[1:] if text.startswith("trials=")), 40)
    run = compose_run("data=table", *(text for text in sys.argv[1:] if not text.startswith("trials=")))
    dataset = read_dataset(run.data)
    train, val, test = raw_rows(run.data["path"], dataset)
    model = classical_models(dataset)["gradient boosting"]
    if not is_regressor(model):
        raise ValueError("data.target: must be a number to be predicted.")

    def error(settings: dict[str, float], seed: int, rows: object) -> float:
        fitted = clone(model).set_params(**{f"{model.steps[-1][0]}__{name}": value for name, value in settings.items()})
        fitted.set_params(**{f"{model.steps[-1][0]}__random_state": seed}).fit(train.columns, train.labels)
        return root_mean_squared_error(rows.labels, fitted.predict(rows.columns))  # type: ignore[attr-defined]

    tried = list(ParameterSampler({**SPACE, "early_stopping": [False]}, trials, random_state=0))
    best = min(tried, key=lambda settings: error(settings, 0, val))
    for name, settings in (("defaults", {}), (f"best of {trials} on val", best)):
        of_seeds = np.array([error(settings, seed, test) for seed in range(SEEDS)])
        print(
            f"{name:<24} val {error(settings, 0, val):.1f}   test RMSE {of_seeds.mean():.1f} ± {of_seeds.std(ddof=1):.1f}"
        )
    print(best)


if __name__ == "__main__":
    main()
