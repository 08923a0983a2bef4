"""Seeds of one configuration as one model: the figures of the mean of what they predict, beside those of each."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from src.report.page import Section
from src.report.page_data import PageData
from src.report.text import figure, interval, table
from src.runs.files import ENSEMBLE
from src.tracking.reading import Recorded


def together(material: PageData) -> Section | None:
    """A table for each sweep that is an ensemble; None if there is none."""
    found = [parent for parent in material.parents if ENSEMBLE in material.reader.files(parent)]
    parts = [_table(parent, json.loads(material.reader.file(parent, ENSEMBLE))) for parent in found]
    return Section("together", "Seeds together", parts) if parts else None


def _table(parent: Recorded, told: Mapping[str, Any]) -> str:
    split = "test" if "test" in told else "val"
    of_all, of_each = told[split], told["of_members"][split]
    rows = []
    for name, one in of_each.items():
        if name in of_all and not name.endswith("_by_chance"):
            bounds = interval(of_all.get(f"{name}_low"), of_all.get(f"{name}_high"))
            each = f"{figure(one['mean'])} ± {figure(one['sd'])}"
            rows.append([escape(name.replace("_", " ")), each, figure(of_all[name]), bounds])
    lead = (
        f"<p>{escape(parent.label)}: {len(told['members'])} seeds, and the mean of what they predict. "
        "Its interval is over other examples.</p>"
    )
    head = [split, "each, mean ± sd", "together", "95 % interval"]
    return f'{lead}<div class="narrow">{table(head, rows, numbers=(1, 2, 3))}</div>'
