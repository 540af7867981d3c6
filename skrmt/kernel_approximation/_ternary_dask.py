# SPDX-License-Identifier: BSD-3-Clause
"""Ternary features of Dask arrays: moments by map and reduce, features block by block."""

from functools import partial
from operator import add

import numpy as np
from sklearn import get_config
from sklearn.utils.validation import validate_data

from skrmt.kernel_approximation._row_moments import RowMoments, row_moments, squared_distances
from skrmt.kernel_approximation._row_validation import float_types, validated_block
from skrmt.kernel_approximation._ternary_limit import relative_spread
from skrmt.kernel_approximation._ternary_transform import ternary_transform
from skrmt.utils._dask_rows import DaskRows, map_rows


def _block_moments(X, y, sample_weight):
    return row_moments(validated_block(X))[0]


def _block_distances(X, y, sample_weight, *, mean, tau):
    ratios = squared_distances(validated_block(X), mean) / tau
    return np.array([ratios.sum(), ratios @ ratios])


class DaskTrainingRows:
    """Rows of a Dask array, which are read where they are.

    Parameters
    ----------
    estimator : estimator
        It is told the columns, or knows them.
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.
    reset : bool
        Whether these are the first ones.
    least : int
        Number of rows that are needed.

    Attributes
    ----------
    n_features : int
        Number of columns.
    like : ndarray of shape (0,)
        What is fitted belongs to NumPy.

    Raises
    ------
    ValueError
        If there are too few rows, or other columns.
    """

    def __init__(self, estimator, X, *, reset, least):
        self._rows = DaskRows(X)
        validate_data(estimator, self._rows.X, reset=reset, skip_check_array=True)
        if self._rows.n_rows < least:
            raise ValueError(
                f"Found array with {self._rows.n_rows} sample(s) (shape={self._rows.X.shape}) "
                f"while a minimum of {least} is required by {type(estimator).__name__}."
            )
        self.like, self.n_features = np.empty(0), self._rows.n_features

    def moments(self):
        """Statistic of the rows, in a pass over them.

        Returns
        -------
        moments : RowMoments
            Count, mean and scatter.
        """
        self._moments = self._rows.map_reduce(_block_moments, RowMoments.merge)
        return self._moments

    def spread_of_norms(self):
        """Coefficient of variation of the squared distances to the mean; after `moments`.

        About a mean that is not known beforehand their squares are no statistic without a matrix
        of moments: a second pass.

        Returns
        -------
        spread : float
            0 where all rows are as far from their mean.
        """
        moments = self._moments
        if not moments.tau:
            return 0.0
        sums = self._rows.map_reduce(_block_distances, add, mean=moments.mean, tau=moments.tau)
        return relative_spread(moments.n_samples, *sums)


def _block_features(X, *, float_type, **parts):
    return ternary_transform(validated_block(X).astype(float_type, copy=False), **parts)


def dask_features(estimator, X, *, projection, rule, scale, dtype):
    """Ternary features of the rows of a Dask array, computed when they are asked for.

    Parameters
    ----------
    estimator : estimator
        Fitted; it knows the columns.
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.
    projection : BlockHadamardProjection or GaussianProjection
        What the rows are projected on.
    rule : TernaryRule
        How projections become levels.
    scale : float
        Factor of the levels for float output.
    dtype : {"auto", "float32", "float64", "int8", "packed"}
        Form of the output.

    Returns
    -------
    Z : dask.array.Array of shape (n_samples, n_columns)
        The features, in the blocks of X.

    Raises
    ------
    ValueError
        If X has other columns than the training rows, or a data frame is to be made of Z.
    """
    asked = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    asked = asked or get_config()["transform_output"]
    if asked != "default":
        raise ValueError(
            f"set_output(transform={asked!r}) would gather the features of all rows of a Dask "
            "array in one frame; use set_output(transform='default'), and make frames of the "
            "outcome."
        )
    if X.ndim != 2:
        raise ValueError(
            f"Expected a two-dimensional Dask array X, got one with {X.ndim} dimension(s); "
            "reshape it with X.reshape(-1, 1) or X.reshape(1, -1)."
        )
    validate_data(estimator, X, reset=False, skip_check_array=True)
    float_type = (
        X.dtype if X.dtype in (np.float32, np.float64) else np.dtype(float_types(X._meta)[0])
    )
    dtype = float_type.name if dtype == "auto" else dtype
    block = partial(
        _block_features,
        float_type=float_type,
        projection=projection,
        rule=rule,
        scale=scale,
        dtype=dtype,
    )
    of = np.dtype("uint64" if dtype == "packed" else dtype)
    return map_rows(block, X, shape=(rule.n_columns(dtype),), dtype=of)
