"""Real data sets that come with scikit-learn: they work offline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from src.data.dataset import Dataset, Split
from src.data.source import source
from src.data.splits import Known, SplitSettings, split_rows
from src.tasks import Task

if TYPE_CHECKING:
    from torch import Tensor


@source
def digits(**splits: Unpack[SplitSettings]) -> Dataset:
    """1,797 handwritten digits, uint8 images of 8x8 in 17 greys; ten classes (Alpaydin and Kaynak 1998)."""
    import torch
    from sklearn.datasets import load_digits

    found = load_digits()
    inputs = torch.as_tensor(found.images).to(torch.uint8).unsqueeze(1)
    classes = tuple(str(name) for name in found.target_names)
    return replace(_dataset("digits", "multiclass", inputs, found.target, classes, splits), white=16.0)


@source
def breast_cancer(**splits: Unpack[SplitSettings]) -> Dataset:
    """569 biopsies, 30 features of cell nuclei; label 1 is malignant, the other way round than in scikit-learn (Wolberg 1995)."""
    import torch
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    inputs, labels = torch.as_tensor(found.data, dtype=torch.float32), 1 - found.target
    return _dataset("breast_cancer", "binary", inputs, labels, ("benign", "malignant"), splits)


@source
def wine(**splits: Unpack[SplitSettings]) -> Dataset:
    """178 wines of three cultivars, 13 chemical features (Forina et al. 1988)."""
    import torch
    from sklearn.datasets import load_wine

    found = load_wine()
    inputs, classes = torch.as_tensor(found.data, dtype=torch.float32), tuple(str(name) for name in found.target_names)
    return _dataset("wine", "multiclass", inputs, found.target, classes, splits)


@source
def diabetes(**splits: Unpack[SplitSettings]) -> Dataset:
    """442 patients, 10 features, target: progression of diabetes one year later (Efron et al. 2004)."""
    import torch
    from sklearn.datasets import load_diabetes

    found = load_diabetes(scaled=False)
    inputs = torch.as_tensor(found.data, dtype=torch.float32)
    return _dataset("diabetes", "regression", inputs, found.target, (), splits)


def _dataset(
    name: str,
    task: Task,
    inputs: Tensor,
    target: Any,
    classes: tuple[str, ...],
    splits: SplitSettings,
) -> Dataset:
    import torch

    labels = torch.as_tensor(target, dtype=torch.float32 if task == "regression" else torch.int64)
    known = Known(strata=None if task == "regression" else labels)
    rows = split_rows(len(labels), splits, known)
    source = f"{name}, {len(labels)} examples, as scikit-learn ships it"
    train, val, test = (Split(inputs[rows[part]], labels[rows[part]]) for part in ("train", "val", "test"))
    return Dataset(name, source, task, train, val, test, classes=classes)
