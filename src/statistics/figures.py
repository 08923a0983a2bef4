"""Figures of a split with their bootstrap bounds."""

from torch import Tensor

from src.metrics import full_report
from src.randomness import Purpose, key
from src.statistics.bootstrap import report_bounds


def figures(task: str, logits: Tensor, labels: Tensor, threshold: float | None) -> dict[str, float]:
    """Every figure of the task, by flat name, of logits (N,) or (N, K) and labels (N,)."""
    return {name: float(value) for name, value in full_report(task, logits, labels, threshold=threshold).items()}


def bounded_figures(
    task: str, logits: Tensor, labels: Tensor, threshold: float | None, *, seed: int, resamples: int = 1000
) -> dict[str, float]:
    """`figures`, each with its bounds as `<name>_low` and `<name>_high` (95 %), drawn by `seed`."""

    def report(logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        return full_report(task, logits, labels, threshold=threshold)

    state, stratify = key(seed, Purpose.BOOTSTRAP), task != "regression"
    bounds = report_bounds(report, logits, labels, state, stratify=stratify, resamples=resamples)
    return {**figures(task, logits, labels, threshold), **bounds}
