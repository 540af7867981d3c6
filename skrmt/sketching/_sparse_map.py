# SPDX-License-Identifier: BSD-3-Clause
"""A sketch with the same small number of entries for each feature.

Feature i has the values ``values[i, :]`` in the columns ``columns[i, :]``. Dense rows are
multiplied with the matrix in compressed form (``np.add.reduceat`` over sorted columns was measured
slower by several times, and so was `scipy.linalg.clarkson_woodruff_transform`, which works on the
transposed data).
"""

import numpy as np
from scipy import sparse

from skrmt.sketching._elsewhere import times_matrix
from skrmt.sketching._row_blocks import TRANSFORM_BLOCK, dense_blocks, row_slices


class SparseMap:
    """Matrix with c entries in every row.

    Parameters
    ----------
    columns : ndarray of shape (p, c) and dtype int32
        Column of each entry.
    values : ndarray of shape (p, c)
        The entries, in the dtype of the data.
    n_columns : int
        Columns of the matrix.
    """

    def __init__(self, columns, values, n_columns):
        self.columns, self.values, self.n_columns = columns, values, n_columns

    def matrix(self):
        """Give the matrix in compressed form."""
        p, c = self.columns.shape
        starts = np.arange(p + 1) * c
        return sparse.csr_array(
            (self.values.ravel(), self.columns.ravel(), starts), shape=(p, self.n_columns)
        )

    def multiply(self, X, offset, out):
        """Write ``(X - offset) S`` into an array.

        Parameters
        ----------
        X : ndarray or sparse matrix of shape (n_samples, p)
            Rows.
        offset : ndarray of shape (p,), or None
            Row to subtract; None for sparse `X`.
        out : ndarray of shape (n_samples, n_columns)
            The product.
        """
        if sparse.issparse(X):
            self._multiply_sparse(X.tocsr(), out)
            return
        S = self.matrix()
        for rows, values in dense_blocks(X, offset, X.shape[1]):
            out[rows] = values @ S

    def _multiply_sparse(self, X, out):
        # Every entry of X becomes c entries of the product, and making these dense adds them up:
        # half the time of a sparse product, which has to merge them first.
        c = self.columns.shape[1]
        per_row = X.nnz * c / max(X.shape[0], 1) + self.n_columns
        for rows in row_slices(X.shape[0], per_row, TRANSFORM_BLOCK):
            block = X[rows]
            columns = self.columns[block.indices]
            values = self.values[block.indices]
            values *= block.data[:, np.newaxis]
            product = sparse.csr_array(
                (values.ravel(), columns.ravel(), block.indptr.astype(np.int64) * c),
                shape=(block.shape[0], self.n_columns),
            )
            out[rows] = product.toarray()

    def apply_elsewhere(self, X, offset, columns):
        """Give some columns of ``(X - offset) S`` for an array of another library than NumPy.

        Parameters
        ----------
        X : array of shape (n_samples, p)
            Rows.
        offset : ndarray of shape (p,), or None
            Row to subtract.
        columns : slice
            Which columns.

        Returns
        -------
        array of shape (n_samples, n_chosen)
            The product, on the device of `X`.
        """
        return times_matrix(X, offset, self.matrix().tocsc()[:, columns].toarray())

    def lift(self, T):
        """Give ``S T``.

        Parameters
        ----------
        T : ndarray of shape (n_columns, q)
            Coefficients.

        Returns
        -------
        ndarray of shape (p, q)
            The product.
        """
        return self.matrix() @ T
