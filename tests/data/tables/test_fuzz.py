"""Whatever a table holds: a data set or one line, and a prediction is that of the clean row or the row is named."""

import atexit
import re
import shutil
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TypeVar

import pandas as pd
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from src.data.from_code import dataset_of, of_reader
from src.data.preprocessing import stored
from src.data.tables.files import Format, read_table
from src.data.transforms import Standardize
from src.models.build import build_model
from src.prediction.predictor import Predictor
from tests.data.tables.made import csv, customers, read

Found = TypeVar("Found")
MLP = {"widths": [4], "activation": "tanh", "init": "glorot_normal", "bias": True, "dropout": 0.0, "norm": None}
STRANGE = (
    "",
    " ",
    "?",
    "NaN",
    "inf",
    "-1e400",
    "1e308",
    "0x1F",
    "1_000",
    "1,5",
    "1.234,5",
    "é",
    "🦉",
    "a\nb",
    "None",
    "1.0",
)

CELLS = st.one_of(
    st.sampled_from(STRANGE),
    st.integers(-(10**40), 10**40),
    st.floats(width=64),
    st.booleans(),
    st.none(),
    st.dates().map(str),
    st.text(max_size=5),
)
DTYPES = st.sampled_from(["str", "float32", "int64", "bool", "object", "category", "datetime64[us]", "Int8"])
QUICK = settings(
    max_examples=40, phases=[Phase.generate], derandomize=True, deadline=None, database=None
)  # not shrunk: that takes minutes


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows, names = draw(st.integers(1, 30)), draw(st.lists(st.sampled_from("abc é id"), min_size=1, max_size=4))
    frame = pd.DataFrame({place: draw(st.lists(CELLS, min_size=rows, max_size=rows)) for place in range(len(names))})
    for place in frame:
        try:
            frame[place] = frame[place].astype(draw(DTYPES))
        except (ValueError, TypeError, OverflowError, RuntimeWarning):
            frame[place] = frame[place].astype(object)
    frame[len(names)] = [draw(st.sampled_from(["0", "1", "", "2.5"])) if rows > 25 else row % 2 for row in range(rows)]
    return frame.set_axis(
        [*dict.fromkeys(names), *(f"more {n}" for n in range(len(names) - len(set(names)))), "y"], axis=1
    )


@QUICK
@given(frames(), st.sampled_from(["quantile", "robust"]), st.sampled_from(["onehot", "codes"]))
def test_a_frame_is_a_data_set_or_one_line(frame: pd.DataFrame, scale: str, categories: str):
    settings = {"rare": 2, "scale": scale, "categories": categories}
    dataset = or_one_line(lambda: dataset_of((frame, "y"), of_reader("mine.read"), settings))
    if dataset is None:
        return
    assert dataset.train.inputs.isfinite().all()
    inputs = dataset.intake.inputs(dataset.intake.take(frame.drop(columns="y")))
    assert sorted([*inputs.places, *inputs.faults]) == list(range(len(frame)))
    assert inputs.tensor.isfinite().all()


@QUICK
@given(st.data())
def test_a_damaged_file_is_a_table_or_one_line(data: st.DataObject):
    whole = data.draw(st.sampled_from(written()))
    content = bytearray(whole.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[place] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]
    with TemporaryDirectory() as folder:
        path = Path(folder) / whole.name
        path.write_bytes(bytes(content))
        found = or_one_line(lambda: read_table(path, Format()))
        assert found is None or len(found.frame) > 0


def or_one_line(read: Callable[[], Found]) -> Found | None:
    """What is read, or None after a ValueError of one line that says what was got."""
    try:
        return read()
    except ValueError as error:
        refused = str(error)
    assert re.fullmatch(r".+: .*but got.*\.", refused), refused
    return None


@QUICK
@given(st.data())
def test_a_prediction_is_that_of_the_clean_row_or_the_row_is_named(data: st.DataObject):
    predictor, clean = trained()
    frame = clean.astype(object)
    hurt = {}
    for _ in range(data.draw(st.integers(0, 6))):
        row, name = (
            data.draw(st.integers(0, len(frame) - 1)),
            data.draw(st.sampled_from(["income", "age", "since", "member"])),
        )
        frame.loc[row, name] = data.draw(st.sampled_from(["x", "inf", "1e39", "1.2.3.4", "maybe", "2020-13-45", "--"]))
        hurt[row] = name
    for name in data.draw(
        st.lists(st.sampled_from(["income", "age"]), unique=True)
    ):  # the same, written in another way
        how = data.draw(st.sampled_from([str, lambda value: f" {value} ", lambda value: f"{value:.4e}"]))
        rows = [row for row in range(len(frame)) if row not in hurt]
        frame.loc[rows, name] = frame.loc[rows, name].map(how)
    order = data.draw(st.permutations([*frame.columns, "new"]))
    inputs, logits = predictor.predict(frame.assign(new=1)[order])
    assert set(inputs.faults) == set(hurt)
    assert all(repr(hurt[row]) in inputs.faults[row] for row in hurt)
    _, expected = predictor.predict(clean)
    torch.testing.assert_close(logits, expected[list(inputs.places)], rtol=1e-3, atol=1e-4)


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("src.data.tables.files.LARGEST", 2**20)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", bytes(2**21))
    assert path.stat().st_size < 2**13
    with pytest.raises(ValueError, match=r"bomb\.xlsx: must be a whole \.xlsx file, but got: 2097152 bytes in it"):
        read_table(path, Format())


@cache
def scratch() -> Path:
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    return folder


@cache
def written() -> list[Path]:
    folder, frame = scratch(), customers(25)
    frame.to_parquet(folder / "t.parquet")
    frame.to_feather(folder / "t.feather")
    frame.to_excel(folder / "t.xlsx", index=False)
    texts = [csv(folder, frame), csv(folder, frame, "t.tsv", sep="\t")]
    return [*texts, *(folder / f"t.{kind}" for kind in ("parquet", "feather", "xlsx"))]


@cache
def trained() -> tuple[Predictor, pd.DataFrame]:
    """A model with random weights on a clean table, and rows of it."""
    dataset = read(csv(scratch(), customers()), rare=1)
    model = build_model("src.models.mlp.MLP", MLP, dataset.spec, seed=0)
    how = {"target": "src.models.mlp.MLP", "arguments": MLP, "spec": dataset.spec.state(with_quantiles=False)}
    told = {"task": "binary", "classes": dataset.classes, "threshold": 0.5, "target_scale": None, "data": "fuzz"}
    rows = {
        "standardize": Standardize.fit(dataset.train.inputs, "none").state(),
        "preprocessor": stored(dataset.intake),
    }
    return Predictor(**how, weights=model.state_dict(), **rows, **told), customers(12).drop(columns="bought")
