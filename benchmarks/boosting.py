"""Gradient boosting on the split of a table that a search here is judged on: at its defaults, and searched by as many trials.

Command: python -m benchmarks.boosting data.path=FILE data.target=COLUMN trials=40 sweep=FOLDER
scikit-learn's HistGradientBoostingRegressor, random search over learning rate, leaves, smallest leaf, penalty, iterations, each
trial judged on val; the best and the defaults with ten random states on test. Beside them, on the same rows, the ten runs that a
search trained again: `python -m src.train -m data=table data.path=FILE data.target=COLUMN data.categories=codes model=tabular
+search=tabular hydra.sweeper.retrain=10` leaves them in FOLDER, mlruns/sweeps/default-tabular-best-N.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from scipy.stats import loguniform, randint
from sklearn.base import clone, is_regressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import ParameterSampler

from benchmarks.real_data import classical_models, raw_rows
from src.config.composition import compose_run
from src.config.loading import load
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.runs.identity import read_config
from src.serving.models import find_predictors

SPACE = {
    "learning_rate": loguniform(0.02, 0.3),
    "max_leaf_nodes": randint(15, 255),
    "min_samples_leaf": randint(5, 100),
    "l2_regularization": loguniform(1e-3, 10.0),
    "max_iter": randint(100, 1500),
}
SEEDS = 10


OWN = ("trials", "sweep")  # arguments that are not the data's


def main() -> None:
    """Print what the defaults, the best of the search and the runs of a sweep give on test."""
    given = dict(text.split("=", 1) for text in sys.argv[1:] if text.partition("=")[0] in OWN)
    run = compose_run("data=table", *(text for text in sys.argv[1:] if text.partition("=")[0] not in OWN))
    trials, dataset = int(given.get("trials", 40)), read_dataset(run.data)
    if "sweep" in given:
        of_sweep(given["sweep"], read_dataset(load(read_config(Path(given["sweep"]) / "0")).data))
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


def of_sweep(folder: str, dataset: Dataset) -> None:
    """Print what its ten best runs give on test, each and by their mean."""
    truth, scale = dataset.test.labels.double(), dataset.target_scale
    assert scale is not None
    outputs = torch.stack([model.logits(dataset.test.inputs).double() for model in find_predictors(folder, SEEDS)])
    errors = (outputs - scale.in_units(truth)).square().mean(1).sqrt()
    together = (outputs.mean(0) - scale.in_units(truth)).square().mean().sqrt()
    print(f"{'runs of the sweep':<24} test RMSE {errors.mean():.1f} ± {errors.std():.1f}   their mean {together:.1f}")


if __name__ == "__main__":
    main()
