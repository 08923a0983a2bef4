"""The look of the page's figures: that of `src.plots`, for Plotly."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from src.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, YELLOW

# As in `src.plots`, dashes and symbols tell the colours apart in grey.
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, YELLOW)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
INK, LINE, WHITE = "#1f2328", "#e4e4df", "#ffffff"
SHADES = {BLUE: "rgba(0,114,178,0.15)", GREY: "rgba(102,102,102,0.15)"}  # of intervals
THIN = {"color": GREY, "width": 1, "dash": "dash"}  # what a curve is compared with
FONT = 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif'
STEEP = 20.0  # a range wider than this factor is drawn on a logarithmic axis


@dataclass(frozen=True)
class Figure:
    """A figure with its caption, which says what is drawn and how sure it is. Heights in pixels."""

    title: str
    caption: str
    plot: go.Figure
    height: int = 400
    is_wide: bool = False


def drawn(traces: Sequence[Any], x: str, y: str, **layout: Any) -> go.Figure:
    """`traces` on two labelled axes; `layout`: what differs from the style, by Plotly's names."""
    axis = {"gridcolor": LINE, "zeroline": False, "linecolor": GREY, "ticks": "outside", "tickcolor": GREY}
    axis |= {"automargin": True, "title": {"standoff": 8, "font": {"size": 13}}, "tickfont": {"size": 12}}
    style = {
        "template": go.layout.Template(),
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": WHITE,
        "plot_bgcolor": WHITE,
        "margin": {"l": 56, "r": 14, "t": 30, "b": 48},  # room for the buttons above
        "modebar": {"bgcolor": "rgba(255,255,255,0)", "color": "#b0b0aa", "activecolor": INK},
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        "hoverlabel": {"bgcolor": WHITE, "bordercolor": GREY, "font": {"color": INK, "size": 12}, "align": "left"},
        "hovermode": "closest",
    }
    plot = go.Figure(list(traces), style)
    plot.update_xaxes(**axis, title_text=x)
    plot.update_yaxes(**axis, title_text=y)
    return plot.update_layout(**layout)


def line(x: Any, y: Any, name: str, look: dict[str, Any], hover: str = "") -> Any:
    """A curve; `hover` in Plotly's words, without one the mouse passes over it."""
    trace = go.Scatter(x=x, y=y, mode="lines", name=name, line=look)
    return trace.update(hovertemplate=f"{hover}<extra></extra>") if hover else trace.update(hoverinfo="skip")


def area(x: Sequence[float], low: Sequence[float], high: Sequence[float], name: str, colour: str) -> Any:
    """What lies between two curves."""
    there, back = [*x, *reversed(x)], [*low, *reversed(high)]
    shade = go.Scatter(x=there, y=back, fill="toself", mode="none", hoverinfo="skip", name=name)
    return shade.update(fillcolor=SHADES[colour])


def is_steep(values: "pd.Series[float]") -> bool:
    """Whether the values span more than a linear axis can show."""
    finite = values.dropna()
    return bool(len(finite) and finite.min() > 0 and finite.max() > STEEP * finite.min())


def axis_of(values: "pd.Series[float]") -> dict[str, Any]:
    """The kind of axis that shows `values`: logarithmic where they are steep, its ticks at 1, 2 and 5 or at powers of ten."""
    if not is_steep(values):
        return {"type": "linear"}
    if values.max() > 100 * values.min():
        return {"type": "log", "dtick": 1, "exponentformat": "e"}
    return {"type": "log", "dtick": "D2", "tickformat": "~g"}


def shown(text: object) -> str:
    """Text as a figure shows it: Plotly reads some HTML, of which a user's names must be free."""
    return html.escape(str(text), quote=False)
