# SPDX-License-Identifier: BSD-3-Clause
"""Spectrum of a normalised graph, also where the eigenvalue 1 repeats."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from skrmt.cluster._graph_affinity import GraphAffinity, normalised_spectrum


def random_graph(sizes, n_alone=0, *, mean_degree=12, weighted=False, seed=0):
    """A graph of connected parts of these sizes, and rows without links, in random order."""
    rng = np.random.default_rng(seed)
    parts = []
    for size in sizes:
        A = np.triu(rng.random((size, size)) < mean_degree / size, 1).astype(float)
        A[np.arange(size - 1), np.arange(1, size)] = 1  # a path: connected
        parts.append(A * rng.uniform(0.5, 2, A.shape) if weighted else A)
    A = sp.block_diag([*parts, np.zeros((n_alone, n_alone))]).toarray()
    order = rng.permutation(len(A))
    A = (A + A.T)[np.ix_(order, order)]
    graph = GraphAffinity(sp.csr_array(A, dtype=np.float32))
    return graph, connected_components(A)[1]


def normalised(graph):
    """D^-1/2 K D^-1/2, rows without links linked to themselves."""
    K = graph.toarray().astype(np.float64)
    K[np.diag_indices_from(K)] += K.sum(axis=1) == 0
    roots = np.sqrt(K.sum(axis=1))
    return K / np.outer(roots, roots)


def spectrum(graph, components, n_vectors, tol=1e-6):
    return normalised_spectrum(
        graph,
        components,
        n_vectors,
        random_state=np.random.RandomState(0),
        tol=tol,
        max_iter=None,
    )


CASES = {
    "one": ([200], 0, {}),
    "three": ([90, 60, 50], 0, {}),
    "weighted": ([120, 80], 0, {"weighted": True}),
    "alone": ([150, 40], 2, {}),
    "one, large": ([700], 0, {}),
    "three, large": ([400, 200, 150], 0, {}),
    "alone, large": ([500, 130], 1, {"weighted": True}),
}


@pytest.mark.parametrize("name", CASES)
def test_spectrum_is_that_of_the_dense_matrix(name):
    sizes, n_alone, how = CASES[name]
    graph, components = random_graph(sizes, n_alone, **how)
    n_vectors, n_parts = 6, len(sizes) + n_alone
    values, vectors, n_products = spectrum(graph, components, n_vectors)
    L = normalised(graph)
    exact = np.linalg.eigvalsh(L)[::-1][:n_vectors]
    # Products in float32: a rounding for each of some dozen links of a row.
    np.testing.assert_allclose(values, exact, atol=1e-5)
    np.testing.assert_array_equal(values[:n_parts], np.ones(n_parts))
    assert exact[n_parts - 1] == pytest.approx(1) != pytest.approx(exact[n_parts])
    assert vectors.dtype == np.float32
    # An accuracy of tol for eigenvalues is its root for vectors.
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(n_vectors), atol=1e-3)
    np.testing.assert_allclose(L @ vectors, vectors * values, atol=1e-3)
    assert (n_products == 1) == (len(L) <= 600)


def test_vectors_of_components_are_the_roots_of_the_degrees():
    graph, components = random_graph([90, 60, 50])
    _, vectors, _ = spectrum(graph, components, 4)
    sizes = np.bincount(components)
    for column, part in enumerate(np.argsort(-sizes)):
        exact = np.where(components == part, np.sqrt(graph.degrees), 0)
        # Written down, not iterated: exact but for float32.
        np.testing.assert_allclose(vectors[:, column], exact / np.linalg.norm(exact), atol=1e-6)


def test_of_too_many_components_the_largest_are_taken():
    graph, components = random_graph([90, 60, 50], n_alone=3)
    values, vectors, n_products = spectrum(graph, components, 2)
    assert n_products == 1
    np.testing.assert_array_equal(values, [1.0, 1.0])
    for column, size in enumerate((90, 60)):
        inside = vectors[:, column] > 0
        assert np.count_nonzero(inside) == size
        assert len(np.unique(components[inside])) == 1
    outside = np.isin(components, np.flatnonzero(np.bincount(components) < 60))
    assert not vectors[outside].any()


@pytest.mark.parametrize("sizes", [[8], [8, 8]], ids=["one clique", "two cliques"])
def test_no_vector_comes_twice_from_cliques(sizes):
    A = sp.block_diag([np.ones((size, size)) - np.eye(size) for size in sizes])
    graph = GraphAffinity(sp.csr_array(A, dtype=np.float32))
    n_vectors = len(sizes) + 1
    values, vectors, _ = spectrum(graph, np.repeat(np.arange(len(sizes)), 8), n_vectors)
    # A full decomposition of entries in float32.
    np.testing.assert_allclose(values[-1], -1 / 7, atol=1e-6)
    # The vectors are rounded to float32.
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(n_vectors), atol=1e-5)


def test_graph_is_an_affinity():
    graph, _ = random_graph([40], 2, weighted=True)
    n = 42
    K = graph.matrix.toarray()
    V = np.random.default_rng(0).standard_normal((n, 3))
    graph.scale = 0.5
    np.testing.assert_array_equal(graph.toarray(), K / 2)
    np.testing.assert_allclose(graph.matmat(V), K @ V / 2, atol=1e-4)
    assert graph.matmat(V).dtype == graph.dtype == np.float32
    assert graph.matmat(V[:, 0]).shape == (n,)
    assert graph.density == np.count_nonzero(K) / (n * (n - 1))
    assert graph.nbytes == 8 * np.count_nonzero(K) + 4 * (n + 1)
    degrees = K.sum(axis=1, dtype=np.float64)
    np.testing.assert_allclose(graph.degrees, np.where(degrees > 0, degrees, 1), rtol=1e-6)
    assert np.count_nonzero(degrees == 0) == 2
