"""Scales against scikit-learn."""

import numpy as np
import pytest
from scipy.stats import norm, rankdata
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

from src.data.tables.scaling import SCALES, fit_scale, scaled

DRAW = np.random.default_rng(0)
VALUES = {
    "lognormal": DRAW.lognormal(size=500),
    "many": DRAW.normal(size=3000),
    "few": np.array([3.0, 1.0, 2.0]),
}
THEIRS = {
    "standard": lambda values: StandardScaler(),
    "robust": lambda values: RobustScaler(),
    "quantile": lambda values: QuantileTransformer(
        n_quantiles=min(1000, len(values)), output_distribution="normal", subsample=None
    ),
}


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("kind", VALUES)
def test_a_scale_is_that_of_scikit_learn(name: str, kind: str):
    train = VALUES[kind]
    new = np.concatenate([train, np.linspace(train.min() - 1, train.max() + 1, 101)])
    expected = THEIRS[name](train).fit(train[:, None]).transform(new[:, None])[:, 0]
    np.testing.assert_allclose(scaled(fit_scale(name, train), new), expected, atol=1e-5)


def test_equal_values_get_the_middle_of_their_ranks():
    # scikit-learn puts all that equal the largest at 5.2 standard deviations: a seventh of these rows.
    train = DRAW.integers(0, 7, 500).astype(float)
    middle = (rankdata(train) - 0.5) / len(train)
    np.testing.assert_allclose(norm.cdf(scaled(fit_scale("quantile", train), train)), middle, atol=0.002)


@pytest.mark.parametrize("name", SCALES)
def test_a_constant_stays_finite_and_nan_stays(name: str):
    state = fit_scale(name, np.full(5, 2.0))
    found = scaled(state, np.array([2.0, 3.0, -1e30, 1e30, np.nan]))
    assert np.isfinite(found[:4]).all()
    assert np.isnan(found[4])


def test_an_unknown_scale_is_told_with_those_known():
    with pytest.raises(ValueError, match="data.scale: must be one of quantile, standard, robust, none, but got 'log'"):
        fit_scale("log", np.ones(2))
