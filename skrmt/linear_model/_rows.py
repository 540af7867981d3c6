# SPDX-License-Identifier: BSD-3-Clause
"""Centred and weighted rows, dense or sparse, with the few products that ridge regression needs.

Sparse rows are never centred: ``(Z - 1 z') v`` is ``Z v - 1 (z' v)``, and so for the others.
Products of rows with rows are summed in float64, a block at a time: of float32 rows they would
lose half of the digits that an eigenvalue of the product has.
"""

import numpy as np
from scipy.sparse import issparse

from skrmt.linear_model._problem import row_batches
from skrmt.utils._arrays import beside, cast, float_dtype, namespace_of

# A mean below this share of the size of the entries leaves the digits of a product as they are.
CENTRED, SAMPLED_ROWS = 1e-13, 64


def _gram(blocks, size):
    """Sum of B'B over blocks."""
    total = None
    for B in blocks:
        part = B.T @ B
        if total is None:
            total = part
        else:
            total += part
    return np.zeros((size, size)) if total is None else total


class DenseRows:
    """Rows in an array of their own, centred and scaled in place.

    Parameters
    ----------
    Z : array of shape (n_samples, n_columns)
        Rows, of NumPy or of another library, in whose arrays all products are then; this array is
        overwritten.
    root_weights : array of shape (n_samples,) or None
        Square roots of the weights.
    centre : bool
        Whether to take out the weighted mean.
    """

    def __init__(self, Z, root_weights, *, centre):
        if centre:
            xp, n = namespace_of(Z), Z.shape[0]
            w = beside(np.ones(n), Z) if root_weights is None else root_weights**2
            mean = cast(w / xp.sum(w), float_dtype(Z)) @ Z
            # Rows come centred to rounding; another pass over them is for those that lost digits.
            sample = Z[:: 1 + n // SAMPLED_ROWS, ...]
            scale = float(xp.mean(sample * sample)) ** 0.5
            if float_dtype(Z) == np.float32 or float(xp.max(xp.abs(mean))) > CENTRED * scale:
                Z -= mean
        if root_weights is not None:
            Z *= cast(root_weights, float_dtype(Z))[:, None]
        self._Z = Z

    @property
    def shape(self):
        """Number of rows and of columns."""
        return tuple(self._Z.shape)

    @property
    def dtype(self):
        """Float type of the rows, as NumPy calls it."""
        return float_dtype(self._Z)

    def gram(self):
        """Z'Z in float64."""
        return _gram(self.dense_blocks(), self.shape[1])

    def outer(self):
        """ZZ' in float64."""
        return _gram(self.dense_blocks(transposed=True), self.shape[0])

    def dense_blocks(self, *, transposed=False):
        """Yield blocks of rows (of columns, as rows) in float64.

        Parameters
        ----------
        transposed : bool, default=False
            Whether to take Z' in place of Z.

        Yields
        ------
        block : array of shape (n_rows, n_columns) and dtype float64
            Some rows of Z, or of Z' with n_samples columns.
        """
        Z = self._Z.T if transposed else self._Z
        if self.dtype == np.float64:
            yield Z
            return
        for block in row_batches(*Z.shape):
            yield cast(Z[block, ...], np.float64)

    def transposed_dot(self, Y):
        """Z'Y.

        Parameters
        ----------
        Y : array of shape (n_samples, n_targets)
            Targets, or any columns.

        Returns
        -------
        product : array of shape (n_columns, n_targets)
            In the dtype of the rows.
        """
        return self._Z.T @ cast(Y, self.dtype)

    def blocks(self):
        """Yield slices of rows, and a function that multiplies them by a matrix, in its type."""
        for rows in row_batches(*self.shape):

            def dot(B, rows=rows):
                return cast(self._Z[rows, ...], float_dtype(B)) @ B

            yield rows, dot


class SparseRows:
    """Rows of a sparse matrix, centred and scaled in the products only.

    Parameters
    ----------
    Z : CSR of shape (n_samples, n_columns)
        Rows.
    root_weights : ndarray of shape (n_samples,) or None
        Square roots of the weights.
    mean : ndarray of shape (n_columns,)
        Weighted mean row, zeros to leave the rows where they are.
    """

    def __init__(self, Z, root_weights, mean):
        n = Z.shape[0]
        roots = np.ones(n) if root_weights is None else root_weights
        self._root = roots.astype(Z.dtype, copy=False)
        self._Z = Z if root_weights is None else Z.multiply(self._root[:, None]).tocsr()
        self._mean = mean.astype(Z.dtype, copy=False)

    @property
    def shape(self):
        """Number of rows and of columns."""
        return self._Z.shape

    @property
    def dtype(self):
        """Float type of the rows."""
        return self._Z.dtype

    def gram(self):
        """Z'Z in float64."""
        Z = self._Z.astype(np.float64, copy=False)
        mean = self._mean.astype(np.float64)
        cross = np.outer(Z.T @ self._root.astype(np.float64), mean)
        squared = float(self._root.astype(np.float64) @ self._root)
        return (Z.T @ Z).toarray() - cross - cross.T + squared * np.outer(mean, mean)

    def outer(self):
        """ZZ' in float64."""
        Z = self._Z.astype(np.float64, copy=False)
        mean, root = self._mean.astype(np.float64), self._root.astype(np.float64)
        cross = np.outer(Z @ mean, root)
        return (Z @ Z.T).toarray() - cross - cross.T + (mean @ mean) * np.outer(root, root)

    def dense_blocks(self, *, transposed=False):
        """Yield centred blocks of rows (of columns, as rows) in float64.

        Parameters
        ----------
        transposed : bool, default=False
            Whether to take Z' in place of Z.

        Yields
        ------
        block : ndarray of shape (n_rows, n_columns) and dtype float64
            Some rows of Z, or of Z' with n_samples columns.
        """
        Z = self._Z.T.tocsr() if transposed else self._Z
        left, right = self._root.astype(np.float64), self._mean.astype(np.float64)
        left, right = (right, left) if transposed else (left, right)
        for block in row_batches(*Z.shape):
            yield Z[block].toarray().astype(np.float64, copy=False) - np.outer(left[block], right)

    def transposed_dot(self, Y):
        """Z'Y.

        Parameters
        ----------
        Y : ndarray of shape (n_samples, n_targets)
            Targets, or any columns.

        Returns
        -------
        product : ndarray of shape (n_columns, n_targets)
            In the dtype of the rows.
        """
        Y = Y.astype(self.dtype, copy=False)
        return self._Z.T @ Y - np.multiply.outer(self._mean, self._root @ Y)

    def blocks(self):
        """Yield slices of rows, and a function that multiplies them by a matrix, in its type."""
        for rows in row_batches(*self.shape):

            def dot(B, rows=rows):
                root, mean = (v.astype(B.dtype, copy=False) for v in (self._root, self._mean))
                return self._Z[rows].astype(B.dtype, copy=False) @ B - np.outer(
                    root[rows], mean @ B
                )

            yield rows, dot


def rows_of(problem):
    """Rows of a problem without sketch: a dense copy, or sparse rows.

    Parameters
    ----------
    problem : RidgeProblem
        The problem.

    Returns
    -------
    rows : DenseRows or SparseRows
        Centred where the problem has an intercept, scaled by the roots of the weights.
    """
    if issparse(problem.X):
        return SparseRows(problem.X, problem.root_weights, problem.x_mean)
    # Centred before anything is multiplied: data far from 0 keep their digits in float32.
    Z = problem.X - cast(beside(problem.x_mean, problem.X), float_dtype(problem.X))
    return DenseRows(Z, problem.root_weights, centre=problem.fit_intercept)
