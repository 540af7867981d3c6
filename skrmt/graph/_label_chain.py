# SPDX-License-Identifier: BSD-3-Clause
"""Sampling of the vertex labels of a Kronecker graph, given the graph and the initiator.

Let l be the labels, a bijection of the vertices (padded with isolated ones) to [0, m^K). At theta,

    log p(l | A) = sum over edges ij of w(l_i, l_j) + constant,   w = log P_K - log(1 - P_K),

because the likelihood of the graph without edges does not depend on l (Leskovec et al., "Kronecker
Graphs", JMLR 2010). A Metropolis chain swaps the labels of two vertices, which changes only the
edges at these two. Uniform pairs mix slowly, because the expected degrees of most pairs of labels
differ by far; here nine of ten proposals change one digit of a label or two (ours).
"""

import numpy as np

from skrmt import _kernels
from skrmt.graph._edge_tables import EdgeTables

# Entries of the initiator may come as close as this to 0 and 1.
MARGIN = 1e-6


class LabelChain:
    """State of a Metropolis chain over the labels of one graph.

    Parameters
    ----------
    adjacency : CSR matrix of shape (n, n)
        Pattern of the graph: its stored entries are the edges, without loops, duplicates or
        explicit zeros; symmetric where not `directed`. ``n <= m ** n_levels``.
    directed : bool
        Whether each orientation of an edge is drawn by itself.
    initiator_size : int
        Side m of the initiator, at least 2.
    n_levels : int
        Number K of the digits of a label.
    labels : array-like of shape (m ** n_levels,) and int dtype
        Where the chain starts: label of each vertex, a permutation. Vertices from n on are
        isolated.
    random_state : RandomState
        Where `run` takes its seeds from.

    Attributes
    ----------
    labels : ndarray of shape (m ** n_levels,) and dtype int32
        Label of each vertex now.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from skrmt.graph._label_chain import LabelChain
    >>> star = csr_array([[0, 1, 1], [1, 0, 0], [1, 0, 0]])
    >>> rng = np.random.RandomState(0)
    >>> chain = LabelChain(star, False, 2, 2, np.arange(4), rng)
    >>> n_accepted = chain.run(np.array([[0.9, 0.5], [0.5, 0.1]]), 100)
    >>> sorted(chain.labels.tolist())
    [0, 1, 2, 3]
    """

    def __init__(self, adjacency, directed, initiator_size, n_levels, labels, random_state):
        n_labels = initiator_size**n_levels
        labels = np.asarray(labels)
        if adjacency.shape[0] > n_labels:
            raise ValueError(
                f"adjacency has {adjacency.shape[0]} vertices, more than the "
                f"{initiator_size}^{n_levels} labels; raise n_levels."
            )
        if labels.shape != (n_labels,) or (np.sort(labels) != np.arange(n_labels)).any():
            raise ValueError(f"labels must be a permutation of the numbers below {n_labels}.")
        self.directed = directed
        self.initiator_size = initiator_size
        self.n_levels = n_levels
        self.labels = labels.astype(np.int32)
        self.random_state = random_state
        self._neighbours = _rows(adjacency)
        self._in_neighbours = _rows(adjacency.T.tocsr()) if directed else (None, None)

    def run(self, initiator, n_proposals):
        """Propose swaps of labels; `labels` is overwritten.

        Parameters
        ----------
        initiator : ndarray of shape (m, m)
            Edge probabilities, within [1e-6, 1 - 1e-6]; symmetric where the graph is undirected.
        n_proposals : int
            Number of proposals; without compiled kernels they come in sweeps, and their number is
            about that.

        Returns
        -------
        n_accepted : int
            How many swaps were made.

        Raises
        ------
        ValueError
            If `initiator` has another shape, entries out of bounds, or is not symmetric where it
            has to be.
        """
        initiator = np.asarray(initiator, dtype=np.float64)
        if initiator.shape != (self.initiator_size, self.initiator_size):
            raise ValueError(
                f"initiator must have shape {(self.initiator_size, self.initiator_size)}, got "
                f"{initiator.shape}."
            )
        if not ((initiator >= MARGIN) & (initiator <= 1 - MARGIN)).all():
            raise ValueError(
                f"initiator must have entries in [{MARGIN}, 1 - {MARGIN}], got "
                f"{initiator.tolist()}; clip them."
            )
        if not self.directed and (initiator != initiator.T).any():
            raise ValueError(
                f"initiator must be symmetric for an undirected graph, got {initiator.tolist()}."
            )
        tables = EdgeTables(initiator, self.n_levels)
        return _kernels.swap_labels(
            *self._neighbours,
            *self._in_neighbours,
            self.labels,
            tables.high,
            tables.low,
            self.initiator_size,
            self.n_levels,
            n_proposals,
            int(self.random_state.randint(np.iinfo(np.int64).max, dtype=np.int64)),
        )


def _rows(adjacency):
    """Where each row begins, and its columns, in the types of the kernels."""
    return (
        np.ascontiguousarray(adjacency.indptr, dtype=np.int64),
        np.ascontiguousarray(adjacency.indices, dtype=np.int32),
    )


def degree_labels(adjacency, directed, initiator, n_levels):
    """Labels in the order of degrees: a start for the chain.

    The vertex with the largest degree gets the label with the largest expected degree, and so on.
    Row and column sums of P_K are products over the digits of a label, so that all of the expected
    degrees, row sum plus column sum, cost O(m^K).

    Parameters
    ----------
    adjacency : CSR matrix of shape (n, n)
        Pattern of the graph, as in `LabelChain`.
    directed : bool
        Whether degrees are out-degree plus in-degree.
    initiator : array-like of shape (m, m)
        Edge probabilities.
    n_levels : int
        Number K of the digits of a label.

    Returns
    -------
    labels : ndarray of shape (m ** n_levels,) and dtype int64
        Label of each vertex; vertices from n on, which are isolated, come last of those without
        edges. Ties keep the order of the vertices and of the labels.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from skrmt.graph._label_chain import degree_labels
    >>> path = csr_array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> degree_labels(path, False, [[0.2, 0.5], [0.5, 0.9]], n_levels=2).tolist()
    [1, 3, 2, 0]
    """
    initiator = np.asarray(initiator, dtype=np.float64)
    size = len(initiator)
    digits = np.eye(size, dtype=np.int64)
    counts = np.zeros((1, size), dtype=np.int64)  # of each label, how often it has each digit
    for _ in range(n_levels):
        counts = (counts[:, np.newaxis] + digits).reshape(-1, size)
    # powers of the sums, not products digit by digit: rounding must not break ties
    expected = sum(
        np.prod([sums[a] ** counts[:, a] for a in range(size)], axis=0)
        for sums in (initiator.sum(axis=1), initiator.sum(axis=0))
    )
    degrees = np.zeros(len(counts), dtype=np.int64)
    n_vertices = adjacency.shape[0]
    degrees[:n_vertices] = np.diff(adjacency.indptr)
    if directed:
        degrees[:n_vertices] += np.bincount(adjacency.indices, minlength=n_vertices)
    labels = np.empty(len(counts), dtype=np.int64)
    labels[np.argsort(-degrees, kind="stable")] = np.argsort(-expected, kind="stable")
    return labels
