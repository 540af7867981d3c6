# SPDX-License-Identifier: BSD-3-Clause
"""Exact log-likelihood of a graph with given labels."""

from numbers import Integral

import numpy as np

from skrmt.graph._adjacency import check_levels_hold, list_edges, read_adjacency
from skrmt.graph._edge_classes import edge_classes, free_entries, parameter_index
from skrmt.theory._kronecker_initiator import check_initiator, check_levels
from skrmt.theory._kronecker_likelihood import absent_edges

__all__ = ["check_labels", "kronecker_log_likelihood", "labelled_log_likelihood"]


def check_labels(labels, n_vertices, n_labels):
    """Check the labels of the vertices of a graph.

    Parameters
    ----------
    labels : array-like of shape (n_vertices,), int, or None
        What was given; None for the number of the row.
    n_vertices : int
        Vertices of the graph.
    n_labels : int
        Labels that there are.

    Returns
    -------
    ndarray of shape (n_vertices,), int64
        The labels.

    Raises
    ------
    ValueError
        If there is not one distinct label in range for each vertex.
    """
    if labels is None:
        return np.arange(n_vertices)
    values = np.asarray(labels)
    if values.shape != (n_vertices,) or values.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {n_vertices} whole numbers, one for each vertex, got an array of "
            f"shape {values.shape} and dtype {values.dtype}."
        )
    values = values.astype(np.int64)
    if values.min() < 0 or values.max() >= n_labels:
        raise ValueError(
            f"labels must be from 0 to {n_labels - 1}, got {values.min()} to {values.max()}."
        )
    if len(np.unique(values)) < n_vertices:
        raise ValueError("labels must be distinct: each vertex has its own row of the model.")
    return values


def check_vertices(rows, columns, n_vertices):
    """Check the ends of edges.

    Parameters
    ----------
    rows, columns : array-like of int
        Vertices; they broadcast.
    n_vertices : int
        Vertices of the graph.

    Returns
    -------
    rows, columns : ndarray of int
        Of the same shape.

    Raises
    ------
    ValueError
        If they are no whole numbers in range, or do not broadcast.
    """
    for name, ends in (("rows", rows), ("columns", columns)):
        ends = np.asarray(ends)
        if ends.size and ends.dtype.kind not in "iu":
            raise ValueError(
                f"{name} must be rows of the adjacency matrix, whole numbers (of a NetworkX "
                f"graph: places in list(graph)), got dtype {ends.dtype}."
            )
        if ends.size and not 0 <= ends.min() <= ends.max() < n_vertices:
            raise ValueError(
                f"{name} must be vertices from 0 to {n_vertices - 1}, got {ends.min()} to "
                f"{ends.max()}."
            )
    rows, columns = (np.asarray(ends, dtype=np.int64) for ends in (rows, columns))
    try:
        return np.broadcast_arrays(rows, columns)
    except ValueError as error:
        raise ValueError(
            f"rows and columns must broadcast, got shapes {rows.shape} and {columns.shape}."
        ) from error


def labelled_log_likelihood(adjacency, directed, initiator, n_levels, labels):
    """Log-likelihood of a clean pattern; no checks.

    Parameters
    ----------
    adjacency : csr_array of shape (n, n)
        Clean pattern.
    directed : bool
        Whether the graph is directed.
    initiator : ndarray of shape (m, m)
        Entries in [0, 1].
    n_levels : int
        Number of levels K.
    labels : ndarray of shape (n,), int
        Distinct labels; vertices of the other labels are isolated.

    Returns
    -------
    float
        The log-likelihood; -inf if an edge of probability 0 is there or one of 1 is not.
    """
    rows, columns = list_edges(adjacency, directed)
    size = len(initiator)
    index = parameter_index(size, directed)
    classes = edge_classes(labels[rows], labels[columns], size, n_levels, directed)
    with np.errstate(divide="ignore"):
        logs = np.log(free_entries(initiator, index))
    used = classes.exponents > 0  # an entry of 0 that is no factor says nothing
    log_p = np.where(used, classes.exponents * np.where(used, logs, 0.0), 0.0).sum(axis=1)
    certain = log_p == 0
    # A certain edge has likelihood 1, and its absence 0: both leave the sums.
    absent, n_certain = absent_edges(initiator, n_levels, directed, loops=False, certain=True)
    if classes.multiplicity[certain].sum() < n_certain:
        return -np.inf
    log_p, multiplicity = log_p[~certain], classes.multiplicity[~certain]
    return float(multiplicity @ (log_p - np.log(-np.expm1(log_p))) + absent)


def kronecker_log_likelihood(X, initiator, labels=None, *, n_levels="auto", directed="auto"):
    """Log-likelihood of a graph under a Kronecker model with given labels.

    The probability of each edge that is there and of each that is not, on all ``m**n_levels``
    vertices: those that X lacks are isolated. Exact, in ``O(n_edges K)`` operations.

    Parameters
    ----------
    X : {array-like, sparse matrix, networkx.Graph} of shape (n, n)
        A nonzero entry is an edge; the diagonal and all weights are ignored.
    initiator : array-like of shape (m, m)
        Edge probabilities of one level.
    labels : array-like of shape (n,), int, default=None
        Distinct row of the model for each vertex; None for ``0, 1, ..., n - 1``.
    n_levels : int or "auto", default="auto"
        Kronecker power K; "auto" is the least with ``m**K >= n``.
    directed : bool or "auto", default="auto"
        "auto" is what a NetworkX graph says, or whether the pattern of X is asymmetric.

    Returns
    -------
    float
        The log-likelihood; -inf if an edge of probability 0 is there or one of probability 1 is
        not.

    Raises
    ------
    ValueError
        If X is not a graph, the initiator not a square matrix of probabilities (symmetric for an
        undirected graph), the graph larger than the model, or the labels are not distinct.

    See Also
    --------
    skrmt.theory.empty_graph_log_likelihood : The part that does not depend on the graph.

    References
    ----------
    .. [1] J. Leskovec et al., "Kronecker Graphs: An Approach to Modeling Networks", JMLR 2010,
       section 5, where the absent edges are approximated by two terms of a series.

    Examples
    --------
    >>> from skrmt.graph import kronecker_log_likelihood
    >>> path = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    >>> round(kronecker_log_likelihood(path, [[0.9, 0.6], [0.6, 0.2]]), 4)
    -3.1163
    """
    adjacency, is_directed = read_adjacency(X, directed)
    theta = check_initiator(initiator, symmetric=not is_directed)
    if isinstance(n_levels, Integral):
        check_levels(n_levels, len(theta))
    levels = check_levels_hold(n_levels, len(theta), adjacency.shape[0])
    labels = check_labels(labels, adjacency.shape[0], len(theta) ** levels)
    return labelled_log_likelihood(adjacency, is_directed, theta, levels, labels)
