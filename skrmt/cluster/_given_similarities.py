# SPDX-License-Identifier: BSD-3-Clause
"""Similarities that the user computed: dense ones are quantised, a sparse graph taken as it is."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from skrmt.cluster._graph_affinity import GraphAffinity
from skrmt.cluster._graph_clustering import (
    cluster_graph,
    cluster_rows,
    refuse_to_count,
    rule_of,
)
from skrmt.cluster._leading_eigenvectors import leading_eigenvectors
from skrmt.cluster._rows import GivenSimilarities
from skrmt.cluster._sampled_rows import PairSample
from skrmt.cluster._signed_clustering import cluster_signed, label_signed
from skrmt.cluster._signed_fit import SignedFit, SpectrumSettings, dtype_of_new_rows
from skrmt.cluster._tiles import spans

# Relative to the largest entry: what similarities computed in float32 may be off.
_ROUNDING = 1e-5
# Similarities of this size, and of one over it, are safe in float32.
_HELD = 1e15


@dataclass(frozen=True)
class GivenSource:
    """Takes similarities of new rows with the training rows.

    Attributes
    ----------
    training : GivenSimilarities or None
        How many training rows there are; None for a graph.
    scale : float
        What similarities are divided by.
    dtype : dtype
        Type in which similarities of new rows are used.
    """

    training: object
    scale: float
    dtype: np.dtype

    def rows(self, X):
        """Take similarities of new rows.

        Parameters
        ----------
        X : ndarray or csr_array of shape (n_rows, n_samples)
            Similarities with the training rows.

        Returns
        -------
        GivenSimilarities or csr_array
            Dense for a fit to dense similarities, sparse for a fit to a graph.
        """
        if self.training is None:
            return sp.csr_array(sp.csr_array(X) / self.scale, dtype=np.float32)
        return GivenSimilarities(X.toarray() if sp.issparse(X) else X, self.scale, self.dtype)


def fit_given(X, parameters, random_state):
    """Cluster rows whose similarities are given.

    Parameters
    ----------
    X : ndarray, memmap or csr_array of shape (n_samples, n_samples)
        Symmetric similarities: signed if any is negative.
    parameters : Bunch
        Parameters of the estimator.
    random_state : RandomState
        Source of randomness.

    Returns
    -------
    source : GivenSource
        Takes similarities of new rows.
    embedding : SignedEmbedding or GraphEmbedding
        Places them.
    attributes : dict
        Fitted attributes.

    Raises
    ------
    ValueError
        If X is not square, not symmetric, or zero.
    """
    if X.shape[0] != X.shape[1]:
        raise ValueError(
            "affinity='precomputed' needs the square matrix of the similarities of the training "
            f"rows, got shape {X.shape}."
        )
    largest = max(abs(float(X.max())), abs(float(X.min())))
    if largest == 0:
        raise ValueError("All similarities are zero: there is nothing to cluster.")
    # As they are, unless float32 would not hold them or their squares.
    scale = 1.0 if 1 / _HELD < largest < _HELD else largest
    settings = SpectrumSettings(parameters.tol, parameters.max_iter, parameters.n_jobs)
    # A negative zero, or the rounding of one, is no sign.
    signed = float(X.min()) < -_ROUNDING * largest
    training = None
    if sp.issparse(X):
        embedding, attributes = _fit_graph(X, scale, signed, parameters, random_state, settings)
    else:
        _check_symmetric(X, largest)
        rows = GivenSimilarities(X, scale)
        training = rows.without_data()
        if signed:
            sample = PairSample.of(rows, random_state)
            embedding, attributes = cluster_signed(rows, sample, parameters, random_state, settings)
        else:
            rule = rule_of(rows, parameters, random_state)
            embedding, attributes = cluster_rows(rows, rule, parameters, random_state, settings)
        attributes["threshold_"] *= scale
    attributes["affinity_mode_"] = "signed" if signed else "similarity"
    return GivenSource(training, scale, dtype_of_new_rows(embedding)), embedding, attributes


def _fit_graph(X, scale, signed, parameters, random_state, settings):
    """Cluster by a sparse matrix of similarities, its entries taken as they are."""
    graph = sp.csr_array(sp.csr_array(X) / scale, dtype=np.float32)
    difference = abs(graph - graph.T)
    if difference.nnz and difference.max() > _ROUNDING * abs(graph).max():
        _raise_asymmetric(scale * difference.max())
    graph = sp.csr_array(graph - sp.diags_array(graph.diagonal(), dtype=np.float32))
    graph.eliminate_zeros()
    affinity = GraphAffinity(graph)
    if signed:
        # Neither edge nor noise is known of entries that a user chose.
        refuse_to_count(parameters)
        n_columns = parameters.n_components or parameters.n_clusters - 1
        n_vectors = max(parameters.n_clusters - 1, n_columns)
        values, vectors, n_products = leading_eigenvectors(
            affinity,
            n_vectors,
            random_state=random_state,
            tol=settings.tol,
            max_iter=settings.max_iter,
        )
        fit = SignedFit(affinity, None, None, 1.0, values, vectors, n_products)
        return label_signed(fit, parameters.n_clusters, n_columns, parameters, random_state)
    _, components = sp.csgraph.connected_components(graph, directed=False)
    return cluster_graph(affinity, components, parameters, random_state, settings)


def _check_symmetric(X, largest):
    for i in spans(X.shape[0]):
        for j in spans(X.shape[0], start=i.start):
            difference = float(np.abs(X[i, j] - X[j, i].T).max())
            if difference > _ROUNDING * largest:
                _raise_asymmetric(difference)


def _raise_asymmetric(difference):
    raise ValueError(
        "affinity='precomputed' needs a symmetric matrix; entries across the diagonal differ by up "
        f"to {difference:.3g}. Pass (S + S.T) / 2 if either direction means the same."
    )
