# SPDX-License-Identifier: BSD-3-Clause
r"""Prediction intervals from corrected residuals.

A corrected residual is distributed like the error of a prediction for a new row. Order statistics
of n of them bracket a new error: of n + 1 exchangeable errors, the new one is among the
``floor((n + 1) a / 2)`` smallest with probability at most a / 2, and so above. Order statistics
that n rows do not have are infinite: an interval of level 1 - a needs ``n >= 2 / a - 1`` rows, one
that is symmetric, from a single order statistic of the absolute values, ``n >= 1 / a - 1``.

With weights an order statistic is a weighted quantile, N + 1 standing for n + 1.
"""

import numpy as np


def _quantile(sorted_residuals, reached, target):
    """First residual at which the sum of weights reaches the target; inf where none does."""
    index = np.searchsorted(reached, target * (1 - 1e-12))
    return sorted_residuals[index] if index < len(reached) else np.inf


def residual_quantiles(residuals, weights, confidence_level, *, symmetric=False):
    """Lower and upper distance of an interval from the prediction, for each target.

    Parameters
    ----------
    residuals : ndarray of shape (n_samples, n_targets)
        Corrected residuals, target minus prediction.
    weights : ndarray of shape (n_samples,) or None
        Weights of the rows.
    confidence_level : float
        Level in (0, 1).
    symmetric : bool, default=False
        Whether the interval is symmetric about the prediction.

    Returns
    -------
    lower, upper : ndarray of shape (n_targets,)
        What to add to a prediction; infinite where the rows are too few, or a residual is not
        known.
    """
    n_samples, n_targets = residuals.shape
    w = np.ones(n_samples) if weights is None else weights
    a, N = 1 - confidence_level, w.sum()
    quantiles = np.empty((2, n_targets))
    for t, column in enumerate(residuals.T):
        if not np.isfinite(column).all():
            quantiles[:, t] = -np.inf, np.inf
            continue
        column = np.abs(column) if symmetric else column
        order = np.argsort(column, kind="stable")
        ascending, reached = column[order], np.cumsum(w[order])
        if symmetric:
            half = _quantile(ascending, reached, _ceil((N + 1) * (1 - a), weights))
            quantiles[:, t] = -half, half
        else:
            target = _ceil((N + 1) * (1 - a / 2), weights)
            # From the other end the lower quantile is an upper one of the negated residuals.
            descending = np.cumsum(w[order[::-1]])
            quantiles[0, t] = -_quantile(-ascending[::-1], descending, target)
            quantiles[1, t] = _quantile(ascending, reached, target)
    return quantiles[0], quantiles[1]


def _ceil(rank, weights):
    """A rank is a whole number, unless it is a sum of weights."""
    return np.ceil(rank * (1 - 1e-12)) if weights is None else rank
