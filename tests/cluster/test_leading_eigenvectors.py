# SPDX-License-Identifier: BSD-3-Clause
"""Leading eigenvectors: the small exact way and the Lanczos way agree."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skrmt.cluster import _leading_eigenvectors
from skrmt.cluster._leading_eigenvectors import leading_eigenvectors


class Dense:
    def __init__(self, matrix):
        self.matrix = matrix.astype(np.float32)
        self.shape = matrix.shape
        self.n_products = 0

    def matmat(self, V):
        self.n_products += 1
        return self.matrix @ V

    def toarray(self):
        return self.matrix


def symmetric(eigenvalues, seed=0):
    n = len(eigenvalues)
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]
    return (Q * eigenvalues) @ Q.T, Q


def spectrum(n):
    return np.concatenate([np.linspace(-1, 1, n - 3), [1.5, 2.0, 4.0]])


def find(matrix, n_vectors, *, tol=0.0, max_iter=None, seed=0, **how):
    return leading_eigenvectors(
        matrix,
        n_vectors,
        random_state=np.random.RandomState(seed),
        tol=tol,
        max_iter=max_iter,
        **how,
    )


@pytest.mark.parametrize("n", [60, 601])
def test_eigenvectors_are_the_leading_ones(n):
    matrix, Q = symmetric(spectrum(n))
    affinity = Dense(matrix)
    values, vectors, n_products = find(affinity, 3)
    # The rounding of float32 entries moves an eigenvalue by at most its share of the norm.
    np.testing.assert_allclose(values, [4.0, 2.0, 1.5], rtol=1e-5)
    assert values.dtype == np.float64
    assert vectors.dtype == np.float32
    assert vectors.shape == (n, 3)
    exact = Q[:, [-1, -2, -3]]
    exact *= np.sign(exact[np.argmax(np.abs(exact), axis=0), range(3)])
    # An error of the matrix over the gap of the eigenvalues.
    np.testing.assert_allclose(vectors, exact, atol=1e-4)
    assert n_products == max(affinity.n_products, 1)
    assert (n_products == 1) == (n <= 600)


def test_small_and_large_way_agree(monkeypatch):
    affinity = Dense(symmetric(spectrum(120))[0])
    exact = find(affinity, 3)
    monkeypatch.setattr(_leading_eigenvectors, "_DENSE", 0)
    lanczos = find(affinity, 3)
    assert exact[2] == 1
    assert lanczos[2] > 1
    np.testing.assert_allclose(lanczos[0], exact[0], rtol=1e-5)
    np.testing.assert_allclose(lanczos[1], exact[1], atol=1e-4)


def test_many_vectors_of_a_small_matrix_are_exact(monkeypatch):
    monkeypatch.setattr(_leading_eigenvectors, "_DENSE", 0)
    affinity = Dense(symmetric(spectrum(40))[0])
    values, vectors, n_products = find(affinity, 40)
    assert n_products == 1
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(40), atol=1e-5)
    np.testing.assert_allclose(values, np.sort(spectrum(40))[::-1], atol=1e-5)


def test_without_vectors_nothing_is_computed():
    affinity = Dense(np.eye(5))
    values, vectors, n_products = find(affinity, 0)
    assert values.shape == (0,)
    assert vectors.shape == (5, 0)
    assert n_products == 1
    assert affinity.n_products == 0


@pytest.mark.parametrize("n", [60, 601])
def test_the_entry_of_largest_size_is_positive(n):
    for seed in range(3):
        vectors = find(Dense(symmetric(spectrum(n), seed)[0]), 3)[1]
        assert (vectors.max(axis=0) == np.abs(vectors).max(axis=0)).all()


@pytest.mark.parametrize("n", [60, 601])
def test_another_operator_may_stand_for_the_matrix(n):
    matrix, Q = symmetric(spectrum(n))
    first = Q[:, -1:]
    values, _, _ = find(
        Dense(matrix),
        2,
        product=lambda v: matrix @ v.ravel() - 4 * first.ravel() * (first.ravel() @ v.ravel()),
        whole=lambda: matrix - 4 * first @ first.T,
    )
    np.testing.assert_allclose(values, [2.0, 1.5], rtol=1e-5)


def test_same_seed_same_bits_and_other_seed_same_vectors():
    affinity = Dense(symmetric(spectrum(601))[0])
    first, again, other = (find(affinity, 3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first[1], again[1])
    np.testing.assert_allclose(first[1], other[1], atol=1e-4)


def test_what_did_not_converge_is_used_with_a_warning():
    n = 700
    noise = np.random.default_rng(0).standard_normal((n, n))
    affinity = Dense((noise + noise.T) / np.sqrt(n))
    with pytest.warns(ConvergenceWarning, match="within 1 restarts; those of an accuracy of 1e-"):
        values, vectors, n_products = find(affinity, 5, tol=1e-7, max_iter=1)
    assert values.shape == (5,)
    assert n_products == affinity.n_products > 0
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(5), atol=1e-4)
    exact = np.linalg.eigvalsh(affinity.matrix.astype(np.float64))[::-1]
    # Ritz values: below the eigenvalues, in their order, and far above the mean of them, zero.
    assert (np.diff(values) <= 0).all()
    assert (values <= exact[:5] + 1e-4).all()
    assert (values >= exact[0] / 2).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(find(affinity, 5, tol=1e-6)[0], exact[:5], rtol=1e-5)
