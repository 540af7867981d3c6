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
from skrmt.theory._kronecker_subgraphs import _subgraph_counts

__all__ = ["fit_moments", "moment_loss"]

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
    reversed_ = _is_reversed(counts) if directed else np.zeros(len(counts), bool)
    counts = (
        np.where(reversed_[:, None], counts[:, _reverse_order()], counts) if directed else counts
    )
    index = parameter_index(size, directed)
    n_levels = np.broadcast_to(n_levels, len(counts))
    starts = best_starts(counts, n_levels, size, directed, n_points, n_polished)
    for n_kept, tol in ((min(_FINALISTS, n_polished), _ROUGHLY), (1, CONVERGED)):
        starts, losses = _polished(starts, counts, n_levels, index, directed, n_kept, tol)
    initiators, losses = starts[:, 0][:, index], losses[:, 0]
    initiators[reversed_] = initiators[reversed_].transpose(0, 2, 1)
    order = np.stack([canonical_order(initiator) for initiator in initiators])
    rows = np.arange(len(counts))[:, None, None]
    return initiators[rows, order[:, :, None], order[:, None, :]], losses


def _polished(starts, counts, n_levels, index, directed, n_kept, tol):
    """Refine all starts of each graph and keep the best."""
    n_graphs, n_starts, n_parameters = starts.shape
    repeated, levels = np.repeat(counts, n_starts, axis=0), np.repeat(n_levels, n_starts)

    def residuals(parameters, rows):
        expected = _subgraph_counts(parameters[:, index], levels[rows], directed)
        return residuals_of(expected, repeated[rows])

    found, losses = least_squares(residuals, starts.reshape(-1, n_parameters), tol)
    losses = losses.reshape(n_graphs, n_starts)
    best = np.argsort(losses, axis=1, kind="stable")[:, :n_kept]
    found = found.reshape(n_graphs, n_starts, n_parameters)
    return (
        np.take_along_axis(found, best[:, :, None], axis=1),
        np.take_along_axis(losses, best, axis=1),
    )


def _is_reversed(counts):
    """Which graphs have more pairs of arcs into a vertex than out of one (then: more stars)."""
    two = counts[:, 3] - counts[:, 2]
    three = counts[:, 6] - counts[:, 5]
    return (two > 0) | ((two == 0) & (three > 0))


def _reverse_order():
    """Patterns of the reversed graph: what was out is in."""
    order = np.arange(9)
    order[[2, 3, 5, 6]] = [3, 2, 6, 5]
    return order
