"""Files of tables: CSV and its kin, Parquet, Feather, Excel. Text stays text here; what it means is found column by column."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from src.choices import one_of
from src.disk import check_plain

SEPARATORS = (",", ";", "\t", "|", " ")
LOOKED_AT = 100  # lines
csv.field_size_limit(2**31 - 1)  # characters of a cell, of which a text may have many: by default 131,072
LARGEST = 2**33  # bytes of a workbook, unpacked: what claims more is a bomb, or no table for this machine
COMMA = re.compile(r"[+-]?\d[\d.]*,\d+")
POINT = re.compile(r"[+-]?\d[\d,]*\.\d+")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*")


@dataclass(frozen=True)
class Format:
    """How a file is written; None: found out. `header`: the row of the names, from 0; None: columns are numbers from 0."""

    header: int | None = 0
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | int | None = None


@dataclass(frozen=True)
class Table:
    """What a file holds, its columns named by text, and the sign of its decimals; None: it has none that are written as text."""

    frame: pd.DataFrame
    decimal: str | None


def read_table(path: Path, form: Format) -> Table:
    """The table in `path`. Raises OSError, or ValueError naming the file and what is wrong, where it holds none."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path}: must be a table ({', '.join(READERS)}), but got {path.suffix or 'no suffix'!r}.")
    check_plain(path)
    path.open("rb").close()  # a folder, a missing or an unreadable file: OSError that names it
    try:
        table = reader(path, form)
    except MemoryError:
        raise
    except Exception as error:  # the libraries raise what they like over damaged files
        if str(error).startswith((str(path), "data.")):
            raise
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise ValueError(f"{path}: must be a whole {path.suffix} file, but got: {reason}.") from error
    return Table(with_names(str(path), table.frame), table.decimal)


def check_form(path: Path, form: Format) -> None:
    """Raises ValueError for a setting that files like `path` do not have."""
    reader = READERS.get(path.suffix.lower())
    idle = {"separator": reader is not _text, "encoding": reader is not _text, "sheet": reader is not _excel}
    for name, does_nothing in idle.items():
        if reader is not None and does_nothing and (given := getattr(form, name)) is not None:
            raise ValueError(f"data.{name}: must be null for a {path.suffix} file, which has none, but got {given!r}.")


def check_decimal(path: Path, found: Table, decimal: str) -> None:
    """Raises ValueError where the decimals of the table in `path` have another sign."""
    if found.decimal not in (None, decimal):
        raise ValueError(f"{path}: must write decimals with {decimal!r}, as train does, but got {found.decimal!r}.")


def with_names(source: str, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with columns named by text and rows by number; ValueError, naming its source, if it is empty or a name is twice."""
    frame = frame.set_axis([str(name).strip() for name in frame.columns], axis=1)
    if len(frame.columns) == 0 or len(frame) == 0:
        raise ValueError(f"{source}: must hold rows and columns, but got {len(frame)} and {len(frame.columns)}.")
    if twice := [name for name, count in Counter(frame.columns).items() if count > 1]:
        raise ValueError(f"{source}: each column must have a name of its own, but got {twice[0]!r} more than once.")
    return frame.reset_index(drop=True)


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames below each other; a column that is of categories in each of them stays so, whichever these are."""
    whole = pd.concat(frames, ignore_index=True)
    shared = [name for name in whole.columns if all(name in frame.columns for frame in frames)]
    kept = [name for name in shared if all(isinstance(frame[name].dtype, pd.CategoricalDtype) for frame in frames)]
    return whole.astype(dict.fromkeys(kept, "category"))


def _text(path: Path, form: Format) -> Table:
    text = _decoded(path, form.encoding)
    lines = [line for line in text.splitlines() if line.strip()][:LOOKED_AT]
    separator = form.separator or ("\t" if path.suffix.lower() == ".tsv" else _separator(lines))
    frame = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        header=None,
        dtype=str,
        keep_default_na=False,
        na_filter=False,
        skipinitialspace=True,
        engine="c",
    )
    return Table(_named(frame, form.header), form.decimal or _decimal(frame.head(LOOKED_AT), separator))


def _decoded(path: Path, encoding: str | None) -> str:
    content = path.read_bytes()
    marked = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
    found = next((name for mark, name in marked.items() if content.startswith(mark)), None)
    for name in [encoding] if encoding else [found] if found else ["utf-8", "cp1252", "latin-1"]:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        except (LookupError, ValueError) as error:
            raise ValueError(f"data.encoding: must be one that Python knows, but got {name!r}.") from error
        if "\0" in text:
            raise ValueError(f"{path}: must be text, but got bytes of another kind.")
        return text
    raise ValueError(f"{path}: must be text in {encoding or found}, but got bytes that are none.")


def _separator(lines: list[str]) -> str:
    """What divides the most lines alike; of several, what divides them into the most."""

    def worth(separator: str) -> tuple[float, int]:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=separator, skipinitialspace=True))
        width, number = counts.most_common(1)[0] if counts else (1, 0)
        return (number / len(lines) if width > 1 else 0.0, width)

    return max(SEPARATORS, key=worth)


def _decimal(frame: pd.DataFrame, separator: str) -> str | None:
    """The sign that most decimals are written with. 1,234 may be a thousand, and tells where nothing else does."""
    values = [str(value).strip() for column in frame for value in frame[column]]
    sure = [value for value in values if not THOUSANDS.fullmatch(value)]
    commas, points = (sum(bool(sign.fullmatch(value)) for value in sure) for sign in (COMMA, POINT))
    if commas or points:
        return "," if commas > points else "."
    return "," if separator != "," and any(COMMA.fullmatch(value) for value in values) else None


def _named(frame: pd.DataFrame, header: int | None) -> pd.DataFrame:
    """Columns named by the row `header`, which with those above it is no longer one of the table."""
    if header is None:
        return frame.set_axis([str(number) for number in range(len(frame.columns))], axis=1)
    if header >= len(frame):
        raise ValueError(f"data.header: must be a row of the file, which has {len(frame)}, but got {header}.")
    names = ["" if pd.isna(name) else str(name) for name in frame.iloc[header]]
    named = [name.strip() or f"column {number}" for number, name in enumerate(names)]
    return frame.iloc[header + 1 :].set_axis(named, axis=1)


def _excel(path: Path, form: Format) -> Table:
    if not zipfile.is_zipfile(path):
        raise ValueError("no workbook of Excel 2007 or later")
    with zipfile.ZipFile(path) as packed:
        if (size := sum(member.file_size for member in packed.infolist())) > LARGEST:
            raise ValueError(f"{size} bytes in it, which is no table")
    with pd.ExcelFile(path) as book:
        sheet = form.sheet if isinstance(form.sheet, str) else dict(enumerate(book.sheet_names)).get(form.sheet or 0)
        if sheet not in book.sheet_names:
            raise ValueError(f"data.sheet: {one_of(map(str, book.sheet_names))}, but got {form.sheet!r}.")
        frame = pd.read_excel(book, sheet_name=sheet, header=None, dtype=object)
    return Table(_named(frame, form.header).infer_objects(), form.decimal)


def _typed(read: Callable[[Path], pd.DataFrame]) -> Callable[[Path, Format], Table]:
    return lambda path, form: Table(read(path), form.decimal)


READERS: dict[str, Callable[[Path, Format], Table]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".data"), _text),
    **dict.fromkeys((".parquet", ".pq"), _typed(pd.read_parquet)),
    **dict.fromkeys((".feather", ".arrow"), _typed(pd.read_feather)),
    **dict.fromkeys((".xlsx", ".xlsm"), _excel),
}
