# SPDX-License-Identifier: BSD-3-Clause
"""How subgraph counts scatter under a Kronecker model, seen on graphs drawn from it.

The logarithms of the counts have a bias and a covariance that no short formula gives. A few dozen
drawn graphs do. With their inverse covariance, the squared distance of observed and expected counts
is a test whether the model holds at all (Hansen's J), the weighted fit has the smallest variance,
and its standard errors are known.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import f

from skrmt.graph._kronecker_sampler import adjacency_of, draw_edges
from skrmt.graph._subgraph_counts import count_subgraphs, count_subgraphs_of_edges
from skrmt.theory._kronecker_subgraphs import subgraph_means

__all__ = [
    "CountNoise",
    "draw_counts",
    "fewest_draws",
    "log_counts",
    "measure_noise",
]

# A count of 0 has no logarithm: half an edge, half a triangle.
_FLOOR = 0.5
# Directions of the covariance below this share of the largest are rounding.
_RANK = 1e-10


def log_counts(counts):
    """Take logarithms, counts below one half as one half.

    Parameters
    ----------
    counts : ndarray
        Numbers of subgraphs.

    Returns
    -------
    ndarray
        Their logarithms.
    """
    return np.log(np.maximum(counts, _FLOOR))


def fewest_draws(n_patterns):
    """Say how many graphs a covariance of counts needs.

    Parameters
    ----------
    n_patterns : int
        Number of counts.

    Returns
    -------
    int
        The least number for which the correction of the inverse is positive.
    """
    return n_patterns + 3


class CountNoise(NamedTuple):
    """Scatter of the logarithms of counts around their expected values.

    Parameters
    ----------
    bias : ndarray of shape (n_patterns,)
        Mean of the logarithms less the logarithm of the mean.
    covariance : ndarray of shape (n_patterns, n_patterns)
        Covariance of the logarithms.
    whitening : ndarray of shape (rank, n_patterns)
        W with ``W covariance W^T = correction I``: the inverse covariance of so few draws is too
        large in the mean, by one over ``correction``.
    correction : float
        ``(B - d - 2) / (B - 1)`` for B draws of d counts.
    draws : ndarray of shape (n_draws, n_patterns)
        Numbers of subgraphs of the drawn graphs.
    """

    bias: np.ndarray
    covariance: np.ndarray
    whitening: np.ndarray
    correction: float
    draws: np.ndarray

    def distance(self, counts, expected):
        """Whiten the distance of observed and expected counts.

        Parameters
        ----------
        counts, expected : ndarray of shape (..., n_patterns)
            Observed and expected numbers of subgraphs.

        Returns
        -------
        ndarray of shape (..., rank)
            Its sum of squares is the J statistic.
        """
        difference = log_counts(counts) - log_counts(expected) - self.bias
        return difference @ self.whitening.T

    def pvalue(self, statistic, n_fitted):
        """Probability that a graph of the model is as far off.

        Bias and covariance come from B draws, so that the law is Hotelling's and not chi-squared:
        for q = d - p counts that are left, ``J / h (B - q) / ((1 + 1/B) q (B - 1))`` has the F law
        of q and B - q degrees of freedom (T. W. Anderson, "An Introduction to Multivariate
        Statistical Analysis", section 5.2). The mean of J is about q.

        Parameters
        ----------
        statistic : float
            The J statistic.
        n_fitted : int
            Parameters that were fitted to the counts.

        Returns
        -------
        float
            Tail of the law; nan where no count is left to test.
        """
        left, n_draws = len(self.whitening) - n_fitted, len(self.draws)
        if left <= 0:
            return float("nan")
        scale = (n_draws - left) / ((1 + 1 / n_draws) * left * (n_draws - 1))
        return float(f.sf(statistic / self.correction * scale, left, n_draws - left))

    def reordered(self, order):
        """Scatter of the same counts in another order.

        Parameters
        ----------
        order : ndarray of int
            Which count comes where.

        Returns
        -------
        CountNoise
            The scatter.
        """
        return CountNoise(
            self.bias[order],
            self.covariance[np.ix_(order, order)],
            self.whitening[:, order],
            self.correction,
            self.draws[:, order],
        )


def draw_counts(initiator, n_levels, directed, n_draws, random_state):
    """Count the subgraphs of graphs drawn from a model.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        The model.
    n_levels : int
        Number of levels K.
    directed : bool
        Whether the graphs are directed.
    n_draws : int
        Number of graphs.
    random_state : RandomState
        Source of the draws.

    Returns
    -------
    ndarray of shape (n_draws, n_patterns)
        Numbers of subgraphs.
    """
    n_vertices = len(initiator) ** n_levels
    counts = []
    for _ in range(n_draws):
        edges = draw_edges(initiator, n_levels, directed=directed, loops=False, rng=random_state)
        if directed:
            counts.append(count_subgraphs(adjacency_of(edges, n_vertices, directed), directed))
        else:
            counts.append(count_subgraphs_of_edges(edges, n_vertices))
    return np.array(counts)


def measure_noise(initiator, n_levels, directed, n_draws, random_state):
    """Measure the scatter of the counts of a model on drawn graphs.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        The model.
    n_levels : int
        Number of levels K.
    directed : bool
        Whether the graphs are directed.
    n_draws : int
        Number of graphs B.
    random_state : RandomState
        Source of the draws.

    Returns
    -------
    CountNoise or None
        The scatter; None where the graphs do not scatter at all.
    """
    counts = draw_counts(initiator, n_levels, directed, n_draws, random_state)
    constant = np.ptp(counts, axis=0) == 0
    if constant.all():
        return None
    logs = log_counts(counts)
    covariance = np.where(constant | constant[:, None], 0, np.cov(logs.T))
    # A count that was the same in all draws is still known to no better than rounding to a whole
    # number does.
    resolution = np.where(constant, 1 / (12 * np.maximum(counts.mean(axis=0), 1) ** 2), 0)
    covariance += np.diag(resolution)
    bias = logs.mean(axis=0) - log_counts(subgraph_means(initiator, n_levels, directed))
    scale = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    kept = values > _RANK * values[-1]
    correction = (n_draws - len(bias) - 2) / (n_draws - 1)
    whitening = (vectors[:, kept] * np.sqrt(correction / values[kept])).T / scale
    return CountNoise(bias, covariance, whitening, correction, counts)
