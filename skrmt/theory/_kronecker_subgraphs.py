# SPDX-License-Identifier: BSD-3-Clause
"""Expected numbers of small subgraphs of a random Kronecker graph.

The sum over all maps of the vertices of a pattern into the N vertices, of the product of the
probabilities of its edges, is ``hom(F, P_K) = hom(F, theta)^K``: it costs nothing to let N grow.
Maps that are not injective are taken out by inclusion and exclusion over the partitions of the
vertices of F. With row sums r, column sums c and diagonal d of theta, q and q' the row and column
sums of theta^2 and u, u' those of theta^3 (entrywise powers), ``w_a = sum_b theta_ab theta_ba`` and
``S(x) = (sum_a x_a)^K``, an undirected graph without loops has the expected counts ::

    edges      (S(r) - S(d)) / 2
    wedges     (S(r^2) - 2 S(rd) - S(q) + 2 S(d^2)) / 2
    3-stars    (S(r^3) - 3 S(r^2 d) - 3 S(rq) + 6 S(r d^2) + 3 S(dq) + 2 S(u) - 6 S(d^3)) / 6
    triangles  ((tr theta^3)^K - 3 S(dq) + 2 S(d^3)) / 6

(D. F. Gleich, A. B. Owen, "Moment-based estimation of stochastic Kronecker graph parameters",
Internet Mathematics 2012, for m = 2), and a directed one [ours] ::

    arcs                  S(r) - S(d)
    reciprocal pairs      (S(w) - S(d^2)) / 2
    out-, in-2-stars      as wedges, with (r, q) and with (c, q')
    2-paths i->j->k       S(cr) - S(cd) - S(rd) + 2 S(d^2) - S(w)
    out-, in-3-stars      as 3-stars, with (r, q, u) and with (c, q', u')
    cyclic triangles      ((tr theta^3)^K - 3 S(dw) + 2 S(d^3)) / 3
    transitive triangles  (sum theta o theta theta)^K - S(dq) - S(dq') - S(dw) + 2 S(d^3)
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._kronecker_initiator import check_initiators, check_levels
from skrmt.theory._parameter_checks import check_flag
from skrmt.theory._spectrum import as_array, as_count

SUBGRAPHS: dict[bool, tuple[str, ...]] = {
    False: ("edges", "wedges", "three_stars", "triangles"),
    True: (
        "arcs",
        "reciprocal_pairs",
        "out_two_stars",
        "in_two_stars",
        "two_paths",
        "out_three_stars",
        "in_three_stars",
        "cyclic_triangles",
        "transitive_triangles",
    ),
}


def expected_subgraph_counts(
    initiator: ArrayLike, n_levels: ArrayLike, *, directed: bool = False
) -> NDArray[np.float64]:
    """Count the small subgraphs of a random Kronecker graph, in expectation.

    A copy of a pattern is a set of edges of the graph that has its form, whatever other edges there
    are between its vertices: a triangle holds three wedges. Loops do not count. The cost does not
    depend on the size of the graph.

    Parameters
    ----------
    initiator : array-like of shape (..., m, m)
        Initiator theta, or a stack of them.
    n_levels : int or array-like of int, broadcastable to (...)
        Kronecker power K; the graph has ``m^K`` vertices.
    directed : bool, default=False
        Whether edges have a direction. Otherwise theta must be symmetric, and each pair of vertices
        is drawn once.

    Returns
    -------
    ndarray of float64, shape (..., 4) or, directed, (..., 9)
        Expected counts, in the order of ``SUBGRAPHS[directed]``: edges, wedges, 3-stars, triangles;
        or arcs, reciprocal pairs, out-2-stars, in-2-stars, 2-paths, out-3-stars, in-3-stars, cyclic
        and transitive triangles.

    Raises
    ------
    TypeError
        If `initiator` is sparse or complex.
    ValueError
        If `initiator` is not made of square matrices of probabilities (symmetric where `directed`
        is false), `n_levels` is not made of integers of at least 1 or does not fit the stack, or
        the graph has more than 2^62 vertices.

    See Also
    --------
    empty_graph_log_likelihood : Log-probability that a random Kronecker graph has no edge.

    Examples
    --------
    >>> from skrmt.theory import SUBGRAPHS, expected_subgraph_counts
    >>> counts = expected_subgraph_counts([[0.95, 0.6], [0.6, 0.2]], 5)
    >>> dict(zip(SUBGRAPHS[False], counts.round(2).tolist()))
    {'edges': 34.83, 'wedges': 113.15, 'three_stars': 164.46, 'triangles': 5.38}
    """
    directed = check_flag("directed", directed)
    theta = check_initiators(initiator, symmetric=not directed)
    levels = as_array("n_levels", n_levels)
    for value in np.unique(levels):
        check_levels(as_count("n_levels", value.item()), theta.shape[-1])
    try:
        np.broadcast_shapes(theta.shape[:-2], levels.shape)
    except ValueError as error:
        raise ValueError(
            f"n_levels must fit the stack of initiators, got shapes {levels.shape} and "
            f"{theta.shape[:-2]}; pass one number, or one for each initiator."
        ) from error
    return subgraph_means(theta, levels, directed)


def subgraph_means(initiator, n_levels, directed):
    """Compute `expected_subgraph_counts` without checks.

    Parameters
    ----------
    initiator : ndarray of shape (..., m, m)
        Initiators theta.
    n_levels : int or ndarray, broadcastable to (...)
        Kronecker powers.
    directed : bool
        Whether edges have a direction.

    Returns
    -------
    ndarray of float64, shape (..., 4) or (..., 9)
        Expected counts.
    """
    # The stack goes last: each sum over a digit then runs along contiguous memory.
    theta = np.ascontiguousarray(np.moveaxis(initiator, (-2, -1), (0, 1)), dtype=np.float64)
    powers = _PowersOfSums(theta, n_levels)
    counts = powers.directed() if directed else powers.undirected()
    return np.maximum(np.stack(counts, axis=-1), 0)


class _PowersOfSums:
    """The terms of the expected counts; `theta` has shape (m, m, ...)."""

    def __init__(self, theta, n_levels):
        self.theta = theta
        self.n_levels = np.asarray(n_levels, dtype=np.float64)
        self.square = theta * theta
        self.d = np.einsum("aa...->a...", theta).copy()
        self.d2 = self.d * self.d
        self.s_d = self.s(self.d)
        self.s_d2 = self.s(self.d2)
        self.s_d3 = self.s(self.d2 * self.d)

    def s(self, x):
        return x.sum(axis=0) ** self.n_levels

    def stars(self, axis):
        """S(r), the number of 2-stars and of 3-stars, and S(dq); `axis` 1 is out, 0 is in."""
        d, d2 = self.d, self.d2
        r, q = self.theta.sum(axis=axis), self.square.sum(axis=axis)
        u = (self.square * self.theta).sum(axis=axis)
        r2, s_dq = r * r, self.s(d * q)
        two = self.s(r2) - 2 * self.s(r * d) - self.s(q) + 2 * self.s_d2
        three = (
            self.s(r2 * r)
            - 3 * self.s(r2 * d)
            - 3 * self.s(r * q)
            + 6 * self.s(r * d2)
            + 3 * s_dq
            + 2 * self.s(u)
            - 6 * self.s_d3
        )
        return self.s(r), two / 2, three / 6, s_dq

    def two_steps(self):
        """Compute the matrix product of theta with itself."""
        return np.stack([(row[:, None] * self.theta).sum(axis=0) for row in self.theta])

    def undirected(self):
        s_r, wedges, three_stars, s_dq = self.stars(1)
        closed = (self.two_steps() * self.theta).sum(axis=1)
        triangles = (self.s(closed) - 3 * s_dq + 2 * self.s_d3) / 6
        return (s_r - self.s_d) / 2, wedges, three_stars, triangles

    def directed(self):
        s_r, out_two, out_three, s_dq = self.stars(1)
        _, in_two, in_three, s_dq_in = self.stars(0)
        r, c, mirror = self.theta.sum(axis=1), self.theta.sum(axis=0), np.swapaxes(self.theta, 0, 1)
        w = (self.theta * mirror).sum(axis=1)
        s_w, s_dw = self.s(w), self.s(self.d * w)
        paths = self.s(c * r) - self.s(c * self.d) - self.s(r * self.d) + 2 * self.s_d2 - s_w
        two_steps = self.two_steps()
        cyclic = (self.s((two_steps * mirror).sum(axis=1)) - 3 * s_dw + 2 * self.s_d3) / 3
        transitive = self.s((two_steps * self.theta).sum(axis=1))
        transitive = transitive - s_dq - s_dq_in - s_dw + 2 * self.s_d3
        reciprocal = (s_w - self.s_d2) / 2
        arcs = s_r - self.s_d
        return arcs, reciprocal, out_two, in_two, paths, out_three, in_three, cyclic, transitive
