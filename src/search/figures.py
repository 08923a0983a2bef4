"""Optuna's figures of a study: as HTML to explore, as PNG to look at."""

import logging
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from src.plots import save_figure, trial_curves

log = logging.getLogger(__name__)

CURVES = "pruning_curves"
FIGURES = {
    "history": "plot_optimization_history",
    "importances": "plot_param_importances",
    "slices": "plot_slice",
    "parallel_coordinates": "plot_parallel_coordinate",
    CURVES: "plot_intermediate_values",
}
FRONT = "plot_pareto_front"


def draw_figures(study: optuna.Study, folder: Path, names: list[str], best: int | None) -> None:
    """Write every figure that the study has enough trials for into `folder`; `names`: its objectives; `best`: its best trial."""
    folder.mkdir(parents=True, exist_ok=True)
    finished = [trial for trial in study.get_trials(deepcopy=False) if trial.state == TrialState.COMPLETE]
    if not finished:
        return
    if len(names) > 1:
        _draw(folder, "pareto_front", FRONT, study, {"target_names": names})
        for place, name in enumerate(names):
            for figure in ("history", "slices", "parallel_coordinates"):
                settings = {"target": lambda trial, place=place: trial.values[place], "target_name": name}
                _draw(folder, f"{figure}_{name.replace('/', '_')}", FIGURES[figure], study, settings)
        return
    for figure, function in FIGURES.items():
        settings = {} if figure == CURVES else {"target_name": names[0]}
        _draw(folder, figure, function, study, settings)
    _draw_curves(study, names[0], best, folder / f"{CURVES}.png")


def _draw_curves(study: optuna.Study, objective: str, best: int | None, path: Path) -> None:
    """In place of Optuna's own picture, whose legend names every trial."""
    trials = study.get_trials(deepcopy=False)
    curves = {trial.number: list(trial.intermediate_values.values()) for trial in trials if trial.intermediate_values}
    if curves:
        ended = {trial.number for trial in trials if trial.state == TrialState.COMPLETE}
        save_figure(lambda: trial_curves(curves, ended, best, objective), path, dpi=110)


def _draw(folder: Path, name: str, function: str, study: optuna.Study, settings: dict[str, Any]) -> None:
    import matplotlib.pyplot as plt
    import optuna.visualization as interactive
    import optuna.visualization.matplotlib as still

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a figure is experimental, or has one trial only
        try:
            getattr(interactive, function)(study, **settings).write_html(folder / f"{name}.html")
            draw = partial(_resized, lambda: getattr(still, function)(study, **settings))
            save_figure(draw, folder / f"{name}.png", dpi=110, bbox_inches="tight")
        except (ValueError, RuntimeError, ZeroDivisionError) as error:  # too few trials, or all alike
            log.info("no figure %s: %s", name, error)
        except Exception as error:
            log.warning("%s: is not drawn: %s: %s", folder / name, type(error).__name__, error)
        finally:
            plt.close("all")


def _resized(drawn: Callable[[], Any]) -> Any:
    axes = drawn()
    figure = (axes.flat[0] if hasattr(axes, "flat") else axes).figure
    figure.set_size_inches(max(8.0, figure.get_size_inches()[0]), 5.0)
    return figure
