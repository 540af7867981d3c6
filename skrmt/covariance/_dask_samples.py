# SPDX-License-Identifier: BSD-3-Clause
"""Samples in the blocks of a Dask array: their statistic, and their distances.

A block with fewer rows than columns stays rows, and so does what such blocks are merged into while
that has fewer: to hold ``min(n, p)`` rows of p numbers is to hold no more than the covariance
matrix. All else are moments (:mod:`skrmt.covariance._moments`), and no one ever holds all rows.
"""

import operator
from functools import partial

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skrmt.covariance._moments import MomentStatistic, RowStatistic, merged, updated
from skrmt.utils._dask_rows import DaskRows, map_rows
from skrmt.utils._validation import check_sample_weight


class DaskSamples:
    """Weighted rows of a Dask array, checked block by block when they are summed.

    Parameters
    ----------
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.
    sample_weight : float, array-like or dask.array.Array of shape (n_samples,), default=None
        Weights, not negative.
    centre : bool
        Whether moments are about the mean, or about 0.
    name : str
        Of the estimator, for messages.

    Attributes
    ----------
    X : dask.array.Array
        Rows, of known sizes, with one chunk along the columns.
    dtype : dtype
        Float type that the estimator's attributes have.

    Raises
    ------
    ValueError
        If lengths or dimensions are wrong.
    TypeError
        If the blocks are sparse.
    """

    def __init__(self, X, sample_weight=None, *, centre, name):
        self._rows = _dense_rows(X, sample_weight)
        weights = self._rows.sample_weight
        if weights is not None and weights.ndim != 1:
            raise ValueError(
                f"Sample weights must be 1D array or scalar, got {weights.ndim}D array; flatten "
                "them."
            )
        self._options = {"centre": centre, "estimator": name}
        self.X = self._rows.X
        self.dtype = np.dtype(np.float32 if self.X.dtype == np.float32 else np.float64)

    def statistic(self, ddof):
        """Sum all blocks.

        Parameters
        ----------
        ddof : float
            Degrees of freedom that are lost.

        Returns
        -------
        statistic : RowStatistic or MomentStatistic
            As :func:`skrmt.covariance._moments.updated` makes it.

        Raises
        ------
        ValueError
            If there are no rows of positive weight, or values that no estimator takes.
        """
        found = self._rows.map_reduce(
            _block_statistic, partial(merged, ddof=ddof), ddof=ddof, **self._options
        )
        if found is None:
            raise ValueError("Sample weights must contain at least one non-zero number.")
        return found

    def fourth_moment(self, mean, used, unit):
        """Sum the fourth powers of the lengths of rows in other units, in another pass.

        Parameters
        ----------
        mean : ndarray of shape (n_features,)
            What lengths are measured from.
        used : ndarray of bool, shape (n_features,)
            Columns that count.
        unit : ndarray of shape (n_used,)
            What these are multiplied by.

        Returns
        -------
        fourth : float
            ``sum w |unit (x - mean)|^4``.
        """
        return self._rows.map_reduce(
            _block_fourth, operator.add, mean=mean, used=used, unit=unit, **self._options
        )


def refuse_other_columns(estimator, X):
    """Refuse a Dask array whose columns are not those that an estimator was fitted to.

    Parameters
    ----------
    estimator : object
        Fitted.
    X : dask.array.Array
        Rows, of any sizes.

    Raises
    ------
    ValueError
        If X has not two dimensions, or another number of columns.
    """
    # scikit-learn would ask a vector how many features it has.
    if X.ndim != 2:
        raise ValueError(
            f"Expected a two-dimensional Dask array X, got one with {X.ndim} dimension(s); "
            "reshape it with X.reshape(-1, 1) or X.reshape(1, -1)."
        )
    validate_data(estimator, X, skip_check_array=True, reset=False)


def squared_distances(X, location, precision):
    """Squared Mahalanobis distances of rows, not computed yet.

    Parameters
    ----------
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.
    location : ndarray of shape (n_features,)
        What distances are measured from.
    precision : ndarray of shape (n_features, n_features)
        The metric.

    Returns
    -------
    distances : dask.array.Array of shape (n_samples,) and dtype float64
        Computed when asked for.
    """
    function = partial(_block_distances, location=location, precision=precision)
    return map_rows(function, X, shape=(), dtype=np.dtype(np.float64))


def block_moments(X):
    """Moments of rows about their mean.

    Parameters
    ----------
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    moments : MomentStatistic
        Of all blocks.
    """
    return _dense_rows(X).map_reduce(_moments_of_block, MomentStatistic.merge)


def _dense_rows(X, sample_weight=None):
    rows = DaskRows(X, sample_weight=sample_weight)
    if rows.is_sparse:
        raise TypeError(
            "The blocks of X are sparse, but dense ones are needed; give "
            "X.map_blocks(lambda block: block.toarray())."
        )
    return rows


def _block(X, weights, centre, estimator):
    """Rows of a block, checked as `fit` checks all; None if their weights are 0."""
    X = check_array(X, dtype=[np.float64, np.float32], input_name="X", estimator=estimator)
    if weights is None:
        return RowStatistic(X, np.ones(len(X)), centre)
    weights = check_sample_weight(
        weights, X, dtype=np.float64, ensure_non_negative=True, allow_all_zero_weights=True
    )
    return RowStatistic(X, weights, centre) if weights.any() else None


def _block_statistic(X, y, weights, *, ddof, centre, estimator):
    rows = _block(X, weights, centre, estimator)
    return None if rows is None else updated(None, rows, ddof=ddof)


def _block_fourth(X, y, weights, *, centre, estimator, mean, used, unit):
    rows = _block(X, weights, centre, estimator)
    return 0.0 if rows is None else rows.fourth_moment(mean, used, unit)


def _block_distances(X, location, precision):
    centred = check_array(X, dtype=np.float64, ensure_min_samples=0) - location
    return np.einsum("ij,ij->i", centred @ precision, centred)


def _moments_of_block(X, y, weights):
    rows = check_array(X, dtype=[np.float64, np.float32], input_name="X")
    return RowStatistic(rows, np.ones(len(rows)), True).moments(tell_apart=False)
