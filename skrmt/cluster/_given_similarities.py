# SPDX-License-Identifier: BSD-3-Clause
"""Similarities that the user computed: dense ones are quantised, a sparse graph taken as it is."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from skrmt.cluster._graph_affinity import GraphAffinity
from skrmt.cluster._graph_clustering import cluster_graph, cluster_rows, refuse_to_count
from skrmt.cluster._leading_eigenvectors import leading_eigenvectors
from skrmt.cluster._rows import GivenSimilarities
from skrmt.cluster._sampled_rows import PairSample
from skrmt.cluster._signed_clustering import SignedEmbedding, cluster_signed, label_signed
from skrmt.cluster._signed_fit import SignedFit, SpectrumSettings, dtype_of_new_rows
from skrmt.cluster._tiles import spans

# Relative to the largest entry: the rounding of similarities computed in float32.
_ASYMMETRY = 1e-5


@dataclass(frozen=True)
class GivenSource:
    """Takes similarities of new rows with the training rows.

    Attributes
    ----------
    training : GivenSimilarities or None
        How many training rows there are; None for a graph.
    dtype : dtype
        Type in which similarities of new rows are used.
    """

    training: object
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
            return sp.csr_array(X, dtype=np.float32)
        return GivenSimilarities(X.toarray() if sp.issparse(X) else X, self.dtype)


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
        If X is not square or not symmetric.
    """
    if X.shape[0] != X.shape[1]:
        raise ValueError(
            "affinity='precomputed' needs the square matrix of the similarities of the training "
            f"rows, got shape {X.shape}."
        )
    settings = SpectrumSettings(parameters.tol, parameters.max_iter, parameters.n_jobs)
    if sp.issparse(X):
        embedding, attributes = _fit_graph(X, parameters, random_state, settings)
        signed, training = isinstance(embedding, SignedEmbedding), None
    else:
        _check_symmetric(X)
        rows = GivenSimilarities(X)
        signed = float(X.min()) < 0
        if signed:
            sample = PairSample.of(rows, random_state)
            embedding, attributes = cluster_signed(rows, sample, parameters, random_state, settings)
        else:
            embedding, attributes = cluster_rows(rows, parameters, random_state, settings)
        training = rows.without_data()
    attributes["affinity_mode_"] = "signed" if signed else "similarity"
    return GivenSource(training, dtype_of_new_rows(embedding)), embedding, attributes


def _fit_graph(X, parameters, random_state, settings):
    """Cluster by a sparse matrix of similarities, its entries taken as they are."""
    graph = sp.csr_array(X, dtype=np.float32)
    difference = abs(graph - graph.T)
    if difference.nnz and difference.max() > _ASYMMETRY * abs(graph).max():
        _raise_asymmetric(difference.max())
    graph = graph - sp.diags_array(graph.diagonal(), dtype=np.float32)
    graph = sp.csr_array(graph)
    graph.eliminate_zeros()
    affinity = GraphAffinity(graph)
    if graph.nnz and graph.data.min() < 0:
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


def _check_symmetric(X):
    largest = max(abs(float(X.max())), abs(float(X.min())))
    for i in spans(X.shape[0]):
        for j in spans(X.shape[0], start=i.start):
            difference = float(np.abs(X[i, j] - X[j, i].T).max())
            if difference > _ASYMMETRY * largest:
                _raise_asymmetric(difference)


def _raise_asymmetric(difference):
    raise ValueError(
        "affinity='precomputed' needs a symmetric matrix; entries across the diagonal differ by up "
        f"to {difference:.3g}. Pass (S + S.T) / 2 if either direction means the same."
    )
