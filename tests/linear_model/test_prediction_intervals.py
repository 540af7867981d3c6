# SPDX-License-Identifier: BSD-3-Clause
"""Order statistics of residuals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.linear_model import SketchedRidgeEnsemble
from skrmt.linear_model._prediction_intervals import residual_quantiles


def quantiles(residuals, level, weights=None, **options):
    lower, upper = residual_quantiles(np.asarray(residuals)[:, None], weights, level, **options)
    return lower[0], upper[0]


def test_order_statistics_of_nineteen_residuals():
    residuals = np.random.default_rng(0).permutation(np.arange(1.0, 20.0))
    assert quantiles(residuals, 0.9) == (1.0, 19.0)  # ranks 20 * .05 = 1 and 20 * .95 = 19
    assert quantiles(residuals, 0.8) == (2.0, 18.0)
    assert quantiles(residuals, 0.75) == (2.0, 18.0)  # ranks 2.5 and 17.5 are rounded outwards


def test_too_few_rows_for_a_level_give_infinite_ends():
    assert quantiles(np.arange(18.0), 0.9) == (-np.inf, np.inf)


def test_symmetric_interval_is_an_order_statistic_of_the_absolute_values():
    residuals = np.concatenate([-np.arange(1.0, 10.0), np.arange(1.0, 11.0) + 0.5])
    lower, upper = quantiles(residuals, 0.9, symmetric=True)
    assert -lower == upper == np.sort(np.abs(residuals))[17]  # rank 20 * .9 = 18
    assert quantiles(residuals, 0.96, symmetric=True) == (-np.inf, np.inf)


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30),
    st.floats(0.05, 0.99),
    st.booleans(),
    st.data(),
)
def test_whole_weights_are_repetitions(residuals, level, symmetric, data):
    n = len(residuals)
    weights = data.draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    weighted = quantiles(residuals, level, np.array(weights, float), symmetric=symmetric)
    repeated = quantiles(np.repeat(residuals, weights), level, symmetric=symmetric)
    assert weighted == repeated


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), st.floats(0.05, 0.99))
def test_mirrored_residuals_mirror_the_interval(residuals, level):
    lower, upper = quantiles(residuals, level)
    mirrored = quantiles(-np.asarray(residuals), level)
    assert mirrored == (-upper, -lower)


def test_coverage_of_exchangeable_errors_is_at_least_the_level_and_close_to_it():
    """The next of n + 1 errors: (n + 1) coverage is a number of ranks, exactly."""
    rng = np.random.default_rng(0)
    n, level, draws = 50, 0.9, 4000
    errors = rng.exponential(size=(draws, n + 1))
    covered = 0
    for row in errors:
        lower, upper = quantiles(row[:-1], level)
        covered += lower <= row[-1] <= upper
    expected = (np.ceil(51 * 0.95) - np.floor(51 * 0.05)) / 51
    assert expected >= level
    standard_error = np.sqrt(expected * (1 - expected) / draws)
    assert covered / draws == pytest.approx(expected, abs=4 * standard_error)


def test_fewest_rows_for_an_interval():
    """2 / a - 1 for two ends, 1 / a - 1 for symmetric ones."""
    for level in (0.5, 0.8, 0.9, 0.95, 0.99):
        for symmetric, fewest in ((False, 2 / (1 - level) - 1), (True, 1 / (1 - level) - 1)):
            n = round(fewest)
            enough = quantiles(np.arange(n + 0.0), level, symmetric=symmetric)
            too_few = quantiles(np.arange(n - 1.0), level, symmetric=symmetric)
            assert np.isfinite(enough).all() and np.isinf(too_few).all()


@pytest.mark.parametrize("symmetric", [False, True])
def test_scale_of_precisions_does_not_change_the_interval(symmetric):
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((80, 5)), rng.uniform(0.5, 2, 80)
    y = X[:, 0] + rng.standard_normal(80) / np.sqrt(w)
    ends = []
    for scale in (1.0, 1e-3, 1e3):
        model = SketchedRidgeEnsemble(sketch=None, alphas=3.0 * scale).fit(X, y, scale * w)
        ends.append(model.predict_interval(X, symmetric=symmetric))
    np.testing.assert_allclose(ends[1:], [ends[0]] * 2, rtol=1e-9)


@pytest.mark.parametrize("options", [{"confidence_level": 1.0}, {"symmetric": "yes"}])
def test_bad_parameters_are_those_of_predict_interval(options):
    model = SketchedRidgeEnsemble(sketch=None, alphas=1.0).fit(np.eye(3), np.arange(3.0))
    name = next(iter(options))
    with pytest.raises(ValueError, match=rf"'{name}' parameter of \w+\.predict_interval must"):
        model.predict_interval(np.eye(3), **options)


def test_an_unknown_residual_makes_the_interval_infinite():
    assert quantiles([1.0] * 100 + [np.inf], 0.5) == (-np.inf, np.inf)
