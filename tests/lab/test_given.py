"""Data of a caller as a file: what a frame says of its columns is still there when a run reads it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src.lab import given
from tests.data.tables.made import customers, read

CODES = {"numbers": [10115, 20095, 50667], "with halves": [1.5, 2.0, 3.0], "texts": ["10115", "20095", "50667"]}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(given, "FOLDER", tmp_path)


@pytest.mark.parametrize("codes", CODES)
@pytest.mark.parametrize("in_parts", [False, True])
def test_categories_stay_categories(codes: str, in_parts: bool):
    frame = customers().assign(code=pd.Categorical(CODES[codes] * 40))
    data = frame
    if in_parts:  # each with categories of its own
        parts = {"train": frame[:80], "val": frame[80:100:3], "test": frame[100:]}
        data = {
            part: (rows.assign(code=rows["code"].cat.remove_unused_categories()).drop(columns="bought"), rows["bought"])
            for part, rows in parts.items()
        }
    settings = given.settings_of(data, None if in_parts else "bought")
    files = {key.removeprefix("data."): value for key, value in settings.items() if key != "data"}
    intake = read(**files, rare=1).intake
    assert [name for name in intake.features if name.startswith("code")] == [
        f"code = {one:g}" for one in map(float, CODES[codes])
    ]
    rows = frame.drop(columns="bought")
    one_hot = intake.inputs(intake.take(rows)).tensor[:, [name.startswith("code") for name in intake.features]]
    np.testing.assert_array_equal(one_hot, np.eye(3)[np.arange(120) % 3])
