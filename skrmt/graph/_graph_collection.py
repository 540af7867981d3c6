# SPDX-License-Identifier: BSD-3-Clause
"""Many small graphs as one: the blocks of one sparse matrix.

What costs a fixed time for each call, checks and sparse products, is then paid once for thousands
of graphs.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from skrmt.graph._adjacency import as_matrix, is_networkx, pattern_of

__all__ = ["GraphCollection", "read_collection"]


class GraphCollection(NamedTuple):
    """Graphs side by side.

    Parameters
    ----------
    adjacency : csr_array of shape (n_vertices, n_vertices)
        Block-diagonal clean pattern of all of them.
    graph_ptr : ndarray of shape (n_graphs + 1,), int64
        First vertex of each, and the number of all vertices.
    """

    adjacency: sp.csr_array
    graph_ptr: np.ndarray


def read_collection(graphs, directed):
    """Read a list of graphs in any form.

    Parameters
    ----------
    graphs : sequence of {array-like, sparse matrix, networkx.Graph}
        Square adjacency matrices; a nonzero entry is an edge, the diagonal is ignored.
    directed : bool
        Whether patterns may be asymmetric.

    Returns
    -------
    GraphCollection
        The graphs.

    Raises
    ------
    TypeError
        If it is no list of graphs.
    ValueError
        For a graph that is not square, has no vertex, holds nan or infinity, or is not symmetric
        with ``directed=False``; names its place in the list.
    """
    sides, rows, columns, values = [], [], [], []
    offset = 0
    for place, graph in enumerate(_listed(graphs)):
        side, row, column, value = _entries(graph, place)
        sides.append(side)
        rows.append(row + offset)
        columns.append(column + offset)
        values.append(value)
        offset += side
    if not sides:
        raise ValueError("X has 0 graphs, while a minimum of 1 is required.")
    graph_ptr = np.concatenate([[0], np.cumsum(sides, dtype=np.int64)])
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    values = np.concatenate(values)
    finite = np.isfinite(values)
    if not finite.all():
        place = np.searchsorted(graph_ptr, rows[np.argmin(finite)], side="right") - 1
        raise ValueError(f"X[{place}] holds nan or infinity: remove or replace such entries.")
    whole = sp.coo_array((values, (rows, columns)), shape=(offset, offset))
    adjacency, asymmetric = pattern_of(whole, True if directed else "auto")
    if not directed and asymmetric:
        difference = adjacency != adjacency.T
        place = np.searchsorted(graph_ptr, difference.nonzero()[0][0], side="right") - 1
        raise ValueError(
            f"X[{place}] is not symmetric: set directed=True, or symmetrise it first, for example "
            "with ((A + A.T) != 0)."
        )
    return GraphCollection(adjacency, graph_ptr)


def _listed(graphs):
    one = sp.issparse(graphs) or is_networkx(graphs) or hasattr(graphs, "iloc")
    if one or isinstance(graphs, str | bytes | dict):
        raise TypeError(
            f"X must be a list of graphs, got one {type(graphs).__name__}: pass [X] for a single "
            "graph."
        )
    if isinstance(graphs, np.ndarray) and graphs.dtype != object and graphs.ndim != 3:
        raise ValueError(
            f"X must be a list of graphs, got an array of shape {graphs.shape}: pass a list of "
            "square adjacency matrices."
        )
    if not hasattr(graphs, "__len__"):  # an iterator would be used up by `fit`
        raise TypeError(
            f"X must be a list of graphs, got {type(graphs).__name__}: pass list(X) if it yields "
            "graphs."
        )
    return graphs


def _entries(graph, place):
    """Side, rows, columns and values of the nonzero entries of one graph."""
    if is_networkx(graph):
        if len(graph) == 0:
            raise ValueError(f"X[{place}] has no vertex.")
        graph = as_matrix(graph, directed="auto", fewest=1)[0]
    if sp.issparse(graph):
        entries = graph.tocoo()
        row, column, value = *entries.coords, entries.data
    else:
        graph = np.asarray(graph)
        if graph.dtype == object:  # as frames of several types have it
            try:
                graph = graph.astype(np.float64)
            except (TypeError, ValueError):
                pass
        if graph.dtype.kind not in "biuf" or graph.ndim != 2:
            raise TypeError(
                f"X[{place}] must be a square matrix of real numbers, a sparse matrix or a "
                f"NetworkX graph, got an array of shape {graph.shape} and dtype {graph.dtype}."
            )
        row, column = np.nonzero(graph)
        value = graph[row, column]
    if value.dtype.kind == "c":
        raise TypeError(f"X[{place}] must be real, got complex numbers.")
    shape = graph.shape
    if shape[0] != shape[1] or shape[0] == 0:
        raise ValueError(
            f"X[{place}] must be a square adjacency matrix of at least one vertex, got shape "
            f"{shape}."
        )
    return shape[0], row.astype(np.int64), column.astype(np.int64), value
