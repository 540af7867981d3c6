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

from skrmt.utils._arrays import beside, namespace_of


def _quantile(sorted_residuals, reached, target):
    """First residual at which the sum of weights reaches the target; inf where none does."""
    sought = beside(np.array([target * (1 - 1e-12)]), reached)
    index = int(namespace_of(reached).searchsorted(reached, sought)[0])
    return float(sorted_residuals[index]) if index < reached.shape[0] else np.inf


def residual_quantiles(residuals, weights, confidence_level, *, symmetric=False):
    """Lower and upper distance of an interval from the prediction, for each target.

    Parameters
    ----------
    residuals : array of shape (n_samples, n_targets)
        Corrected residuals, target minus prediction: of NumPy or of another library, on whose
        device they are sorted.
    weights : array of shape (n_samples,) or None
        Weights of the rows, where the residuals are.
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
    xp = namespace_of(residuals)
    w = beside(np.ones(n_samples), residuals) if weights is None else weights
    a, N = 1 - confidence_level, float(xp.sum(w))
    quantiles = np.empty((2, n_targets))
    for t in range(n_targets):
        column = residuals[:, t]
        if not bool(xp.all(xp.isfinite(column))):
            quantiles[:, t] = -np.inf, np.inf
            continue
        column = xp.abs(column) if symmetric else column
        order = xp.argsort(column, stable=True)
        ascending, w_ascending = xp.take(column, order), xp.take(w, order)
        reached = _running_sum(w_ascending)
        if symmetric:
            half = _quantile(ascending, reached, _ceil((N + 1) * (1 - a), weights))
            quantiles[:, t] = -half, half
        else:
            target = _ceil((N + 1) * (1 - a / 2), weights)
            # From the other end the lower quantile is an upper one of the negated residuals.
            descending = _running_sum(xp.flip(w_ascending))
            quantiles[0, t] = -_quantile(-xp.flip(ascending), descending, target)
            quantiles[1, t] = _quantile(ascending, reached, target)
    return quantiles[0], quantiles[1]


def _running_sum(weights):
    """Cumulative sum; `numpy.cumulative_sum` came with NumPy 2.1."""
    xp = namespace_of(weights)
    return xp.cumsum(weights) if xp is np else xp.cumulative_sum(weights)


def _ceil(rank, weights):
    """A rank is a whole number, unless it is a sum of weights."""
    return np.ceil(rank * (1 - 1e-12)) if weights is None else rank
