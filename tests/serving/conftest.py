"""Small models of every kind of data, trained once through the door."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests import doors

ROWS = 240
WIDTHS = ("model.widths=[8]",)
SCALED = ("calibrate=temperature",)
EMBEDDED = ("model.num_bins=4", "model.d_embedding=4")
TABULAR = ("model=tabular", *EMBEDDED, *WIDTHS)
TABM = ("model=tabm", "model.k=4", "model.d_block=8", *EMBEDDED)
KINDS = {
    "binary": (
        "data=table",
        "data.path=customers.csv",
        "data.target=churn",
        "data.drop=[income,plan]",
        "seed=1",
        *WIDTHS,
        *SCALED,
    ),
    "multiclass": ("data=table", "data.path=customers.csv", "data.target=plan", "data.categories=codes", *TABULAR),
    "regression": ("data=table", "data.path=customers.csv", "data.target=income", "trainer.precision=64-true", *WIDTHS),
    "several in one": ("data=table", "data.path=customers.csv", "data.target=income", *TABM),
    "images": ("data=digits", "model.dropout=0.2", *WIDTHS),
    "cnn": ("data=digits", "model=cnn", "model.channels=[2,3]", "model.norm=layer", *SCALED),
    "mixer": ("data=digits", "model=mixer", "model.hidden_dim=4", "model.num_blocks=1"),
}


def customers() -> pd.DataFrame:
    """Numbers, text, yes and no, dates, and cells that are missing; targets of three tasks."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "age": draw.normal(50, 12, ROWS).round(1),
            "job": draw.choice(["clerk", "smith", "baker"], ROWS),
            "owner": draw.choice(["yes", "no"], ROWS),
            "since": (pd.Timestamp(2024, 1, 1) + pd.to_timedelta(draw.integers(0, 300, ROWS), unit="D")).astype(str),
            "visits": draw.integers(0, 9, ROWS),
        }
    )
    table["income"] = (20_000 + 900 * table["age"] + draw.normal(0, 5_000, ROWS)).round(2)
    table["plan"] = np.where(table["job"] == "smith", "gold", np.where(table["visits"] > 4, "free", "basic"))
    table["churn"] = np.where(table["age"] / 12 + draw.normal(0, 0.7, ROWS) > 4.2, "left", "stayed")
    table.loc[::17, "age"] = np.nan
    table.loc[::23, "job"] = None
    return table


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a run of a kind of data, two epochs long."""
    folder = tmp_path_factory.mktemp("trained")
    customers().to_csv(folder / "customers.csv", index=False)

    @cache
    def train(kind: str) -> Path:
        known = set((folder / "mlruns" / "runs").glob("*"))
        settings = ("epochs=2", "optimizer.lr=0.01", "tracking.enabled=false")
        ended = doors.run("-m", "src.train", *KINDS[kind], *settings, cwd=folder)
        assert ended.returncode == 0, ended.stderr
        (run,) = set((folder / "mlruns" / "runs").glob("*")) - known
        return run

    return train
