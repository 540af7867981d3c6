# SPDX-License-Identifier: BSD-3-Clause
"""Training rows of ternary features, wherever they are: their moments and how much norms differ."""

import numpy as np

from skrmt.kernel_approximation._device_rows import DeviceTrainingRows
from skrmt.kernel_approximation._row_moments import row_moments
from skrmt.kernel_approximation._row_validation import validated_rows
from skrmt.kernel_approximation._ternary_dask import DaskTrainingRows
from skrmt.kernel_approximation._ternary_limit import relative_spread
from skrmt.utils._arrays import is_numpy
from skrmt.utils._dask_rows import is_dask_array
from skrmt.utils._validation import check_same_namespace


class HostTrainingRows:
    """Rows in the memory of the host.

    Parameters
    ----------
    X : {ndarray, CSR matrix or array} of shape (n_samples, n_features)
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

    def moments(self):
        """Statistic of the rows.

        Returns
        -------
        moments : RowMoments
            Count, mean and scatter.
        """
        moments, self._distances = row_moments(self.like)
        return moments

    def spread_of_norms(self):
        """Coefficient of variation of the squared distances to the mean; after `moments`.

        Returns
        -------
        spread : float
            0 where all rows are as far from their mean.
        """
        d = self._distances
        return relative_spread(len(d), float(d.sum()), float(d @ d))


def training_rows(estimator, X, *, reset, least):
    """Check training rows, and set the number and names of their columns.

    Parameters
    ----------
    estimator : estimator
        It is told the columns, or knows them.
    X : {array-like, sparse matrix, Dask array} of shape (n_samples, n_features)
        Rows.
    reset : bool
        Whether these are the first ones.
    least : int
        Number of rows that are needed.

    Returns
    -------
    rows : HostTrainingRows, DeviceTrainingRows or DaskTrainingRows
        The rows.

    Raises
    ------
    ValueError
        If the rows are not as they must be, or not of the library of the earlier ones.
    """
    is_dask = is_dask_array(X)
    if not reset:
        # Blocks of a Dask array are NumPy's, and so would the mean be that they move.
        given = np.empty(0) if is_dask else X
        check_same_namespace(given, estimator, attribute="mean_", method="partial_fit")
    if is_dask:
        return DaskTrainingRows(estimator, X, reset=reset, least=least)
    X = validated_rows(estimator, X, reset=reset, least=least)
    return HostTrainingRows(X) if is_numpy(X) else DeviceTrainingRows(X)
