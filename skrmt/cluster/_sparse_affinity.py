# SPDX-License-Identifier: BSD-3-Clause
"""A sparse symmetric Gram matrix of which only the upper half is stored.

Each strip of rows holds its entries right of the diagonal. Of a ternary matrix the strip holds the
places of the +1 and of the -1, 4 bytes each, and all strips share one array of ones: 2 bytes per
nonzero entry of the full matrix.
"""

import numpy as np
import scipy.sparse as sp


def strip_of_entries(rows, n_samples, i, j, values, *, ternary):
    """Compress the entries of a strip.

    Parameters
    ----------
    rows : slice
        Rows of the strip.
    n_samples : int
        Side of the matrix.
    i, j : ndarray of shape (n_entries,), int32
        Row within the strip, and column, right of the diagonal.
    values : ndarray of shape (n_entries,), float32
        The entries.
    ternary : bool
        Only the signs of the entries count: store places, no values.

    Returns
    -------
    rows : slice
        The same.
    parts : list of (float, csr_array)
        Factor and matrix, which add up to the strip.
    """
    shape = (rows.stop - rows.start, n_samples)
    if not ternary:
        return rows, [(1.0, sp.coo_array((values, (i, j)), shape=shape).tocsr())]
    parts = []
    for sign, chosen in ((1.0, values > 0), (-1.0, values < 0)):
        places = (i[chosen], j[chosen])
        part = sp.coo_array((np.ones(len(places[0]), np.float32), places), shape=shape).tocsr()
        # The ones are shared by all strips: SparseAffinity gives them back.
        part.data = np.empty(0, np.float32)
        parts.append((sign, part))
    return rows, parts


class SparseAffinity:
    """Symmetric matrix ``scale * f(t_ij)`` with a zero diagonal, in sparse strips.

    Parameters
    ----------
    n_samples : int
        Side of the matrix.
    strips : list
        Results of :func:`strip_of_entries`, in the order of the rows.
    ternary : bool
        As the strips were made.

    Attributes
    ----------
    shape : tuple of int
        ``(n_samples, n_samples)``.
    nbytes : int
        Bytes of the stored entries.
    density : float
        Fraction of the off-diagonal entries that are not zero.
    scale : float
        Factor of all entries; set when the unit of the eigenvalues is known.
    """

    def __init__(self, n_samples, strips, *, ternary):
        self.shape = (n_samples, n_samples)
        self.scale = 1.0
        self._strips = strips
        matrices = [matrix for _, parts in strips for _, matrix in parts]
        counts = [int(matrix.indptr[-1]) for matrix in matrices]
        if ternary:
            ones = np.ones(max(counts), np.float32)
            for matrix, count in zip(matrices, counts, strict=True):
                matrix.data = ones[:count]
        stored = sum(matrix.indices.nbytes + matrix.indptr.nbytes for matrix in matrices)
        self.nbytes = stored + (ones.nbytes if ternary else 4 * sum(counts))
        self.density = 2 * sum(counts) / (n_samples * (n_samples - 1))

    @property
    def dtype(self):
        """Type of a product."""
        return np.dtype(np.float32)

    def matmat(self, V, n_jobs=None):
        """Multiply with a few vectors.

        Parameters
        ----------
        V : ndarray of shape (n_samples, n_vectors) or (n_samples,)
            The vectors.
        n_jobs : int, default=None
            Unused: the strips are added in order.

        Returns
        -------
        ndarray of the shape of V, float32
            The products.
        """
        V = np.asarray(V, dtype=np.float32)
        product = np.zeros_like(V)
        for rows, parts in self._strips:
            for factor, matrix in parts:
                right, below = matrix @ V, matrix.T @ V[rows]
                if factor < 0:
                    product[rows] -= right
                    product -= below
                else:
                    product[rows] += right
                    product += below
        product *= np.float32(self.scale)
        return product

    def toarray(self):
        """Write the matrix out, n x n: for small matrices.

        Returns
        -------
        ndarray of shape (n_samples, n_samples), float32
            The entries.
        """
        array = np.zeros(self.shape, np.float32)
        for rows, parts in self._strips:
            for factor, matrix in parts:
                array[rows] += np.float32(factor) * matrix.toarray()
        return (array + array.T) * np.float32(self.scale)
