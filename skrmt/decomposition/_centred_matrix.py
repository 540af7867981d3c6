# SPDX-License-Identifier: BSD-3-Clause
"""A data matrix less its column means, without a centred copy where that is safe.

Sums of squares of rows and columns are all that the law of the noise needs, and the Gram matrix of
the smaller side is what the eigen-solvers decompose; each is taken from X itself and the means put
in afterwards, as long as the means are not so large that digits would be lost.
"""

from functools import cached_property

import numpy as np
from scipy.sparse import issparse
from scipy.sparse.linalg import LinearOperator
from sklearn.utils import gen_batches

FLOATS = (np.float64, np.float32)

# Sums of squares between which fourth powers of entries neither over- nor underflow.
_COMFORTABLE = {np.dtype(np.float64): (1e-100, 1e100), np.dtype(np.float32): (1e-12, 1e12)}

# Above this ratio of the squares of the means to those of the deviations, dense rows are centred in
# a copy: the implicit form would lose as many digits as the ratio has.
_LARGEST_OFFSET = 10.0
# Of the mean eigenvalue, for sparse data: the largest rounding by the means.
_LARGEST_LOSS = 1e-3
# Entries of a block of rows that is processed at once.
_BLOCK_ENTRIES = 1 << 17


def _row_squares(X):
    if issparse(X):
        return np.asarray(X.multiply(X).sum(axis=1), dtype=np.float64).ravel()
    # Each sum in the type of the data, which is twice as fast.
    return np.einsum("ij,ij->i", X, X).astype(np.float64, copy=False)


def _column_squares(X):
    if issparse(X):
        return np.asarray(X.multiply(X).sum(axis=0), dtype=np.float64).ravel()
    batches = gen_batches(len(X), max(1, _BLOCK_ENTRIES // X.shape[1]))
    return sum(np.einsum("ij,ij->j", X[b], X[b], dtype=np.float64) for b in batches)


class CentredMatrix:
    """X - 1 m', with m the column means.

    Parameters
    ----------
    X : {ndarray, CSR or CSC} of shape (n_samples, n_features)
        Data, float32 or float64, at least one row; never written to.
    mean : ndarray of shape (n_features,), default=None
        What to subtract from each row; None is the mean of the columns. With another one than the
        mean or zero, `gram` and `column_squares` do not hold.

    Attributes
    ----------
    shape : tuple of int
        n_samples, n_features.
    mean : ndarray of shape (n_features,) and the dtype of X
        What is subtracted.
    is_sparse : bool
        Whether X is sparse.
    """

    def __init__(self, X, mean=None):
        self.shape, self.dtype = X.shape, X.dtype
        self.is_sparse = issparse(X)
        own_mean = mean is None
        if own_mean:
            mean = np.asarray(X.mean(axis=0, dtype=np.float64)).ravel()
        self.mean = mean.astype(X.dtype)
        mean = self.mean.astype(np.float64)
        rows = _row_squares(X)
        offset = len(rows) * float(mean @ mean)
        total = float(rows.sum()) - offset
        if not self.is_sparse and offset > _LARGEST_OFFSET * total:
            X = X - self.mean
            if own_mean:
                # The rounding of the mean is the same in all rows: a component of its own.
                X -= X.mean(axis=0)
            # What is left of the means is rounding of the data's type.
            self._shift = np.zeros_like(self.mean)
            rows = _row_squares(X)
            # Of two roundings of each entry, of the mean and of the difference.
            rounding = (4 * np.finfo(X.dtype).eps) ** 2 * offset
            if rows.sum() <= rounding:
                # All rows are equal.
                X, rows = np.zeros_like(X), np.zeros_like(rows)
        else:
            self._shift = self.mean
            rows = rows - 2 * np.asarray(X @ self._shift, dtype=np.float64) + mean @ mean
        if self.is_sparse and offset * np.finfo(X.dtype).eps > _LARGEST_LOSS * total / min(X.shape):
            raise ValueError(
                "X is sparse, and its column means are so large against its deviations from them "
                "that centring loses the digits of the latter; give X as a dense array."
            )
        self._X = X
        self.row_squares = np.maximum(rows, 0.0)

    @cached_property
    def varying(self):
        """Which features are not constant: the others take no part in the noise."""
        squared_mean = self._shift.astype(np.float64) ** 2
        rounding = 8 * np.finfo(self.dtype).eps * self.shape[0] * squared_mean
        return self.column_squares > rounding

    @cached_property
    def n_varying(self):
        """Number of features that are not constant, at least 1."""
        return max(1, int(np.count_nonzero(self.varying)))

    @property
    def n_effective(self):
        """Degrees of freedom of the covariance: the mean takes one."""
        return self.shape[0] - 1

    @property
    def stored(self):
        """Sparse data as they are stored, without the means."""
        return self._X

    @property
    def total_square(self):
        """Sum of all squared entries."""
        return float(self.row_squares.sum())

    @cached_property
    def column_squares(self):
        """Sums of squares of the columns, from the diagonal of the Gram matrix if it is at hand."""
        if "gram" in self.__dict__ and self.shape[0] >= self.shape[1]:
            squares = self.gram.diagonal().astype(np.float64)
        else:
            shift = self._shift.astype(np.float64)
            squares = _column_squares(self._X) - self.shape[0] * shift**2
        return np.maximum(squares, 0.0)

    @cached_property
    def gram(self):
        """Products of the columns, or of the rows if these are fewer."""
        X, shift, (n, p) = self._X, self._shift, self.shape
        if p <= n:
            gram = X.T @ X
            gram = gram.toarray() if self.is_sparse else gram
            gram -= np.outer(n * shift, shift)
            return gram
        gram = X @ X.T
        gram = gram.toarray() if self.is_sparse else gram
        along = np.asarray(X @ shift)
        gram -= along
        gram -= along[:, np.newaxis] - shift @ shift
        return gram

    def dot(self, V):
        """Product with a matrix on the right.

        Parameters
        ----------
        V : ndarray of shape (n_features, k)
            Columns.

        Returns
        -------
        product : ndarray of shape (n_samples, k)
            ``(X - 1 m') V``.
        """
        return self._X @ V - self._shift @ V

    def transposed_dot(self, U):
        """Product of the transpose with a matrix on the right.

        Parameters
        ----------
        U : ndarray of shape (n_samples, k)
            Columns.

        Returns
        -------
        product : ndarray of shape (n_features, k)
            ``(X - 1 m')' U``.
        """
        return self._X.T @ U - np.multiply.outer(self._shift, U.sum(axis=0))

    def rows(self, indices):
        """Some of the rows, dense.

        Parameters
        ----------
        indices : slice or ndarray of int
            Which.

        Returns
        -------
        rows : ndarray of shape (n_rows, n_features)
            A copy, centred.
        """
        rows = self._X[indices]
        return (rows.toarray() if self.is_sparse else rows) - self._shift

    def gram_operator(self):
        """Gram matrix of the smaller side as an operator, never formed.

        Returns
        -------
        operator : LinearOperator
            Symmetric, of the size of the smaller side.
        """
        n, p = self.shape
        if p <= n:
            forward, back = self.dot, self.transposed_dot
        else:
            forward, back = self.transposed_dot, self.dot

        def product(v):
            return back(forward(v.reshape(len(v), -1))).reshape(v.shape)

        m = min(n, p)
        return LinearOperator((m, m), matvec=product, matmat=product, dtype=self.dtype)


def centred_in_units(X):
    """Centre data in units in which nothing over- or underflows.

    Parameters
    ----------
    X : {ndarray, CSR or CSC} of shape (n_samples, n_features)
        Finite data.

    Returns
    -------
    matrix : CentredMatrix
        Of X, or of X divided by the unit.
    unit : float
        1 for data of ordinary size, else a power of two.

    Raises
    ------
    ValueError
        If the variance of X itself does not fit its type.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        matrix = CentredMatrix(X)
    smallest, largest = _COMFORTABLE[X.dtype]
    if smallest <= matrix.total_square <= largest:
        return matrix, 1.0
    size = float(abs(X).max())
    if size == 0:
        return matrix, 1.0
    unit = 2.0 ** int(np.floor(np.log2(size)))
    matrix = CentredMatrix(X / X.dtype.type(unit))
    info = np.finfo(X.dtype)
    variance = float(matrix.total_square) * unit * unit
    if matrix.total_square > 0 and not float(info.tiny) <= variance <= float(info.max):
        raise ValueError(
            f"X has entries as large as {size:.3g}, whose squares overflow or underflow; divide X "
            "by a constant first."
        )
    return matrix, unit
