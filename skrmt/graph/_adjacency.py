# SPDX-License-Identifier: BSD-3-Clause
"""Graphs as users hold them, read as one clean pattern.

Whatever comes in, a dense matrix, any SciPy sparse format or a NetworkX graph, what goes on is a
CSR pattern: an entry for each arc, no loops, no repeats, sorted columns. Weights are not kept: a
nonzero entry is an edge.
"""

import sys
from numbers import Integral

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array

__all__ = [
    "FORMATS",
    "MAX_VERTICES",
    "check_levels_hold",
    "levels_for",
    "pattern_of",
    "read_adjacency",
]

# Labels are int32 in the kernels.
MAX_VERTICES = 2**31 - 1
# Formats with an array of values that can be checked; others are converted to the first.
FORMATS = ("csr", "csc", "coo")


def is_networkx(X):
    """Tell whether X is a NetworkX graph, without importing NetworkX.

    Parameters
    ----------
    X : object
        What the user gave.

    Returns
    -------
    bool
        Whether it is one. Who has such a graph has imported the library.
    """
    networkx = sys.modules.get("networkx")
    return networkx is not None and isinstance(X, networkx.Graph)


def as_matrix(X, directed, fewest=2):
    """Turn a NetworkX graph into a sparse matrix, and leave anything else as it is.

    Parameters
    ----------
    X : object
        What the user gave.
    directed : {"auto", True, False}
        The user's word; "auto" is what a NetworkX graph says of itself.
    fewest : int, default=2
        Least number of vertices.

    Returns
    -------
    X : object
        The matrix; rows are the nodes in the order of the graph.
    directed : {"auto", True, False}
        The user's word, or the graph's.
    """
    if not is_networkx(X):
        return X, directed
    if len(X) < fewest:
        raise ValueError(f"X has {len(X)} vertices, while a minimum of {fewest} is required.")
    says = X.is_directed() if directed == "auto" else directed
    return sys.modules["networkx"].to_scipy_sparse_array(X, weight=None, format="csr"), says


def pattern_of(X, directed):
    """Reduce a validated square matrix to its pattern.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n, n)
        Finite numbers or booleans.
    directed : {"auto", True, False}
        "auto" is directed if the pattern is not symmetric.

    Returns
    -------
    adjacency : csr_array of shape (n, n), int8
        Ones; sorted columns, no diagonal, no repeats.
    directed : bool
        Whether the graph is directed.

    Raises
    ------
    ValueError
        If X is not square, or not symmetric with ``directed=False``.
    """
    if X.shape[0] != X.shape[1]:
        raise ValueError(
            f"X must be a square adjacency matrix, got shape {X.shape}: one row and one column "
            "for each vertex."
        )
    if sp.issparse(X):
        if X.format != "csr" or not X.has_canonical_format or not X.data.all():
            # Repeats add up, as everywhere in SciPy; in float64, where 256 ones of int8 are not 0.
            X = sp.csr_array(sp.coo_array(X, dtype=np.float64))
            X.sum_duplicates()
            X.eliminate_zeros()
        rows, columns = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr)), X.indices
    else:
        rows, columns = np.nonzero(X)
    keep = rows != columns
    rows, columns = rows[keep], columns[keep]
    index = np.int32 if len(rows) <= MAX_VERTICES and X.shape[0] <= MAX_VERTICES else np.int64
    indptr = np.zeros(X.shape[0] + 1, index)
    np.cumsum(np.bincount(rows, minlength=X.shape[0]), out=indptr[1:])
    adjacency = sp.csr_array(
        (np.ones(len(rows), np.int8), columns.astype(index), indptr), shape=X.shape
    )
    adjacency.has_canonical_format = True
    return adjacency, _direction(adjacency, directed)


def _direction(adjacency, directed):
    if directed != "auto" and directed:
        return True
    transposed = adjacency.T.tocsr()
    symmetric = np.array_equal(transposed.indptr, adjacency.indptr) and np.array_equal(
        transposed.indices, adjacency.indices
    )
    if directed == "auto":
        return not symmetric
    if not symmetric:
        raise ValueError(
            "directed=False, but the pattern of X is not symmetric: set directed=True (or "
            "'auto'), or symmetrise it first, for example with X = ((X + X.T) != 0)."
        )
    return False


def read_adjacency(X, directed="auto"):
    """Read a graph in any form.

    Parameters
    ----------
    X : {array-like, sparse matrix, networkx.Graph} of shape (n, n)
        A nonzero entry is an edge, the diagonal is ignored.
    directed : {"auto", True, False}, default="auto"
        "auto": as a NetworkX graph says, otherwise whether the pattern is asymmetric.

    Returns
    -------
    adjacency : csr_array of shape (n, n), int8
        The clean pattern.
    directed : bool
        Whether the graph is directed.

    Raises
    ------
    ValueError
        If X is no graph: not square, fewer than 2 vertices, not finite, not symmetric with
        ``directed=False``.
    """
    if not isinstance(directed, bool | np.bool_) and directed != "auto":
        raise ValueError(f"directed must be 'auto', True or False, got {directed!r}.")
    X, directed = as_matrix(X, directed)
    return pattern_of(check_array(X, accept_sparse=FORMATS, ensure_min_samples=2), directed)


def list_edges(adjacency, directed):
    """List the edges of a pattern.

    Parameters
    ----------
    adjacency : csr_array of shape (n, n)
        Clean pattern.
    directed : bool
        True: every entry. False: each edge once, from the smaller to the larger vertex.

    Returns
    -------
    rows, columns : ndarray of shape (n_edges,), int
        The ends.
    """
    rows = np.repeat(np.arange(adjacency.shape[0]), np.diff(adjacency.indptr))
    columns = adjacency.indices
    if directed:
        return rows, columns
    upper = rows < columns
    return rows[upper], columns[upper]


def levels_for(n_vertices, size):
    """Find the smallest power of the initiator that holds a graph.

    Parameters
    ----------
    n_vertices : int
        Vertices of the graph.
    size : int
        Side of the initiator.

    Returns
    -------
    int
        The least K >= 1 with ``size**K >= n_vertices``; in whole numbers, so that exact powers
        need no care.
    """
    levels, reach = 1, size
    while reach < n_vertices:
        levels, reach = levels + 1, reach * size
    return levels


def check_levels_hold(n_levels, size, n_vertices):
    """Take the number of levels asked for, or the least that holds the graph.

    Parameters
    ----------
    n_levels : int or "auto"
        What the user asked for.
    size : int
        Side of the initiator.
    n_vertices : int
        Vertices of the graph.

    Returns
    -------
    int
        The number of levels.

    Raises
    ------
    ValueError
        If it is neither, or the graph has more vertices than the model.
    """
    least = levels_for(n_vertices, size)
    if isinstance(n_levels, str) and n_levels == "auto":
        return least
    if not isinstance(n_levels, Integral) or isinstance(n_levels, bool):
        raise ValueError(f"n_levels must be a whole number or 'auto', got {n_levels!r}.")
    if n_levels < least:
        raise ValueError(
            f"X has {n_vertices} vertices, more than the {size**n_levels} of n_levels={n_levels} "
            f"with an initiator of size {size}: fit with n_levels of at least {least}, or 'auto'."
        )
    return int(n_levels)
