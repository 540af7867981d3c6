# SPDX-License-Identifier: BSD-3-Clause
"""The law of the singular values of Kronecker graphs against graphs of finite size.

A singular value of the signal moves by what the linearisation leaves out, at most the norm of that,
and fluctuates by N^(-1/2); the largest one of the noise fluctuates by N^(-2/3). Where the variance
differs between rows and columns, the norm of the noise is at most the sum of the roots of the
largest mean variance of a row and of a column, up to terms of the order of the fluctuations.
"""

import math
from functools import reduce

import numpy as np
import pytest

from skrmt.theory import kronecker_perturbation, kronecker_spectrum, shrink_singular_values


def draw(P, directed, seed):
    U = np.random.default_rng(seed).random(P.shape)
    if not directed:
        U = np.triu(U) + np.triu(U, 1).T
    return (U < P).astype(float)


def linear_signal(p, X, n_levels):
    size, n = len(X), len(X) ** n_levels
    ones = np.ones((size, size))
    S = sum(
        reduce(np.kron, [X if r == q else ones for r in range(n_levels)]) for q in range(n_levels)
    )
    return S * p ** (n_levels - 1) / n


def law_and_graph(p, X, n_levels, directed, seed):
    n = len(X) ** n_levels
    theta = p + (X - X.mean()) / math.sqrt(n)
    P = reduce(np.kron, [theta] * n_levels)
    A = draw(P, directed, seed)
    return theta, P, (A - A.mean()) / math.sqrt(n)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("p", "X", "n_levels", "directed"),
    [
        pytest.param(0.8, [[-3, -1], [3, 2]], 10, True, id="directed"),
        pytest.param(0.8, [[4, 1], [1, -3]], 10, False, id="undirected"),
        pytest.param(0.7, [[3, -2, 0], [0, 1, -5], [1, 2, 0]], 6, True, id="three-by-three"),
    ],
)
def test_spikes_and_bulk(p, X, n_levels, directed):
    theta, P, centred = law_and_graph(p, np.array(X, dtype=float), n_levels, directed, seed=0)
    law, n = kronecker_spectrum(theta, n_levels), len(P)
    root = math.sqrt(law.variance)
    signal = (P - p**n_levels) / math.sqrt(n)
    linear = linear_signal(*kronecker_perturbation(theta, n_levels), n_levels)
    missed = np.linalg.norm(signal - linear, 2)

    U, seen, Vt = np.linalg.svd(centred)
    n_spikes = np.count_nonzero(law.alignment)
    assert n_spikes >= 1
    noise = 5 / math.sqrt(n)
    found, predicted = seen[:n_spikes], law.spikes[:n_spikes]
    np.testing.assert_allclose(found, predicted, rtol=0, atol=missed + noise * root)

    variances = P * (1 - P)
    largest = sum(math.sqrt(variances.mean(axis=axis).max()) for axis in (0, 1))
    edge_noise = 5 * root * n ** (-2 / 3)
    assert law.bulk_edge - edge_noise < seen[n_spikes] < largest + edge_noise

    # The same law with the signal that there is tells its own error from that of the linearisation.
    left, x, right = np.linalg.svd(signal)
    x = x[:n_spikes]
    np.testing.assert_allclose(found, x + law.variance / x, rtol=0, atol=noise * root)
    # Spikes that are close mix, so that a vector is compared with the span of all that are seen.
    for vectors, true in ((U.T, left.T), (Vt, right)):
        aligned = ((vectors[:n_spikes] @ true[:n_spikes].T) ** 2).sum(axis=1)
        np.testing.assert_allclose(aligned, 1 - law.variance / x**2, rtol=0, atol=noise)
        # d(1 - v / x^2) = 2 v / x^3 dx, at most 2 / sqrt(v) above the transition.
        shift = 2 * law.variance / np.minimum(x, law.signal[:n_spikes]) ** 3 * missed
        assert (np.abs(aligned - law.alignment[:n_spikes]) < noise + shift).all()


@pytest.mark.slow
@pytest.mark.parametrize("directed", [False, True])
def test_constant_initiator_is_all_noise(directed):
    theta, P, centred = law_and_graph(0.8, np.zeros((2, 2)), 10, directed, seed=1)
    law = kronecker_spectrum(theta, 10)
    largest = np.linalg.norm(centred, 2)
    assert largest == pytest.approx(
        law.bulk_edge, abs=5 * math.sqrt(law.variance) * len(P) ** (-2 / 3)
    )


def test_shrunk_value_is_the_best_multiple_of_the_vectors():
    n, rng = 600, np.random.default_rng(0)
    u, v = (x / np.linalg.norm(x) for x in rng.standard_normal((2, n)))
    for variance, strength in ((1.0, 1.5), (0.25, 4.0)):
        signal = strength * math.sqrt(variance) * np.outer(u, v)
        noise = rng.standard_normal((n, n)) * math.sqrt(variance / n)
        U, s, Vt = np.linalg.svd(signal + noise)
        best = U[:, 0] @ signal @ Vt[0]
        # Signal, alignment and singular value each fluctuate by n^(-1/2), more near the edge.
        room = 5 * strength * math.sqrt(variance / n)
        assert shrink_singular_values(s[0], variance) == pytest.approx(best, abs=room)
