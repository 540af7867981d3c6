# SPDX-License-Identifier: BSD-3-Clause
"""Populations with a known covariance matrix, and draws from them."""

import numpy as np
from scipy.linalg import toeplitz

# Standard deviation of the logarithms of unequal scales.
SCALE_SPREAD = 1.0
CORRELATION = 0.7
LEAST_NOISE, MOST_NOISE = 0.5, 1.5


def levels_in_columns(p):
    """Variances 1, 3 and 10 for 20, 40 and 40 percent of the features."""
    return np.diag(np.repeat([1.0, 3.0, 10.0], [p // 5, 2 * p // 5, p - p // 5 - 2 * p // 5]))


def three_levels(p):
    """Eigenvalues 1, 3 and 10, turned so that no column is an eigenvector."""
    return turned(levels_in_columns(p))


def one_spike(p):
    """White noise, and a variance of 20 along some direction."""
    return turned(np.diag(np.append(20.0, np.ones(p - 1))))


def three_spikes(p):
    """White noise, and the variances 20, 8 and 4 along three directions."""
    return turned(np.diag(np.append([20.0, 8.0, 4.0], np.ones(p - 3))))


def strong_spikes(p):
    """White noise, and the variances 30, 15 and 8 along three directions."""
    return turned(np.diag(np.append([30.0, 15.0, 8.0], np.ones(p - 3))))


def turned(sigma):
    """Turn a covariance matrix by a random rotation, always the same."""
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal(sigma.shape))[0]
    return (Q * np.diag(sigma)) @ Q.T


def autoregressive(p):
    """Covariance matrix of an autoregressive process of order one."""
    return toeplitz(CORRELATION ** np.arange(p))


def unequal_scales(p):
    """An autoregressive process in units that differ: logarithms of the scales are normal."""
    scales = np.exp(SCALE_SPREAD * np.random.default_rng(0).standard_normal(p))
    return autoregressive(p) * np.outer(scales, scales)


def market(p, seed=0):
    """Three factors, of which the first moves all assets, and noise of unequal variances."""
    rng = np.random.default_rng(seed)
    loadings = np.array([1.0, 0.7, 0.5]) * rng.standard_normal((p, 3)) + np.array([1.0, 0, 0])
    return loadings @ loadings.T + np.diag(rng.uniform(LEAST_NOISE, MOST_NOISE, p))


POPULATIONS = {
    "three levels": three_levels,
    "three levels, in the columns": levels_in_columns,
    "one spike": one_spike,
    "spikes 20/8/4": three_spikes,
    "spikes 30/15/8": strong_spikes,
    "AR(.7)": autoregressive,
    "AR(.7), unequal scales": unequal_scales,
    "factors": market,
    "identity": np.eye,
}


def draw(sigma, n, seed, degrees=None):
    """Draw samples with a covariance matrix.

    Parameters
    ----------
    sigma : ndarray of shape (p, p)
        The covariance matrix.
    n : int
        How many samples.
    seed : int
        Source of the draw.
    degrees : float, default=None
        Degrees of freedom of Student's t, for independent entries along the eigenvectors; None is
        Gaussian.

    Returns
    -------
    X : ndarray of shape (n, p)
        The samples.
    """
    rng = np.random.default_rng(seed)
    if degrees is None:
        return rng.standard_normal((n, len(sigma))) @ np.linalg.cholesky(sigma).T
    entries = rng.standard_t(degrees, (n, len(sigma))) * np.sqrt(1 - 2 / degrees)
    lam, U = np.linalg.eigh(sigma)
    return (entries * np.sqrt(np.maximum(lam, 0))) @ U.T
