# SPDX-License-Identifier: BSD-3-Clause
"""The largest eigenvalues of a symmetric operator and their vectors."""

import warnings

import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from sklearn.exceptions import ConvergenceWarning

# Up to this size the matrix is small (1.4 MB) and a full decomposition exact, also for repeated
# eigenvalues.
_DENSE = 600
_FLOAT32 = 1e-6


def leading_eigenvectors(
    affinity, n_vectors, *, random_state, tol, max_iter, n_lanczos=None, product=None, whole=None
):
    """Find the largest eigenvalues, without inverting anything.

    Parameters
    ----------
    affinity : PackedAffinity, SparseAffinity or GraphAffinity
        The matrix, or the one inside `product`.
    n_vectors : int
        How many.
    random_state : RandomState
        Draws the first vector.
    tol : float
        Relative accuracy of the eigenvalues; 0 for that of float32.
    max_iter : int or None
        Restarts of the Lanczos method.
    n_lanczos : int, default=None
        Vectors that it keeps.
    product : callable, default=None
        Product with one vector; None for `affinity.matmat`.
    whole : callable, default=None
        Writes the matrix out; None for `affinity.toarray`.

    Returns
    -------
    eigenvalues : ndarray of shape (n_vectors,), float64
        Descending.
    eigenvectors : ndarray of shape (n_samples, n_vectors), float32
        Of unit norm; the entry of largest size is positive.
    n_products : int
        Products with the matrix; 1 where none was needed.
    """
    n = affinity.shape[0]
    if n_vectors == 0:
        return np.empty(0), np.empty((n, 0), np.float32), 1
    if n <= _DENSE or n_vectors >= n:
        values, vectors = np.linalg.eigh((whole or affinity.toarray)().astype(np.float64))
        return *_descending(values[-n_vectors:], vectors[:, -n_vectors:]), 1
    count = 0

    def counted(vector):
        nonlocal count
        count += 1
        return (product or affinity.matmat)(vector)

    operator = LinearOperator((n, n), matvec=counted, dtype=np.float32)
    start = random_state.standard_normal(n).astype(np.float32)
    settings = {"k": n_vectors, "which": "LA", "ncv": n_lanczos}
    reached = tol
    while True:
        try:
            values, vectors = eigsh(operator, v0=start, tol=reached, maxiter=max_iter, **settings)
            break
        except ArpackNoConvergence:
            # To less accuracy, with the same number of restarts.
            reached = max(10 * reached, _FLOAT32)
    if reached > tol:
        warnings.warn(
            "The eigenvectors did not converge within "
            f"{10 * n if max_iter is None else max_iter} restarts; those of an accuracy of "
            f"{reached:.0e} are used. Increase max_iter or tol.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return *_descending(values, vectors), count


def inverse_of(eigenvalues):
    """Invert eigenvalues, those that are zero to rounding to zero.

    Parameters
    ----------
    eigenvalues : ndarray
        Leading eigenvalues, descending.

    Returns
    -------
    ndarray
        Their inverses: a vector of the null space has no continuation to new rows.
    """
    least = 16 * np.finfo(np.float32).eps * np.abs(eigenvalues).max(initial=0.0)
    zeros = np.zeros_like(eigenvalues)
    return np.divide(1.0, eigenvalues, out=zeros, where=np.abs(eigenvalues) > least)


def _descending(values, vectors):
    order = np.argsort(values, kind="stable")[::-1]
    vectors = vectors[:, order]
    peaks = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(vectors.shape[1])]
    # The sign of an eigenvector is free: this makes fits comparable.
    vectors = vectors * np.where(peaks < 0, -1.0, 1.0)
    return values[order].astype(np.float64), np.ascontiguousarray(vectors, dtype=np.float32)
