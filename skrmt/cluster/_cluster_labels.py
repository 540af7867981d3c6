# SPDX-License-Identifier: BSD-3-Clause
"""From an embedding to labels, through scikit-learn's three ways."""

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from skrmt.utils._validation import cluster_qr, discretize


def assign(embedding, vectors, n_clusters, method, *, n_init, random_state):
    """Cut an embedding into clusters.

    Parameters
    ----------
    embedding : ndarray of shape (n_samples, n_components)
        Where k-means works.
    vectors : ndarray of shape (n_samples, n_clusters)
        Orthonormal vectors that span the indicators of the clusters, for the other two.
    n_clusters : int
        How many.
    method : {"kmeans", "cluster_qr", "discretize"}
        The way.
    n_init : int or "auto"
        Starts of k-means.
    random_state : RandomState
        Its source of randomness.

    Returns
    -------
    ndarray of shape (n_samples,), int32
        Labels from 0, in the order in which the clusters appear.
    """
    if n_clusters == 1:
        labels = np.zeros(len(embedding), np.int32)
    elif method == "kmeans":
        kmeans = KMeans(n_clusters, n_init=n_init, random_state=random_state)
        labels = kmeans.fit_predict(embedding)
    elif method == "cluster_qr":
        labels = cluster_qr(vectors.astype(np.float64))
    else:
        labels = discretize(vectors.astype(np.float64), random_state=random_state)
    n_found = len(np.unique(labels))
    if n_found < n_clusters and method != "kmeans":  # which says so itself
        warnings.warn(
            f"assign_labels={method!r} found {n_found} clusters of n_clusters={n_clusters}; "
            "take another assign_labels, or fewer clusters.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return in_order(labels)


def in_order(labels):
    """Number clusters in the order in which they appear.

    Parameters
    ----------
    labels : ndarray of int, shape (n_samples,)
        Cluster of each row.

    Returns
    -------
    ndarray of shape (n_samples,), int32
        The same clusters, from 0.
    """
    found, first, labels = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(found), np.int32)
    rank[np.argsort(first)] = np.arange(len(found), dtype=np.int32)
    return rank[labels]


def centers_of(embedding, labels):
    """Average the embedding over each cluster.

    Parameters
    ----------
    embedding : ndarray of shape (n_samples, n_components)
        Where the rows lie.
    labels : ndarray of int, shape (n_samples,)
        Cluster of each row, none empty.

    Returns
    -------
    ndarray of shape (n_clusters, n_components)
        The means.
    """
    counts = np.bincount(labels)
    sums = np.zeros((len(counts), embedding.shape[1]))
    np.add.at(sums, labels, embedding)
    return (sums / counts[:, None]).astype(embedding.dtype)
