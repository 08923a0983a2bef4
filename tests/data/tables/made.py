"""Tables that are made up, and the reader with the settings of conf/data/table.yaml."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from src.data.dataset import Dataset
from src.data.sources.table import table
from tests.doors import REPOSITORY


@cache
def defaults() -> dict[str, Any]:
    values = yaml.safe_load((REPOSITORY / "conf" / "data" / "table.yaml").read_text())
    return {name: value for name, value in values.items() if name not in ("_target_", "standardize", "path")}


def read(path: Path, **changes: Any) -> Dataset:
    return table(**{**defaults(), "target": "bought", **changes, "path": str(path)})


def customers(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """Five columns, one of each kind that is used, and a target that two of them tell something of."""
    draw = np.random.default_rng(seed)
    income, city = draw.lognormal(3, 1, rows).round(2), draw.choice(["Aachen", "Bonn", "Köln"], rows)
    return pd.DataFrame(
        {
            "income": income,
            "age": draw.integers(18, 80, rows),
            "city": city,
            "member": draw.choice(["yes", "no"], rows),
            "since": (pd.Timestamp(2020, 1, 31) + pd.to_timedelta(draw.integers(0, 999, rows), unit="D")).strftime(
                "%Y-%m-%d"
            ),
            "bought": np.where(np.log(income) + (city == "Bonn") + draw.normal(0, 1, rows) > 3.3, "ja", "nein"),
        }
    )


def csv(folder: Path, frame: pd.DataFrame, name: str = "table.csv", **how: Any) -> Path:
    frame.to_csv(folder / name, index=False, **how)
    return folder / name
