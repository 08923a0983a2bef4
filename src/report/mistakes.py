"""The rows that the best run is most wrong about."""

from html import escape

import pandas as pd

from src.report.frames import frame_of
from src.report.page import Image, Section
from src.report.page_data import PageData
from src.report.predictions import Predictions
from src.report.style import Figure
from src.report.text import figure, table

MISTAKES = "worst_mistakes.csv"
SHEET = "worst_mistakes.png"
CAPTION = "The worst as images, each with its true class and the probability that the run gives it."
ROWS = 20
HEADS = {"row": "row of the split, from 0", "name": "row in the data", "probability": "probability of the true class"}
NUMBERS = ("probability", "error")


def mistakes(material: PageData, found: Predictions) -> Section | None:
    """The worst rows as a table, and as images where they are such; None if there is neither."""
    assert material.best is not None
    parts: list[str | Figure | Image] = []
    if (worst := frame_of(material, MISTAKES)) is not None:
        decided = "that are decided wrongly, the least probable true class first"
        which = decided if "probability" in worst else "with the largest errors"
        parts += [f"<p>Rows of {found.split} {which}.</p>", _table(worst)]
    if SHEET in material.files:
        parts.append(Image("Worst mistakes as images", CAPTION, material.reader.file(material.best, SHEET)))
    return Section("mistakes", "Worst mistakes", parts) if parts else None


def _table(worst: pd.DataFrame) -> str:
    """The first rows; a row that has a name is called by it."""
    names = [str(name) for name in worst if name != "row" or "name" not in worst]
    numbers = [name for name in names if name in NUMBERS or ("error" in worst and name in ("true", "predicted"))]
    head = [HEADS.get(name, escape(name.removeprefix("slice_"))) for name in names]
    rows = [
        [figure(float(row[name])) if name in numbers else escape(row[name]) for name in names]
        for row in worst.head(ROWS).to_dict("records")
    ]
    places = [place for place, name in enumerate(names) if name in numbers]
    return f'<div class="whole">{table(head, rows, numbers=places)}</div>'
