"""Figures in one style: labelled axes, readable in grey and for the colour-blind."""

from matplotlib.axes import Axes

from src.plots.decisions import confusion, importance_bars
from src.plots.figure import Figure
from src.plots.layers import layer_curves, layer_figures
from src.plots.runs import image_sheet, loss_curve, objective_against, range_curve, trial_curves
from src.plots.save import save_figure
from src.plots.style import BLUE, GREEN, GREY, ORANGE, STYLES, annotate, band, panels, points

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "STYLES",
    "Axes",
    "Figure",
    "annotate",
    "band",
    "confusion",
    "image_sheet",
    "importance_bars",
    "layer_curves",
    "layer_figures",
    "loss_curve",
    "objective_against",
    "panels",
    "points",
    "range_curve",
    "save_figure",
    "trial_curves",
]
