# SPDX-License-Identifier: BSD-3-Clause
r"""Sketches of arrays that are not NumPy's, in the functions of the array API standard.

What is random is made by NumPy, in the order of NumPy's own path, and moved to the device of the
rows: one seed is one sketch, wherever it is applied. The rows never leave their device.

The cosine transform of type II comes from a Fourier transform of the same length (J. Makhoul, "A
fast cosine transform in one and two dimensions", IEEE Trans. Acoust., Speech, Signal Process. 28,
1980). With v the even entries of x in order, then the odd ones backwards, and V = FFT(v),

    c_k = cos(pi k / 2p) Re V_k + sin(pi k / 2p) Im V_k,

up to the factors sqrt(2/p), sqrt(1/p) for k = 0, of the orthonormal transform. v is real, so that
``V_k`` for k > p/2 is the conjugate of ``V_{p - k}``. The order of v joins the random order of the
features, and only the frequencies that are asked for are put together.
"""

import numpy as np

from skrmt.sketching._row_blocks import row_slices
from skrmt.utils._arrays import beside, cast, empty_beside, float_dtype, namespace_of

# Entries of a block: devices want more of them at a time than a cache holds.
DEVICE_BLOCK = 2**22


def blocks_elsewhere(X, offset, n_columns, transform):
    """Transform rows, a block at a time.

    Parameters
    ----------
    X : array of shape (n_samples, p)
        Rows.
    offset : ndarray of shape (p,) and dtype float64, or None
        Row to subtract, before a difference is rounded to the type of X.
    n_columns : int
        Entries of a transformed row.
    transform : callable
        From a block of rows to transformed ones.

    Returns
    -------
    out : array of shape (n_samples, n_columns)
        In the type of X, on its device.
    """
    dtype, moved = float_dtype(X), beside(offset, X)
    out = empty_beside((X.shape[0], n_columns), dtype, X)
    for rows in row_slices(X.shape[0], X.shape[1], DEVICE_BLOCK):
        block = X[rows, ...]
        out[rows, ...] = transform(block if moved is None else cast(block - moved, dtype))
    return out


def times_matrix(X, offset, S):
    """Multiply rows with a matrix that NumPy made.

    Parameters
    ----------
    X : array of shape (n_samples, p)
        Rows.
    offset : ndarray of shape (p,) and dtype float64, or None
        Row to subtract.
    S : ndarray of shape (p, n_columns)
        The matrix, in the type of X.

    Returns
    -------
    out : array of shape (n_samples, n_columns)
        The product.
    """
    moved = beside(S, X)
    return blocks_elsewhere(X, offset, S.shape[1], lambda block: block @ moved)


def chosen_columns(X, chosen):
    """Take columns.

    Parameters
    ----------
    X : array of shape (n_samples, p)
        Rows.
    chosen : ndarray of shape (n_chosen,) and dtype int
        Which columns.

    Returns
    -------
    part : array of shape (n_samples, n_chosen)
        On the device of X.
    """
    return namespace_of(X).take(X, beside(chosen, X), axis=1)


def cosine_transform(X, order, signs, rows, length):
    """Make the function that shuffles, flips and transforms blocks of rows.

    Parameters
    ----------
    X : array of shape (n_samples, p)
        Where to compute, and in which type.
    order : ndarray of shape (p,) and dtype int
        Feature at each position before the transform.
    signs : ndarray of shape (p,)
        Factor at each position.
    rows : ndarray of shape (n_columns,) and dtype int
        Frequencies that are wanted.
    length : int
        Length of the transform; positions from p on are 0.

    Returns
    -------
    transform : callable
        From rows of shape (n_rows, p) to an array of shape (n_rows, n_columns).
    """
    xp, dtype = namespace_of(X), float_dtype(X)
    places = np.concatenate([np.arange(0, length, 2), np.arange(1, length, 2)[::-1]])
    is_padding = places >= len(order)
    features = np.append(order, np.zeros(length - len(order), order.dtype))[places]
    factors = np.append(signs, np.zeros(length - len(signs), dtype))[places]
    conjugate = rows > length // 2
    angle = np.pi / (2 * length) * rows
    size = np.sqrt(np.where(rows == 0, 1.0, 2.0) / length)
    cosine, sine = size * np.cos(angle), size * np.sin(angle) * np.where(conjugate, -1.0, 1.0)
    features, factors = beside(features, X), beside(np.where(is_padding, 0, factors), X)
    bins = beside(np.where(conjugate, length - rows, rows), X)
    cosine, sine = (cast(beside(part, X), dtype) for part in (cosine, sine))

    def transform(block):
        shuffled = xp.take(block, features, axis=1)
        shuffled *= factors
        V = xp.fft.rfft(shuffled, axis=1)
        values, other = (xp.take(part, bins, axis=1) for part in (xp.real(V), xp.imag(V)))
        values *= cosine
        other *= sine
        values += other
        return values

    return transform
