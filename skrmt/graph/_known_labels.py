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

    The slope of the Poisson likelihood, the sum of ``(A - P) c / theta`` over the cells with c
    their digit pairs, has the variance V of Bernoulli edges, and its derivative the mean -H::

        H = sum P c c^T / theta theta^T,    V = sum P (1 - P) c c^T / theta theta^T.

    The estimate then has the covariance ``H^-1 V H^-1``. Both sums are in closed form, as
    ``sum P^r c_ab c_cd = K (K-1) s_r^(K-2) theta_ab^r theta_cd^r + [ab = cd] K s_r^(K-1)
    theta_ab^r`` with s_r the sum of theta^r, less the same for the diagonal: there are no loops.

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
    directed = len(repeats) == index.size
    free = parameters > 0

    def second_moment(matrix):
        total = matrix.sum()
        of_parameter = np.bincount(index.ravel(), weights=matrix.ravel())[free]
        mixed = n_levels * (n_levels - 1) * total ** (n_levels - 2) if n_levels > 1 else 0.0
        single = n_levels * total ** (n_levels - 1)
        return mixed * np.outer(of_parameter, of_parameter) + np.diag(single * of_parameter)

    diagonal = np.diag(np.diag(initiator))
    first, second = (second_moment(initiator**r) - second_moment(diagonal**r) for r in (1, 2))
    inverse = np.linalg.pinv(first, hermitian=True)
    variance = np.diag(inverse @ (first - second) @ inverse) * (1 if directed else 2)
    std = np.zeros(len(parameters))
    # In a certain graph nothing is left but rounding.
    std[free] = parameters[free] * np.sqrt(np.maximum(variance, 0))
    return std[index]
