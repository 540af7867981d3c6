# SPDX-License-Identifier: BSD-3-Clause
"""Similarity mode from rows to labels."""

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances_argmin

from skrmt.cluster._cluster_labels import assign, centers_of, in_order
from skrmt.cluster._graph_affinity import GraphAffinity, rank_of_component
from skrmt.cluster._neighbor_graph import LinkRule, link_rule, neighbor_graph
from skrmt.cluster._similarity_fit import SimilarityFit, fit_graph, unit_rows
from skrmt.cluster._tiles import spans


@dataclass(frozen=True)
class GraphEmbedding:
    """Eigenvectors of the normalised graph, each row divided by its norm.

    Attributes
    ----------
    fit : SimilarityFit
        The eigenvectors.
    n_columns : int
        How many of them.
    rule : LinkRule or None
        How new rows are linked; None for a graph that was given.
    """

    fit: SimilarityFit
    n_columns: int
    rule: LinkRule | None

    def of_rows(self, rows, training, n_jobs):
        """Return the coordinates of new rows.

        Parameters
        ----------
        rows : DenseRows, SparseRows, GivenSimilarities or csr_array
            New rows, or the links of a graph that was given.
        training : DenseRows, SparseRows or GivenSimilarities
            The training rows.
        n_jobs : int or None
            Number of threads.

        Returns
        -------
        ndarray of shape (n_rows, n_components), float32
            The coordinates.
        """
        return self.fit.extend(self._links(rows, training, n_jobs), self.n_columns)

    def assign(self, rows, training, centers, labels, n_jobs):
        """Assign new rows to the clusters.

        Parameters
        ----------
        rows : DenseRows, SparseRows, GivenSimilarities or csr_array
            New rows, or the links of a graph that was given.
        training : DenseRows, SparseRows or GivenSimilarities
            The training rows.
        centers : ndarray of shape (n_clusters, n_components)
            Centres of the clusters.
        labels : ndarray of int, shape (n_samples,)
            Labels of the training rows.
        n_jobs : int or None
            Number of threads.

        Returns
        -------
        ndarray of int
            The cluster with the nearest centre. A row that is linked only to components without
            an eigenvector has no coordinates: it goes where most of its links go.
        """
        links = self._links(rows, training, n_jobs)
        points = self.fit.extend(links, self.n_columns)
        found = pairwise_distances_argmin(points, centers.astype(np.float32))
        nowhere = np.flatnonzero(~points.any(axis=1))
        members = sp.coo_array((np.ones(len(labels)), (np.arange(len(labels)), labels))).tocsr()
        found[nowhere] = np.argmax((links[nowhere] @ members).toarray(), axis=1)
        return found

    def _links(self, rows, training, n_jobs):
        if self.rule is None:
            return rows
        index = np.arange(rows.n_rows)
        return self.rule.links(rows, index, training, itself=False, n_jobs=n_jobs)


def rule_of(rows, parameters, random_state):
    """Set the rule by which rows are linked.

    Parameters
    ----------
    rows : DenseRows, SparseRows or GivenSimilarities
        The training rows.
    parameters : Bunch
        Parameters of the estimator.
    random_state : RandomState
        Source of randomness.

    Returns
    -------
    LinkRule
        The rule.

    Raises
    ------
    ValueError
        If clusters are to be counted, or all similarities are equal.
    """
    refuse_to_count(parameters)
    n = rows.n_rows
    return link_rule(
        rows,
        # A degree beyond the size of a cluster would link each with the others.
        degree=min(parameters.n_neighbors, n / (3 * parameters.n_clusters)),
        min_neighbors=min(parameters.min_neighbors, n - 1),
        random_state=random_state,
    )


def cluster_rows(rows, rule, parameters, random_state, settings):
    """Cluster rows by the graph of their strongest similarities.

    Parameters
    ----------
    rows : DenseRows, SparseRows or GivenSimilarities
        The training rows.
    rule : LinkRule
        When two rows are linked.
    parameters : Bunch
        Parameters of the estimator.
    random_state : RandomState
        Source of randomness.
    settings : SpectrumSettings
        How eigenvectors are computed.

    Returns
    -------
    embedding : GraphEmbedding
        Places new rows.
    attributes : dict
        Fitted attributes.
    """
    n, k = rows.n_rows, parameters.n_clusters
    allowed = n if k == 1 else k
    graph, rule, components = neighbor_graph(rows, rule, allowed, settings.n_jobs)
    fit = _fit(GraphAffinity(graph), components, parameters, random_state, settings)
    embedding, attributes = _result(
        fit, rule, parameters, random_state, lambda stray: _nearest(rows, components, stray)
    )
    return embedding, {**attributes, "threshold_": rule.threshold}


def cluster_graph(affinity, components, parameters, random_state, settings):
    """Cluster the rows of a graph that was given.

    Parameters
    ----------
    affinity : GraphAffinity
        The graph.
    components : ndarray of int, shape (n_samples,)
        Connected component of each row.
    parameters : Bunch
        Parameters of the estimator.
    random_state : RandomState
        Source of randomness.
    settings : SpectrumSettings
        How eigenvectors are computed.

    Returns
    -------
    embedding : GraphEmbedding
        Places new rows.
    attributes : dict
        Fitted attributes.
    """
    refuse_to_count(parameters)
    fit = _fit(affinity, components, parameters, random_state, settings)
    # A graph knows no similarity between its components: small ones join the largest.
    largest = int(np.argmax(rank_of_component(components, 1)))
    return _result(fit, None, parameters, random_state, lambda stray: np.full(len(stray), largest))


def _fit(affinity, components, parameters, random_state, settings):
    """Find as many vectors as clusters, or as many columns as are asked for."""
    k = parameters.n_clusters
    n_vectors = max(k, parameters.n_components or k)
    return fit_graph(affinity, components, n_vectors, random_state=random_state, settings=settings)


def _labels(fit, points, parameters, random_state, nearest):
    """Cut the embedding, or take the components where there are more of them than clusters."""
    k = parameters.n_clusters
    n_found = int(fit.components.max()) + 1
    if n_found <= k or k == 1:
        return assign(
            points,
            fit.vectors[:, :k],
            k,
            parameters.assign_labels,
            n_init=parameters.n_init,
            random_state=random_state,
        )
    warnings.warn(
        f"The graph has {n_found} connected components, more than n_clusters={k}: each of the "
        f"largest {k} is a cluster, and the rest joins the most similar of these. Increase "
        "n_clusters, n_neighbors or min_neighbors.",
        ConvergenceWarning,
        stacklevel=2,
    )
    labels = rank_of_component(fit.components, k)
    stray = np.flatnonzero(labels < 0)
    labels[stray] = labels[nearest(stray)]
    return in_order(labels)


def _result(fit, rule, parameters, random_state, nearest):
    """Place and label the rows, and name what was found."""
    n_columns = parameters.n_components or parameters.n_clusters
    points = unit_rows(fit.vectors)[:, :n_columns]
    labels = _labels(fit, points, parameters, random_state, nearest)
    attributes = {
        "labels_": labels,
        "embedding_": points,
        "cluster_centers_embedding_": centers_of(points, labels),
        "eigenvalues_": fit.eigenvalues,
        "affinity_": fit.affinity,
        "n_clusters_": int(labels.max()) + 1,
        "n_connected_components_": int(fit.components.max()) + 1,
        "degree_": float(fit.affinity.matrix.nnz / fit.affinity.shape[0]),
        "n_iter_": fit.n_products,
    }
    return GraphEmbedding(fit, n_columns, rule), attributes


def _nearest(rows, components, stray):
    """Find for each small component the most similar row of the large ones."""
    settled = np.setdiff1d(np.arange(rows.n_rows), stray, assume_unique=True)
    best = np.full(len(stray), -np.inf, np.float32)
    nearest = np.zeros(len(stray), np.intp)
    for i in spans(len(stray)):
        for j in spans(len(settled)):
            tile = rows.tile(stray[i], rows, settled[j])
            column = np.argmax(tile, axis=1)
            value = tile[np.arange(len(column)), column]
            better = value > best[i]
            best[i] = np.where(better, value, best[i])
            nearest[i] = np.where(better, settled[j][column], nearest[i])
    # Of the rows of a component the one closest to a large component decides for all.
    _, group = np.unique(components[stray], return_inverse=True)
    order = np.lexsort((-best, group))
    leader = order[np.searchsorted(group[order], np.arange(group.max() + 1))]
    return nearest[leader[group]]


def refuse_to_count(parameters):
    """Raise where clusters cannot be counted.

    Parameters
    ----------
    parameters : Bunch
        Parameters of the estimator.

    Raises
    ------
    ValueError
        If the number of clusters is "auto".
    """
    if parameters.n_clusters != "auto":
        return
    why = {
        "auto": "similarity mode was chosen for these data: give n_clusters, or set "
        "affinity='signed'",
        "similarity": "similarity mode was asked for: give n_clusters, or set affinity='signed'",
        "precomputed": "these similarities are not of that kind (dense, some of them negative): "
        "give n_clusters",
    }
    raise ValueError(
        "n_clusters='auto' counts the eigenvalues beyond the edge of the noise, which only signed "
        f"mode knows; {why[parameters.affinity]}."
    )
