# SPDX-License-Identifier: BSD-3-Clause
"""Training rows in another library than NumPy: sums where the rows are, a block at a time."""

import math

import numpy as np
from sklearn.utils import gen_batches

from skrmt.kernel_approximation._row_moments import RowMoments
from skrmt.kernel_approximation._ternary_limit import relative_spread
from skrmt.utils._arrays import beside, float_dtype, native_float, on_host
from skrmt.utils._validation import get_namespace, get_namespace_and_device

# Bytes of what is computed at a time: on the host it stays in a cache, elsewhere it must be worth
# the start of a dozen operations.
HOST_BLOCK_BYTES, DEVICE_BLOCK_BYTES = 1 << 21, 1 << 27


def row_blocks(X, n_columns):
    """Cut rows into blocks that suit their device.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
        Rows.
    n_columns : int
        Length of the rows of what is computed from them.

    Returns
    -------
    blocks : iterator of slice
        In order.
    """
    host = "cpu" in str(get_namespace_and_device(X)[2]).lower()
    n_bytes = HOST_BLOCK_BYTES if host else DEVICE_BLOCK_BYTES
    return gen_batches(X.shape[0], max(1, n_bytes // (8 * n_columns)))


class DeviceTrainingRows:
    """Rows on a device.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
        Rows, validated.

    Attributes
    ----------
    n_features : int
        Number of columns.
    like : array
        Tells library and device of what is fitted.
    """

    def __init__(self, X):
        self.like, self.n_features = X, X.shape[1]

    def _blocks(self):
        """Blocks of rows in the widest float type of the device."""
        X, xp = self.like, get_namespace(self.like)[0]
        widest = native_float(np.float64, X)
        for batch in row_blocks(X, self.n_features):
            yield xp.astype(X[batch, :], widest, copy=False)

    def moments(self):
        """Statistic of the rows.

        Returns
        -------
        moments : RowMoments
            Count, mean and scatter, on the host.
        """
        xp, dtype = get_namespace(self.like)[0], float_dtype(self.like)
        self._moments = None
        for rows in self._blocks():
            mean = xp.mean(rows, axis=0)
            rows = rows - mean
            # A device without float64 rounds the mean by more than rows far from 0 may spread.
            rest = xp.mean(rows, axis=0)
            scatter = float(xp.sum(xp.vecdot(rows, rows)) - rows.shape[0] * xp.vecdot(rest, rest))
            mean = on_host(mean).astype(np.float64) + on_host(rest)
            part = RowMoments(rows.shape[0], mean, scatter, dtype)
            self._moments = part if self._moments is None else self._moments.merge(part)
        return self._moments

    def spread_of_norms(self):
        """Coefficient of variation of the squared distances to the mean; after `moments`.

        Returns
        -------
        spread : float
            0 where all rows are as far from their mean.
        """
        moments, sums = self._moments, np.zeros(2)
        if not 0 < moments.tau < math.inf:
            return 0.0
        xp, mean = get_namespace(self.like)[0], beside(moments.mean, self.like)
        for rows in self._blocks():
            rows = rows - mean
            ratios = xp.vecdot(rows, rows) / moments.tau
            sums += float(xp.sum(ratios)), float(xp.vecdot(ratios, ratios))
        return relative_spread(moments.n_samples, *sums)
