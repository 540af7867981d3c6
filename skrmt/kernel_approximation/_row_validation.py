# SPDX-License-Identifier: BSD-3-Clause
"""Rows as float arrays of their library, in the narrowest float type that holds them exactly."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skrmt.utils._arrays import is_numpy, refuse_complex
from skrmt.utils._validation import get_namespace_and_device, supported_float_dtypes

# Types whose values float32 holds, as the libraries name them.
NARROW = ("bool", "int8", "uint8", "int16", "uint16", "float16", "bfloat16")


def float_types(X):
    """Float types that X may have, the one to convert to first.

    Parameters
    ----------
    X : object
        Rows, not validated yet.

    Returns
    -------
    types : list of dtype
        Of the library of X.
    """
    given = getattr(X, "dtype", None)
    if is_numpy(X):
        narrow = isinstance(given, np.dtype) and given.kind in "biuf" and given.itemsize <= 2
        return [np.float32, np.float64] if narrow else [np.float64, np.float32]
    xp, _, device = get_namespace_and_device(X)
    usable = supported_float_dtypes(xp, device)
    types = [dtype for dtype in (xp.float64, xp.float32) if dtype in usable]
    return types[::-1] if str(given).rpartition(".")[2] in NARROW else types


def validated_rows(estimator, X, *, reset, least=1):
    """Check rows and convert them to float.

    Parameters
    ----------
    estimator : estimator
        Keeps number and names of the columns.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows.
    reset : bool
        Whether the columns are those of the training rows.
    least : int, default=1
        Number of rows that are needed.

    Returns
    -------
    X : {ndarray, CSR matrix or array, array of another library}
        The rows; what float32 holds exactly stays in it.

    Raises
    ------
    ValueError
        If X is not a table of finite real numbers with these columns.
    """
    refuse_complex(X, "X")
    return validate_data(
        estimator,
        X,
        accept_sparse="csr",
        dtype=float_types(X),
        reset=reset,
        ensure_min_samples=least,
    )


def validated_block(X):
    """Check a block of the rows of a Dask array.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        Some rows, or none.

    Returns
    -------
    X : {ndarray, CSR matrix or array} of shape (n_samples, n_features)
        As `validated_rows` returns them.
    """
    return check_array(
        X, accept_sparse="csr", dtype=float_types(X), ensure_min_samples=0, input_name="X"
    )
