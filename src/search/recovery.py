"""What the folders of a search tell of trials whose process died."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from src import resume, runs
from src.search.ledger import ended_as


def ended_in(folder: Path, trial: FrozenTrial, objectives: Sequence[str], repeats: int) -> FrozenTrial | None:
    """A trial that had ended, though the storage was not told; None if it was still in training."""
    first = trial.number * repeats
    begun = [path for number in range(first, first + repeats) if (path := folder / str(number) / runs.CONFIG).is_file()]
    results = [runs.read_json(path.with_name(runs.RESULTS)) for path in begun]
    reasons = [result.get("stop_reason") for result in results]
    if any(reason == "failed" for reason in reasons):
        failed = next(result for result in results if result["stop_reason"] == "failed")
        attrs = {**trial.user_attrs, "reason": failed.get("reason", "")}
        return ended_as(trial, TrialState.FAIL, user_attrs=attrs)
    if not results or any(reason not in resume.ENDED for reason in reasons):
        return None
    is_pruned = any(reason in ("pruned", "diverged") for reason in reasons)
    if len(results) < repeats and not is_pruned:
        return None
    histories = [runs.read_history(path.parent) for path in begun]
    figures = [_at_best(history, result) for history, result in zip(histories, results, strict=True)]
    attrs = {**trial.user_attrs, "stop_reason": reasons[0], "best_epoch": results[0]["best_epoch"]}
    reported = _means(histories, objectives[0]) if len(objectives) == 1 else {}
    if is_pruned:
        last = [reported[max(reported)]] if reported else None
        return ended_as(trial, TrialState.PRUNED, values=last, user_attrs=attrs, intermediate_values=reported)
    values = [statistics.fmean(figure[name] for figure in figures) for name in objectives]
    return ended_as(trial, TrialState.COMPLETE, values=values, user_attrs=attrs, intermediate_values=reported)


def _at_best(history: list[dict[str, float]], results: dict[str, Any]) -> dict[str, float]:
    return {**history[(results["best_epoch"] or len(history)) - 1], "num_params": results["num_params"]}


def _means(histories: list[list[dict[str, float]]], objective: str) -> dict[int, float]:
    """The mean over repeats of each epoch that all have."""
    epochs = zip(*([row[objective] for row in history] for history in histories), strict=False)
    return {epoch: statistics.fmean(values) for epoch, values in enumerate(epochs, 1)}
