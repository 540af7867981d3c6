# SPDX-License-Identifier: BSD-3-Clause
"""Rows of data for a linear map: checked, and handed out in blocks that fit the cache.

A map never sees more than a block at a time, so the memory that it needs does not grow with the
number of rows, and sparse data that have to become dense do so a block at a time.
"""

import numpy as np
from scipy import sparse

from skrmt.utils._arrays import float_dtype, is_numpy, on_host

# Entries of a block. Transforms are fastest when a block stays in the cache, matrix products when
# it has some hundred rows.
TRANSFORM_BLOCK = 2**18
PRODUCT_BLOCK = 2**22

FLOAT_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def check_rows(X, n_features):
    """Check data that a linear map is applied to.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows, float32 or float64, of any library that follows the array API standard.
    n_features : int
        Number of columns that the map takes.

    Returns
    -------
    X : array, CSR or CSC of shape (n_samples, n_features)
        The same numbers; other sparse formats become CSR.

    Raises
    ------
    TypeError
        If the dtype is neither float32 nor float64.
    ValueError
        If `X` is not two-dimensional or has another number of columns.
    """
    if sparse.issparse(X):
        X = X if X.format in {"csr", "csc"} else X.tocsr()
    elif is_numpy(X):
        X = np.asarray(X)
    if float_dtype(X) not in FLOAT_DTYPES:
        raise TypeError(
            f"X must be float32 or float64, got {X.dtype}; convert it with X.astype(float)."
        )
    if X.ndim != 2 or X.shape[1] != n_features:
        raise ValueError(
            f"X has shape {X.shape}, but the sketch takes (n_samples, {n_features}); draw a "
            "sketch with as many features as X has columns."
        )
    return X


def check_offset(offset, n_features):
    """Check a row that is to be subtracted from the data.

    Parameters
    ----------
    offset : array-like of shape (n_features,)
        The row.
    n_features : int
        Its length.

    Returns
    -------
    offset : ndarray of shape (n_features,) and dtype float64
        The row.

    Raises
    ------
    ValueError
        If it has another shape, or an entry is not finite.
    """
    offset = np.asarray(on_host(offset), dtype=np.float64)
    if offset.shape != (n_features,):
        raise ValueError(
            f"offset has shape {offset.shape}, but must be one row of {n_features} numbers."
        )
    if not np.isfinite(offset).all():
        raise ValueError("offset has entries that are nan or infinite; clean the data first.")
    return offset


def row_slices(n_rows, entries_per_row, block):
    """Cut rows into consecutive blocks.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    entries_per_row : float
        Entries that a row takes, on average.
    block : int
        Entries that a block may have; at least one row goes into it.

    Yields
    ------
    rows : slice
        Each row once, in order.
    """
    step = max(1, int(block // max(entries_per_row, 1)))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def dense_blocks(X, offset, width, block=TRANSFORM_BLOCK):
    """Hand out rows as dense blocks.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, n_features)
        Rows.
    offset : ndarray of shape (n_features,) and dtype float64, or None
        Row to subtract.
    width : int
        Entries that a row takes in the work of the caller.
    block : int
        Entries that a block may have.

    Yields
    ------
    rows : slice
        Where the block begins and ends.
    values : ndarray of shape (n_rows, n_features)
        The rows less the offset, in the dtype of `X`; a view of `X` where nothing is to be done.
    """
    is_sparse = sparse.issparse(X)
    if is_sparse:
        X = X.tocsr()
    for rows in row_slices(X.shape[0], width, block):
        values = X[rows].toarray() if is_sparse else X[rows]
        if offset is not None:
            # float64 until the difference is taken: it is small where the two are large
            values = (values - offset).astype(X.dtype, copy=False)
        yield rows, values
