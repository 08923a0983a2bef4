"""Columns as features, against scikit-learn and pandas; what is not of a kind is named."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from src.data.tables.columns import COLUMNS, Encoding, restored_column, stored_column

DRAW = np.random.default_rng(0)
N = 200
VALUES = {
    "numeric": pd.Series(DRAW.normal(size=N)).where(DRAW.random(N) > 0.1),
    "boolean": pd.Series(DRAW.choice(["yes", "no"], N)).where(DRAW.random(N) > 0.1),
    "categorical": pd.Series(DRAW.choice([*"abcd"], N)).where(DRAW.random(N) > 0.1),
    "date": pd.Series(pd.Timestamp(2020, 1, 1) + pd.to_timedelta(DRAW.integers(0, 999, N), unit="D")),
}


def fit(kind: str, train: pd.Series, *, scale: str = "standard", categories: str = "onehot", rare: int = 1):
    return COLUMNS[kind].fit("c", train, Encoding(scale, categories, rare, "."))


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("categories", ["onehot", "codes"])
def test_a_column_keeps_its_promises(kind: str, categories: str):
    column = fit(kind, VALUES[kind], categories=categories)
    encoded = column.encode(VALUES[kind])
    assert encoded.features.shape == (N, len(column.features)) == (N, len(column.cardinalities))
    assert np.isfinite(encoded.features).all()
    assert encoded.faults == {}
    restored = restored_column(stored_column(column))
    assert restored == column
    shuffled = DRAW.permutation(N)
    np.testing.assert_array_equal(restored.encode(VALUES[kind].iloc[shuffled]).features, encoded.features[shuffled])
    unseen = column.encode(pd.Series([None, "never seen"], dtype=object))
    assert np.isfinite(unseen.features).all()
    assert set(unseen.faults) == (set() if kind == "categorical" else {1})
    assert column.encode(VALUES[kind].iloc[:0]).features.shape == (0, len(column.features))


def test_numbers_are_scaled_by_train_and_gaps_are_its_median():
    train, new = pd.Series([1.0, 2.0, 4.0, np.nan]), pd.Series(["3", "", "oops", "7.5"])
    column = fit("numeric", train)
    scaler = StandardScaler().fit(train.dropna().to_numpy()[:, None])
    encoded = column.encode(new)
    expected = scaler.transform([[3.0], [2.0], [2.0], [7.5]])[:, 0]
    np.testing.assert_allclose(encoded.features, np.stack([expected, [0, 1, 1, 0]], 1))
    assert column.features == ["c", "c is missing"]
    assert encoded.faults == {2: "column 'c' must be a number, but got 'oops'"}


def test_categories_are_those_of_scikit_learn():
    train, new = pd.Series([*"aabbbbccd"]), pd.Series(["a", "d", "z", "b", "c"])
    theirs = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=2, sparse_output=False)
    expected = theirs.fit(train.to_frame()).transform(new.to_frame())  # the last: infrequent, or unknown
    column = fit("categorical", train, rare=2)
    assert column.features == ["c = other", "c = a", "c = b", "c = c"]
    np.testing.assert_array_equal(column.encode(new).features, expected[:, [3, 0, 1, 2]])
    codes = fit("categorical", train, rare=2, categories="codes")
    assert codes.cardinalities == [4]
    assert codes.encode(new).features[:, 0].tolist() == [1, 0, 0, 2, 3]


def test_a_gap_is_a_category_if_train_has_some():
    train = pd.Series(["a", "b", None])
    assert fit("categorical", train).encode(pd.Series([None])).features.tolist() == [[0, 0, 1]]
    assert fit("categorical", train.dropna()).encode(pd.Series([None])).features.tolist() == [[0, 0]]


def test_without_rare_categories_one_that_is_new_tells_nothing():
    train, new = pd.Series([*"aabb"]), pd.Series(["z", "b"])
    theirs = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train.to_frame())
    column = fit("categorical", train, rare=2)
    np.testing.assert_array_equal(column.encode(new).features, theirs.transform(new.to_frame()))
    assert fit("categorical", train, rare=2, categories="codes").encode(new).features[:, 0].tolist() == [0, 2]


def test_booleans_are_0_and_1_in_any_letters():
    column = fit("boolean", pd.Series(["Yes", "No", "Yes"]))
    encoded = column.encode(pd.Series(["YES", "no", "", "maybe"]))
    assert encoded.features[:, 0].tolist() == [1, 0, 0.5, 0.5]
    assert encoded.faults == {3: "column 'c' must be one of No, Yes, but got 'maybe'"}
    with pytest.raises(ValueError, match="a boolean column must have two values, but got 3 in 'c'"):
        fit("boolean", pd.Series([*"abc"]))


def test_a_boolean_that_train_has_one_value_of_knows_the_other():
    column = fit("boolean", pd.Series(["No", "No", None]))
    encoded = column.encode(pd.Series(["yes", "NO", "maybe"]))
    assert encoded.features[:, 0].tolist() == [1, 0, 0.5]
    assert encoded.faults == {2: "column 'c' must be one of No, yes, but got 'maybe'"}


def test_dates_are_days_and_their_place_in_year_and_week():
    column = fit("date", VALUES["date"], scale="none")
    days = pd.Series(["2024-01-01", "2024-01-08", "2025-01-01", "not yet"])
    encoded = column.encode(days)
    assert encoded.features[:3, 0].tolist() == [(pd.Timestamp(day) - pd.Timestamp(1970, 1, 1)).days for day in days[:3]]
    _, year_sine, year_cosine, week_sine, week_cosine = encoded.features.T
    np.testing.assert_allclose(year_sine**2 + year_cosine**2, 1)
    np.testing.assert_allclose([week_sine[1], week_cosine[1]], [week_sine[0], week_cosine[0]], atol=1e-9)
    np.testing.assert_allclose([year_sine[2], year_cosine[2]], [year_sine[0], year_cosine[0]], atol=0.02)
    assert encoded.faults == {3: "column 'c' must be a date, but got 'not yet'"}
