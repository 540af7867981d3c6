# SPDX-License-Identifier: BSD-3-Clause
"""What the package is measured against in the same run, in plain NumPy and SciPy.

Ball-dropping
    [A. S. Ramani, N. Eikmeier, D. F. Gleich, SIAM Review 2019]: a Poisson number of edges, each
    placed digit by digit, repeated ones dropped. Not quite the model: an edge of probability P is
    there with ``1 - exp(-P)``.
Dense Theta
    The solver of [Z. Liao, Y. Xia, C. Niu, Y. Xiao, arXiv:2306.08489] as it reads: singular values
    of the dense centred adjacency, shrunk, and least squares with the N^2 x m^2 matrix Theta; with
    all singular values or with those that the model has at most.
"""

import numpy as np
from scipy.sparse.linalg import svds

from skrmt.theory import shrink_singular_values


def ball_dropping(initiator, n_levels, rng):
    """Draw the edges of an undirected R-MAT graph without loops.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        Symmetric probabilities.
    n_levels : int
        Kronecker power.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    edges : ndarray of shape (2, n_edges), int64
        Distinct, first end < second end.
    """
    size = len(initiator)
    cumulative = np.cumsum(initiator) / initiator.sum()
    n_draws = rng.poisson(initiator.sum() ** n_levels / 2)
    row, column = np.zeros(n_draws, np.int64), np.zeros(n_draws, np.int64)
    for _ in range(n_levels):
        cell = np.searchsorted(cumulative[:-1], rng.random(n_draws), side="right")
        row, column = row * size + cell // size, column * size + cell % size
    low, high = np.minimum(row, column), np.maximum(row, column)
    keys = (low << 32 | high)[low != high]
    keys.sort()
    first = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    return np.stack(np.divmod(keys[first], 1 << 32))


def dense_theta(adjacency, n_levels, *, all_values):
    """Denoise and solve with dense matrices.

    Parameters
    ----------
    adjacency : ndarray of shape (m**K, m**K)
        The graph, m = 2, rows in the order of the model.
    n_levels : int
        Kronecker power K.
    all_values : bool
        Whether all singular values are computed, or the K + 1 leading ones.

    Returns
    -------
    initiator : ndarray of shape (2, 2)
        The estimate.
    """
    n = len(adjacency)
    density = adjacency.mean()
    p = density ** (1 / n_levels)
    centred = (adjacency - density) / np.sqrt(n)
    if all_values:
        u, s, vt = np.linalg.svd(centred)
    else:
        u, s, vt = svds(centred, k=n_levels + 1, rng=np.random.default_rng(0))
    variance = density * (1 - density)
    denoised = (u * shrink_singular_values(s, variance)) @ vt
    bits = np.arange(n)[:, None] >> np.arange(n_levels) & 1
    digits = np.stack([1 - bits, bits]).astype(float)
    theta = np.stack(
        [(digits[a] @ digits[b].T).ravel() for a in range(2) for b in range(2)], axis=1
    ) * (p ** (n_levels - 1) / n)
    solution = np.linalg.lstsq(theta, denoised.ravel(), rcond=None)[0]
    return np.clip(p + solution.reshape(2, 2) / np.sqrt(n), 0, 1)
