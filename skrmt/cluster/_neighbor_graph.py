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

from skrmt.cluster._sampled_rows import SAMPLED_ROWS, check_unequal, of_pairs
from skrmt.cluster._tiles import in_parallel, spans, without_diagonal

# Rows with which each row is compared first, at least one in 8 of all: the candidates that a
# shorter look leaves are held until all pairs are seen.
_PROBED_SHARE = 8
_PROBED_PER_NEIGHBOR = 40
# Probed rows of which only the best counts, where there are many: a maximum is faster than a sort.
_GROUP = 16
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
            found = []
            for columns in spans(n):
                tile = rows.tile(chosen, training, columns)
                if itself:
                    own = np.flatnonzero((chosen >= columns.start) & (chosen < columns.stop))
                    tile[own, chosen[own] - columns.start] = -np.inf
                reached = tile >= bounds[:, None]
                found.append(_entries(tile, self._thinned(tile, reached, (1,)), 0, columns.start))
            return self._chosen(*map(np.concatenate, zip(*found, strict=True)), len(chosen), n)

        return _stacked(in_parallel(strip, spans(len(index)), n_jobs))

    def mutual_links(self, training, n_jobs=None):
        """Find the training rows that each training row is linked to, comparing each pair once.

        Parameters
        ----------
        training : DenseRows, SparseRows or GivenSimilarities
            The training rows.
        n_jobs : int, default=None
            Number of threads.

        Returns
        -------
        links : csr_array of shape (n_samples, n_samples), float32
            1 where a row is linked.
        """
        n = training.n_rows
        strips, everyone = spans(n), np.arange(n)
        bounds = np.concatenate(
            in_parallel(
                lambda rows: self._bounds(training, everyone[rows], training, True), strips, n_jobs
            )
        )

        def compare(rows):
            found = []
            for columns in spans(n, start=rows.start):
                tile = training.tile(rows, training, columns)
                without_diagonal(tile, rows, columns, -np.inf)
                reached = tile >= bounds[rows][:, None]
                reached |= tile >= bounds[columns]
                reached = self._thinned(tile, reached, (0, 1))
                if rows == columns:
                    reached = np.triu(reached)
                found.append(_entries(tile, reached, rows.start, columns.start))
            return found

        tiles = in_parallel(compare, strips, n_jobs)

        def choose(at):
            # To the right of the diagonal as they are, above it mirrored.
            mirrored = [(j, i, s) for i, j, s in (tiles[k][at - k] for k in range(at + 1))]
            i, j, similarities = map(np.concatenate, zip(*tiles[at], *mirrored, strict=True))
            reached = np.flatnonzero(similarities >= bounds[i])
            rows = strips[at]
            i = i[reached] - np.int32(rows.start)
            return self._chosen(i, j[reached], similarities[reached], rows.stop - rows.start, n)

        return _stacked(in_parallel(choose, list(range(len(strips))), n_jobs))

    def _bounds(self, rows, chosen, training, itself):
        """Bound from below the similarity of each row with its neighbours.

        A row has `min_neighbors` neighbours among the probed rows alone, so no true neighbour is
        less similar than the last of these; nor than the last of the best of groups of them.
        """
        width = _GROUP if len(self.probe) >= 8 * _GROUP * self.min_neighbors else 1
        best = []
        for part in spans(len(self.probe)):
            probe = self.probe[part]
            tile = rows.tile(chosen, training, probe)
            if itself:
                tile[chosen[:, None] == probe] = -np.inf
            missing = -len(probe) % width
            if missing:
                tile = np.pad(tile, ((0, 0), (0, missing)), constant_values=-np.inf)
            best.append(tile.reshape(len(tile), width, -1).max(axis=1))
        best = np.hstack(best)
        last = best.shape[1] - self.min_neighbors
        bounds = np.partition(best, last, axis=1)[:, last]
        # The same similarity may come out of a tile of another shape with other last digits.
        bounds -= rows.rounding + training.rounding
        return np.minimum(bounds, self.threshold)

    def _thinned(self, tile, reached, axes):
        """Drop candidates from a tile of many equal similarities.

        Of those not above the threshold, a row (axis 1) or a column (axis 0) needs only its best.
        """
        if np.count_nonzero(reached) <= tile.size // _CROWDED:
            return reached
        needed = tile > self.threshold
        for axis in axes:
            few = min(self.min_neighbors, tile.shape[axis])
            best = np.argpartition(tile, -few, axis=axis)
            np.put_along_axis(needed, np.take(best, range(-few, 0), axis=axis), True, axis=axis)
        return reached & needed

    def _chosen(self, i, j, similarities, n_rows, n_columns):
        """Choose among the candidates: the strong ones, or a row's best if these are too few."""
        strong = similarities > self.threshold
        alone = np.bincount(i[strong], minlength=n_rows) < self.min_neighbors
        weak = np.flatnonzero(alone[i])
        weak = weak[np.lexsort((j[weak], -similarities[weak], i[weak]))]
        first = np.searchsorted(i[weak], i[weak])
        best = weak[np.arange(len(weak)) - first < self.min_neighbors]
        keep = np.concatenate([np.flatnonzero(strong & ~alone[i]), best])
        entries = (np.ones(len(keep), np.float32), (i[keep], j[keep]))
        return sp.coo_array(entries, shape=(n_rows, n_columns)).tocsr()


def _entries(tile, chosen, row, column):
    """Take entries of a tile with their places in the whole matrix."""
    places = np.flatnonzero(chosen)
    i, j = np.divmod(places.astype(np.int32), np.int32(tile.shape[1]))
    return i + np.int32(row), j + np.int32(column), tile.ravel()[places]


def _stacked(strips):
    return sp.vstack(strips, format="csr") if len(strips) > 1 else strips[0]


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

    Raises
    ------
    ValueError
        If all similarities are equal.
    """
    n = training.n_rows
    order = random_state.permutation(n)
    sample = np.sort(order[:SAMPLED_ROWS])
    similarities = of_pairs(training.tile(sample, training, sample))
    check_unequal(similarities)
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
    own = rule.mutual_links(training, n_jobs)
    counts = np.diff(own.indptr)
    # The links of one direction hold half of the graph, and have its components.
    n_found, components = sp.csgraph.connected_components(own, directed=False)
    graph = own.maximum(own.T).tocsr()
    most = _MOST_DOUBLED * rule.min_neighbors
    while n_found > n_components:
        doubled = 2 * rule.min_neighbors
        if doubled > most or doubled >= n - 1:
            break
        rule = replace(rule, min_neighbors=doubled)
        few = np.flatnonzero(counts < doubled)
        if len(few) == 0:
            continue
        own = rule.links(training, few, training, itself=True, n_jobs=n_jobs)
        own = sp.csr_array((own.data, own.indices, _spread(own.indptr, few, n)), shape=(n, n))
        counts[few] = doubled
        graph = graph.maximum(own.maximum(own.T)).tocsr()
        n_found, components = sp.csgraph.connected_components(graph, directed=False)
    return graph, rule, components


def _spread(indptr, index, n):
    """Row pointers of a matrix of n rows of which the given ones are not empty."""
    counts = np.zeros(n + 1, indptr.dtype)
    counts[index + 1] = np.diff(indptr)
    return np.cumsum(counts, dtype=indptr.dtype)
