# SPDX-License-Identifier: BSD-3-Clause
"""Mean and total variance of rows: the sufficient statistic of data-dependent thresholds.

Additive over rows: the statistics of two sets of rows merge into that of their union (Chan, Golub,
LeVeque, 1983), so that batches, workers and machines give what one pass would.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils import gen_batches

# Bytes of the float64 copy of a block of rows, which a second-level cache holds.
BLOCK_BYTES = 1 << 20

# Infinite moments are refused by name, where they are used.
_OVERFLOW_IS_JUDGED_LATER = np.errstate(over="ignore", invalid="ignore")


@dataclass(frozen=True, eq=False)
class RowMoments:
    """Count, mean and scatter of rows.

    Attributes
    ----------
    n_samples : int
        Number of rows.
    mean : ndarray of shape (n_features,) and dtype float64
        Mean row, *mu*.
    scatter : float
        Sum over rows of the squared distance to the mean.
    dtype : numpy.dtype
        Float type of the rows; the narrowest, where several have been merged.
    """

    n_samples: int
    mean: np.ndarray
    scatter: float
    dtype: np.dtype

    @property
    def tau(self):
        """Mean squared distance of a row to the mean (trace of the biased covariance)."""
        return self.scatter / self.n_samples

    @property
    def total_variance(self):
        """Variance of all entries of X taken together, times n_features."""
        return self.tau + float(np.sum((self.mean - self.mean.mean()) ** 2))

    @property
    @_OVERFLOW_IS_JUDGED_LATER
    def is_constant(self):
        """Whether all rows are equal, up to the rounding of their mean."""
        rounding = self.n_samples * np.finfo(np.float64).eps
        bound = rounding**2 * (self.mean @ self.mean)
        return math.isfinite(self.tau) and bool(self.tau <= bound)

    @_OVERFLOW_IS_JUDGED_LATER
    def merge(self, other):
        """Statistic of the union of two sets of rows.

        Parameters
        ----------
        other : RowMoments
            Statistic of other rows with the same features.

        Returns
        -------
        merged : RowMoments
            Neither operand changes.
        """
        n_samples = self.n_samples + other.n_samples
        shift = other.mean - self.mean
        share = other.n_samples / n_samples
        return RowMoments(
            n_samples,
            self.mean + share * shift,
            self.scatter + other.scatter + self.n_samples * share * float(shift @ shift),
            min(self.dtype, other.dtype, key=lambda dtype: dtype.itemsize),
        )


def _in_float64(X):
    """Sparse rows without duplicates; positions are shared where they can be, numbers are not."""
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return csr_array((X.data.astype(np.float64), X.indices, X.indptr), shape=X.shape)


def _sparse_row_moments(X):
    dtype, X = X.dtype, _in_float64(X)
    n_samples, n_features = X.shape
    mean = np.bincount(X.indices, weights=X.data, minlength=n_features) / n_samples
    n_zeros = n_samples - np.bincount(X.indices, minlength=n_features)
    distances, of_stored = _sparse_distances(X, mean)
    return RowMoments(n_samples, mean, of_stored + float(n_zeros @ mean**2), dtype), distances


def _sparse_distances(X, mean):
    """Squared distances of rows in float64, which are overwritten; the part of what is stored."""
    at_mean = mean[X.indices]
    X.data -= at_mean
    X.data **= 2
    of_stored = float(X.data.sum())
    # Rows have many zeros: the sum of mu^2 over these is left over from the sum over all.
    at_mean **= 2
    X.data -= at_mean
    return np.maximum(np.asarray(X.sum(axis=1)).ravel() + mean @ mean, 0.0), of_stored


@_OVERFLOW_IS_JUDGED_LATER
def row_moments(X):
    """Statistic of the rows of X, in two passes; float64 copies are of blocks, or of sparse X.

    Parameters
    ----------
    X : {ndarray, CSR matrix or array} of shape (n_samples, n_features)
        Rows, finite.

    Returns
    -------
    moments : RowMoments
        Count, mean and scatter.
    squared_distances : ndarray of shape (n_samples,)
        Squared distance of each row to the mean.
    """
    if issparse(X):
        return _sparse_row_moments(X)
    n_samples = X.shape[0]
    mean = sum(X[batch].sum(axis=0, dtype=np.float64) for batch in _batches(X)) / n_samples
    distances = squared_distances(X, mean)
    return RowMoments(n_samples, mean, float(distances.sum()), X.dtype), distances


def squared_distances(X, mean):
    """Squared distances of rows to a point.

    Parameters
    ----------
    X : {ndarray, CSR matrix or array} of shape (n_samples, n_features)
        Rows, finite.
    mean : ndarray of shape (n_features,) and dtype float64
        The point.

    Returns
    -------
    squared_distances : ndarray of shape (n_samples,) and dtype float64
        The distances.
    """
    if issparse(X):
        return _sparse_distances(_in_float64(X), mean)[0]
    distances, batches = np.empty(X.shape[0]), _batches(X)
    room = np.empty((batches[0].stop, X.shape[1]))
    for batch in batches:
        deviations = room[: batch.stop - batch.start]
        np.copyto(deviations, X[batch])  # a subtraction that also casts takes longer than both
        deviations -= mean
        distances[batch] = np.einsum("ij,ij->i", deviations, deviations)
    return distances


def _batches(X):
    n_samples, n_features = X.shape
    return list(gen_batches(n_samples, max(1, BLOCK_BYTES // (8 * n_features))))
