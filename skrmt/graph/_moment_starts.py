# SPDX-License-Identifier: BSD-3-Clause
"""Starting points for fits of subgraph counts.

The loss has several minima, many of them where an entry of the initiator is 0 or 1. Evenly spread
points, many of them on such faces, are brought to the observed number of edges by a power that
leaves 0 and 1 in place, and the best of each of the best faces are taken. [ours]
"""

from functools import cache

import numpy as np
from scipy.stats import qmc

from skrmt.graph._edge_classes import parameter_index
from skrmt.theory._kronecker_subgraphs import subgraph_means

__all__ = ["best_starts", "residuals_of"]

# Graphs whose numbers of edges differ by less than this factor share their starting points.
_SAME_EDGES = 1.1
# Losses held at once.
_BLOCK = 2**21
# Minima often lie where an entry is 0 or 1: so many of the points do, in each entry.
_ON_BOUNDS = 1 / 3
_LOG_EXPONENTS = np.linspace(-4, 4, 41)


@cache
def _design(n_points, size, directed):
    """Spread points over the unit cube and its faces.

    Returns
    -------
    points : ndarray of shape (n_points, n_parameters)
        Entries in [0, 1], many of them 0 or 1.
    face : ndarray of shape (n_points,), int
        Number of the set of entries that are 0 or 1.
    totals : ndarray of shape (n_points, n_exponents)
        Sum of the initiator with its entries to the powers ``exp(_LOG_EXPONENTS)``.
    """
    index = parameter_index(size, directed)
    n_parameters = int(index.max()) + 1
    uniform = qmc.Sobol(n_parameters, scramble=False).random(n_points)
    points = np.clip((uniform - _ON_BOUNDS / 2) / (1 - _ON_BOUNDS), 0, 1)
    # One of the orders in which an initiator can be written is enough.
    initiators = points[:, index]
    order = np.argsort(-(initiators.sum(axis=1) + initiators.sum(axis=2)), axis=1, kind="stable")
    rows = np.arange(n_points)[:, None, None]
    initiators = initiators[rows, order[:, :, None], order[:, None, :]]
    _, entries = np.unique(index, return_index=True)
    points = initiators.reshape(n_points, -1)[:, entries]
    place = np.where(points == 0, 0, np.where(points == 1, 2, 1))
    _, face = np.unique(place, axis=0, return_inverse=True)
    order = np.argsort(face, kind="stable")
    face, points = face[order], points[order]
    repeats = np.bincount(index.ravel())
    powers = points[:, None, :] ** np.exp(_LOG_EXPONENTS)[:, None]
    return points, face, powers @ repeats


def _with_edges(total, points, totals):
    """Raise entries to powers, so that 0 and 1 stay, until an initiator has the right sum."""
    above = np.clip((totals > total).sum(axis=1), 1, len(_LOG_EXPONENTS) - 1)
    rows = np.arange(len(points))
    high, low = totals[rows, above - 1], totals[rows, above]
    share = np.clip((high - total) / np.maximum(high - low, 1e-12), 0, 1)
    width = _LOG_EXPONENTS[1] - _LOG_EXPONENTS[0]
    exponent = np.exp(_LOG_EXPONENTS[above - 1] + share * width)
    return points ** exponent[:, None]


def residuals_of(expected, counts):
    """Relative differences of expected and observed counts.

    Parameters
    ----------
    expected, counts : ndarray of shape (..., n_patterns)
        Expected and observed numbers of subgraphs.

    Returns
    -------
    ndarray of shape (..., n_patterns)
        ``(E_F - F) / max(F, 1)``.
    """
    return (expected - counts) / np.maximum(counts, 1)


def best_starts(counts, n_levels, size, directed, n_points, n_starts):
    """Choose starting points for each graph.

    Parameters
    ----------
    counts : ndarray of shape (n_graphs, n_patterns)
        Observed numbers of subgraphs, with at least one edge each.
    n_levels : ndarray of shape (n_graphs,), int
        Number of levels K.
    size : int
        Side m of the initiator.
    directed : bool
        Which patterns they are.
    n_points : int
        Points that are looked at, a power of two.
    n_starts : int
        Points that are taken.

    Returns
    -------
    ndarray of shape (n_graphs, n_starts, n_parameters)
        The best points with about the right number of edges, each from another face of the cube.
    """
    points, face, totals = _design(n_points, size, directed)
    index = parameter_index(size, directed)
    arcs = counts[:, 0] * (1 if directed else 2)
    bins = np.floor(np.log(arcs) / np.log(_SAME_EDGES)).astype(np.int64) * 64 + n_levels
    starts = np.empty((len(counts), n_starts, points.shape[1]))
    for wanted in np.unique(bins):
        members = np.flatnonzero(bins == wanted)
        k = n_levels[members[0]]
        scaled = _with_edges(np.exp(np.log(arcs[members]).mean() / k), points, totals)
        expected = subgraph_means(scaled[:, index], k, directed)
        rows = max(1, _BLOCK // len(scaled))
        for begin in range(0, len(members), rows):
            block = members[begin : begin + rows]
            losses = np.zeros((len(block), len(scaled)))
            for f in range(counts.shape[1]):
                losses += np.square(residuals_of(expected[None, :, f], counts[block, f, None]))
            starts[block] = _best_of_faces(scaled, face, losses, n_starts)
    return starts


def _best_of_faces(points, face, losses, n_wanted):
    """Take the best point of each of the best faces.

    The best points of all would lie side by side, in the basin of one minimum.
    """
    first = np.flatnonzero(np.diff(face, prepend=-1))
    least = np.minimum.reduceat(losses, first, axis=1)
    best = np.argsort(least, axis=1, kind="stable")[:, np.arange(n_wanted) % least.shape[1]]
    return np.stack(
        [points[np.argmin(np.where(face == f[:, None], losses, np.inf), axis=1)] for f in best.T],
        axis=1,
    )
