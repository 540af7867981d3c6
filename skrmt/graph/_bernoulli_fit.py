# SPDX-License-Identifier: BSD-3-Clause
"""Initiator that maximises the exact likelihood of a labelled graph.

The log-likelihood of independent edges is ``sum over edges of log P - log(1 - P)`` plus the sum of
``log(1 - P)`` over all cells. Both are functions of the initiator alone once the edges are grouped
by their digit pairs: the first a sum over classes, the second free of the graph
(:func:`skrmt.theory.empty_graph_log_likelihood`).
"""

import numpy as np
from scipy.optimize import minimize

from skrmt.graph._edge_classes import free_entries
from skrmt.theory._kronecker_likelihood import absent_edges

__all__ = ["LARGEST_ENTRY", "SMALLEST_ENTRY", "clipped", "fit_bernoulli", "log_likelihood_of"]

# At 0 and 1 one edge too many or too few has likelihood 0, and labels could not move.
SMALLEST_ENTRY, LARGEST_ENTRY = 1e-6, 1 - 1e-5


def clipped(initiator):
    """Keep an initiator away from 0 and 1, where labels cannot move.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        Entries in [0, 1].

    Returns
    -------
    ndarray of shape (m, m)
        The clipped initiator.
    """
    return np.clip(initiator, SMALLEST_ENTRY, LARGEST_ENTRY)


def log_likelihood_of(initiator, classes, index, n_levels, directed):
    """Log-likelihood of classes of edges and its gradient.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        Entries in (0, 1).
    classes : EdgeClasses
        Edges by their digit pairs, undirected ones once.
    index : ndarray of shape (m, m), int
        Number of the free parameter behind each entry.
    n_levels : int
        Number of levels K.
    directed : bool
        Whether the graph is directed.

    Returns
    -------
    value : float
        Log-likelihood of the graph without loops.
    gradient : ndarray of shape (n_parameters,)
        Derivatives by the free parameters.
    """
    parameters = free_entries(initiator, index)
    log_p = classes.exponents @ np.log(parameters)
    log_absent = np.log1p(-np.exp(log_p))
    absent, by_entry = absent_edges(initiator, n_levels, directed, loops=False)
    value = classes.multiplicity @ (log_p - log_absent) + absent
    # d/d theta_k of log(P / (1 - P)) is c_k / (theta_k (1 - P)).
    weight = classes.multiplicity * np.exp(-log_absent)
    gradient = (weight @ classes.exponents) / parameters
    gradient += np.bincount(index.ravel(), weights=by_entry.ravel())
    return value, gradient


def fit_bernoulli(start, classes, index, n_levels, directed):
    """Maximise the log-likelihood of classes of edges.

    Parameters
    ----------
    start : ndarray of shape (m, m)
        Where to begin.
    classes : EdgeClasses
        Edges by their digit pairs, undirected ones once.
    index : ndarray of shape (m, m), int
        Number of the free parameter behind each entry.
    n_levels : int
        Number of levels K.
    directed : bool
        Whether the graph is directed.

    Returns
    -------
    ndarray of shape (m, m)
        The initiator, entries in ``[1e-6, 1 - 1e-5]``.
    """
    first = free_entries(clipped(start), index)
    scale = classes.multiplicity.sum()

    def loss(parameters):
        value, gradient = log_likelihood_of(parameters[index], classes, index, n_levels, directed)
        return -value / scale, -gradient / scale

    bounds = [(SMALLEST_ENTRY, LARGEST_ENTRY)] * len(first)
    found = minimize(loss, first, jac=True, bounds=bounds, method="L-BFGS-B")
    return found.x[index]
