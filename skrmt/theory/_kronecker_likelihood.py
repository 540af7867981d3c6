# SPDX-License-Identifier: BSD-3-Clause
"""Log-likelihood of the absent edges of a random Kronecker graph, without a sum over its cells.

The log-likelihood of a graph is a sum over its edges plus ``sum log(1 - P)`` over all cells that
can hold an edge, the log-probability of the empty graph. As ``-log(1 - P) = sum_r P^r / r`` and the
entrywise powers of P_K are Kronecker powers again, with s_r the sum of theta^r, d_r that of its
diagonal ::

    sum over all cells of log(1 - P)       = -sum_r s_r^K / r
    sum over diagonal cells of log(1 - P)  = -sum_r d_r^K / r

(J. Leskovec et al., "Kronecker Graphs", JMLR 2010, stop at r = 2). The series converges like
``max(theta)^(K r)``, not at all where theta has a 1. Ours therefore stops it after R terms, which
leaves nothing of the cells with P < 1/2, and adds the rest ``sum_{r > R} P^r / r`` of the others.
These come in classes: P depends only on how often each value of theta occurs among the K factors,
and the cells of a class are counted by a multinomial coefficient.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import binom

from skrmt.theory._kronecker_initiator import check_initiator, check_levels
from skrmt.theory._parameter_checks import check_flag

# What is left of the series at P < 1/2 after these terms is below the unit roundoff, relative to
# its first.
_TERMS = np.arange(1.0, 54.0)

# Classes of cells that are summed at once.
_BLOCK = 2**13


def empty_graph_log_likelihood(
    initiator: ArrayLike, n_levels: int, *, directed: bool = False, loops: bool = False
) -> float:
    """Log-probability that a random Kronecker graph has no edge.

    This is ``sum log(1 - P)`` over the cells that can hold an edge, and the part of the
    log-likelihood of any graph that does not depend on its edges. Exact to rounding for every
    initiator, at a cost that does not depend on the size of the graph but where most of theta is
    close to 1.

    Parameters
    ----------
    initiator : array-like of shape (m, m)
        Initiator theta.
    n_levels : int
        Kronecker power K; the graph has ``m^K`` vertices.
    directed : bool, default=False
        Whether edges have a direction. Otherwise theta must be symmetric, and each pair of vertices
        counts once.
    loops : bool, default=False
        Whether a vertex can have an edge to itself.

    Returns
    -------
    float
        The log-probability; -inf where an edge that can be is certain.

    Raises
    ------
    TypeError
        If `initiator` is sparse or complex.
    ValueError
        If `initiator` is not a square matrix of probabilities (symmetric where `directed` is
        false), `n_levels` is not an integer of at least 1, or the graph has more than 2^62
        vertices.

    See Also
    --------
    expected_subgraph_counts : Expected numbers of edges, stars and triangles.

    Examples
    --------
    >>> from skrmt.theory import empty_graph_log_likelihood
    >>> theta = [[0.9, 0.6], [0.5, 0.2]]
    >>> round(empty_graph_log_likelihood(theta, 6, directed=True, loops=True), 6)
    -118.875187
    >>> round(empty_graph_log_likelihood(theta, 6, directed=True), 6)
    -116.825904
    """
    directed, loops = check_flag("directed", directed), check_flag("loops", loops)
    theta = check_initiator(initiator, symmetric=not directed)
    levels = check_levels(n_levels, theta.shape[0])
    return absent_edges(theta, levels, directed, loops)[0]


def absent_edges(initiator, n_levels, directed, loops, *, certain=False):
    """Sum ``log(1 - P)`` over the cells that can hold an edge, with its gradient; no checks.

    Parameters
    ----------
    initiator : ndarray of float64, shape (m, m)
        Initiator theta.
    n_levels : int
        Kronecker power K.
    directed : bool
        Whether both cells of a pair of vertices count, or half of each.
    loops : bool
        Whether diagonal cells count.
    certain : bool, default=False
        Whether to leave cells with P = 1 out of the sum, and to count them instead of the gradient,
        which the sum without them does not have.

    Returns
    -------
    value : float
        The sum; -inf where it has a cell with P = 1.
    gradient : ndarray of float64, shape (m, m)
        Its derivatives by the entries of theta, each taken as independent of its mirror; -inf for
        those that such a cell depends on. With `certain` the number of cells left out, a float: a
        pair of vertices counts once in an undirected graph.
    """
    size, k = initiator.shape[0], n_levels
    diagonal = np.eye(size, dtype=bool)
    between, own = (1.0 if directed else 0.5), (1.0 if loops else 0.0)

    # Off the diagonal the count is s^K - d^K. Written as the product that follows, it keeps its
    # digits where nearly all of theta is on the diagonal.
    powers = initiator ** _TERMS[:, None, None]
    on = np.where(diagonal, powers, 0).sum(axis=(1, 2))
    off = np.where(diagonal, 0, powers).sum(axis=(1, 2))
    everywhere = on + off
    cells = between * off * _divided_difference(everywhere, on, k) + own * on**k
    value = 0.0 - float(cells @ (1 / _TERMS))

    slope_off = between * everywhere ** (k - 1)
    slope_on = between * off * _divided_difference(everywhere, on, k - 1) + own * on ** (k - 1)
    # The derivative of theta^r / r, with 0^0 = 1.
    lower = initiator ** (_TERMS - 1)[:, None, None]
    slopes = np.where(diagonal, slope_on[:, None, None], slope_off[:, None, None])
    gradient = -k * (slopes * lower).sum(axis=0)

    n_certain = 0.0
    if initiator.max() ** k >= 0.5:
        rest, rest_gradient, n_certain = _rest_of_series(initiator, k, between, own, certain)
        value, gradient = value - rest, gradient - rest_gradient
    return (value, n_certain) if certain else (value, gradient)


def _divided_difference(x, y, k):
    """Compute ``(x^k - y^k) / (x - y)`` as a sum of products."""
    i = np.arange(k)
    return (x[:, None] ** i * y[:, None] ** (k - 1 - i)).sum(axis=1)


def _rest_of_series(theta, k, between, own, certain):
    """Sum ``sum_{r > R} P^r / r`` over the cells with P of at least 1/2, with its gradient.

    Cells with P = 1 are counted too. With `certain`, what these have in the series is taken back
    instead.
    """
    values, sizes, group_of, is_diagonal = _large_values(theta)
    value, slopes = 0.0, np.zeros(values.size)
    logs, multiplicity, counts = _large_classes(values, sizes, k)
    weight = multiplicity * np.where(counts[:, ~is_diagonal].any(axis=1), between, own)
    # A certain edge in a cell that holds none must not turn into 0 times infinity.
    kept = weight > 0
    logs, weight, counts = logs[kept], weight[kept], counts[kept]
    is_certain = logs == 0
    n_terms = _TERMS.size
    with np.errstate(divide="ignore", invalid="ignore"):
        for start in range(0, logs.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            log_p = logs[block]
            summed = np.exp(log_p[:, None] * _TERMS) @ (1 / _TERMS)
            whole = -np.log(-np.expm1(log_p))
            if certain:
                whole[is_certain[block]] = 0
            value += float(weight[block] @ (whole - summed))
            # Derivative of the rest by log P: sum_{r > R} P^r = P^R / (1/P - 1).
            ratio = weight[block] * np.exp(n_terms * log_p) / np.expm1(np.abs(log_p))
            slopes += np.where(counts[block] > 0, ratio[:, None] * counts[block], 0).sum(axis=0)
    slopes /= sizes * values
    gradient = np.where(group_of >= 0, slopes[group_of], 0.0)
    return value, gradient, float(weight[is_certain].sum())


def _large_values(theta):
    """Group the entries of at least 1/2 by value; those on the diagonal stay apart.

    Returns
    -------
    values : ndarray of float64, shape (n_groups,)
        Descending.
    sizes : ndarray of float64, shape (n_groups,)
        Number of entries of each value.
    group_of : ndarray of int64, shape (m, m)
        Group of each entry, -1 for a smaller one.
    is_diagonal : ndarray of bool, shape (n_groups,)
        Whether the group is on the diagonal.
    """
    entries = sorted(
        {(-float(value), int(a == b)) for (a, b), value in np.ndenumerate(theta) if value >= 0.5}
    )
    index = {entry: group for group, entry in enumerate(entries)}
    group_of = np.array(
        [
            [index.get((-float(value), int(a == b)), -1) for b, value in enumerate(row)]
            for a, row in enumerate(theta)
        ]
    )
    sizes = np.bincount(group_of[group_of >= 0], minlength=len(entries)).astype(np.float64)
    values = np.array([-entry[0] for entry in entries])
    return values, sizes, group_of, np.array([bool(entry[1]) for entry in entries])


def _large_classes(values, sizes, k):
    """List the classes of cells with P of at least 1/2.

    Parameters
    ----------
    values, sizes : ndarray of float64, shape (n_groups,)
        Values of theta, descending, and how many entries have each.
    k : int
        Number of factors.

    Returns
    -------
    log_p : ndarray of float64, shape (n_classes,)
        Logarithm of P.
    multiplicity : ndarray of float64, shape (n_classes,)
        Number of cells.
    counts : ndarray of int64, shape (n_classes, n_groups)
        How many of the factors have each value.
    """
    # 1 - value is exact from 1/2 on.
    logs = np.log1p(values - 1)
    log_p, multiplicity = np.zeros(1), np.ones(1)
    left, counts = np.array([k]), np.zeros((1, values.size), dtype=np.int64)
    for group in range(values.size):
        last = group == values.size - 1
        if last:
            parent, taken = np.arange(left.size), left
        else:
            parent = np.repeat(np.arange(left.size), left + 1)
            taken = np.arange(parent.size) - np.repeat(np.cumsum(left + 1) - left - 1, left + 1)
        reached = log_p[parent] + taken * logs[group]
        remaining = left[parent] - taken
        best = reached if last else reached + remaining * logs[group + 1]
        kept = best >= -math.log(2)
        parent, taken, log_p, remaining = parent[kept], taken[kept], reached[kept], remaining[kept]
        chosen = binom(left[parent], taken) * sizes[group] ** taken
        multiplicity, counts = multiplicity[parent] * chosen, counts[parent]
        counts[:, group] = taken
        left = remaining
    return log_p, multiplicity, counts
