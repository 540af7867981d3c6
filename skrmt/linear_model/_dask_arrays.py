# SPDX-License-Identifier: BSD-3-Clause
"""`fit` and `partial_fit` of an ensemble given Dask arrays."""

import numpy as np
from sklearn.utils.validation import validate_data

from skrmt.linear_model._distributed_fit import distributed_fit, distributed_stream, row_counts
from skrmt.linear_model._stream import Stream, keeps_ring
from skrmt.utils._dask_rows import DaskRows

# Options of `fit` that need every row, or a number for every row and penalty, in one place.
NEED_ALL_ROWS = {
    "scoring": None,
    "store_cv_results": False,
    "keep_members": False,
    "warm_start": False,
}


def dask_rows(estimator, X, y, sample_weight):
    """Rows of Dask arrays, with what goes with them.

    Parameters
    ----------
    estimator : estimator
        For its name.
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.
    y, sample_weight : array-like, Dask array or None
        Targets and weights.

    Returns
    -------
    rows : DaskRows
        Not read yet.

    Raises
    ------
    ValueError
        If there is no y, or lengths differ.
    """
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y "
            "is None."
        )
    return DaskRows(X, y, sample_weight)


def refuse_what_needs_all_rows(estimator):
    """Refuse options that would bring all rows, or a number for each penalty, to one place.

    Parameters
    ----------
    estimator : SketchedRidgeEnsemble
        Its parameters.

    Raises
    ------
    ValueError
        If one of them needs all rows.
    """
    for name, needed in NEED_ALL_ROWS.items():
        value = getattr(estimator, name)
        if value is not needed and value != needed:
            raise ValueError(
                f"{name}={value!r} needs all rows in one place, which Dask arrays are never "
                f"brought to; set {name}={needed!r}."
            )


def fit_dask_arrays(estimator, X, y, sample_weight):
    """Fit an ensemble to Dask arrays.

    Parameters
    ----------
    estimator : SketchedRidgeEnsemble
        Its parameters are checked; its fitted attributes are set.
    X : dask.array.Array of shape (n_samples, n_features)
        Rows.
    y, sample_weight : array-like, Dask array or None
        Targets and weights.

    Raises
    ------
    ValueError
        If a parameter needs all rows in one place, or the data are not fit.
    """
    refuse_what_needs_all_rows(estimator)
    rows = dask_rows(estimator, X, y, sample_weight)
    counts = row_counts(rows)
    if counts.n_rows < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs at least 2 samples of positive weight, got "
            f"n_samples = {counts.n_rows}."
        )
    smaller = min(counts.n_observations, rows.n_features)
    plan = estimator._plan(rows.n_features, smaller, rows.X._meta)
    # Rows that can be read again are not kept.
    empty = Stream.begin(
        plan,
        fit_intercept=estimator.fit_intercept,
        ring=keeps_ring("auto", plan, estimator.max_memory),
        n_targets=1 if rows.y.ndim == 1 else rows.y.shape[1],
        one_target=rows.y.ndim == 1,
        dtype=np.float32 if rows.X.dtype == np.float32 else np.float64,
        capacity=0,
    )
    settings = estimator._settings()
    fit, problem = distributed_fit(rows, distributed_stream(rows, empty), settings)
    validate_data(estimator, rows.X, skip_check_array=True)
    estimator._forget_stream()
    estimator._store(fit, problem, plan, settings, one_target=rows.y.ndim == 1)
