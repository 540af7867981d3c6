# SPDX-License-Identifier: BSD-3-Clause
"""The Gaussian model of a few components in noise: covariance, inverse and likelihood.

``C = w I + V' diag(t) V`` with orthonormal rows V. In high dimensions V are the sample axes, and t
is not the signal's variance but what of it lies along them, ``t = (l - 1) c^2 w``: the covariance
of the least Kullback-Leibler distance to the population's with these axes (D. Donoho, M. Gavish, I.
Johnstone, "Optimal shrinkage of eigenvalues in the spiked covariance model", Annals of Statistics
46, 2018).
"""

import numpy as np


def model_covariance(axes, signal, noise):
    """Covariance C.

    Parameters
    ----------
    axes : ndarray of shape (k, n_features)
        Orthonormal rows.
    signal : ndarray of shape (k,)
        Variances along them, without the noise.
    noise : float
        Variance in each direction.

    Returns
    -------
    covariance : ndarray of shape (n_features, n_features)
        Of the axes' type.
    """
    covariance = (axes.T * signal.astype(axes.dtype)) @ axes
    covariance[np.diag_indices_from(covariance)] += noise
    return covariance


def _require_noise(noise):
    if noise == 0:
        raise ValueError(
            "noise_variance_ is 0: the data lie in a subspace, where their covariance has no "
            "inverse and no density. Add noise to X, or use the components alone."
        )


def model_precision(axes, signal, noise):
    """Inverse of C.

    Parameters
    ----------
    axes : ndarray of shape (k, n_features)
        Orthonormal rows.
    signal : ndarray of shape (k,)
        Variances along them, without the noise.
    noise : float
        Variance in each direction.

    Returns
    -------
    precision : ndarray of shape (n_features, n_features)
        Of the axes' type.

    Raises
    ------
    ValueError
        If there is no noise.
    """
    _require_noise(noise)
    lost = (signal / (noise + signal) / noise).astype(axes.dtype)
    precision = -(axes.T * lost) @ axes
    precision[np.diag_indices_from(precision)] += 1 / noise
    return precision


def log_likelihood(matrix, axes, signal, noise):
    """Log-likelihood of each row.

    Parameters
    ----------
    matrix : CentredMatrix
        Rows less the model's mean.
    axes : ndarray of shape (k, n_features)
        Orthonormal rows.
    signal : ndarray of shape (k,)
        Variances along them, without the noise.
    noise : float
        Variance in each direction.

    Returns
    -------
    values : ndarray of shape (n_samples,) and dtype float64
        In O(n_features k) each.

    Raises
    ------
    ValueError
        If there is no noise.
    """
    _require_noise(noise)
    scores = matrix.dot(axes.T).astype(np.float64)
    distances = matrix.row_squares / noise - scores**2 @ (signal / (noise + signal) / noise)
    log_det = axes.shape[1] * np.log(2 * np.pi * noise) + np.log1p(signal / noise).sum()
    return -(distances + log_det) / 2
