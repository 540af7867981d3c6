# SPDX-License-Identifier: BSD-3-Clause
"""Row moments against NumPy, in one piece and merged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skrmt.kernel_approximation import _row_moments
from skrmt.kernel_approximation._row_moments import row_moments


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("to", [np.asarray, csr_array], ids=["dense", "CSR"])
def test_against_numpy(dtype, to, monkeypatch):
    monkeypatch.setattr(_row_moments, "BLOCK_BYTES", 8 * 7 * 10)  # many blocks
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((53, 7)) * (rng.random((53, 7)) < 0.4)).astype(dtype)
    moments, distances = row_moments(to(X))
    exact = X.astype(np.float64)
    np.testing.assert_allclose(moments.mean, exact.mean(axis=0), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        distances, ((exact - exact.mean(axis=0)) ** 2).sum(axis=1), rtol=1e-11
    )
    assert moments.tau == pytest.approx(exact.var(axis=0).sum(), rel=1e-12)
    assert moments.total_variance == pytest.approx(7 * exact.var(), rel=1e-12)
    assert moments.mean.dtype == np.float64


def test_large_mean_does_not_cancel():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((1000, 5))
    for to in (np.asarray, csr_array):
        moments, _ = row_moments(to(X + 1e8))
        # the data themselves are rounded to 1e-8
        assert moments.tau == pytest.approx(X.var(axis=0).sum(), rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(cuts=st.lists(st.integers(1, 59), max_size=6), seed=st.integers(0, 50))
def test_any_split_merges_to_the_whole(cuts, seed):
    X = np.random.default_rng(seed).normal(3, 2, (60, 4))
    whole, _ = row_moments(X)
    merged = None
    for part in np.split(X, sorted(set(cuts))):
        piece, _ = row_moments(part)
        merged = piece if merged is None else merged.merge(piece)
    assert merged.n_samples == 60
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12)
    assert merged.scatter == pytest.approx(whole.scatter, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 / 3])
def test_equal_rows_are_constant_in_spite_of_rounding(value):
    assert row_moments(np.full((1001, 3), value))[0].is_constant


def test_nearly_equal_rows_are_not_constant():
    X = np.full((100, 3), 0.1)
    X[0, 0] += 1e-9
    assert not row_moments(X)[0].is_constant
