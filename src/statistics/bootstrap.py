"""Percentile bootstrap bounds of figures of merit (Efron 1979)."""

from collections.abc import Callable

import torch
from torch import Tensor

from src.randomness import fold, integers

Report = Callable[[Tensor, Tensor], dict[str, Tensor]]
CHUNK = 100  # resamples at a time: bounds memory


def report_bounds(
    report: Report,
    scores: Tensor,
    labels: Tensor,
    state: Tensor,
    *,
    stratify: bool,
    resamples: int = 1000,
    level: float = 0.95,
) -> dict[str, float]:
    """`<name>_low` and `<name>_high` for every figure of `report` on scores (N,) or (N, K) and labels (N,).

    Rows are drawn with replacement as a function of the key `state`; with `stratify` within each class, so that no
    resample lacks one. `report` must take a leading axis.
    """
    draws: dict[str, list[Tensor]] = {}
    for start in range(0, resamples, CHUNK):
        rows = _rows(labels, fold(state, torch.arange(start, min(start + CHUNK, resamples))), stratify)
        for name, values in report(scores[rows], labels[rows]).items():
            draws.setdefault(name, []).append(values)
    tail = (1.0 - level) / 2
    bounds = {}
    for name, chunks in draws.items():
        values = torch.cat(chunks).double()
        bounds[f"{name}_low"], bounds[f"{name}_high"] = values.quantile(
            torch.tensor([tail, 1.0 - tail]).double()
        ).tolist()
    return bounds


def _rows(labels: Tensor, states: Tensor, stratify: bool) -> Tensor:
    """Row numbers (R, N) of one resample per key in `states` (R,)."""
    groups = (
        [(labels == value).nonzero().squeeze(-1) for value in labels.unique()]
        if stratify
        else [torch.arange(len(labels))]
    )
    drawn, start = [], 0
    for group in groups:
        index = torch.arange(start, start + len(group))
        drawn.append(group[integers(states.unsqueeze(-1), index, len(group))])
        start += len(group)
    return torch.cat(drawn, dim=-1)
