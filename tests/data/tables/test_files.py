"""Files of tables: the same table from every kind, separator, decimal and encoding; and what is no table."""

import gzip
import os
from pathlib import Path

import pandas as pd
import pytest

from src.data.tables.files import Format, read_table
from src.data.tables.values import numbers
from tests.data.tables.made import csv, customers, read

WRITTEN = {
    "comma.csv": {},
    "german.csv": {"sep": ";", "decimal": ","},
    "windows.csv": {"sep": ";", "decimal": ",", "encoding": "cp1252"},
    "quoted.csv": {"decimal": ","},
    "marked.csv": {"encoding": "utf-8-sig"},
    "wide.csv": {"encoding": "utf-16"},
    "tabs.tsv": {"sep": "\t"},
    "bars.txt": {"sep": "|"},
    "padded.csv": {"sep": ";", "lineterminator": "\r\n"},
}


@pytest.mark.parametrize("name", WRITTEN)
def test_text_is_the_same_table_however_it_is_written(tmp_path: Path, name: str):
    frame = customers()
    found = read_table(csv(tmp_path, frame, name, **WRITTEN[name]), Format())
    assert list(found.frame) == list(frame)
    for column in ("income", "age"):
        values, bad = numbers(found.frame[column], found.decimal or ".")
        assert values.tolist() == frame[column].tolist()
        assert not any(bad)
    for column in ("city", "member", "bought"):
        assert found.frame[column].tolist() == frame[column].tolist()


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.xlsx"])
def test_a_typed_file_gives_the_data_set_of_the_text(tmp_path: Path, name: str):
    frame = customers()
    typed = frame.assign(since=pd.to_datetime(frame["since"]), member=frame["member"].astype("category"))
    path = tmp_path / name
    {"t.parquet": typed.to_parquet, "t.feather": typed.to_feather, "t.xlsx": lambda p: typed.to_excel(p, index=False)}[
        name
    ](path)
    assert read(path).digest == read(csv(tmp_path, frame)).digest


def test_a_cell_may_hold_a_long_text(tmp_path: Path):
    frame = customers().astype({"city": object})
    frame.loc[3, "city"] = "x" * 200_000
    found = read_table(csv(tmp_path, frame), Format())
    assert found.frame["city"].tolist() == frame["city"].tolist()


def test_without_a_header_columns_are_numbers(tmp_path: Path):
    frame = customers()
    path = csv(tmp_path, frame, header=False)
    dataset, named = read(path, header=None, target=-1), read(csv(tmp_path, frame, "named.csv"))
    assert dataset.digest == named.digest
    assert read(path, header=None, target=5, columns={"1": "numeric", 2: "categorical"}).digest == named.digest


def test_rows_above_the_header_are_none_of_the_table(tmp_path: Path):
    path = csv(tmp_path, customers())
    path.write_text("exported 2026,,,,,\n" + path.read_text())
    assert read(path, header=1).digest == read(csv(tmp_path, customers(), "clean.csv")).digest


def test_one_thousand_and_one_and_a_bit_are_told_apart(tmp_path: Path):
    for lines, decimal in (
        (["1,234", "2,5"], ","),
        (["1.234", "2,5"], ","),
        (["1,234.5", "2.5"], "."),
        (["1", "2"], None),
    ):
        path = tmp_path / "t.csv"
        path.write_text("\n".join(f"{line};x" for line in ("name", *lines)))
        assert read_table(path, Format()).decimal == decimal, lines


def test_a_file_beside_train_must_write_decimals_as_it_does(tmp_path: Path):
    train, test = csv(tmp_path, customers()), csv(tmp_path, customers(40, 1), "test.csv", sep=";", decimal=",")
    with pytest.raises(ValueError, match=r"test\.csv: must write decimals with '\.', as train does, but got ','"):
        read(train, test_path=str(test))
    with pytest.raises(ValueError, match=r"test\.csv: must write decimals"):
        read(train).intake.read(test)


BROKEN = {
    "empty.csv": b"",
    "only_names.csv": b"income,bought\n",
    "ragged.csv": b"income,bought\n1,ja\n2,nein,3\n",
    "open.csv": b'income,bought\n1,"ja\n',
    "twice.csv": b"income,income,bought\n1,2,ja\n",
    "zeros.csv": b"income,\0bought\n1,2\n",
    "noise.csv": bytes(range(256)),
    "packed.csv": gzip.compress(b"income,bought\n1,ja\n"),
    "packed.csv.gz": gzip.compress(b"income,bought\n1,ja\n"),
    "noise.parquet": bytes(range(256)),
    "noise.feather": bytes(range(256)),
    "old.xlsx": b"\xd0\xcf\x11\xe0" + bytes(99),
    "no_suffix": b"income,bought\n1,ja\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_table_is_one_line_that_names_the_file(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(ValueError, match=".") as refused:
        read_table(path, Format())
    line = str(refused.value)
    assert line.startswith(f"{path}: ")
    assert ", but got" in line
    assert "\n" not in line


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("kind", ["parquet", "feather", "xlsx"])
def test_a_file_that_was_cut_off_is_named(tmp_path: Path, kind: str, cut: float):
    path = tmp_path / f"t.{kind}"
    customers().to_excel(path, index=False) if kind == "xlsx" else getattr(customers(), f"to_{kind}")(path)
    os.truncate(path, int(path.stat().st_size * cut))
    with pytest.raises(ValueError, match=rf"t\.{kind}: must be a whole \.{kind} file, but got: "):
        read_table(path, Format())


@pytest.mark.parametrize("path", ["missing.csv", "."])
def test_what_is_not_there_is_named(path: str):
    with pytest.raises((OSError, ValueError), match=r"missing\.csv|^\.: must be a table"):
        read_table(Path(path), Format())


SETTINGS = {
    "data.encoding: must be one that Python knows, but got 'klingon'": {"encoding": "klingon"},
    "data.sheet: must be one of Sheet1, but got 'May'": {"sheet": "May"},
    "data.header: must be a row of the file, which has 121, but got 121": {"header": 121},
}


@pytest.mark.parametrize("line", SETTINGS)
def test_a_setting_that_does_not_fit_the_file_is_named(tmp_path: Path, line: str):
    path = tmp_path / "t.xlsx" if "sheet" in line else csv(tmp_path, customers())
    if path.suffix == ".xlsx":
        customers().to_excel(path, index=False)
    with pytest.raises(ValueError, match=line):
        read_table(path, Format(**SETTINGS[line]))


def test_telco_german_and_california(shared: Path):
    telco = read(shared / "tables" / "telco_churn.csv", target="Churn", positive="Yes")
    assert telco.classes == ("No", "Yes")
    assert "TotalCharges (11 missing)" in telco.description
    assert "customerID" in telco.description.split("id (left out)")[1]
    german = read(shared / "tables" / "german.csv", header=None, target=20, positive=2)
    assert german.classes == ("1", "2")
    assert sum(map(len, (german.train, german.val, german.test))) == 1000
    housing = read(shared / "tables" / "california_housing.csv", target="median_house_value")
    assert housing.task == "regression"
    assert "total_bedrooms (207 missing)" in housing.description
