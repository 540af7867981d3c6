# SPDX-License-Identifier: BSD-3-Clause
"""Initiators whose expected numbers of small subgraphs match the observed ones.

No labels are needed: a graph and any renumbering of it have the same counts. Gleich and Owen's
relative loss ([1]_, section 4) is minimised over ``[0, 1]`` for each entry, for many graphs in one
call: good starting points (`best_starts`), then damped Newton steps on all of them at once
(`least_squares`).

.. [1] D. F. Gleich, A. B. Owen, "Moment-based estimation of stochastic Kronecker graph
   parameters", Internet Mathematics 8, 2012.
"""

import numpy as np

from skrmt.graph._bounded_least_squares import CONVERGED, least_squares
from skrmt.graph._edge_classes import parameter_index
from skrmt.graph._moment_starts import best_starts, residuals_of
from skrmt.theory._kronecker_initiator import canonical_order
from skrmt.theory._kronecker_subgraphs import subgraph_means

__all__ = ["REVERSE_ORDER", "fit_moments", "is_reversed", "moment_loss", "moment_minima"]

# Patterns of the reversed graph: what was out is in.
REVERSE_ORDER = np.array([0, 1, 3, 2, 4, 6, 5, 7, 8])
# Minima closer than this are one.
_APART = 0.03

# So near to the minima it shows which one is the lowest; two go on.
_ROUGHLY, _FINALISTS = 3e-3, 2


def moment_loss(expected, counts):
    """Relative squared distance of expected and observed counts ([1]_, equation 4.1).

    Parameters
    ----------
    expected, counts : ndarray of shape (..., n_patterns)
        Expected and observed numbers of subgraphs.

    Returns
    -------
    ndarray of shape (...)
        ``sum_F ((E_F - F) / max(F, 1))^2``.
    """
    return np.square(residuals_of(expected, counts)).sum(axis=-1)


def fit_moments(counts, n_levels, size, directed, *, n_points=4096, n_polished=12):
    """Fit an initiator to the counts of each graph.

    Parameters
    ----------
    counts : ndarray of shape (n_graphs, n_patterns)
        Observed numbers of subgraphs, with at least one edge each.
    n_levels : int or ndarray of shape (n_graphs,)
        Number of levels K.
    size : int
        Side m of the initiator.
    directed : bool
        Which patterns they are.
    n_points : int, default=4096
        Starting points that are looked at, a power of two.
    n_polished : int, default=12
        How many of them are refined.

    Returns
    -------
    initiators : ndarray of shape (n_graphs, m, m)
        In canonical order: rows and columns by descending sums.
    losses : ndarray of shape (n_graphs,)
        Their relative loss.
    """
    # Reversing all arcs transposes the initiator. Of the two forms one is fitted, so that a graph
    # and its reverse get transposed initiators to the last digit.
    turned = is_reversed(counts) if directed else np.zeros(len(counts), bool)
    if turned.any():
        counts = np.where(turned[:, None], counts[:, REVERSE_ORDER], counts)
    index = parameter_index(size, directed)
    n_levels = np.broadcast_to(n_levels, len(counts))
    starts = best_starts(counts, n_levels, size, directed, n_points, n_polished)
    for n_kept, tol in ((min(_FINALISTS, n_polished), _ROUGHLY), (1, CONVERGED)):
        starts, losses = _polished(starts, counts, n_levels, index, directed, n_kept, tol)
    initiators, losses = starts[:, 0][:, index], losses[:, 0]
    initiators[turned] = initiators[turned].transpose(0, 2, 1)
    return _in_canonical_order(initiators), losses


def moment_minima(counts, n_levels, size, directed, *, n_points=4096, n_polished=12):
    """Find the minima of the loss of one graph.

    Parameters
    ----------
    counts : ndarray of shape (n_patterns,)
        Observed numbers of subgraphs, with at least one edge.
    n_levels : int
        Number of levels K.
    size : int
        Side m of the initiator.
    directed : bool
        Which patterns they are.
    n_points : int, default=4096
        Starting points that are looked at, a power of two.
    n_polished : int, default=12
        How many of them are refined.

    Returns
    -------
    initiators : ndarray of shape (n_minima, m, m)
        Distinct ones, by ascending loss, in canonical order.
    losses : ndarray of shape (n_minima,)
        Their relative loss.
    """
    index, levels = parameter_index(size, directed), np.array([n_levels])
    starts = best_starts(counts[None], levels, size, directed, n_points, n_polished)
    found, losses = _polished(starts, counts[None], levels, index, directed, n_polished, CONVERGED)
    initiators = _in_canonical_order(found[0][:, index])
    distinct = []
    for i, initiator in enumerate(initiators):
        if all(np.abs(initiator - initiators[j]).max() > _APART for j in distinct):
            distinct.append(i)
    return initiators[distinct], losses[0, distinct]


def _in_canonical_order(initiators):
    order = np.stack([canonical_order(initiator) for initiator in initiators])
    rows = np.arange(len(initiators))[:, None, None]
    return initiators[rows, order[:, :, None], order[:, None, :]]


def _polished(starts, counts, n_levels, index, directed, n_kept, tol):
    """Refine all starts of each graph and keep the best."""
    n_graphs, n_starts, n_parameters = starts.shape
    repeated, levels = np.repeat(counts, n_starts, axis=0), np.repeat(n_levels, n_starts)

    def residuals(parameters, rows):
        expected = subgraph_means(parameters[:, index], levels[rows], directed)
        return residuals_of(expected, repeated[rows])

    found, losses = least_squares(residuals, starts.reshape(-1, n_parameters), tol)
    losses = losses.reshape(n_graphs, n_starts)
    best = np.argsort(losses, axis=1, kind="stable")[:, :n_kept]
    found = found.reshape(n_graphs, n_starts, n_parameters)
    return (
        np.take_along_axis(found, best[:, :, None], axis=1),
        np.take_along_axis(losses, best, axis=1),
    )


def is_reversed(counts):
    """Tell which directed graphs have more pairs of arcs into a vertex than out of one.

    Parameters
    ----------
    counts : ndarray of shape (n_graphs, 9)
        Numbers of subgraphs.

    Returns
    -------
    ndarray of shape (n_graphs,), bool
        Whether they do, or, if there are as many, more triples.
    """
    two = counts[:, 3] - counts[:, 2]
    three = counts[:, 6] - counts[:, 5]
    return (two > 0) | ((two == 0) & (three > 0))
