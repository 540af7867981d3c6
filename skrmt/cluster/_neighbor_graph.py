# SPDX-License-Identifier: BSD-3-Clause
"""A sparse similarity graph from tiles: the strongest pairs, and a few neighbours for every row.

Two rows are linked when their similarity exceeds one threshold, the same for all, that gives the
mean degree asked for; a row with fewer than `min_neighbors` such links is linked to its
`min_neighbors` most similar rows. The first rule weighs dense regions, the second leaves no row
alone (ours).
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from skrmt.cluster._sampled_rows import of_pairs
from skrmt.cluster._tiles import in_parallel, spans

# Rows whose mutual similarities give the threshold.
_SAMPLED_ROWS = 2000
# Rows with which each row is compared first, at least one in 32 of all.
_PROBED_SHARE = 32
_PROBED_PER_NEIGHBOR = 40
# A tile with more than one candidate in so many entries is thinned at once.
_CROWDED = 8
# `min_neighbors` grows to so many times its value at most: the graph has to stay sparse.
_MOST_DOUBLED = 16


@dataclass(frozen=True)
class LinkRule:
    """When two rows are linked.

    Attributes
    ----------
    threshold : float
        Similarity above which any two rows are linked.
    min_neighbors : int
        Links that every row has at least.
    probe : ndarray of int
        Training rows with which each row is compared first: its `min_neighbors`-th best among them
        bounds the similarity of its neighbours from below.
    """

    threshold: float
    min_neighbors: int
    probe: np.ndarray

    def links(self, rows, index, training, *, itself, n_jobs=None):
        """Find the training rows that rows are linked to.

        Parameters
        ----------
        rows : DenseRows, SparseRows or GivenSimilarities
            The rows, the training rows or new ones.
        index : ndarray of int
            Which of them.
        training : DenseRows, SparseRows or GivenSimilarities
            The training rows.
        itself : bool
            `rows` are the training rows, and none is its own neighbour.
        n_jobs : int, default=None
            Number of threads.

        Returns
        -------
        links : csr_array of shape (len(index), n_training), float32
            1 where a row is linked.
        """
        n = training.n_rows

        def strip(part):
            chosen = index[part]
            bounds = self._bounds(rows, chosen, training, itself)
            found = [
                self._candidates(rows, chosen, training, columns, bounds, itself)
                for columns in spans(n)
            ]
            i, j, similarities = map(np.concatenate, zip(*found, strict=True))
            keep = self._links_of(i, similarities, len(chosen))
            entries = (np.ones(len(keep), np.float32), (i[keep], j[keep]))
            return sp.coo_array(entries, shape=(len(chosen), n)).tocsr()

        strips = in_parallel(strip, spans(len(index)), n_jobs)
        return sp.vstack(strips, format="csr") if len(strips) > 1 else strips[0]

    def _bounds(self, rows, chosen, training, itself):
        """Bound from below the similarity of each row with its neighbours.

        A row has `min_neighbors` neighbours among the probed rows alone, so no true neighbour is
        less similar than the last of these.
        """
        tile = rows.tile(chosen, training, self.probe)
        if itself:
            tile[chosen[:, None] == self.probe] = -np.inf
        last = tile.shape[1] - self.min_neighbors
        bounds = np.partition(tile, last, axis=1)[:, last]
        # The same similarity may come out of a tile of another shape with another last digit.
        bounds -= 8 * np.finfo(np.float32).eps * np.abs(bounds)
        return np.minimum(bounds, self.threshold)

    def _candidates(self, rows, chosen, training, columns, bounds, itself):
        """Find the similarities in a tile that reach the bound of their row."""
        tile = rows.tile(chosen, training, columns)
        if itself:
            own = np.flatnonzero((chosen >= columns.start) & (chosen < columns.stop))
            tile[own, chosen[own] - columns.start] = -np.inf
        reached = tile >= bounds[:, None]
        if np.count_nonzero(reached) > tile.size // _CROWDED:
            # Many equal similarities. Of those not above the threshold a row needs only its best.
            few = min(self.min_neighbors, tile.shape[1])
            best = np.argpartition(tile, -few, axis=1)[:, -few:]
            needed = tile > self.threshold
            np.put_along_axis(needed, best, True, axis=1)
            reached &= needed
        places = np.flatnonzero(reached)
        i, j = np.divmod(places.astype(np.int32), np.int32(tile.shape[1]))
        return i, j + np.int32(columns.start), tile.ravel()[places]

    def _links_of(self, i, similarities, n_rows):
        """Choose among the candidates: the strong ones, or a row's best if these are too few."""
        strong = similarities > self.threshold
        alone = np.bincount(i[strong], minlength=n_rows) < self.min_neighbors
        weak = np.flatnonzero(alone[i])
        weak = weak[np.lexsort((-similarities[weak], i[weak]))]
        first = np.searchsorted(i[weak], i[weak])
        best = weak[np.arange(len(weak)) - first < self.min_neighbors]
        return np.concatenate([np.flatnonzero(strong & ~alone[i]), best])


def link_rule(training, *, degree, min_neighbors, random_state):
    """Set the threshold for a mean degree, from the similarities of sampled rows.

    Parameters
    ----------
    training : DenseRows, SparseRows or GivenSimilarities
        The training rows.
    degree : float
        Mean number of links above the threshold.
    min_neighbors : int
        Links that every row has at least, less than the number of rows.
    random_state : RandomState
        Draws the rows of the sample.

    Returns
    -------
    LinkRule
        The rule.
    """
    n = training.n_rows
    order = random_state.permutation(n)
    sample = np.sort(order[:_SAMPLED_ROWS])
    similarities = of_pairs(training.tile(sample, training, sample))
    # A pair is one link for each of its two rows.
    n_above = min(int(len(similarities) * degree / (n - 1)), len(similarities) - 1)
    last = len(similarities) - 1 - n_above
    threshold = float(np.partition(similarities, last)[last])
    # A bound from k probed rows leaves about min_neighbors n / k candidates.
    n_probed = max(n // _PROBED_SHARE, _PROBED_PER_NEIGHBOR * min_neighbors)
    return LinkRule(threshold, min_neighbors, np.sort(order[-n_probed:]))


def neighbor_graph(training, rule, n_components, n_jobs=None):
    """Link the training rows, and tighten the rule while the graph falls apart.

    Parameters
    ----------
    training : DenseRows, SparseRows or GivenSimilarities
        The training rows.
    rule : LinkRule
        When two rows are linked.
    n_components : int
        Connected components that are allowed: the number of clusters.
    n_jobs : int, default=None
        Number of threads.

    Returns
    -------
    graph : csr_array of shape (n_samples, n_samples), float32
        Symmetric, 1 where two rows are linked, with a zero diagonal.
    rule : LinkRule
        The rule, with `min_neighbors` doubled as often as that was needed.
    components : ndarray of int, shape (n_samples,)
        Connected component of each row.
    """
    n = training.n_rows
    own = rule.links(training, np.arange(n), training, itself=True, n_jobs=n_jobs)
    counts = np.diff(own.indptr)
    graph = own.maximum(own.T).tocsr()
    most = _MOST_DOUBLED * rule.min_neighbors
    while True:
        n_found, components = sp.csgraph.connected_components(graph, directed=False)
        doubled = 2 * rule.min_neighbors
        if n_found <= n_components or doubled > most or doubled >= n - 1:
            return graph, rule, components
        rule = replace(rule, min_neighbors=doubled)
        few = np.flatnonzero(counts < doubled)
        if len(few) == 0:
            continue
        own = rule.links(training, few, training, itself=True, n_jobs=n_jobs)
        own = sp.csr_array((own.data, own.indices, _spread(own.indptr, few, n)), shape=(n, n))
        counts[few] = doubled
        graph = graph.maximum(own.maximum(own.T)).tocsr()


def _spread(indptr, index, n):
    """Row pointers of a matrix of n rows of which the given ones are not empty."""
    counts = np.zeros(n + 1, indptr.dtype)
    counts[index + 1] = np.diff(indptr)
    return np.cumsum(counts, dtype=indptr.dtype)
