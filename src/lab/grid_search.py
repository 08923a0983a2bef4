"""scikit-learn's grid search for the estimators here: all points and folds at once, on the cores of this process."""

from typing import Any, Self

from joblib import parallel_config  # type: ignore[import-untyped]
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from src.engines.native.cores import num_cores


class GridSearch(GridSearchCV):
    """As scikit-learn's `GridSearchCV`, whose arguments and attributes it has, in threads: the compiled engine shares them.

    `n_jobs`: how many are fitted at once; None: one for each core.
    """

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:  # noqa: N803
        """Fit every point on every fold, then, if `refit`, the best on all rows."""
        threads = self.n_jobs or num_cores()
        with parallel_config(backend="threading", n_jobs=threads), threadpool_limits(1):
            super().fit(X, y, **params)
        return self
