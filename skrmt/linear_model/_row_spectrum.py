# SPDX-License-Identifier: BSD-3-Clause
"""Eigenvalues and eigenvectors of Z'Z / N or ZZ' / N, with the digits that the rows have.

An eigenvalue of a product is accurate to the largest one times the machine epsilon. It is the
square of a singular value, so directions below 1e-8 of the largest would drown, as happens where a
column of time stamps stands beside one of zeros and ones. Where the spectrum is that wide and its
small end counts, it comes from the singular values of the rows themselves: a QR decomposition,
block after block, then an SVD. It does not count where columns are alike and ridges lie above it,
as in square problems, in those of low rank and in smooth kernels, whose spectra are as wide.
"""

from math import sqrt

import numpy as np
from scipy.linalg import eigh, qr, svd

from skrmt.utils._arrays import beside, is_numpy, namespace_of, on_host

# Below this ratio of eigenvalues the product has lost half of the digits of the smallest direction.
WIDE_SPECTRUM = 1e-10


def wide_spectrum(dtype):
    """Ratio of eigenvalues at which half of the digits of the smallest are lost.

    Parameters
    ----------
    dtype : dtype
        Float type of the eigenvalues, which is that of the product: float64, unless the device of
        the rows has none.

    Returns
    -------
    ratio : float
        `WIDE_SPECTRUM` for float64.
    """
    return WIDE_SPECTRUM if dtype == np.float64 else float(np.sqrt(np.finfo(dtype).eps))


def _above_rounding(s, rows):
    """Eigenvalues of a product of rows, 0 where they are its rounding, and which are kept."""
    root = 10 * np.sqrt(max(rows.shape))
    # The product is rounded in its own type; entries of float32 rows are off by their rounding.
    share = max(root * np.finfo(s.dtype).eps, (root * np.finfo(rows.dtype).eps) ** 2)
    kept = s > share * max(s[-1], 0.0)
    return np.where(kept, s, 0.0), kept


def _eigh(G):
    """Eigenvalues by NumPy, ascending, and eigenvectors where G is, which may be overwritten."""
    if is_numpy(G):
        return eigh(G, driver="evd", overwrite_a=True, check_finite=False)
    s, V = namespace_of(G).linalg.eigh(G)
    return on_host(s), V


def _triangle(blocks):
    """R with R'R the sum of B'B over blocks."""
    R = None
    for B in blocks:
        xp = namespace_of(B)
        stacked = B if R is None else xp.concat([R, B])
        if is_numpy(stacked):
            (R,) = qr(stacked, mode="r", check_finite=False)
            R = R[: R.shape[1]]
        else:
            R = xp.linalg.qr(stacked)[1]
    return R


def _from_singular_values(R, shape, dtype, N):
    """Ascending eigenvalues of R'R / N, its eigenvectors, and which are not rounding."""
    xp = namespace_of(R)
    if is_numpy(R):
        _, singular, Vh = svd(R, full_matrices=True, check_finite=False, overwrite_a=True)
    else:
        _, singular, Vh = xp.linalg.svd(R, full_matrices=True)
        singular = on_host(singular)
    sigma = np.zeros(R.shape[1])
    sigma[: len(singular)] = singular
    floor = 10 * np.finfo(dtype).eps * np.sqrt(max(shape)) * sigma[0]
    kept = sigma > floor
    return (np.where(kept, sigma, 0.0) ** 2 / N)[::-1], xp.flip(Vh, axis=0).T, kept[::-1]


def _once(found, name, decompose):
    """What is found under a name, decomposed where it is not."""
    if found is None:
        return decompose()
    if name not in found:
        found[name] = decompose()
    return found[name]


def primal_spectrum(rows, N, small_end_counts, found=None):
    """Eigendecomposition of Z'Z / N.

    Parameters
    ----------
    rows : DenseRows or SparseRows
        Z, n x m.
    N : float
        Sum of the weights.
    small_end_counts : callable
        Takes the largest eigenvalue, and the share of it below which a spectrum is wide; whether
        directions below that matter.
    found : dict, default=None
        Decompositions of these rows so far; those that are made are added.

    Returns
    -------
    s : ndarray of shape (m,)
        Eigenvalues, ascending; 0 for directions without data.
    V : array of shape (m, m)
        Eigenvectors, where the rows are.
    kept : ndarray of shape (m,) and dtype bool
        Which directions have data.
    """
    s, V = _once(found, "of products", lambda: _eigh(rows.gram() / N))
    wide = wide_spectrum(s.dtype)
    if s[0] > wide * s[-1] or not small_end_counts(s[-1], wide):
        s, kept = _above_rounding(s, rows)
        return s, V, kept

    def of_rows():
        R = _triangle(rows.dense_blocks())
        return _from_singular_values(R, rows.shape, rows.dtype, N)

    return _once(found, "of rows", of_rows)


def _reflected(M, v):
    """M (I - 2 v v')."""
    return M - (2 * (M @ v))[:, None] * v


def dual_spectrum(rows, N, small_end_counts, direction=None, found=None):
    """Eigendecomposition of ZZ' / N, without the direction that centring has taken out.

    Parameters
    ----------
    rows : DenseRows or SparseRows
        Z, n x m.
    N : float
        Sum of the weights.
    small_end_counts : callable
        As in :func:`primal_spectrum`.
    direction : array of shape (n,), default=None
        Unit vector u with positive entries and u'Z = 0 up to rounding.
    found : dict, default=None
        As in :func:`primal_spectrum`.

    Returns
    -------
    s : ndarray of shape (n,) or (n - 1,)
        Eigenvalues, ascending; 0 for directions without data.
    U : array of shape (n, n) or (n, n - 1)
        Eigenvectors, where the rows are, orthogonal to `direction`.
    kept : ndarray of bool
        Which directions have data.
    """
    v = None
    if direction is not None:
        # The reflection I - 2 v v' takes u to minus the first axis, which is then dropped.
        axis = np.zeros(rows.shape[0])
        axis[0] = 1.0
        v = direction + beside(axis, direction)
        v /= sqrt(float(v @ v))

    def of_products():
        G = rows.outer() / N
        return _eigh(G if v is None else _reflected(_reflected(G, v).T, v)[1:, 1:])

    def of_rows():
        R = _triangle(rows.dense_blocks(transposed=True))
        R = R if v is None else _reflected(R, v)[:, 1:]
        return _from_singular_values(R, rows.shape, rows.dtype, N)

    s, U = _once(found, "of products", of_products)
    wide = wide_spectrum(s.dtype)
    s, kept = _above_rounding(s, rows)
    if not s[0] > wide * s[-1] and small_end_counts(s[-1], wide):
        s, U, kept = _once(found, "of rows", of_rows)
    if v is not None:
        xp = namespace_of(U)
        U = xp.concat([beside(np.zeros((1, U.shape[1])), U), U])
        U -= (2 * v)[:, None] * (v @ U)
    return s, U, kept
