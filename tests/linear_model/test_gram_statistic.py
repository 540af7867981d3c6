# SPDX-License-Identifier: BSD-3-Clause
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, csr_matrix

from skrmt.linear_model._gram_statistic import GramStatistic, Spread, gram_statistic, spread_of
from skrmt.linear_model._problem import make_problem

FIELDS = ("total", "mean", "y_mean", "products", "cross", "y_squares")


def _data(n, d, *, seed=0, offset=0.0):
    rng = np.random.default_rng(seed)
    R, Y = rng.standard_normal((n, d)) + offset, rng.standard_normal((n, 2)) - offset
    return R, Y, rng.integers(1, 5, n) / 3


def _reference(R, Y, w, centre):
    """Moments in extended precision, by their definition."""
    R, Y, w = (a.astype(np.longdouble) for a in (R, Y, w))
    N = w.sum()
    mean, y_mean = (w @ R / N, w @ Y / N) if centre else (0 * R[0], 0 * Y[0])
    R, Y = R - mean, Y - y_mean
    values = (N, mean, y_mean, (R.T * w) @ R, (R.T * w) @ Y, w @ Y**2)
    return dict(zip(FIELDS, values, strict=True))


def _in_parts(R, Y, w, cuts, **options):
    parts = [p for p in np.split(np.arange(len(Y)), sorted(cuts)) if len(p)]
    statistics = [gram_statistic(R[p], Y[p], w[p], **options) for p in parts]
    return reduce(GramStatistic.merge, statistics)


def _assert_equals(statistic, expected, rtol):
    for name in FIELDS:
        value = np.asarray(expected[name], float)
        atol = rtol * np.abs(value).max()
        np.testing.assert_allclose(getattr(statistic, name), value, rtol=0, atol=atol)


@pytest.mark.parametrize("centre", [True, False])
@given(cuts=st.lists(st.integers(0, 30), max_size=8), seed=st.integers(0, 100))
def test_any_split_gives_the_moments_of_all_rows(centre, cuts, seed):
    R, Y, w = _data(30, 4, seed=seed)
    statistic = _in_parts(R, Y, w, cuts, centre=centre)
    assert statistic.n_rows == 30
    _assert_equals(statistic, _reference(R, Y, w, centre), 1e-13)


def test_rows_far_from_zero_keep_their_moments():
    # A mean is known to 1e4 eps, and its error multiplies a difference of means of order 1 that
    # weighs N; a difference of uncentred sums would have N (1e4)^2 eps instead.
    offset = 1e4
    R, Y, w = _data(400, 5, offset=offset)
    statistic = _in_parts(R, Y, w, [1, 2, 50, 51, 300], centre=True)
    expected = _reference(R, Y, w, True)
    atol = float(w.sum()) * offset * np.finfo(float).eps
    for name in ("products", "cross", "y_squares"):
        value = expected[name].astype(float)
        np.testing.assert_allclose(getattr(statistic, name), value, rtol=0, atol=atol)


def test_merging_changes_no_operand():
    R, Y, w = _data(20, 3)
    first, second = (
        gram_statistic(R[p], Y[p], w[p], centre=True) for p in (slice(9), slice(9, 20))
    )
    before = [np.copy(getattr(s, name)) for s in (first, second) for name in FIELDS]
    first.merge(second)
    after = [getattr(s, name) for s in (first, second) for name in FIELDS]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_single_row_has_no_spread():
    statistic = gram_statistic(np.full((1, 3), 7.0), np.ones((1, 2)), np.array([2.0]), centre=True)
    assert statistic.total == 2
    assert not statistic.products.any() and not statistic.cross.any()
    np.testing.assert_array_equal(statistic.mean, np.full(3, 7.0))


@pytest.mark.parametrize("K", [2, 4, 5])
def test_ring_has_the_blocks_of_the_whole(K):
    m = 3
    R, Y, w = _data(25, K * m)
    every = _in_parts(R, Y, w, [4, 17], centre=True)
    ring = _in_parts(R, Y, w, [4, 17], centre=True, ring=K)
    assert ring.products.shape == (2, K, m, m)
    for k in range(K):
        for other in (k, (k + 1) % K):
            found, expected = ring.gram(k, other, m), every.gram(k, other, m)
            np.testing.assert_allclose(found, expected, atol=1e-13)


@pytest.mark.parametrize("container", [csr_array, csr_matrix])
@pytest.mark.parametrize("centre", [True, False])
def test_sparse_rows_count_as_dense_ones(container, centre):
    R, Y, w = _data(40, 6)
    R[np.abs(R) < 1] = 0
    sparse = gram_statistic(container(R), Y, w, centre=centre)
    _assert_equals(sparse, _reference(R, Y, w, centre), 1e-13)


def test_float32_rows_are_summed_in_float64():
    R, Y, w = _data(500, 3)
    R = R.astype(np.float32)
    statistic = gram_statistic(R, Y, w, centre=True)
    assert statistic.products.dtype == np.float64
    _assert_equals(statistic, _reference(R, Y, w, True), 1e-13)


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_spread_is_the_diagonal_of_the_gram_matrix(centre, container):
    R, Y, w = _data(30, 5, offset=10.0)
    statistic = gram_statistic(R, Y, w, centre=centre)
    parts = [
        make_problem(container(R[p]), Y[p], w[p], fit_intercept=centre)
        for p in (slice(7), slice(7, 30))
    ]
    spread = reduce(Spread.merge, map(spread_of, parts))
    np.testing.assert_allclose(spread.mean, statistic.mean, rtol=1e-14)
    # Squares of sparse rows, 100 times their variance, cancel.
    np.testing.assert_allclose(spread.scatter, np.diagonal(statistic.products), rtol=1e-12)
