"""The operating threshold of a binary classifier, chosen on held-out scores."""

import torch
from torch import Tensor


def choose_threshold(rule: str, target: float | None, probabilities: Tensor, labels: Tensor) -> float:
    """The threshold by `rule` from probabilities (N,) and labels 0 or 1 (N,); an example is positive at or above it.

    `youden`: largest sensitivity + specificity (Youden 1950). `sensitivity`: the highest threshold that still finds a share
    `target` of the positives. `specificity`: the lowest that leaves a share `target` of the negatives alone.
    Candidates lie midway between neighbouring scores; of equals the lowest is taken.
    """
    candidates = _candidates(probabilities.double())
    positives = probabilities[labels == 1].double().sort().values
    negatives = probabilities[labels == 0].double().sort().values
    found = 1.0 - torch.searchsorted(positives, candidates) / len(positives)  # sensitivity at each candidate
    spared = torch.searchsorted(negatives, candidates) / len(negatives)  # specificity
    if rule == "youden":
        return float(candidates[int((found + spared).argmax())])
    if rule == "sensitivity":
        return float(candidates[found >= (target or 0.0)].max())
    if rule == "specificity":
        return float(candidates[spared >= (target or 0.0)].min())
    raise ValueError(f"threshold: must be youden, sensitivity or specificity, but got {rule!r}.")


def _candidates(probabilities: Tensor) -> Tensor:
    """All positive (0), every split between distinct scores, all negative (above 1)."""
    distinct = probabilities.unique()
    between = 0.5 * (distinct[:-1] + distinct[1:])
    return torch.cat([distinct.new_zeros(1), between, distinct.new_tensor([1.0 + 1e-9])])
