# SPDX-License-Identifier: BSD-3-Clause
"""Values of a linear function and intervals about them: of rows at hand and of Dask arrays.

Functions of plain arrays, which a worker can be sent without the model and its residuals.
"""

from functools import partial

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.extmath import safe_sparse_dot

from skrmt.utils._arrays import beside, cast, float_dtype, is_numpy, namespace_of
from skrmt.utils._dask_rows import map_rows

FLOATS = [np.float64, np.float32]


def linear_values(X, coef, intercept):
    """Values of a linear function.

    Parameters
    ----------
    X : {array, sparse matrix} of shape (n_samples, n_features)
        Rows, validated.
    coef : array of shape (n_features,) or (n_targets, n_features)
        Coefficients, where X is.
    intercept : float or array of shape (n_targets,)
        Intercept, where X is.

    Returns
    -------
    values : array of shape (n_samples,) or (n_samples, n_targets)
        In the float type of X.
    """
    coef = cast(coef, float_dtype(X))
    coef = coef.T if coef.ndim == 2 else coef
    if is_numpy(X):
        intercept = np.asarray(intercept, X.dtype)
    elif not isinstance(intercept, float):
        intercept = cast(intercept, float_dtype(X))
    return safe_sparse_dot(X, coef, dense_output=True) + intercept


def intervals_about(center, quantiles):
    """Intervals about predictions.

    Parameters
    ----------
    center : array of shape (n_samples,) or (n_samples, n_targets)
        Predictions.
    quantiles : pair of ndarray of shape (n_targets,)
        What to add for the lower and for the upper end.

    Returns
    -------
    intervals : array of shape (n_samples, 2) or (n_samples, 2, n_targets)
        Where `center` is.
    """
    columns = center[:, None] if center.ndim == 1 else center
    ends = [columns + beside(end, center) for end in quantiles]
    intervals = namespace_of(center).stack(ends, axis=1)
    return intervals[:, :, 0] if center.ndim == 1 else intervals


def _block_values(X, *, coef, intercept):
    # A block may be without rows, where a batch of the user's may not.
    X = check_array(X, accept_sparse="csr", dtype=FLOATS, ensure_min_samples=0, input_name="X")
    return linear_values(X, coef, intercept)


def _block_intervals(X, *, quantiles, **parts):
    return intervals_about(_block_values(X, **parts), quantiles)


def dask_predictions(estimator, X, quantiles=None):
    """Predictions for the rows of a Dask array, or intervals, computed when they are asked for.

    Parameters
    ----------
    estimator : estimator
        Fitted; it has `coef_`, `intercept_` and `n_features_in_`.
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.
    quantiles : pair of ndarray of shape (n_targets,), default=None
        Lower and upper distance of an interval from the prediction; None asks for predictions.

    Returns
    -------
    outcome : dask.array.Array of shape (n_samples, ...)
        In the blocks of X.

    Raises
    ------
    ValueError
        If X has other columns than the training rows, or the model is on a device.
    """
    name, coef = type(estimator).__name__, estimator.coef_
    if X.ndim != 2 or X.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has shape {X.shape}, but {name} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    if not isinstance(coef, np.ndarray):
        raise ValueError(
            f"X is a Dask array, whose blocks are NumPy's, but this {name} was fitted to arrays of "
            f"another library (coef_ is a {type(coef).__module__}.{type(coef).__qualname__}); give "
            "it batches of that library, on its device, or fit to NumPy or Dask arrays."
        )
    parts = {"coef": coef, "intercept": estimator.intercept_}
    shape, dtype = coef.shape[:-1], np.float32 if X.dtype == np.float32 else np.float64
    if quantiles is None:
        return map_rows(partial(_block_values, **parts), X, shape=shape, dtype=np.dtype(dtype))
    block = partial(_block_intervals, quantiles=quantiles, **parts)
    # Quantiles are float64, and so are the ends, whatever the rows are.
    return map_rows(block, X, shape=(2, *shape), dtype=np.dtype(np.float64))
