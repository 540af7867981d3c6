# SPDX-License-Identifier: BSD-3-Clause
"""Initiator of a graph whose labels are known: the maximum of the Poisson likelihood.

Edges counted as Poisson with means ``P_ij`` have the log-likelihood
``sum_ab C_ab log theta_ab - (sum theta)^K``, with C the counts of digit pairs and K the number of
levels. Its maximum is in closed form, ``theta = T^(1/K) C / sum(C)`` for T arcs, and is the least
squares of the linearised model without denoising ([1]_, section III), for one level of the mean
and all levels of the perturbation. Without loops the cells of the diagonal, ``(tr theta)^K``, are
taken out; entries stop at 1.

.. [1] Z. Liao, Y. Xia, C. Niu, Y. Xiao, "Analysis and Approximate Inference of Large Random
   Kronecker Graphs", arXiv:2306.08489.
"""

import numpy as np
from scipy.optimize import brentq

__all__ = ["fit_known_labels", "known_labels_std"]

_LARGEST_SHARE = 1 - 1e-12


def fit_known_labels(counts, n_levels):
    """Maximise the Poisson likelihood of counts of digit pairs, without loops.

    Parameters
    ----------
    counts : ndarray of shape (m, m)
        Digit pairs over all arcs and levels; an undirected edge is two arcs.
    n_levels : int
        Number of levels K.

    Returns
    -------
    ndarray of shape (m, m), float64
        The initiator, entries in [0, 1].
    """
    diagonal = np.eye(len(counts))

    def at(share):
        # d/d theta_ab: C_ab / theta_ab = K s^(K-1) (1 - [a = b] (t/s)^(K-1)), s the sum of theta
        # and t its trace; `share` stands for (t/s)^(K-1).
        return _capped(counts / (1 - share * diagonal), n_levels)

    def excess(share):
        initiator = at(share)
        return (np.trace(initiator) / initiator.sum()) ** (n_levels - 1) - share

    if n_levels == 1:
        return at(0.0)
    if excess(_LARGEST_SHARE) >= 0:
        return at(_LARGEST_SHARE)
    return at(brentq(excess, 0.0, _LARGEST_SHARE, xtol=1e-15, rtol=1e-14))


def _capped(weights, n_levels):
    """Solve theta = min(1, weights / (K s^(K-1))) with s the sum of theta."""

    def entries(total):
        return np.minimum(1.0, weights / (n_levels * total ** (n_levels - 1)))

    free = (weights.sum() / n_levels) ** (1 / n_levels)
    # Cut entries leave a smaller sum, and the others grow: the root is below the free one.
    low, high = free * 1e-3, free * (1 + 1e-9)
    while entries(low).sum() < low:
        low *= 1e-3
    total = brentq(lambda s: entries(s).sum() - s, low, high, xtol=1e-15 * high, rtol=1e-15)
    return entries(total)


def known_labels_std(initiator, n_levels, index):
    """Standard errors of an initiator fitted with known labels.

    The Fisher information of Poisson arcs is
    ``K (K-1) s^(K-2) + [ab = cd] K s^(K-1) / theta_ab`` with s the sum of theta; an undirected
    graph has half of it, summed over the entries of a parameter.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        The fitted initiator.
    n_levels : int
        Number of levels K.
    index : ndarray of shape (m, m), int
        Number of the free parameter behind each entry.

    Returns
    -------
    ndarray of shape (m, m), float64
        Standard errors; 0 for an entry of 0, where there is no edge to err about.
    """
    repeats = np.bincount(index.ravel()).astype(float)
    parameters = np.bincount(index.ravel(), weights=initiator.ravel()) / repeats
    symmetric = len(repeats) < index.size
    total, free = initiator.sum(), parameters > 0
    repeats = repeats[free]
    information = n_levels * (n_levels - 1) * total ** (n_levels - 2) * np.outer(repeats, repeats)
    information += np.diag(n_levels * total ** (n_levels - 1) * repeats / parameters[free])
    std = np.zeros(len(parameters))
    std[free] = np.sqrt(np.diag(np.linalg.inv(information * (0.5 if symmetric else 1.0))))
    return std[index]
