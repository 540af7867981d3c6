# SPDX-License-Identifier: BSD-3-Clause
"""Small random Kronecker graphs made the slow way, one coin for each written-out cell."""

from functools import reduce

import numpy as np
import scipy.sparse as sp


def dense_probabilities(initiator, n_levels):
    """Write out the Kronecker power, shape (m^K, m^K)."""
    return reduce(np.kron, [np.asarray(initiator, dtype=float)] * n_levels)


def draw_dense(P, directed, rng):
    """Flip a coin for each cell off the diagonal, or for each one above it; int8."""
    heads = rng.random(P.shape) < P
    np.fill_diagonal(heads, False)
    if not directed:
        upper = np.triu(heads)
        heads = upper | upper.T
    return heads.astype(np.int8)


def draw_pattern(initiator, n_levels, directed, seed):
    """Draw a graph whose vertices are in the order of the labels, as a clean CSR pattern."""
    P = dense_probabilities(initiator, n_levels)
    return pattern(draw_dense(P, directed, np.random.default_rng(seed)))


def pattern(dense):
    """Turn a written-out 0/1 matrix into a clean CSR pattern."""
    return sp.csr_array(np.asarray(dense, dtype=np.int8))


def shuffled(adjacency, rng):
    """Renumber the vertices of a sparse or dense graph at random."""
    order = rng.permutation(adjacency.shape[0])
    return adjacency[order][:, order]


def random_initiator(size, directed, rng, low=0.0, high=1.0):
    """Draw the entries uniformly; symmetric for an undirected graph."""
    theta = rng.uniform(low, high, (size, size))
    return theta if directed else np.triu(theta) + np.triu(theta, 1).T


def digits(labels, size, n_levels):
    """Write labels in base m, the leading digit first, shape (..., K)."""
    return np.asarray(labels)[..., None] // size ** np.arange(n_levels)[::-1] % size


def pair_counts(rows, columns, size, n_levels):
    """Count the digit pairs of each cell, shape (..., m, m)."""
    one_hot = np.eye(size, dtype=np.int64)
    return np.einsum(
        "...qa,...qb->...ab",
        one_hot[digits(rows, size, n_levels)],
        one_hot[digits(columns, size, n_levels)],
    )
