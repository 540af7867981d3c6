# SPDX-License-Identifier: BSD-3-Clause
import math
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.theory import (
    attenuated_initiator,
    kronecker_perturbation,
    kronecker_spectrum,
)
from skrmt.theory._kronecker_linearisation import linear_gram


def kronecker_power(theta, n_levels):
    return reduce(np.kron, [theta] * n_levels)


def digits(size, n_levels):
    return np.arange(size**n_levels)[:, None] // size ** np.arange(n_levels) % size


def pair_counts(size, n_levels):
    """Count the digit pairs of each cell, shape (m, m, N, N)."""
    one_hot = np.eye(size)[digits(size, n_levels)]
    return np.einsum("iqa,jqb->abij", one_hot, one_hot)


def signal_matrix(p, X, n_levels):
    size = len(X)
    counts = pair_counts(size, n_levels)
    return p ** (n_levels - 1) / size**n_levels * np.einsum("ab,abij->ij", X, counts)


def pair_totals(M, size):
    """Sum of M over the cells, times the counts of their digit pairs, shape (m, m)."""
    total, n_levels = np.zeros((size, size)), round(math.log(len(M), size))
    for q in range(n_levels):
        before, after = size**q, size ** (n_levels - q - 1)
        total += M.reshape(before, size, after, before, size, after).sum(axis=(0, 2, 3, 5))
    return total


def random_initiator(size, n_levels, seed):
    X = np.random.default_rng(seed).standard_normal((size, size))
    X -= X.mean()
    return 0.6 + X / np.abs(X).max() / math.sqrt(size**n_levels) / 2


@pytest.mark.parametrize(("size", "n_levels"), [(2, 9), (3, 4), (5, 2)])
def test_perturbation_splits_the_initiator(size, n_levels):
    theta = np.random.default_rng(size).random((size, size))
    p, X = kronecker_perturbation(theta, n_levels)
    np.testing.assert_allclose(p + X / math.sqrt(size**n_levels), theta, rtol=1e-14)
    assert abs(X.sum()) < 1e-13 * np.abs(X).sum()
    assert kronecker_power(theta, n_levels).mean() == pytest.approx(p**n_levels, rel=1e-13)


@pytest.mark.parametrize(
    ("n_levels", "expected"),
    [
        (7, 3.60),
        (8, 3.70),
        (9, 3.75),
        pytest.param(10, 3.75, marks=pytest.mark.slow),
        pytest.param(11, 3.72, marks=pytest.mark.slow),
    ],
)
def test_error_of_the_linearisation_stays_bounded(n_levels, expected):
    p, X = 0.9, np.array([[-0.5, 1], [-1, 2]])
    X = X - X.mean()
    n_vertices = 2**n_levels
    P = kronecker_power(p + X / math.sqrt(n_vertices), n_levels)
    linear = p**n_levels + math.sqrt(n_vertices) * signal_matrix(p, X, n_levels)
    error = np.sqrt(np.linalg.eigvalsh((P - linear) @ (P - linear).T)[-1])
    assert error == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(("size", "n_levels"), [(2, 1), (2, 4), (3, 1), (3, 3), (4, 2)])
def test_gram_matrix_of_the_linear_map(size, n_levels):
    p = 0.8
    Theta = pair_counts(size, n_levels).reshape(size**2, -1).T
    Theta = Theta * p ** (n_levels - 1) / size**n_levels
    alpha, beta = linear_gram(p, size, n_levels)
    np.testing.assert_allclose(Theta.T @ Theta, alpha * np.eye(size**2) + beta, atol=1e-15)
    # Its inverse, in the same form, finds X back from S.
    X = np.random.default_rng(0).standard_normal((size, size))
    x = (Theta.T @ (Theta @ X.ravel())).reshape(size, size)
    x = (x - beta * x.sum() / (alpha + beta * size**2)) / alpha
    np.testing.assert_allclose(x, X, atol=1e-13)


@pytest.mark.parametrize(
    ("size", "n_levels"), [(2, 1), (2, 2), (2, 6), (3, 1), (3, 4), (4, 3), (5, 2)]
)
def test_signal_is_the_spectrum_of_s(size, n_levels):
    theta = random_initiator(size, n_levels, seed=size)
    p, X = kronecker_perturbation(theta, n_levels)
    found = kronecker_spectrum(theta, n_levels).signal
    expected = np.linalg.svd(signal_matrix(p, X, n_levels), compute_uv=False)
    assert found.shape == ((size - 1) * n_levels + 1,)
    np.testing.assert_allclose(found, expected[: found.size], atol=1e-14)
    np.testing.assert_allclose(expected[found.size :], 0, atol=1e-14)


@pytest.mark.parametrize("n_levels", [1, 4, 10])
def test_signal_of_two_by_two(n_levels):
    theta = random_initiator(2, n_levels, seed=3)
    p, ((a, b), (c, d)) = kronecker_perturbation(theta, n_levels)
    r, g, t = (a + b - c - d) / 4, (a + c - b - d) / 4, (a - b - c + d) / 4
    root = math.sqrt(n_levels)
    coupled = np.linalg.svd([[0, g * root], [r * root, t]], compute_uv=False)
    expected = np.sort([*coupled, *[abs(t)] * (n_levels - 1)])[::-1] * p ** (n_levels - 1)
    np.testing.assert_allclose(kronecker_spectrum(theta, n_levels).signal, expected, atol=1e-14)


def test_prediction_of_spikes():
    X = np.array([[-3, -1], [3, 2]])
    spectrum = kronecker_spectrum(0.8 + (X - X.mean()) / 32, 10)
    root = math.sqrt(spectrum.variance)
    assert spectrum.variance == pytest.approx(0.8**10 * (1 - 0.8**10))
    assert spectrum.bulk_edge == pytest.approx(2 * root)
    assert spectrum.signal[0] / root == pytest.approx(3.102, abs=5e-4)
    assert spectrum.spikes[0] / root == pytest.approx(3.424, abs=5e-4)
    assert spectrum.alignment[0] == pytest.approx(1 - 3.102**-2, abs=1e-4)
    # Below the transition there is nothing but the edge.
    assert (spectrum.signal[1:] < root).all()
    assert (spectrum.spikes[1:] == spectrum.bulk_edge).all()
    assert not spectrum.alignment[1:].any()


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("n_levels", [1, 10])
def test_certain_graphs_have_no_spectrum(level, n_levels):
    spectrum = kronecker_spectrum(np.full((3, 3), float(level)), n_levels)
    assert spectrum.variance == spectrum.bulk_edge == 0
    assert not spectrum.signal.any()
    assert not spectrum.spikes.any()
    assert not spectrum.alignment.any()


def test_spectrum_of_probabilities_that_underflow_is_finite():
    spectrum = kronecker_spectrum([[1e-308, 1e-310], [0, 0]], 2)
    for values in (spectrum.signal, spectrum.spikes, spectrum.alignment):
        assert np.isfinite(values).all()


@given(st.floats(0.05, 0.95), st.floats(0, 1), st.integers(1, 12))
def test_spectrum_is_that_of_every_relabelling(p, spread, n_levels):
    X = np.random.default_rng(n_levels).uniform(-1, 1, (3, 3))
    theta = p + spread * min(p, 1 - p) * X
    spectrum = kronecker_spectrum(theta, n_levels)
    order = [1, 2, 0]
    moved = kronecker_spectrum(theta[np.ix_(order, order)], n_levels)
    turned = kronecker_spectrum(theta.T, n_levels)
    scale = 1e-12 * (1 + spectrum.signal[0])
    np.testing.assert_allclose(moved.signal, spectrum.signal, atol=scale)
    np.testing.assert_allclose(turned.signal, spectrum.signal, atol=scale)
    assert (np.diff(spectrum.spikes) <= 0).all()
    assert (spectrum.spikes >= spectrum.bulk_edge * (1 - 1e-15)).all()
    assert ((spectrum.alignment >= 0) & (spectrum.alignment <= 1)).all()


@given(st.lists(st.floats(0, 1), min_size=9, max_size=9), st.floats(0, 1))
def test_attenuation_is_by_effect(values, f):
    theta = np.reshape(values, (3, 3))
    found = attenuated_initiator(theta, f)
    p = theta.mean()
    rows, columns = theta.mean(axis=1)[:, None] - p, theta.mean(axis=0) - p
    interaction = theta - p - rows - columns
    expected = p + (1 - f) * (rows + columns) + (1 - f) ** 2 * interaction
    np.testing.assert_allclose(found, expected, atol=1e-15)
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-15


def test_attenuation_from_none_to_all():
    theta = np.array([[0.9, 0.5], [0.4, 0.1]])
    np.testing.assert_array_equal(attenuated_initiator(theta, 0), theta)
    np.testing.assert_allclose(attenuated_initiator(theta, 1), theta.mean(), rtol=1e-15)


@pytest.mark.parametrize("shuffled", [-0.1, 1.1, np.nan, "half"])
def test_attenuation_refuses_what_is_no_fraction(shuffled):
    with pytest.raises(ValueError, match="shuffled must be a fraction"):
        attenuated_initiator([[0.9, 0.5], [0.5, 0.1]], shuffled)


@pytest.mark.parametrize(
    "theta",
    [
        pytest.param([[0.9, 0.7], [0.5, 0.2]], id="two"),
        pytest.param([[0.6, 0.2, 0.7], [0.4, 0.5, 0.1], [0.9, 0.3, 0.3]], id="three"),
    ],
)
@pytest.mark.parametrize("fraction", [0, 0.2, 0.5, 1])
def test_attenuation_of_shuffled_graphs(theta, fraction):
    theta = np.array(theta)
    size = len(theta)
    n_levels = {2: 7, 3: 4}[size]
    P = kronecker_power(theta, n_levels)
    n, rng = len(P), np.random.default_rng(0)
    n_shuffled = round(fraction * n)
    estimates = []
    for _ in range(400):
        labels = np.arange(n)
        chosen = rng.choice(n, n_shuffled, replace=False)
        labels[chosen] = rng.permutation(chosen)
        totals = pair_totals(P[np.ix_(labels, labels)], size)
        # Least squares on the labels, which knows the mean of P exactly.
        estimates.append(totals / totals.sum() * size**2 * theta.mean())
    predicted = attenuated_initiator(theta, n_shuffled / n)
    error = np.std(estimates, axis=0) / math.sqrt(len(estimates))
    # Shuffles keep the diagonal where it is. Its share of the total estimates m p on the diagonal,
    # where 1 / n of the cells would be no excess; whether a vertex moves, and whether another one
    # does, is independent up to 1 / n.
    excess = abs((np.trace(theta) / theta.sum()) ** n_levels - 1 / n) * size * theta.mean()
    order = 2 / n * np.abs(theta - theta.mean()).max()
    allowed = 5 * error + (excess + order if n_shuffled else 1e-12)
    assert (np.abs(np.mean(estimates, axis=0) - predicted) < allowed).all()
