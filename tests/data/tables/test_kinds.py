"""The kind of a column, by what it holds; as the user says; and what cannot be."""

import numpy as np
import pandas as pd
import pytest

from src.data.tables.kinds import Kind, kind_of, kinds_of

N = 60
DRAW = np.random.default_rng(0)
COLUMNS = {
    "numeric": [DRAW.normal(size=N), DRAW.integers(0, 9, N), [*"x" * 5, *range(55)], [f"{n},5" for n in range(N)]],
    "boolean": [[True, False] * 30, ["Ja", "Nein"] * 30, [0, 1] * 30, ["yes", "no", None] * 20],
    "categorical": [["a", "b", "c"] * 20, ["blue", "green"] * 30, pd.Categorical([3, 1, 2] * 20), ["1", "b"] * 30],
    "date": [pd.date_range("2020", periods=N), [f"2020-01-{n % 28 + 1:02d}" for n in range(N)]],
    "constant": [["a"] * N, [None] * N, [1.0, np.nan] * 30],
    "text": [[f"a word {n}" for n in range(N)], [f"{n % 55}{'-'}long" for n in range(N)]],
    "id": [[f"u{n}" for n in range(N)], range(N)],
}


@pytest.mark.parametrize(("kind", "values"), [(kind, values) for kind in COLUMNS for values in COLUMNS[kind]])
def test_a_column_is_of_the_kind_of_what_it_holds(kind: str, values: object):
    assert kind_of("c", pd.Series(values, name="c"), ",").kind == kind


@pytest.mark.parametrize(
    ("name", "kind"), [("customer_id", "id"), ("customerID", "id"), ("Nr", "id"), ("paid", "numeric")]
)
def test_whole_numbers_of_which_each_is_there_once_are_an_id_if_they_are_called_so(name: str, kind: str):
    assert kind_of(name, pd.Series(DRAW.permutation(1000)[:N]), ".").kind == kind


def test_what_is_odd_is_told():
    assert kind_of("c", pd.Series(["oops", "", *range(58)], dtype=object), ".") == Kind(
        "numeric", "1 missing, 1 are no numbers, such as 'oops': taken for missing"
    )


def test_what_the_user_says_goes_before_what_is_seen():
    frame = pd.DataFrame({"zip": ["01234", "52062"] * 30, "n": range(N), "seen": [1.5, 2.5, 3.5] * 20})
    found = kinds_of(frame, ".", {"zip": "categorical", "n": "numeric"}, ["seen"])
    assert {name: kind.kind for name, kind in found.items()} == {"zip": "categorical", "n": "numeric", "seen": "drop"}


REFUSED = {
    "data.columns: must be one of c, d, but got 'e'": ({"e": "numeric"}, []),
    "data.drop: must be one of c, d, but got 'e'": ({}, ["e"]),
    "data.columns.c: must be one of numeric, .*, but got 'number'": ({"c": "number"}, []),
    "data.columns: 'c' must hold numbers to be numeric, but got 'x'": ({"c": "numeric"}, []),
    "data.columns: 'c' must hold dates to be date, but got 'x'": ({"c": "date"}, []),
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_is_refused(line: str):
    frame = pd.DataFrame({"c": ["x", "y"] * 30, "d": range(N)})
    with pytest.raises(ValueError, match=line):
        kinds_of(frame, ".", *REFUSED[line])
