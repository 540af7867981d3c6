# SPDX-License-Identifier: BSD-3-Clause
r"""Products with centred, weighted rows that read X in blocks and copy it never.

A are the rows of a problem, centred, times sqrt(w) and divided by the root mean square of X: of
order 1 whatever the unit, so that they can be computed in float32. One step of an iteration needs
``W = A V - M`` and then ``A'W``. For dense rows a sweep computes both block by block, the second
while the block of the first is in the cache (and in the wanted float type): X is read once.
"""

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils import gen_batches

from skrmt.linear_model._problem import BLOCK_ENTRIES

# Entries of a block of dense rows: a second-level cache for products with a vector, which take the
# time of reading X; more where the products are of matrices and a block pays for its call.
VECTOR_ENTRIES, MATRIX_ENTRIES = 1 << 17, 1 << 18
# Largest relative error that centring after the products may cause.
CENTRING_ERROR = {np.dtype(np.float32): 1e-6, np.dtype(np.float64): 1e-10}


class RowSweeps:
    """Centred, weighted and scaled rows A of a problem.

    Parameters
    ----------
    problem : RidgeProblem
        The problem, with rows that are not all the same.
    dtype : dtype
        Float type of the products.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    scale : float
        What X was divided by.
    squares : float
        Sum of the squares of all entries.
    n_reads : int
        Times that X was read.
    """

    def __init__(self, problem, dtype):
        X, self.dtype, self.n_reads = problem.X, np.dtype(dtype), 0
        self.shape = X.shape
        self.scale = float(np.sqrt(problem.total_variance / problem.n_features))
        self.squares = problem.total * problem.n_features
        self._root = None
        if problem.root_weights is not None:
            self._root = problem.root_weights[:, None].astype(self.dtype)
        self._mean = problem.x_mean / self.scale
        self._sparse = issparse(X)
        self._X, self._factor = X, 1 / self.scale
        if self._sparse and X.dtype != self.dtype:
            data = np.divide(X.data, self.scale, dtype=np.float64).astype(self.dtype)
            self._X, self._factor = csr_array((data, X.indices, X.indptr), X.shape), 1.0
        error = np.abs(self._mean).max(initial=0.0) * np.finfo(self.dtype).eps
        # What float32 could not hold is centred and scaled in the blocks.
        far = error > CENTRING_ERROR[self.dtype] or not 1e-9 < self.scale < 1e9
        self._prepare = far and not self._sparse
        self._offset = problem.x_mean
        self._centre_products = problem.fit_intercept and not self._prepare

    def _blocks(self, n_vectors):
        """Slices of rows, and these rows of X ready for products."""
        n, p = self.shape
        self.n_reads += 1
        as_is = self._X.dtype == self.dtype and not self._prepare
        whole = self._sparse or (as_is and not self._X.flags.c_contiguous)
        entries = VECTOR_ENTRIES if n_vectors == 1 else MATRIX_ENTRIES
        # Wide products: their sums, read and written for each block, must not be what takes time.
        entries = max(entries, min(2 * n_vectors * p, BLOCK_ENTRIES))
        for rows in gen_batches(n, n if whole else max(8, entries // p)):
            block = self._X if whole else self._X[rows]
            if self._prepare:
                difference = block - self._offset
                block = np.empty(difference.shape, self.dtype)
                np.multiply(difference, 1 / self.scale, out=block, casting="same_kind")
            elif not as_is:
                block = block.astype(self.dtype)
            yield rows, block

    def _dot(self, block, rows, V, shift):
        """Rows of A times V."""
        part = block @ V
        if not self._prepare:
            part *= self._factor
        part -= shift
        if self._root is not None:
            part *= self._root[rows]
        return part

    def _transposed(self, block, rows, W):
        """Columns of the rows of A times W, but for centring and scale."""
        return block.T @ (W if self._root is None else self._root[rows] * W)

    def _finished(self, back, W):
        """A'W from the sum over blocks."""
        if not self._prepare:
            back *= self._factor
        if self._centre_products:
            root = 1.0 if self._root is None else self._root
            back -= np.outer(self._mean, (root * W).sum(axis=0, dtype=np.float64)).astype(
                self.dtype
            )
        return back

    def sweep(self, V, minus=None):
        """W = A V - `minus`, and A'W.

        Parameters
        ----------
        V : ndarray of shape (n_features, n_vectors)
            In the dtype of the products.
        minus : ndarray of shape (n_samples, n_vectors), default=None
            What to subtract.

        Returns
        -------
        W : ndarray of shape (n_samples, n_vectors)
            The difference.
        back : ndarray of shape (n_features, n_vectors)
            A'W.
        """
        W = np.empty((self.shape[0], V.shape[1]), self.dtype)
        back = np.zeros(V.shape, self.dtype)
        shift = (self._mean @ V).astype(self.dtype) if self._centre_products else 0
        for rows, block in self._blocks(V.shape[1]):
            part = self._dot(block, rows, V, shift)
            if minus is not None:
                part -= minus[rows]
            W[rows] = part
            back += self._transposed(block, rows, part)
        return W, self._finished(back, W)

    def transposed_dot(self, W):
        """A'W.

        Parameters
        ----------
        W : ndarray of shape (n_samples, n_vectors)
            In the dtype of the products.

        Returns
        -------
        product : ndarray of shape (n_features, n_vectors)
            The product.
        """
        product = np.zeros((self.shape[1], W.shape[1]), self.dtype)
        for rows, block in self._blocks(W.shape[1]):
            product += self._transposed(block, rows, W[rows])
        return self._finished(product, W)
