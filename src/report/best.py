"""The best run: how good it is, for whom, by which columns, and where it errs."""

from html import escape

from src.report import tables
from src.report.columns import columns
from src.report.diagnosis import diagnosis
from src.report.groups import groups
from src.report.mistakes import mistakes
from src.report.page import Image, Section
from src.report.page_data import PageData, kept_epoch, value_of
from src.report.predictions import Predictions, predictions_of
from src.report.style import Figure
from src.tracking.reading import Recorded

LAYER = "The weights of the first layer's units, grey at zero, the largest first."


def best_run(material: PageData) -> list[Section]:
    """Its sections; none if there is no run to tell of."""
    if material.best is None:
        return []
    found = predictions_of(material)
    parts: list[str | Figure | Image] = [f"<p>{_lead(material, found)}</p>"]
    if found is not None:
        parts += [tables.figures(found), *diagnosis(found), *tables.classes(material)]
    if "first_layer.png" in material.files:
        parts.append(Image("First layer", LAYER, material.reader.file(material.best, "first_layer.png")))
    title = "The run" if material.subject == "run" else "The best run"
    others = (groups(material, found), columns(material, found), mistakes(material, found)) if found is not None else ()
    return [Section("best", title, parts), *filter(None, others)]


def _flattered(run: Recorded) -> str:
    """What was chosen on val, on which the figures are then too good; nothing of a run that chose nothing there."""
    is_given = isinstance(value_of(run.params.get("threshold", "youden")), int | float)
    epoch = ["the best epoch"] if kept_epoch(run) == "best epoch" else []
    chosen = [*epoch, *([] if is_given or "threshold" not in run.metrics else ["the threshold"])]
    chosen += ["the temperature"] if "temperature" in run.metrics else []
    if not chosen:
        return ""
    return f" Chosen on this very split: {', '.join(chosen)}; so the figures flatter the run."


def _lead(material: PageData, found: Predictions | None) -> str:
    assert material.best is not None
    label = f"<b>{escape(material.best.label)}</b>"
    if found is None:
        return f"There are no predictions of {label}: how it decides cannot be drawn."
    told = f"{label} on the {len(found.labels):,} examples of {found.split}; bounds are over other examples."
    if found.split == "val":
        told += _flattered(material.best)
    return told
