"""`experiments/README.md`, made from what the studies left beside the experiments."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from src import runs

HEAD = """# Claims about training

Each file here is a study: a claim, its conditions and seeds, what is predicted, and a verdict that can come out either way.
A prediction holds if its whole 95 % interval lies where it was predicted, does not hold if it lies outside, and is undecided
otherwise; a claim holds if all its predictions do. This page is made by `python -m experiments`, from `results/`.

"""


def write_page(folder: Path) -> None:
    """Make the page anew from the results in `folder`/results."""
    reports = [json.loads(path.read_text()) for path in sorted((folder / "results").glob("*.json"))]
    runs.write_text(folder / "README.md", page([report for report in reports if "findings" in report]))


def page(reports: Sequence[dict[str, Any]]) -> str:
    """A table of all claims, then each with its predictions and figure."""
    rows = [
        f"| [{report['name']}](#{report['name']}) | {report['text']} | **{report['verdict']}** | {report['seconds']:.0f} s |"
        for report in reports
    ]
    overview = "\n".join(["| study | claim | verdict | took |", "|---|---|---|---|", *rows])
    return HEAD + overview + "\n\n" + "\n".join(_section(report) for report in reports)


def _section(report: dict[str, Any]) -> str:
    rows = [
        f"| {one['prediction']} | {found(one)} | {bounds(one['least'], one['most'])} | {one['statistic']}, n = {one['n']} "
        f"| {one['verdict']} |"
        for one in report["findings"]
    ]
    return "\n".join(
        [
            f"## {report['name']}\n",
            f"{report['text']}\n",
            f"`{report['command']}`: **{report['verdict']}**. Expected: {report['expected']}\n",
            "| prediction | found | predicted | statistic | verdict |",
            "|---|---|---|---|---|",
            *rows,
            f"\n![{report['name']}](results/{report['name']}.png)\n",
        ]
    )


def found(one: Mapping[str, Any]) -> str:
    """An estimate with its interval, as text."""
    if one["estimate"] is None:
        return "not measurable"
    if not one["statistic"].endswith("interval"):
        return f"{one['estimate']:.4g}"
    return f"{one['estimate']:.4g} [{one['low']:.4g}, {one['high']:.4g}]"


def bounds(least: float | None, most: float | None) -> str:
    """The range that is predicted, as text; None is no bound."""
    if least is not None and most is not None:
        return f"{least:.3g} to {most:.3g}"
    return f"> {least:.3g}" if least is not None else f"< {most:.3g}"
