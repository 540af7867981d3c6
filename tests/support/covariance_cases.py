# SPDX-License-Identifier: BSD-3-Clause
"""Populations and draws for the tests of covariance estimators."""

import numpy as np
from scipy.linalg import toeplitz

# Attributes of one or both estimators that hold numbers.
NUMBERS = (
    "location_",
    "covariance_",
    "precision_",
    "eigenvalues_",
    "shrunk_eigenvalues_",
    "predicted_loss_",
    "predicted_sample_loss_",
    "noise_variance_",
    "spikes_",
    "cosines_",
)


def three_levels(p):
    """Variances 1, 3 and 10 for 20, 40 and 40 percent of the features."""
    return np.repeat([1.0, 3.0, 10.0], [p // 5, 2 * p // 5, p - 3 * p // 5])


def with_spikes(p, *spikes):
    """White noise with some variances larger than 1."""
    return np.concatenate([spikes, np.ones(p - len(spikes))])


def autoregressive(p, correlation=0.7):
    """Covariance matrix of an autoregressive process of order one."""
    return toeplitz(correlation ** np.arange(p))


def factor_model(p, seed, n_factors=3):
    """Covariance matrix of some common factors and noise of unequal variances."""
    rng = np.random.default_rng(seed)
    loadings = rng.standard_normal((p, n_factors))
    return loadings @ loadings.T + np.diag(rng.uniform(0.5, 1.5, p))


def draw(sigma, n, seed, *, degrees=None):
    """Samples with a covariance matrix (or a vector of variances): Gaussian, or Student's t."""
    rng = np.random.default_rng(seed)
    sigma = np.diag(sigma) if sigma.ndim == 1 else sigma
    if degrees is None:
        Z = rng.standard_normal((n, len(sigma)))
    else:
        Z = rng.standard_t(degrees, (n, len(sigma))) * np.sqrt(1 - 2 / degrees)
    return Z @ np.linalg.cholesky(sigma).T


def squared_error(estimate, sigma):
    """Squared Frobenius norm of the error."""
    sigma = np.diag(sigma) if sigma.ndim == 1 else sigma
    return ((estimate - sigma) ** 2).sum()


def share_of_possible_gain(estimators, sigma, n, seeds, *, degrees=None):
    """Percentage of the loss of the sample covariance that each estimator saves.

    100 is what the best eigenvalues for the sample eigenvectors would save, which need Sigma.
    """
    sigma = np.diag(sigma) if sigma.ndim == 1 else sigma
    sums = np.zeros(2 + len(estimators))
    for seed in seeds:
        X = draw(sigma, n, seed, degrees=degrees)
        S = np.cov(X.T)
        U = np.linalg.eigh(S)[1]
        best = (U * ((U.T @ sigma) * U.T).sum(axis=1)) @ U.T
        found = [S, best, *(estimator.fit(X).covariance_ for estimator in estimators)]
        sums += [squared_error(C, sigma) for C in found]
    return 100 * (sums[0] - sums[2:]) / (sums[0] - sums[1])


def assert_same_model(first, second, rtol=1e-8):
    """Two estimators have the same attributes, to this share of the largest number of each."""
    for name in NUMBERS:
        assert hasattr(first, name) == hasattr(second, name), name
        if hasattr(first, name):
            expected = np.asarray(getattr(second, name))
            scale = np.abs(expected).max(initial=0)
            np.testing.assert_allclose(
                getattr(first, name), expected, rtol=rtol, atol=rtol * scale, err_msg=name
            )
    assert first.n_samples_seen_ == second.n_samples_seen_
