"""scikit-learn's interface: estimators that the compiled engine trains, in memory, with nothing recorded."""

from functools import lru_cache
from threading import Lock
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from src.config.composition import compose_run
from src.config.errors import raise_errors
from src.config.schema import Run
from src.data.dataset import Dataset, Split
from src.engines.native.in_memory import train_in_memory
from src.lab.overrides import text
from src.models.outputs import squeezed
from src.tasks import Task

# Axes: N rows, F features, K classes.

Array = np.ndarray[Any, Any]
_COMPOSING = Lock()  # Hydra composes one at a time
FLOATS = [np.float64, np.float32]


_composed = lru_cache(compose_run)  # folds of a search differ in their seeds and rows alone


class _Network(BaseEstimator):
    """Standardises features, and targets, by what it is trained on; trains in the type of the rows, predicts in float64."""

    def __init__(
        self,
        widths: Any = (100,),
        *,
        activation: str = "relu",
        dropout: float = 0.0,
        norm: str | None = None,
        loss: str | None = None,
        optimizer: str = "adam",
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        batch_size: int = 64,
        epochs: int = 200,
        patience: int | None = 10,
        tol: float = 1e-4,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.widths = widths
        self.activation = activation
        self.dropout = dropout
        self.norm = norm
        self.loss = loss
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.tol = tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def _fit(self, rows: Array, targets: Array, weights: Array | None, task: Task, classes: tuple[str, ...]) -> Self:
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        train, val = self._parts(targets, task, seed)
        counts = None if weights is None else weights[train]
        if counts is not None and not counts.sum() > 0:
            raise ValueError("sample_weight: must have a row that counts, but got zeros alone.")
        self.scaler_ = StandardScaler().fit(rows[train], sample_weight=counts)
        inputs, labels = torch.from_numpy(self.scaler_.transform(rows)), torch.from_numpy(targets)
        of_train, of_val = (Split(inputs[part], labels[part]) for part in (train, val))
        dataset = Dataset("rows", "rows of a caller's", task, of_train, of_val, of_val, classes)
        self.run_ = self._run(seed, "64-true" if rows.dtype == np.float64 else "32-true")
        model, history = train_in_memory(self.run_, dataset, counts, tol=None if self.early_stopping else self.tol)
        self.model_, self.task_, self._history = model.double(), task, history
        self.n_iter_, self.loss_ = len(history), history[-1]["train/loss"]
        return self

    @property
    def history_(self) -> pd.DataFrame:
        """A row for each epoch."""
        check_is_fitted(self)
        return pd.DataFrame(self._history)

    def _parts(self, targets: Array, task: Task, seed: int) -> tuple[Array, Array]:
        """The rows of train and val, which are the same without early stopping."""
        every = np.arange(len(targets))
        if not self.early_stopping:
            return every, every
        strata = None if task == "regression" else targets
        train, val = train_test_split(every, test_size=self.validation_fraction, random_state=seed, stratify=strata)
        return train, val

    def _run(self, seed: int, precision: str) -> Run:
        """As a command would compose it, which checks every argument."""
        settings = {
            **{f"model.{name}": value for name, value in self._model().items()},
            **{f"optimizer.{name}": getattr(self, name) for name in ("lr", "weight_decay")},
            **{name: getattr(self, name) for name in ("loss", "batch_size", "epochs", "patience")},
            "trainer.precision": precision,
        }
        choices = ("data=moons", f"model={self._kind}", f"optimizer={self.optimizer}", "data.standardize=none")
        with _COMPOSING, raise_errors():
            run = _composed(*choices, "engine=native", *(f"{name}={text(value)}" for name, value in settings.items()))
        return run.model_copy(update={"seed": seed})

    _kind = "mlp"

    def _model(self) -> dict[str, Any]:
        """The arguments of the model."""
        widths = [self.widths] if np.isscalar(self.widths) else list(self.widths)
        return {"widths": widths, **{name: getattr(self, name) for name in ("activation", "dropout", "norm")}}

    @torch.no_grad()
    def _outputs(self, given: Any) -> torch.Tensor:
        """Logits (N,) or (N, K); of a regression scaled targets."""
        check_is_fitted(self)
        rows = validate_data(self, given, reset=False, dtype=np.float64)
        return squeezed(self.model_(torch.from_numpy(self.scaler_.transform(rows))), self.task_)


class _Classifier(ClassifierMixin, _Network):
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on rows X (N, F) and labels y (N,) of any kind. ValueError, of one line, for what cannot be trained."""
        rows, labels = validate_data(self, X, y, dtype=FLOATS)
        check_classification_targets(labels)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, rows, dtype=np.float64)
        self.encoder_ = LabelEncoder().fit(labels)
        self.classes_ = self.encoder_.classes_
        if len(self.classes_) < 2:
            raise ValueError(f"y: must hold at least two classes, but got one class, {self.classes_[0]!r}.")
        task: Task = "binary" if len(self.classes_) == 2 else "multiclass"
        return self._fit(
            rows, self.encoder_.transform(labels), weights, task, tuple(map(str, range(len(self.classes_))))
        )

    def decision_function(self, X: Any) -> Array:  # noqa: N803
        """Logits: of two classes (N,), that of the second; of more (N, K)."""
        logits: Array = self._outputs(X).numpy()
        return logits

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """The probability of each class (N, K), in the order of `classes_`."""
        logits = self._outputs(X)
        both = torch.stack([torch.zeros_like(logits), logits], -1) if logits.ndim == 1 else logits
        probabilities: Array = both.softmax(-1).numpy()
        return probabilities

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The likeliest class of each row (N,)."""
        logits = self._outputs(X)
        places = (logits > 0).long() if logits.ndim == 1 else logits.argmax(-1)
        labels: Array = self.classes_[places.numpy()]
        return labels


class MLPClassifier(_Classifier):
    """A multilayer perceptron of hidden layers `widths` that tells classes apart.

    The arguments are keys of the command line (`lr` is `optimizer.lr`). Without `early_stopping` it trains until `patience`
    epochs lowered the training loss by less than `tol`, or to the last of `epochs`, and keeps the last weights; with it a
    `validation_fraction` of the rows is held out, patience looks at their loss, and the best weights are kept.

    >>> from sklearn.datasets import load_iris
    >>> rows, labels = load_iris(return_X_y=True)
    >>> bool(MLPClassifier((32,), lr=0.01, random_state=0).fit(rows, labels).score(rows, labels) > 0.95)
    True
    """


class MLPRegressor(RegressorMixin, _Network):
    """A multilayer perceptron of hidden layers `widths` that predicts a number; as `MLPClassifier` otherwise."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on rows X (N, F) and targets y (N,). ValueError, of one line, for what cannot be trained."""
        rows, targets = validate_data(self, X, y, dtype=FLOATS, y_numeric=True)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, rows, dtype=np.float64)
        self.target_scaler_ = StandardScaler().fit(targets[:, None], sample_weight=weights)
        scaled = self.target_scaler_.transform(targets[:, None])[:, 0]
        return self._fit(rows, scaled.astype(rows.dtype), weights, "regression", ())

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The prediction for each row (N,), in the units of y."""
        outputs = self._outputs(X).numpy()
        predictions: Array = self.target_scaler_.inverse_transform(outputs[:, None])[:, 0]
        return predictions


class Perceptron(_Classifier):
    """One layer, which divides classes by hyperplanes; as `MLPClassifier` otherwise.

    Rosenblatt's has `loss="perceptron", optimizer="sgd", batch_size=1`. By default the loss is the cross-entropy, so that
    probabilities mean something.
    """

    _kind = "perceptron"

    def __init__(
        self,
        *,
        loss: str | None = None,
        optimizer: str = "adam",
        lr: float = 1e-2,
        weight_decay: float = 0.0,
        batch_size: int = 64,
        epochs: int = 200,
        patience: int | None = 10,
        tol: float = 1e-4,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            loss=loss,
            optimizer=optimizer,
            lr=lr,
            weight_decay=weight_decay,
            batch_size=batch_size,
            epochs=epochs,
            patience=patience,
            tol=tol,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            random_state=random_state,
        )

    def _model(self) -> dict[str, Any]:
        return {}
