# SPDX-License-Identifier: BSD-3-Clause
"""Singular values and vectors of a centred matrix, as many as are asked for.

The Gram matrix of the smaller side is decomposed: several times faster than a singular value
decomposition, at the price of half of the digits, which `require` watches over.
Where few components stand out, a Lanczos method finds these and leaves the others alone.
"""

from functools import cached_property

import numpy as np
from scipy.sparse.linalg import eigsh
from sklearn.utils.extmath import svd_flip

SOLVERS = ("auto", "full", "covariance_eigh", "arpack")

# Below this size a full decomposition of the Gram matrix is as fast as a partial one.
_SMALL = 600
# Largest size of a Gram matrix that is formed only to be multiplied with.
_LARGEST_GRAM = 8192
# How many leading values are looked at first.
_FIRST_COUNT = 8
# Leading values that serve only to count are found to this relative accuracy of the residual: their
# own error is of the order of its square.
_COUNTING_TOLERANCE = 1e-5
# Rounding of a squared singular value, relative to that which it is compared with.
_LARGEST_ROUNDING = 1e-4


def choose_solver(solver, matrix, *, all_values):
    """Settle the solver.

    Parameters
    ----------
    solver : {"auto", "full", "covariance_eigh", "arpack"}
        What was asked for.
    matrix : CentredMatrix
        The data.
    all_values : bool
        Whether the rule that chooses the rank looks at all singular values.

    Returns
    -------
    solver : str
        One of the last three.

    Raises
    ------
    ValueError
        If it cannot do what is asked for.
    """
    if solver == "full" and matrix.is_sparse:
        raise ValueError(
            "svd_solver='full' would make the sparse X dense; take 'arpack' or 'covariance_eigh'."
        )
    if solver != "auto":
        return solver
    smaller = min(matrix.shape)
    return "covariance_eigh" if smaller <= _SMALL or all_values else "arpack"


class SingularSpectrum:
    """Singular values and vectors, computed when they are asked for.

    Parameters
    ----------
    matrix : CentredMatrix
        The data.
    solver : {"full", "covariance_eigh", "arpack"}
        How to decompose it.
    rng : RandomState
        Draws the start of the Lanczos method.
    """

    def __init__(self, matrix, solver, rng):
        self.matrix, self.solver = matrix, solver
        self.size = min(matrix.shape)
        self._start = rng.uniform(-1, 1, self.size).astype(matrix.dtype)
        self._partial = np.empty(0)
        self._axes = None

    @cached_property
    def _thin(self):
        _, s, Vt = np.linalg.svd(self.matrix.rows(slice(None)), full_matrices=False)
        return s, Vt

    @cached_property
    def _eigen(self):
        values, vectors = np.linalg.eigh(self.matrix.gram)
        return np.maximum(values[::-1], 0), vectors[:, ::-1]

    def _lanczos(self, k, tol):
        formed = self.size <= _LARGEST_GRAM and not self.matrix.is_sparse
        gram = self.matrix.gram if formed else self.matrix.gram_operator()
        values, vectors = eigsh(gram, k=k, tol=tol, v0=self._start)
        order = np.argsort(values)[::-1]
        return np.maximum(values[order], 0), vectors[:, order]

    def _few(self, k):
        """Whether the Lanczos method is asked for so few that it pays.

        It keeps about twice as many vectors as are asked for: from a quarter on all are found as
        fast.
        """
        return self.solver == "arpack" and k < min(self.size // 4, self.size - 1)

    def leading(self, k):
        """Largest singular values, good enough to count with.

        Parameters
        ----------
        k : int
            How many, at most the smaller side.

        Returns
        -------
        values : ndarray of shape (k,) and dtype float64
            Descending.
        """
        if self.solver == "full":
            return self._thin[0][:k].astype(np.float64)
        # Twice as many as last time: not a search for each further one.
        count = k if len(self._partial) >= k else max(k, _FIRST_COUNT, 2 * len(self._partial))
        if not self._few(count):
            return np.sqrt(self._eigen[0][:k].astype(np.float64))
        if len(self._partial) < k:
            self._partial = self._lanczos(count, _COUNTING_TOLERANCE)[0]
        return np.sqrt(self._partial[:k].astype(np.float64))

    def all(self):
        """All singular values.

        Returns
        -------
        values : ndarray of shape (min(n_samples, n_features),) and dtype float64
            Descending.
        """
        if self.solver == "full":
            return self._thin[0].astype(np.float64)
        if "_eigen" in self.__dict__:
            values = self._eigen[0]
        else:
            values = np.maximum(np.linalg.eigvalsh(self.matrix.gram)[::-1], 0)
        return np.sqrt(values.astype(np.float64))

    def rest(self, k):
        """Sum of the squares of all singular values but the leading ones.

        Parameters
        ----------
        k : int
            How many are left out.

        Returns
        -------
        rest : float
            Not negative; summed where all values are at hand, else a difference.
        """
        rest = self._rest(k)
        if k:
            self.require(np.sqrt(rest / self.size))
            rest = self._rest(k)
        return rest

    def _rest(self, k):
        if self.solver == "full" or "_eigen" in self.__dict__:
            return float((self.all()[k:] ** 2).sum())
        leading = float((self.leading(k) ** 2).sum()) if k else 0.0
        return max(0.0, self.matrix.total_square - leading)

    def above(self, threshold, most):
        """Singular values above a threshold, and the next one.

        Parameters
        ----------
        threshold : float
            In the units of the data.
        most : int
            Largest number that is of interest.

        Returns
        -------
        values : ndarray and dtype float64
            Descending; all but at most one above the threshold, unless there are `most` of them.
        """
        k = self.size if self.solver != "arpack" else min(_FIRST_COUNT, self.size)
        while True:
            values = self.leading(k)
            if k >= min(most + 1, self.size) or values[-1] <= threshold:
                count = int((values[:most] > threshold).sum())
                return values[: count + 1]
            k = min(2 * k, self.size)

    def axes(self, k):
        """Leading singular values and right singular vectors, to full accuracy.

        Parameters
        ----------
        k : int
            How many.

        Returns
        -------
        s : ndarray of shape (k,)
            Singular values, of the data's type.
        Vt : ndarray of shape (k, n_features)
            Right singular vectors as rows, the entry of largest modulus positive.
        """
        if self._axes is None or len(self._axes[0]) < k:
            self._axes = self._computed_axes(k)
        s, Vt = self._axes
        return s[:k], Vt[:k]

    def _computed_axes(self, k):
        n, p = self.matrix.shape
        if k == 0:
            return np.empty(0, self.matrix.dtype), np.empty((0, p), self.matrix.dtype)
        if self.solver == "full":
            s, Vt = self._thin[0][:k].copy(), self._thin[1][:k].copy()
        else:
            values, vectors = self._lanczos(k, 0.0) if self._few(k) else self._eigen
            s, vectors = np.sqrt(values[:k]), vectors[:, :k]
            if p > n:
                vectors = _orthonormal(self.matrix.transposed_dot(vectors), s)
            Vt = np.ascontiguousarray(vectors.T)
        # Centred samples span a dimension less: what the last value is, is rounding.
        s[n - 1 :] = 0
        return s, svd_flip(None, Vt, u_based_decision=False)[1]

    def require(self, threshold):
        """Change to a decomposition of X itself where squaring it has lost the digits needed.

        Parameters
        ----------
        threshold : float
            In the units of the data: singular values are to be compared with it.
        """
        if self.solver == "full" or self.matrix.is_sparse:
            return
        rounding = np.finfo(self.matrix.dtype).eps * float(self.leading(1)[0]) ** 2
        if rounding > _LARGEST_ROUNDING * threshold**2:
            self.solver, self._axes = "full", None


def _orthonormal(columns, lengths):
    """Divide orthogonal columns by their lengths; directions for those without any are free."""
    # A length of zero comes out of the squares as the root of their rounding.
    rounding = np.sqrt(np.finfo(columns.dtype).eps * sum(columns.shape))
    if lengths[-1] > 10 * rounding * lengths[0]:
        return columns / lengths
    Q, R = np.linalg.qr(columns)
    return Q * np.where(np.diag(R) < 0, -1, 1).astype(Q.dtype)
