# SPDX-License-Identifier: BSD-3-Clause
"""Statistics by which a drawn graph is held against a real one, and a reference that fits nothing.

All are of the vertices that have an edge: a graph of the model has isolated ones, the files of real
graphs leave them out.
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import eigsh
from scipy.stats import ks_2samp

N_SOURCES = 64


def chung_lu(adjacency, rng):
    """Draw a graph with the expected degrees of another one.

    Parameters
    ----------
    adjacency : csr_array of shape (n, n)
        Undirected graph.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    graph : csr_array of shape (n, n)
        Edges are independent, of probability ``min(1, d_i d_j / sum d)``.
    """
    degree = np.diff(adjacency.indptr).astype(float)
    n, rows, columns = len(degree), [], []
    for start in range(0, n, 512):
        stop = min(start + 512, n)
        probability = np.outer(degree[start:stop], degree[start:]) / degree.sum()
        row, column = np.nonzero(np.triu(rng.random(probability.shape) < probability, 1))
        rows.append(row + start)
        columns.append(column + start)
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    ends = (np.concatenate([rows, columns]), np.concatenate([columns, rows]))
    return sp.csr_array((np.ones(2 * len(rows)), ends), shape=(n, n))


def with_edges(adjacency):
    """Leave out the isolated vertices, and turn the entries into float64."""
    kept = np.flatnonzero(np.diff(adjacency.indptr))
    return sp.csr_array(adjacency[kept][:, kept]).astype(np.float64)


def statistics(adjacency, reference=None):
    """Describe an undirected graph.

    Parameters
    ----------
    adjacency : csr_array of shape (n, n)
        The graph.
    reference : csr_array, default=None
        Graph that the degrees are compared with.

    Returns
    -------
    values : dict of str to float
        Triangles; average clustering (0 for a vertex of degree 1); largest degree; largest
        eigenvalue; effective diameter, the number of steps within which 90 % of the pairs that are
        joined at all are, from a sample of vertices; Kolmogorov-Smirnov distance of the degrees.
    """
    graph = with_edges(adjacency)
    degree = np.diff(graph.indptr)
    closed = (graph @ graph).multiply(graph).sum(axis=1)
    pairs = degree * (degree - 1)
    values = {
        "triangles": float(closed.sum() / 6),
        "clustering": float(
            np.divide(closed, pairs, where=pairs > 0, out=np.zeros(len(pairs))).mean()
        ),
        "max_degree": float(degree.max()),
        "eigenvalue": float(
            eigsh(graph, k=1, return_eigenvectors=False, v0=np.ones(len(degree)))[0]
        ),
        "diameter": effective_diameter(graph),
    }
    if reference is not None:
        values["ks"] = float(ks_2samp(degree, np.diff(with_edges(reference).indptr)).statistic)
    return values


def effective_diameter(graph):
    """Least number of steps within which nine tenths of the joined pairs are."""
    n = graph.shape[0]
    sources = np.random.default_rng(0).choice(n, min(N_SOURCES, n), replace=False)
    steps = dijkstra(graph, unweighted=True, indices=sources).ravel()
    steps = np.sort(steps[np.isfinite(steps) & (steps > 0)])
    return float(steps[int(np.ceil(0.9 * len(steps))) - 1])
