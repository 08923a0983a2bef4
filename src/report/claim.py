"""What a claim says, predicts and found."""

import json
from html import escape
from typing import Any

from src.report.page import Image, Section
from src.report.page_data import PageData
from src.report.style import Figure
from src.report.text import table
from src.statistics.findings import bounds, found

RESULTS = "results.json"
HEAD = ["prediction", "found, 95 % interval", "predicted", "n", "statistic", "verdict"]
QUICK = "A quick trial of the claim: few seeds and epochs, whose verdict says little."
CHANGED = "Not the claim as its file states it: with overrides, or with other seeds."


def claim(material: PageData) -> Section | None:
    """The claim with its verdict, its predictions and its own figures."""
    if material.claim is None:
        return None
    tags, files = material.claim.tags, sorted(material.reader.files(material.claim))
    remark = "" if tags["stated"] == "true" else f" {QUICK if tags['quick'] == 'true' else CHANGED}"
    parts: list[str | Figure | Image] = [
        f"<p><b>{escape(tags['claim'][:1].upper() + tags['claim'][1:])}</b></p>",
        f"<p>Verdict: <b>{escape(tags['verdict'])}</b>.{remark} Expected: {escape(tags['expected'])}</p>",
    ]
    if RESULTS in files:
        findings = json.loads(material.reader.file(material.claim, RESULTS))["findings"]
        parts.append(table(HEAD, map(_row, findings), numbers=(1, 3)))
    for name in files:
        if name.endswith(".png"):
            title = f"Figure {name.removesuffix('.png')}"
            parts.append(Image(title, "As the claim drew it.", material.reader.file(material.claim, name)))
    return Section("claim", "The claim", parts)


def _row(one: dict[str, Any]) -> list[str]:
    predicted = bounds(one["least"], one["most"])
    cells = (one["prediction"], found(one), predicted, str(one["n"]), one["statistic"], one["verdict"])
    return [escape(cell) for cell in cells]
