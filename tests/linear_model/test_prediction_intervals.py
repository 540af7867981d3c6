# SPDX-License-Identifier: BSD-3-Clause
"""Order statistics of residuals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_an_unknown_residual_makes_the_interval_infinite():
    assert quantiles([1.0] * 100 + [np.inf], 0.5) == (-np.inf, np.inf)
