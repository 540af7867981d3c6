# SPDX-License-Identifier: BSD-3-Clause
r"""Products with centred, weighted rows that read X once and copy it never.

A are the rows of a problem, centred and times sqrt(w). One step of a bidiagonalisation needs
``W = A V - M`` and then ``A'W``: products of a matrix with a few vectors take the time of reading
the matrix. For dense rows a sweep computes both block by block, the second while the block of the
first is in the cache, so X is read once for the two. Centring is a rank-one term of the products.
It costs digits where a mean is large beside the spread of the rows; such data are centred in the
blocks.
"""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import gen_batches

# Entries of a block of dense rows: one megabyte of float64, in a second-level cache.
SWEEP_ENTRIES = 1 << 17
# Largest relative error that centring in the products may cause.
CENTRING_ERROR = 1e-6


class RowSweeps:
    """Centred rows A of a problem, in the dtype of X.

    Parameters
    ----------
    problem : RidgeProblem
        The problem.
    """

    def __init__(self, problem):
        X = problem.X
        self.shape, self.dtype, self._X = X.shape, X.dtype, X
        self._root = problem.root_weights
        self._mean = problem.x_mean
        self._centred = problem.fit_intercept
        spread = np.sqrt(problem.total_variance / problem.n_features)
        far = np.abs(self._mean).max(initial=0.0) * np.finfo(X.dtype).eps
        self._centre_blocks = not issparse(X) and far > CENTRING_ERROR * spread

    def _blocks(self):
        """Slices of rows, and these rows of X."""
        n, p = self.shape
        whole = issparse(self._X) or not (self._X.flags.c_contiguous or self._centre_blocks)
        size = n if whole else max(8, SWEEP_ENTRIES // p)
        for rows in gen_batches(n, size):
            block = self._X if whole else self._X[rows]
            if self._centre_blocks:
                block = (block - self._mean).astype(self.dtype, copy=False)
            yield rows, block

    def sweep(self, V, minus):
        """W = A V - `minus`, and A'W.

        Parameters
        ----------
        V : ndarray of shape (n_features, n_vectors)
            In the dtype of the rows.
        minus : ndarray of shape (n_samples, n_vectors)
            What to subtract.

        Returns
        -------
        W : ndarray of shape (n_samples, n_vectors)
            The difference.
        back : ndarray of shape (n_features, n_vectors)
            A'W.
        """
        W = np.empty_like(minus)
        back = np.zeros_like(V)
        by_products = self._centred and not self._centre_blocks
        shift = (self._mean @ V).astype(self.dtype) if by_products else 0.0
        for rows, block in self._blocks():
            part = block @ V - shift
            root = None if self._root is None else self._root[rows, None].astype(self.dtype)
            if root is not None:
                part *= root
            part -= minus[rows]
            W[rows] = part
            back += block.T @ (part if root is None else root * part)
        if by_products:
            back -= self._mean_times(W)
        return W, back

    def transposed_dot(self, W):
        """A'W.

        Parameters
        ----------
        W : ndarray of shape (n_samples, n_vectors)
            In the dtype of the rows.

        Returns
        -------
        product : ndarray of shape (n_features, n_vectors)
            The product.
        """
        scaled = W if self._root is None else self._root[:, None].astype(self.dtype) * W
        product = np.zeros((self.shape[1], W.shape[1]), self.dtype)
        for rows, block in self._blocks():
            product += block.T @ scaled[rows]
        if self._centred and not self._centre_blocks:
            product -= self._mean_times(W)
        return product

    def _mean_times(self, W):
        """The mean row times the sums of sqrt(w) W."""
        sums = W.sum(axis=0, dtype=np.float64) if self._root is None else self._root @ W
        return np.outer(self._mean, sums).astype(self.dtype)
