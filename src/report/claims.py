"""What a study claimed, predicted and found."""

import json
from html import escape
from typing import Any

from src.report.gather import Material
from src.report.page import Image, Section
from src.report.text import figure, interval, table
from src.tracking.reading import Recorded

RESULTS = "results.json"
QUICK = "A quick trial of the study: few seeds and epochs, whose verdict says little."
CHANGED = "Not the study as its file states it: with overrides, or with other seeds."


def claims(material: Material) -> Section | None:
    """Each claim with its verdict, its predictions and the study's own figures."""
    parts: list[str | Image] = []
    for claim in material.claims:
        parts += _told(claim, material)
    return Section("claim", "The claim", parts) if parts else None


def _told(claim: Recorded, material: Material) -> list[str | Image]:
    tags, files = claim.tags, sorted(material.reader.files(claim))
    remark = "" if tags["stated"] == "true" else f" {QUICK if tags['quick'] == 'true' else CHANGED}"
    parts: list[str | Image] = [
        f"<p><b>{escape(_sentence(tags['claim']))}</b></p>",
        f"<p>Verdict: <b>{escape(tags['verdict'])}</b>.{remark} Expected: {escape(tags['expected'])}</p>",
    ]
    if RESULTS in files:
        findings = json.loads(material.reader.file(claim, RESULTS))["findings"]
        head = ["prediction", "found", "95 % interval", "predicted", "n", "statistic", "verdict"]
        parts.append(table(head, map(_row, findings), numbers=(1, 4)))
    for name in files:
        if name.endswith(".png"):
            parts.append(
                Image(f"Figure {name.removesuffix('.png')}", "As the study drew it.", material.reader.file(claim, name))
            )
    return parts


def _row(finding: dict[str, Any]) -> list[str]:
    bounds = interval(finding["low"], finding["high"]) if finding["statistic"].endswith("interval") else ""
    texts = (finding["statistic"], finding["verdict"])
    found, n = figure(finding["estimate"]) or "not measurable", str(finding["n"])
    return [escape(finding["prediction"]), found, bounds, _predicted(finding), n, *map(escape, texts)]


def _predicted(finding: dict[str, Any]) -> str:
    least, most = finding["least"], finding["most"]
    if least is not None and most is not None:
        return f"{least:.3g} to {most:.3g}"
    return f"&gt; {least:.3g}" if least is not None else f"&lt; {most:.3g}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
