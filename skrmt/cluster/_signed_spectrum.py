# SPDX-License-Identifier: BSD-3-Clause
"""What the theory says of a quantised Gram matrix: edge, spikes, clusters, errors.

Rows ``x_i`` with unit covariance, ``t_ij = x_i . x_j / sqrt p``, ``K = f(t) / sqrt p``. The
effective dimension p is read off the mean square of the cosines, without what the clusters add to
it, and the coefficients of f off its values, so neither the scale of the data nor a non-Gaussian
tail matters.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from skrmt.theory import (
    edge_pvalues,
    inner_kernel_edges,
    phase_transition,
    spike_alignment,
    spike_strength,
)

# An eigenvalue stands out when noise exceeds it this rarely.
LEVEL = 0.01
# The dimension of the noise is looked for up to so many times the apparent one, in such steps.
_LARGEST, _STEP = 64, 1.25
# Draws of the model of the embedding.
_DRAWS = 20_000


@dataclass(frozen=True)
class KernelLaw:
    """The law of a quantised Gram matrix with the moments that were measured on it.

    Attributes
    ----------
    n_samples : int
        Side of the matrix.
    dimension : float
        Effective dimension p.
    linear, variance, fourth : float
        Coefficients a1, nu and E f^4 of the map, for t of unit variance.
    """

    n_samples: int
    dimension: float
    linear: float
    variance: float
    fourth: float

    @classmethod
    def of(cls, n_samples, mean_square_norm, unit, moments):
        """Put the moments of the pairs in the unit of the theory.

        Parameters
        ----------
        n_samples : int
            Side of the matrix.
        mean_square_norm : float
            Mean similarity of a row with itself.
        unit : float
            Similarity that counted as t = 1.
        moments : GramMoments
            Moments of the pairs.

        Returns
        -------
        KernelLaw
            The law.
        """
        dimension = mean_square_norm**2 / (moments.square * unit**2)
        linear = moments.linear * moments.square**0.5
        # Equal in exact arithmetic for a linear map, never less: Cauchy-Schwarz.
        variance = max(moments.variance, linear**2)
        return cls(n_samples, dimension, linear, variance, moments.fourth)

    def without_spikes(self, eigenvalues):
        """Take the clusters out of the dimension.

        They enlarge the mean square of the cosines: ``1 / D = (1 + sum_r rho_r^2 / p) / p`` for the
        dimension D that it shows and the dimension p of the noise (ours).

        Parameters
        ----------
        eigenvalues : ndarray
            Leading eigenvalues of K with the apparent dimension.

        Returns
        -------
        KernelLaw
            The law with the dimension of the noise; the same where the clusters are too strong for
            it to be told.
        """
        low = high = self.dimension
        # Strengths grow with the dimension: the first crossing from below.
        while self._excess(eigenvalues, high) < 0:
            low, high = high, _STEP * high
            if high > _LARGEST * self.dimension:
                return self
        if high == self.dimension:
            return self
        root = brentq(lambda p: self._excess(eigenvalues, p), low, high, rtol=1e-9)
        return replace(self, dimension=root)

    def _excess(self, eigenvalues, dimension):
        """How far a dimension p is above ``D (1 + sum_r rho_r(p)^2 / p)``, relative to it."""
        return dimension / self.dimension - 1 - self._share_of_spikes(eigenvalues, dimension)

    def _share_of_spikes(self, eigenvalues, dimension):
        # K is divided by the root of the dimension.
        scaled = eigenvalues * (self.dimension / dimension) ** 0.5
        strengths, _ = replace(self, dimension=dimension).spikes(scaled)
        return float(strengths @ strengths) / dimension

    @property
    def ratio(self):
        """Effective dimension over samples, c."""
        return self.dimension / self.n_samples

    @property
    def kappa(self):
        """Price of the map, ``nu / a1^2``."""
        return self.variance / self.linear**2

    @property
    def edge(self):
        """Upper edge of the bulk."""
        return inner_kernel_edges(self.ratio, self.linear, self.variance)[1]

    def pvalues(self, eigenvalues):
        """Probability that noise has an eigenvalue as large.

        Parameters
        ----------
        eigenvalues : ndarray
            Eigenvalues of K.

        Returns
        -------
        ndarray of float64
            The probabilities.
        """
        law = (self.ratio, self.linear, self.variance, self.fourth)
        return np.asarray(edge_pvalues(eigenvalues, self.n_samples, *law))

    def spikes(self, eigenvalues):
        """Estimate the strengths behind eigenvalues, and the alignments of their vectors.

        Parameters
        ----------
        eigenvalues : ndarray
            Eigenvalues of K.

        Returns
        -------
        strengths, alignments : ndarray of float64
            Zero for an eigenvalue that does not stand out of the noise.
        """
        strengths = np.asarray(
            spike_strength(eigenvalues, self.ratio, self.linear, self.variance), dtype=float
        )
        # The largest eigenvalue of noise is beyond the edge in one of six cases.
        strengths[self.pvalues(eigenvalues) > LEVEL] = 0.0
        alignments = np.zeros_like(strengths)
        found = strengths > phase_transition(self.ratio, self.kappa)
        alignments[found] = spike_alignment(strengths[found], self.ratio, self.kappa)
        return strengths, alignments


def expected_error(alignments, centers, proportions, whiten, random_state):
    """Predict the share of rows with a wrong label, from the model of the embedding.

    ``sqrt(n) v_r(i) = sqrt(alpha_r) b_r(class of i) + sqrt(1 - alpha_r) g``, g standard Gaussian,
    and the class coordinates have ``sum_a pi_a b_r(a)^2 = 1``, which undoes the bias that wrong
    labels leave in the centres found (ours).

    Parameters
    ----------
    alignments : ndarray of shape (n_components,)
        Squared cosines alpha of the vectors with the class indicators.
    centers : ndarray of shape (n_clusters, n_components)
        Centres found, in any unit per column.
    proportions : ndarray of shape (n_clusters,)
        Shares of the clusters.
    whiten : bool
        The columns of the embedding were brought to equal noise.
    random_state : RandomState
        Draws the model, where there is no closed form.

    Returns
    -------
    float
        The share; ``(k - 1) / k`` where no vector carries any information.
    """
    n_clusters = len(proportions)
    if not np.any(alignments > 0):
        return (n_clusters - 1) / n_clusters
    spread = np.sqrt(proportions @ centers**2)
    classes = np.divide(centers, spread, out=np.zeros_like(centers, dtype=float), where=spread > 0)
    noise = np.sqrt(1 - alignments)
    means = classes * np.sqrt(alignments)
    if whiten:
        means, noise = means / noise, np.ones_like(noise)
    if n_clusters == 2 and len(alignments) == 1:
        return float(ndtr(-abs(means[0, 0] - means[1, 0]) / (2 * noise[0])))
    label = random_state.choice(n_clusters, _DRAWS, p=proportions)
    points = means[label] + noise * random_state.standard_normal((_DRAWS, len(noise)))
    distances = np.sum(means**2, axis=1) - 2 * points @ means.T
    return float(np.mean(np.argmin(distances, axis=1) != label))
