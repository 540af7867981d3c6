# SPDX-License-Identifier: BSD-3-Clause
"""Signed mode from rows to labels, with what the theory says of them."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import pairwise_distances_argmin

from skrmt.cluster._cluster_labels import assign, centers_of
from skrmt.cluster._kernel_choice import choose_kernel
from skrmt.cluster._pilot import pilot_strength
from skrmt.cluster._sampled_rows import FEWEST_DIMENSIONS, check_unequal
from skrmt.cluster._signed_fit import SignedFit, fit_signed
from skrmt.cluster._signed_spectrum import expected_error
from skrmt.exceptions import TheoryWarning

# Thresholds that keep less than this of skewed similarities pick out the rows with large entries.
_DENSITY_OF_HUBS = 0.05
# The squared coefficient of variation of the square norms of Gaussian noise is 2 / p.
_UNEQUAL_NORMS = 6
# Ratio of the dimension of the noise to the apparent one above which clusters are not weak, for
# kernels that keep all entries and for others.
_STRONG_IN_ALL, _STRONG_IN_FEW = 1.6, 1.2


@dataclass(frozen=True)
class SignedEmbedding:
    """Coordinates ``sqrt(n) v_r(i)`` of rows, each column with noise of variance 1 if whitened.

    Attributes
    ----------
    fit : SignedFit
        The eigenvectors.
    factors : ndarray of shape (n_components,), float32
        Factor of each eigenvector.
    """

    fit: SignedFit
    factors: np.ndarray

    def of_training(self):
        """Return the coordinates of the training rows.

        Returns
        -------
        ndarray of shape (n_samples, n_components), float32
            The coordinates.
        """
        return self.fit.vectors[:, : len(self.factors)] * self.factors

    def of_rows(self, rows, training, n_jobs):
        """Return the coordinates of new rows.

        Parameters
        ----------
        rows : DenseRows, SparseRows or GivenSimilarities
            New rows.
        training : DenseRows, SparseRows or GivenSimilarities
            The training rows.
        n_jobs : int or None
            Number of threads.

        Returns
        -------
        ndarray of shape (n_rows, n_components), float32
            The coordinates.
        """
        return self.fit.extend(rows, training, len(self.factors), n_jobs) * self.factors

    def assign(self, rows, training, centers, labels, n_jobs):
        """Assign new rows to the clusters.

        Parameters
        ----------
        rows : DenseRows, SparseRows, GivenSimilarities or csr_array
            New rows.
        training : DenseRows, SparseRows or GivenSimilarities
            The training rows.
        centers : ndarray of shape (n_clusters, n_components)
            Centres of the clusters.
        labels : ndarray of int, shape (n_samples,)
            Unused.
        n_jobs : int or None
            Number of threads.

        Returns
        -------
        ndarray of int
            The cluster with the nearest centre.
        """
        if len(centers) == 1:
            return np.zeros(rows.shape[0] if self.fit.entrywise is None else rows.n_rows, int)
        points = self.of_rows(rows, training, n_jobs)
        return pairwise_distances_argmin(points, centers.astype(np.float32))


def cluster_signed(rows, sample, parameters, random_state, settings):
    """Cluster rows by the spikes of their quantised Gram matrix.

    Parameters
    ----------
    rows : DenseRows, SparseRows or GivenSimilarities
        The training rows.
    sample : PairSample
        Similarities of sampled pairs.
    parameters : Bunch
        Parameters of the estimator.
    random_state : RandomState
        Source of randomness.
    settings : SpectrumSettings
        How eigenvectors are computed.

    Returns
    -------
    embedding : SignedEmbedding
        Places training rows and new ones.
    attributes : dict
        Fitted attributes, those of the theory where it applies.

    Raises
    ------
    ValueError
        If the similarities of different rows are all equal, or all zero.
    """
    check_unequal(sample.similarities)
    if sample.unit == 0:
        raise ValueError("The two rows are orthogonal: there is no sign to cluster by.")
    counting = parameters.n_clusters == "auto"
    n_vectors = "auto"
    if not counting:
        n_vectors = max(parameters.n_clusters - 1, parameters.n_components or 0)

    def pilot():
        return pilot_strength(rows, n_vectors, random_state=random_state, settings=settings)

    choice = choose_kernel(
        rows.n_rows,
        parameters.kernel,
        parameters.density,
        parameters.n_bits,
        parameters.memory_limit,
        pilot,
        counting=counting,
    )
    fit = fit_signed(rows, sample, choice, n_vectors, random_state=random_state, settings=settings)
    _doubt(fit, rows, sample, counting)
    n_clusters = fit.n_outliers + 1 if counting else parameters.n_clusters
    n_columns = n_clusters - 1
    if not counting and parameters.n_components is not None:
        n_columns = parameters.n_components
    return label_signed(fit, n_clusters, n_columns, parameters, random_state)


def _doubt(fit, rows, sample, counting):
    """Warn where the assumptions of the theory visibly fail."""
    if sample.is_skewed and fit.affinity.density < _DENSITY_OF_HUBS:
        _warn(
            f"density={fit.affinity.density:.2g} of similarities with skewness "
            f"{sample.skewness:.2g}: the eigenvectors may sit on a few rows. Set "
            "affinity='similarity', or a density of .05 or more."
        )
    if fit.law is None:
        return
    apparent = fit.apparent_dimension
    if apparent < FEWEST_DIMENSIONS:
        _warn(
            f"The cosines of the rows are those of {apparent:.3g} dimensions, and the theory "
            f"supposes {FEWEST_DIMENSIONS} or more of equal noise: its counts and errors do "
            "not apply. Scale the features, or set affinity='similarity'."
        )
    elif rows.norm_variation > _UNEQUAL_NORMS / apparent:
        _warn(
            "The norms of the rows vary more than those of noise, and the theory supposes equal "
            "ones: its counts and errors do not apply. Set normalize=True."
        )
    elif counting and fit.law.dimension > apparent * (
        _STRONG_IN_ALL if fit.affinity.density == 1 else _STRONG_IN_FEW
    ):
        _warn(
            "The clusters are so strong that they make "
            f"{1 - apparent / fit.law.dimension:.0%} of the cosines' mean square, and the theory "
            "supposes weak ones: n_clusters='auto' may count some of them twice. Give n_clusters."
        )


def _warn(message):
    warnings.warn(message, TheoryWarning, stacklevel=3)


def label_signed(fit, n_clusters, n_columns, parameters, random_state):
    """Cut the embedding, and say what the theory knows of the result.

    Parameters
    ----------
    fit : SignedFit
        The eigenvectors.
    n_clusters, n_columns : int
        Clusters, and columns of the embedding.
    parameters : Bunch
        Parameters of the estimator.
    random_state : RandomState
        Source of randomness.

    Returns
    -------
    embedding : SignedEmbedding
        Places training rows and new ones.
    attributes : dict
        Fitted attributes.
    """
    n = fit.affinity.shape[0]
    factors = np.full(n_columns, n**0.5)
    if fit.law is not None:
        strengths, alignments = fit.law.spikes(fit.eigenvalues)
        used = alignments[:n_columns]
        if parameters.whiten:
            # No vector is free of noise; 1/n keeps a strong one finite.
            factors /= np.sqrt(np.maximum(1 - used, 1 / n))
    embedding = SignedEmbedding(fit, factors.astype(np.float32))
    points = embedding.of_training()
    # Centring takes the constant vector out of the Gram matrix.
    constant = np.full((n, 1), n**-0.5, np.float32)
    vectors = np.hstack([constant, fit.vectors[:, : n_clusters - 1]])
    labels = assign(
        points,
        vectors,
        n_clusters,
        parameters.assign_labels,
        n_init=parameters.n_init,
        random_state=random_state,
    )
    centers = centers_of(points, labels)
    attributes = {
        "labels_": labels,
        "embedding_": points,
        "cluster_centers_embedding_": centers,
        "eigenvalues_": fit.eigenvalues,
        "affinity_": fit.affinity,
        "n_clusters_": len(centers),
        "degree_": fit.affinity.density * (n - 1),
        "n_iter_": fit.n_products,
    }
    if fit.entrywise is not None:
        attributes["threshold_"] = fit.threshold
    if fit.law is None:
        return embedding, attributes
    n_informative = int(np.count_nonzero(strengths))
    if 0 < n_informative < min(n_clusters - 1, len(strengths)):
        _warn(
            f"{n_informative} eigenvalues stand out of the noise, and n_clusters={n_clusters} "
            f"clusters have {n_clusters - 1}: some of the clusters may be halves of others. "
            "n_clusters='auto' counts."
        )
    if n_clusters > 1 and n_informative == 0:
        _warn(
            "The clusters are below the phase transition: no eigenvalue stands out of the noise "
            f"(p-value {fit.pvalues[0]:.2g}), and the labels are no better than chance. More "
            "samples, a larger density or scaled features may lift them above it."
        )
    proportions = np.bincount(labels) / n
    error = 0.0
    if n_clusters > 1:
        error = expected_error(used, centers, proportions, parameters.whiten, random_state)
    attributes |= {
        "effective_dim_": fit.law.dimension,
        "kappa_": fit.law.kappa,
        "efficiency_": 1 / fit.law.kappa,
        "bulk_edge_": fit.law.edge,
        "pvalues_": fit.pvalues,
        "snr_": strengths,
        "alignment_": alignments,
        "expected_error_": error,
    }
    return embedding, attributes
