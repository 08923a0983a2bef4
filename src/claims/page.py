"""`experiments/README.md`, made from what the claims left beside the experiments."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from src import runs
from src.statistics.findings import bounds, found

HEAD = """# Claims about training

Each file here is a claim about training: its conditions and seeds, what is predicted, and a verdict that can come out either
way. A prediction holds if its whole 95 % interval lies where it was predicted, does not hold if it lies outside, and is undecided
otherwise; a claim holds if all its predictions do. This page is made by `python -m experiments`, from `results/`.

"""


def write_page(folder: Path) -> None:
    """Make the page anew from the results in `folder`/results."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / "results").glob("*.json"))]
    runs.write_text(folder / "README.md", page([report for report in reports if "findings" in report]))


def page(reports: Sequence[dict[str, Any]]) -> str:
    """A table of all claims, then each with its predictions and figure."""
    rows = [
        f"| [{report['name']}](#{report['name']}) | {report['text']} | **{report['verdict']}** | {report['seconds']:.0f} s |"
        for report in reports
    ]
    overview = "\n".join(["| name | claim | verdict | took |", "|---|---|---|---|", *rows])
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
