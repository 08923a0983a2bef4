"""What a notebook shows of a run or a sweep."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from src.plots import Figure
from src.statistics.rounding import rounded


def image(figure: Figure) -> str:
    """A figure as an `img` that holds it."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=80)
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}">'


def curve_and_table(title: str, picture: str, told: Mapping[str, Sequence[Any]], folder: Path) -> str:
    """A picture beside names and their values, under a title and above where it all lies."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name.replace('_', ' '))}</th>"
        f"{''.join(f'<td>{escape(number(value))}</td>' for value in values)}</tr>"
        for name, values in told.items()
    )
    return (
        f"<div><b>{escape(title)}</b><div style='display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start'>"
        f"{picture}<table>{rows}</table></div><code>{escape(str(folder))}</code></div>"
    )


def table(title: str, frame: pd.DataFrame, picture: str, folder: Path) -> str:
    """The first rows of a frame, a picture below, and where it all lies."""
    rows = frame.to_html(index=False, max_rows=20, float_format=number, na_rep="", border=0)
    return f"<div><b>{escape(title)}</b>{rows}{picture}<br><code>{escape(str(folder))}</code></div>"


def number(value: Any) -> str:
    """A number as people read it; anything else as text."""
    return rounded(value) if isinstance(value, float) else str(value)
