# SPDX-License-Identifier: BSD-3-Clause
"""A graph as an affinity, and the leading eigenvectors of its normalised form.

The matrix is ``L = D^-1/2 K D^-1/2`` with the degrees D. The eigenvalue 1 has one eigenvector for
each connected component, the root of the degrees on the component: these are written down, and the
Lanczos method, which from one start vector finds a repeated eigenvalue only once, works on what is
left of L.
"""

import numpy as np
import scipy.sparse as sp

from skrmt.cluster._leading_eigenvectors import leading_eigenvectors

# Vectors that the Lanczos method keeps at least: eigenvalues of a graph crowd below 1.
_LANCZOS = 40
# What counts is one less the eigenvalue, and that is about as small as this.
_GAP = 1e-3
# Takes a known vector from 1 to -2, below the spectrum of the graph.
_DEFLATION = 3


class GraphAffinity:
    """A sparse symmetric matrix with a zero diagonal, as an affinity.

    Parameters
    ----------
    matrix : csr_array of shape (n_samples, n_samples), float32
        The entries.

    Attributes
    ----------
    shape : tuple of int
        ``(n_samples, n_samples)``.
    nbytes : int
        Bytes of the stored entries.
    density : float
        Fraction of the off-diagonal entries that are stored.
    scale : float
        Factor of all entries.
    degrees : ndarray of shape (n_samples,), float64
        Sums of the rows; 1 for a row without links.
    """

    def __init__(self, matrix):
        self.matrix = matrix
        self.shape = matrix.shape
        self.scale = 1.0
        self.nbytes = matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
        self.density = matrix.nnz / (self.shape[0] * (self.shape[0] - 1))
        degrees = np.asarray(matrix.sum(axis=1, dtype=np.float64)).ravel()
        # A row without links is a component of its own, as if linked to itself.
        self.degrees = np.where(degrees > 0, degrees, 1.0)

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
            Unused.

        Returns
        -------
        ndarray of the shape of V, float32
            The products.
        """
        return np.float32(self.scale) * (self.matrix @ np.asarray(V, dtype=np.float32))

    def toarray(self):
        """Write the matrix out, n x n: for small graphs.

        Returns
        -------
        ndarray of shape (n_samples, n_samples), float32
            The entries.
        """
        return self.matrix.toarray() * np.float32(self.scale)


def rank_of_component(components, n_largest):
    """Rank the connected components of rows by size.

    Parameters
    ----------
    components : ndarray of int, shape (n_samples,)
        Connected component of each row.
    n_largest : int
        How many are ranked.

    Returns
    -------
    ndarray of int, shape (n_samples,)
        Rank of the component of each row, from 0; -1 for a component that is not among the largest.
    """
    sizes = np.bincount(components)
    largest = np.argsort(-sizes, kind="stable")[:n_largest]
    rank = np.full(len(sizes), -1)
    rank[largest] = np.arange(len(largest))
    return rank[components]


def normalised_spectrum(graph, components, n_vectors, *, random_state, tol, max_iter):
    """Find the leading eigenvectors of the normalised graph, those of components exactly.

    Parameters
    ----------
    graph : GraphAffinity
        The graph.
    components : ndarray of int, shape (n_samples,)
        Connected component of each row.
    n_vectors : int
        How many. With more components than this, those of the largest ones.
    random_state : RandomState
        Draws the first vector of the Lanczos method.
    tol : float
        Relative accuracy of one less the eigenvalues.
    max_iter : int or None
        Restarts of the Lanczos method.

    Returns
    -------
    eigenvalues : ndarray of shape (n_vectors,), float64
        Descending, 1 for each component.
    eigenvectors : ndarray of shape (n_samples, n_vectors), float32
        Of unit norm.
    n_products : int
        Products with the matrix; 1 where none was needed.
    """
    n = graph.shape[0]
    place = rank_of_component(components, n_vectors)
    n_known = int(place.max()) + 1
    inside = np.flatnonzero(place >= 0)
    roots = np.sqrt(graph.degrees)
    entries = (roots[inside], (inside, place[inside]))
    known = sp.coo_array(entries, shape=(n, n_known)).tocsc()
    norms = np.sqrt(np.asarray(known.multiply(known).sum(axis=0))).ravel()
    known = (known @ sp.diags_array(1 / norms)).tocsr()
    n_missing = n_vectors - n_known
    exact = known.toarray().astype(np.float32)
    if n_missing == 0:
        return np.ones(n_vectors), exact, 1
    inverse_roots = (1 / roots).astype(np.float32)
    single, transposed = known.astype(np.float32), known.T.astype(np.float32).tocsr()

    def product(vector):
        vector = vector.ravel()
        image = inverse_roots * (graph.matrix @ (inverse_roots * vector))
        return image - _DEFLATION * (single @ (transposed @ vector))

    def whole():
        full = graph.matrix.toarray().astype(np.float64) / np.outer(roots, roots)
        return full - _DEFLATION * (known @ known.T).toarray()

    values, vectors, n_products = leading_eigenvectors(
        graph,
        n_missing,
        random_state=random_state,
        tol=max(tol * _GAP, float(np.finfo(np.float32).eps)),
        max_iter=max_iter,
        n_lanczos=min(n - 1, max(_LANCZOS, 2 * n_missing + 1)),
        product=product,
        whole=whole,
    )
    eigenvalues = np.concatenate([np.ones(n_known), values])
    return eigenvalues, np.hstack([exact, vectors]), n_products
