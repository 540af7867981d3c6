# SPDX-License-Identifier: BSD-3-Clause
"""Rows from Gaussian classes whose signal-to-noise ratio is known."""

import numpy as np

# Rows whose means are added at once.
_BATCH = 4096


def gaussian_classes(n, p, n_classes, snr, seed):
    """Draw rows of balanced classes with orthogonal means and unit covariance.

    The means have the squared length ``n_classes * snr``, so that the centred mixture has
    ``n_classes - 1`` spikes of strength `snr` each; two classes are ``+-mu`` with
    ``||mu||^2 = snr``, but for a shift.

    Parameters
    ----------
    n, p : int
        Rows and columns.
    n_classes : int
        How many classes; with one the rows are noise.
    snr : float
        Signal-to-noise ratio rho.
    seed : int
        Source of the draw.

    Returns
    -------
    X : ndarray of shape (n, p), float32
        The rows.
    y : ndarray of shape (n,), int64
        Their classes.
    """
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p), np.float32)
    y = rng.permutation(np.arange(n) % n_classes)
    if n_classes > 1:
        directions = np.linalg.qr(rng.standard_normal((p, n_classes)))[0].T
        means = ((n_classes * snr) ** 0.5 * directions).astype(np.float32)
        for start in range(0, n, _BATCH):
            rows = slice(start, start + _BATCH)
            X[rows] += means[y[rows]]
    return X, y
