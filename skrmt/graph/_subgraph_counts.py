# SPDX-License-Identifier: BSD-3-Clause
"""Counts of the small subgraphs of a graph: edges, stars and triangles.

Stars follow from the degrees. Each edge is oriented from the end of lower degree to the other one,
equal degrees by index; a triangle is then one pair of consecutive edges ``u -> v -> w`` closed by
an edge ``u -> w``, and no vertex has more than ``sqrt(2 n_edges)`` successors, so that hubs cost
little. In a directed graph, an edge of the pattern stands for an arc forwards (f = 1 or 0), one
backwards (g), or both. A triangle of the pattern then holds ``f f g + g g f`` cyclic triangles
(factors of u v, v w and u w), and ``(f + g)(f + g)(f + g)`` minus that transitive ones, as three
vertices joined by one arc each are either the one or the other. The weights ``f + 2^20 g`` give
all products of two factors by one matrix product (ours).
"""

from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from skrmt.graph._adjacency import read_adjacency

# Fields of the products of two factors: there are at most 2 sqrt(2 n_edges) terms in a sum.
_BITS = 20
_BACKWARDS = 1 << _BITS
# Pairs of consecutive edges that are multiplied at once, to bound the memory.
_PAIRS_AT_ONCE = 1 << 21
# Degrees whose numbers of 3-stars fit 64 bits.
_MOST_EXACT = 1 << 21


def subgraph_counts(X, *, directed="auto"):
    """Count the edges, stars and triangles of a graph.

    A copy of a pattern is a set of edges of the graph that has its form, whatever other edges there
    are between its vertices: a triangle holds three wedges.

    Parameters
    ----------
    X : array-like, sparse matrix or networkx graph of shape (n_vertices, n_vertices)
        The graph. An entry that is not zero is an edge, whatever its weight; the diagonal is
        ignored.

    directed : bool or "auto", default="auto"
        Whether edges have a direction. "auto": if the pattern of `X` is not symmetric.

    Returns
    -------
    counts : ndarray of float64, shape (4,) or (9,)
        Counts, in the order of ``skrmt.theory.SUBGRAPHS[directed]``: edges, wedges, 3-stars,
        triangles; or arcs, reciprocal pairs, out-2-stars, in-2-stars, 2-paths, out-3-stars,
        in-3-stars, cyclic and transitive triangles.

    Raises
    ------
    ValueError
        If `X` is not square, has values that are not finite, or is not symmetric with
        ``directed=False``.

    See Also
    --------
    skrmt.theory.expected_subgraph_counts : Their means in a random Kronecker graph.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.graph import subgraph_counts
    >>> complete = np.ones((5, 5))
    >>> subgraph_counts(complete)
    array([10., 30., 20., 10.])
    >>> cycle = np.roll(np.eye(3), 1, axis=1)
    >>> subgraph_counts(cycle)
    array([3., 0., 0., 0., 3., 0., 0., 1., 0.])
    """
    return count_subgraphs(*read_adjacency(X, directed))


def count_subgraphs(adjacency, directed):
    """Count the subgraphs of one graph, without checks.

    Parameters
    ----------
    adjacency : scipy.sparse CSR array or matrix of shape (n_vertices, n_vertices)
        Pattern in canonical form, without loops and explicit zeros, symmetric if not directed.
    directed : bool
        Whether the pattern is that of a directed graph.

    Returns
    -------
    ndarray of float64, shape (4,) or (9,)
        The counts.
    """
    return count_subgraphs_of_many(adjacency, [0, adjacency.shape[0]], directed)[0]


def count_subgraphs_of_many(adjacency, graph_ptr, directed):
    """Count the subgraphs of each of many graphs, without checks.

    Parameters
    ----------
    adjacency : scipy.sparse CSR array or matrix of shape (n_vertices, n_vertices)
        Block-diagonal pattern of all graphs, of the form that `count_subgraphs` takes.
    graph_ptr : array-like of int, shape (n_graphs + 1,)
        First vertex of each graph, and the number of vertices. A graph may have none.
    directed : bool
        Whether the pattern is that of directed graphs.

    Returns
    -------
    ndarray of float64, shape (n_graphs, 4) or (n_graphs, 9)
        The counts.
    """
    out = np.diff(adjacency.indptr).astype(np.int64)
    if not directed:
        rows = np.repeat(np.arange(len(out), dtype=adjacency.indices.dtype), out)
        upper = rows < adjacency.indices
        return _of_edges(rows[upper], adjacency.indices[upper], out, graph_ptr)
    into = np.bincount(adjacency.indices, minlength=len(out))
    pattern = _reweighted(adjacency, np.ones(len(adjacency.indices), np.int64))
    both = pattern + _BACKWARDS * pattern.T.tocsr()
    row = np.repeat(np.arange(len(out)), np.diff(both.indptr))
    mutual = np.bincount(row[both.data == 1 + _BACKWARDS], minlength=len(out))
    (out_two, out_three), (in_two, in_three) = _stars(out), _stars(into)
    per_vertex = [out, mutual, out_two, in_two, out * into - mutual, out_three, in_three]
    rank = _ranks(np.diff(both.indptr), graph_ptr)
    first, second = rank.take(row), rank.take(both.indices)
    kept = first < second
    per_vertex += _triangles(first[kept], second[kept], both.data[kept], len(out))
    return _by_graph(per_vertex, graph_ptr) / [1, 2, 1, 1, 1, 1, 1, 1, 1]


def count_subgraphs_of_edges(edges, n_vertices):
    """Count the subgraphs of one undirected graph from a list of its edges, without checks.

    Parameters
    ----------
    edges : ndarray of shape (2, n_edges), int
        The two ends of each edge, each edge once, no loops.
    n_vertices : int
        Number of vertices.

    Returns
    -------
    ndarray of float64, shape (4,)
        The counts.
    """
    degree = np.bincount(edges.ravel(), minlength=n_vertices)
    return _of_edges(*edges, degree, [0, n_vertices])[0]


def _of_edges(rows, columns, degree, graph_ptr):
    """Count the subgraphs of undirected graphs, from their edges, each once."""
    rank = _ranks(degree, graph_ptr)
    ends = rank.take(rows), rank.take(columns)
    weights = np.ones(len(rows), np.int32)
    triangles = _triangles(np.minimum(*ends), np.maximum(*ends), weights, len(degree))
    return _by_graph([degree, *_stars(degree), *triangles], graph_ptr) / [2, 1, 1, 1]


def _by_graph(per_vertex, graph_ptr):
    """Sum counts of the vertices over each graph."""
    n_graphs = len(graph_ptr) - 1
    if n_graphs == 1:
        return np.array([[counts.sum(dtype=np.float64) for counts in per_vertex]])
    graph = np.repeat(np.arange(n_graphs), np.diff(graph_ptr))
    sums = [np.bincount(graph, counts, minlength=n_graphs) for counts in per_vertex]
    return np.stack(sums, axis=1)


def _stars(degree):
    """Count pairs and triples of edges at each vertex."""
    two = degree * (degree - 1) // 2
    if degree.max(initial=0) < _MOST_EXACT:
        return two, two * (degree - 2) // 3
    return two, two * (degree - 2.0) / 3


def _ranks(degree, graph_ptr):
    """Number the vertices of each graph by degree, each graph in the range that it has.

    Hubs, which most paths end at, are then near each other in memory.
    """
    graph = np.repeat(np.arange(len(graph_ptr) - 1), np.diff(graph_ptr))
    key = degree + graph * (degree.max(initial=0) + 1)
    # Numbers of 16 bits are sorted by their digits.
    order = np.argsort(key.astype(np.min_scalar_type(key.max(initial=0))), kind="stable")
    rank = np.empty(len(degree), np.int32 if len(degree) < 2**31 else np.int64)
    rank[order] = np.arange(len(degree), dtype=rank.dtype)
    return rank


def _triangles(rows, columns, weights, n):
    """Count triangles at their first vertex: all, or cyclic and transitive ones."""
    edges = sp.coo_array((weights, (rows, columns)), shape=(n, n)).tocsr()
    length = np.diff(edges.indptr)
    n_pairs = np.concatenate([[0], np.cumsum(length[edges.indices], dtype=np.int64)])[edges.indptr]
    cuts = [0]
    while cuts[-1] < n:
        stop = np.searchsorted(n_pairs, n_pairs[cuts[-1]] + _PAIRS_AT_ONCE, side="right") - 1
        cuts.append(max(int(stop), cuts[-1] + 1))
    if len(cuts) <= 2:
        return _closed(edges, edges)
    parts = [_closed(edges[start:stop], edges) for start, stop in pairwise(cuts)]
    return [np.concatenate(counts) for counts in zip(*parts, strict=True)]


def _closed(first, edges):
    """Count the triangles whose first vertices are those of some rows."""
    paths = first @ edges
    if edges.dtype == np.int32:
        return [_row_sums(paths.multiply(first).tocsr())]
    # Few paths are closed: they are found first, then looked at for each kind of closing arc.
    paths = paths.multiply(_reweighted(first, np.ones_like(first.data))).tocsr()
    cyclic = total = 0
    for field, closing in ((2, first.data % _BACKWARDS), (0, first.data // _BACKWARDS)):
        found = paths.multiply(_reweighted(first, closing)).tocsr()
        fields = [(found.data >> (_BITS * i)) % _BACKWARDS for i in range(3)]
        cyclic = cyclic + _row_sums(found, fields[field])
        total = total + _row_sums(found, sum(fields))
    return [cyclic, total - cyclic]


def _reweighted(matrix, data):
    """Give the entries of a matrix other values."""
    return sp.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _row_sums(matrix, data=None):
    """Add up the entries of each row."""
    data = matrix.data if data is None else data
    return np.diff(np.concatenate([[0], np.cumsum(data, dtype=np.int64)])[matrix.indptr])
