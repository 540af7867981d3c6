# SPDX-License-Identifier: BSD-3-Clause
r"""Approximate inverses of A'A + alpha from the rows of a sketch.

The products ``A S`` of a sketch span a space that holds most of what A does. With orthonormal
columns Q of it, ``A'Q Q'A`` is the part of A'A that is seen there: never too large, and nearly all
of the large eigenvalues (the approximation of Nystroem with the sketch S). Its decomposition
``U s U'`` gives, with the mean t of the eigenvalues that are left,

    U (s + alpha)^-1 U' + (I - U U') (t + alpha)^-1,

for every alpha. Conjugate gradients with it take steps as if all eigenvalues were below the first
that is left out, l: about ``sqrt(1 + l / alpha) log(2 / error) / 2`` of them. After Z. Frangella,
J. A. Tropp, M. Udell, "Randomized Nystroem preconditioning", SIAM J. Matrix Anal. Appl. 44 (2023).
"""

import numpy as np
from scipy.linalg import eigh, qr

# Part of a unit vector that must be new.
NEW = 1e-3


class LowRankInverse:
    """Approximate inverses of A'A + alpha, symmetric and positive.

    Parameters
    ----------
    rows : RowSweeps
        A.
    """

    def __init__(self, rows):
        n, p = rows.shape
        self._rows = rows
        self._left, self._image = np.empty((n, 0), rows.dtype), np.empty((p, 0), rows.dtype)
        self._basis, self._eigenvalues = self._image, np.empty(0)
        self._rest = rows.squares / min(n, p)

    @property
    def rank(self):
        """Columns of Q."""
        return self._left.shape[1]

    def extend(self, left, vectors=None):
        """Add columns to Q, which are made orthonormal.

        Parameters
        ----------
        left : ndarray of shape (n_samples, k)
            Unit vectors, in the dtype of the products.
        vectors : ndarray of shape (n_samples, n_vectors), default=None
            What else to multiply, in the same dtype.

        Returns
        -------
        image : ndarray of shape (n_features, n_vectors) or None
            A' times `vectors`.
        """
        left = left - self._left @ (self._left.T @ left)
        left, R = qr(left, mode="economic", overwrite_a=True, check_finite=False)
        left = left[:, np.abs(np.diag(R)) > NEW]
        k = left.shape[1]
        product = self._rows.transposed_dot(left if vectors is None else np.hstack([left, vectors]))
        self._left = np.hstack([self._left, left])
        self._image = np.hstack([self._image, product[:, :k]])
        self._factorise()
        return None if vectors is None else product[:, k:]

    def _factorise(self):
        n, p = self._rows.shape
        B = self._image.astype(np.float64)
        s, V = eigh(B.T @ B, driver="evd", overwrite_a=True, check_finite=False)
        # of which the square root is above the rounding of the products
        kept = s > 100 * np.finfo(self._rows.dtype).eps ** 2 * s.max(initial=0.0)
        s, V = s[kept], V[:, kept]
        self._basis = ((B @ V) / np.sqrt(s)).astype(self._rows.dtype)
        self._eigenvalues = s
        self._rest = max(self._rows.squares - s.sum(), 0.0) / max(min(n, p) - len(s), 1)

    def __call__(self, gradients, alphas):
        """Multiply with the inverses.

        Parameters
        ----------
        gradients : ndarray of shape (n_features, k)
            Columns.
        alphas : ndarray of shape (k,)
            Penalty of each column, positive.

        Returns
        -------
        product : ndarray of shape (n_features, k)
            In the dtype of `gradients`.
        """
        outside = 1 / (self._rest + alphas)
        inside = 1 / (self._eigenvalues[:, None] + alphas)
        overlap = self._basis.T @ gradients.astype(self._basis.dtype, copy=False)
        change = self._basis @ ((inside - outside) * overlap).astype(self._basis.dtype)
        return (outside * gradients + change).astype(gradients.dtype, copy=False)


def worthwhile_rank(eigenvalues, alpha, column_cost, error):
    """Number of columns that makes the columns and the steps together cheapest.

    Parameters
    ----------
    eigenvalues : ndarray of shape (m,)
        Eigenvalues of A'A, about, descending.
    alpha : float
        Penalty.
    column_cost : float
        Time of a column in units of that of a step.
    error : float
        What steps are to reach.

    Returns
    -------
    rank : int
        At most m.
    """
    left_out = np.append(eigenvalues, eigenvalues[-1:])
    steps = np.sqrt(1 + left_out / alpha) * np.log(2 / error) / 2
    return int(np.argmin(steps + column_cost * np.arange(len(left_out))))
