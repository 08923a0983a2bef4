"""What is written in a column: texts, numbers, booleans, dates, against Python and pandas."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from src.data.labels import booleans
from src.data.tables.values import dates, is_day_first, numbers, texts

NAN = float("nan")


def test_a_value_has_one_text_whatever_it_is_kept_as():
    kept = [[1, 2], [1.0, 2.0], ["1", "2"], ["1.0", " 2 "], ["1,0", "2,0"], [Decimal(1), Decimal("2.0")]]
    for values in kept:
        assert texts(pd.Series(values)) == ["1", "2"], values
        assert texts(pd.Series(values).astype("category")) == ["1", "2"], values
    assert texts(pd.Series([True, 1, "x"], dtype=object)) == ["True", "1", "x"]
    assert texts(pd.Series([b"ab", [1, 2]], dtype=object)) == ["ab", "[1, 2]"]
    assert texts(pd.Series(["007", "1.000", "1.50"])) == ["007", "1.000", "1.50"]


def test_what_is_not_there_is_none():
    for gap in ("", " ", " ?", "NA", "nan", "null", "None", "-", None, NAN, pd.NaT):
        assert texts(pd.Series([gap, "x"], dtype=object)) == [None, "x"], gap
        found, bad = numbers(pd.Series([gap, "3"], dtype=object), ".")
        assert bad == [None, None]
        np.testing.assert_array_equal(found, [NAN, 3.0])


NUMBERS = {
    ("1.5", "."): 1.5,
    ("1,234.5", "."): 1234.5,
    ("1,5", "."): NAN,
    ("-.5e-3", "."): -0.0005,
    ("1_000", "."): NAN,
    ("0x1F", "."): NAN,
    ("1,5", ","): 1.5,
    ("1.234,5", ","): 1234.5,
    ("1.234", ","): 1234.0,
    ("12,5e2", ","): 1250.0,
    ("5 %", "."): NAN,
    ("1\n2", "."): NAN,
}


@pytest.mark.parametrize(("text", "decimal"), NUMBERS)
def test_a_number_is_read_alone_as_among_others(text: str, decimal: str):
    expected = NUMBERS[text, decimal]
    for column in ([text], [text, "7"], [text, "x"], ["7", None, text], [text, 2.5]):
        found, bad = numbers(pd.Series(column, dtype=object), decimal)
        place = column.index(text)
        np.testing.assert_equal(found[place], expected)
        assert bad[place] == (text if np.isnan(expected) else None)
    found, _ = numbers(pd.Series([2.5, text], dtype=object), decimal)
    assert found[0] == 2.5, "a number that is none of text has no sign of decimals"


def test_numbers_are_those_of_python_to_the_bit():
    draw = np.random.default_rng(0)
    values = (draw.normal(size=2000) * 10.0 ** draw.integers(-20, 20, 2000)).tolist()
    for written in ([repr(value) for value in values], [f"{value:.17e}" for value in values]):
        assert numbers(pd.Series(written), ".")[0].tolist() == values
        assert numbers(pd.Series([text.replace(".", ",") for text in written]), ",")[0].tolist() == values


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e31, -1e308])
@pytest.mark.parametrize("dtype", [float, object, str])
def test_what_is_beyond_numbers_is_named(value: float, dtype: type):
    found, bad = numbers(pd.Series([1.0, value]).astype(dtype), ".")
    np.testing.assert_array_equal(found, [1.0, NAN])
    assert bad == [None, str(value)]


def test_pairs_are_known_in_any_letters():
    assert booleans(["Yes", "No", None, "Yes"]) == {"No": 0.0, "Yes": 1.0}
    assert booleans(["ja", "nein"]) == {"ja": 1.0, "nein": 0.0}
    assert booleans(["0", "1"]) == {"0": 0.0, "1": 1.0}
    assert booleans(["yes", "ja"]) is None
    assert booleans(["yes", "yes"]) is None


def test_dates_are_those_of_pandas():
    days = pd.date_range("2020-01-31", periods=40, freq="13D")
    styles = {"%Y-%m-%d": False, "%d.%m.%Y": True, "%d/%m/%Y": True, "%m/%d/%Y": False, "%Y%m%d": False}
    for style, day_first in styles.items():
        column = pd.Series(days.strftime(style))
        assert is_day_first(column) == day_first, style
        found, bad = dates(column, day_first=day_first)
        assert (found == days).all(), style
        assert not any(bad)


def test_a_zone_is_taken_off_the_same_way_from_text_and_from_dates():
    zoned = pd.Series(pd.date_range("2020-01-01", periods=3, freq="h", tz="Europe/Berlin"))
    found = dates(zoned, day_first=False)[0]
    assert found.dt.tz is None
    assert found.tolist() == dates(zoned.astype(str), day_first=False)[0].tolist()
    assert found[0] == datetime.datetime(2019, 12, 31, 23)


def test_what_is_no_date_is_named_and_a_day_like_today_is_none():
    found, bad = dates(pd.Series(["2020-02-30", "today", "now", "12", "2020-02-03", ""]), day_first=False)
    assert bad == ["2020-02-30", "today", "now", "12", None, None]
    assert found.isna().tolist() == [True, True, True, True, False, True]
