# SPDX-License-Identifier: BSD-3-Clause
"""The estimators, set up in the same way for all parts.

Peers have their defaults, except that k-means starts ten times, as it does inside the spectral
methods, and that the width of the rbf kernel follows the scale of the data (its default does not).
"""

from sklearn.cluster import KMeans, MiniBatchKMeans, SpectralClustering

from skrmt.cluster import SparseQuantizedSpectralClustering

NEAREST, RBF = "nearest_neighbors", "rbf"
PEERS = (NEAREST, RBF, "KMeans", "MiniBatchKMeans")


def make_peer(name, n_clusters, X, seed):
    """Set up a peer.

    Parameters
    ----------
    name : str
        One of `PEERS`.
    n_clusters : int
        How many clusters.
    X : ndarray of shape (n_samples, n_features)
        The rows, for the width of the rbf kernel.
    seed : int
        Source of randomness.

    Returns
    -------
    estimator
        Not fitted.
    """
    if name == NEAREST:
        return SpectralClustering(n_clusters, affinity=name, random_state=seed)
    if name == RBF:
        gamma = 1 / float(X.var(axis=0, dtype="float64").sum())
        return SpectralClustering(n_clusters, affinity=name, gamma=gamma, random_state=seed)
    if name == "KMeans":
        return KMeans(n_clusters, n_init=10, random_state=seed)
    return MiniBatchKMeans(n_clusters, random_state=seed)


def make_ours(n_clusters, seed, **settings):
    """Set up our estimator with some settings."""
    return SparseQuantizedSpectralClustering(n_clusters, random_state=seed, **settings)
