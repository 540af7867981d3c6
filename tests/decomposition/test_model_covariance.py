# SPDX-License-Identifier: BSD-3-Clause
"""Covariance, inverse and likelihood of a few components in noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from skrmt.decomposition._centred_matrix import CentredMatrix
from skrmt.decomposition._model_covariance import (
    log_likelihood,
    model_covariance,
    model_precision,
)

VARIANCES = st.floats(1e-3, 1e3)


def random_axes(k, p, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return np.linalg.qr(rng.standard_normal((p, k)))[0].T.astype(dtype)


@given(signal=st.lists(VARIANCES, max_size=4), noise=VARIANCES)
def test_eigenvalues(signal, noise):
    signal = np.array(signal)
    axes = random_axes(len(signal), 7)
    covariance = model_covariance(axes, signal, noise)
    np.testing.assert_allclose(covariance, covariance.T, rtol=1e-12, atol=1e-12 * 1e3)
    np.testing.assert_allclose(axes @ covariance, (signal + noise)[:, None] * axes, atol=1e-11)
    right = np.sort(np.append(signal + noise, np.full(7 - len(signal), noise)))
    np.testing.assert_allclose(np.linalg.eigvalsh(covariance), right, atol=1e-11)


@given(signal=st.lists(VARIANCES, max_size=4), noise=VARIANCES)
def test_inverse(signal, noise):
    signal = np.array(signal)
    axes = random_axes(len(signal), 7)
    product = model_covariance(axes, signal, noise) @ model_precision(axes, signal, noise)
    # The condition number is at most 1e6.
    np.testing.assert_allclose(product, np.eye(7), atol=1e-9)


@pytest.mark.parametrize("k", [0, 1, 3])
@pytest.mark.parametrize("noise", [1e-4, 1.0, 50.0])
def test_likelihood(k, noise):
    rng = np.random.default_rng(1)
    axes, signal = random_axes(k, 8), np.array([5.0, 2.0, 0.0])[:k]
    mean = rng.standard_normal(8)
    covariance = model_covariance(axes, signal, noise)
    X = rng.multivariate_normal(mean, covariance, size=20)
    found = log_likelihood(CentredMatrix(X, mean=mean), axes, signal, noise)
    right = multivariate_normal(mean, covariance).logpdf(X)
    assert found.shape == (20,)
    # Distances of size 8 are differences of others, up to signal over noise larger.
    np.testing.assert_allclose(found, right, atol=1e-12 * (1 + 50 / noise))


def test_mean_likelihood_is_minus_the_entropy():
    """Of the model's own draws: a fact about the constants too."""
    rng = np.random.default_rng(2)
    axes, signal, noise, n, p = random_axes(2, 30), np.array([9.0, 3.0]), 0.5, 20_000, 30
    X = rng.standard_normal((n, p)) * np.sqrt(noise) + rng.standard_normal((n, 2)) @ (
        np.sqrt(signal)[:, None] * axes
    )
    values = log_likelihood(CentredMatrix(X, mean=np.zeros(p)), axes, signal, noise)
    log_det = 28 * np.log(noise) + np.log(signal + noise).sum()
    entropy = (p * np.log(2 * np.pi * np.e) + log_det) / 2
    # The variance of half a chi-squared variable with p degrees of freedom is p / 2.
    assert values.mean() == pytest.approx(-entropy, abs=4 * np.sqrt(p / 2 / n))
    assert values.var() == pytest.approx(p / 2, rel=4 * np.sqrt(3 / n))


def test_no_component_is_white_noise():
    axes, signal = np.empty((0, 5)), np.empty(0)
    np.testing.assert_array_equal(model_covariance(axes, signal, 2.0), 2 * np.eye(5))
    np.testing.assert_array_equal(model_precision(axes, signal, 2.0), np.eye(5) / 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype(dtype):
    axes, signal = random_axes(2, 6, dtype=dtype), np.array([3.0, 1.0])
    X = np.ones((4, 6), dtype=dtype)
    assert model_covariance(axes, signal, 0.5).dtype == dtype
    assert model_precision(axes, signal, 0.5).dtype == dtype
    matrix = CentredMatrix(X, mean=np.zeros(6, dtype))
    assert log_likelihood(matrix, axes, signal, 0.5).dtype == np.float64


def test_without_noise():
    axes, signal = random_axes(2, 5), np.array([3.0, 1.0])
    covariance = model_covariance(axes, signal, 0.0)
    assert np.linalg.matrix_rank(covariance) == 2
    with pytest.raises(ValueError, match="noise_variance_ is 0"):
        model_precision(axes, signal, 0.0)
    with pytest.raises(ValueError, match="noise_variance_ is 0"):
        log_likelihood(CentredMatrix(np.ones((3, 5))), axes, signal, 0.0)
