# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from kronecker_graphs import dense_probabilities, draw_pattern, random_initiator
from scipy.optimize import minimize

from skrmt.graph._bernoulli_fit import (
    LARGEST_ENTRY,
    SMALLEST_ENTRY,
    clipped,
    fit_bernoulli,
    log_likelihood_of,
)
from skrmt.graph._edge_classes import digit_pair_counts, edge_classes, parameter_index
from skrmt.graph._known_labels import fit_known_labels

SHAPES = pytest.mark.parametrize(
    ("size", "n_levels", "directed"),
    [(2, 6, False), (2, 6, True), (2, 1, True), (3, 4, False), (3, 4, True), (4, 2, True)],
)


def classes_of(adjacency, size, n_levels, directed):
    rows, columns = adjacency.nonzero()
    if not directed:
        rows, columns = rows[rows < columns], columns[rows < columns]
    return edge_classes(rows, columns, size, n_levels, directed)


def drawn(size, n_levels, directed, seed=0):
    theta = random_initiator(size, directed, np.random.default_rng(seed), 0.2, 0.95)
    adjacency = draw_pattern(theta, n_levels, directed, seed)
    return theta, adjacency, classes_of(adjacency, size, n_levels, directed)


def by_cells(theta, adjacency, n_levels, directed):
    P, A = dense_probabilities(theta, n_levels), adjacency.toarray().astype(bool)
    cells = ~np.eye(len(P), dtype=bool) if directed else np.triu(np.ones(P.shape, bool), 1)
    return np.log(np.where(A, P, 1 - P)[cells]).sum()


@SHAPES
def test_value_is_the_sum_over_cells(size, n_levels, directed):
    theta, adjacency, classes = drawn(size, n_levels, directed)
    index = parameter_index(size, directed)
    for trial in (theta, np.clip(1.2 - theta, 0.01, 0.99)):
        value, _ = log_likelihood_of(trial, classes, index, n_levels, directed)
        assert value == pytest.approx(by_cells(trial, adjacency, n_levels, directed), rel=1e-11)


@SHAPES
def test_gradient_is_that_of_the_sum_over_cells(size, n_levels, directed):
    theta, adjacency, classes = drawn(size, n_levels, directed)
    index, step = parameter_index(size, directed), 1e-5
    _, gradient = log_likelihood_of(theta, classes, index, n_levels, directed)
    assert gradient.shape == (index.max() + 1,)

    def at(k, shift):
        return by_cells(theta + shift * (index == k), adjacency, n_levels, directed)

    slopes = [(at(k, step) - at(k, -step)) / (2 * step) for k in range(len(gradient))]
    # Differences err by step^2 times a third derivative, some (K / theta)^2 of the slope.
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-5 * np.abs(gradient).max())


@pytest.mark.parametrize(
    ("size", "n_levels", "directed"), [(2, 6, False), (2, 6, True), (3, 4, False), (3, 4, True)]
)
def test_maximum_is_that_over_cells(size, n_levels, directed):
    theta, adjacency, classes = drawn(size, n_levels, directed)
    index = parameter_index(size, directed)
    start = np.full((size, size), 0.5)
    found = fit_bernoulli(start, classes, index, n_levels, directed)
    np.testing.assert_array_equal(start, 0.5)
    assert ((found >= SMALLEST_ENTRY) & (found <= LARGEST_ENTRY)).all()
    best = by_cells(found, adjacency, n_levels, directed)
    # The truth is within a few units of the maximum: half a chi-squared of n parameters.
    n_parameters = index.max() + 1
    assert 0 <= best - by_cells(theta, adjacency, n_levels, directed) < 4 * n_parameters
    rng = np.random.default_rng(0)
    for scale in (1e-2, 1e-3):
        for _ in range(10):
            shift = random_initiator(size, directed, rng, -scale, scale)
            assert by_cells(clipped(found + shift), adjacency, n_levels, directed) < best

    def loss(entries):
        return -by_cells(entries[index], adjacency, n_levels, directed)

    # A method without derivatives, from where it stopped.
    first = np.empty(n_parameters)
    first[index] = found
    other = minimize(loss, first, method="Nelder-Mead", bounds=[(1e-6, 1 - 1e-5)] * n_parameters)
    assert -other.fun - best < 1e-4


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_start_does_not_matter(directed):
    theta, _, classes = drawn(2, 8, directed)
    index = parameter_index(2, directed)
    fits = [
        fit_bernoulli(start, classes, index, 8, directed)
        for start in (theta, np.full((2, 2), 0.1), np.array([[0, 1], [1, 0.5]]))
    ]
    # L-BFGS-B stops on a relative decrease of 2e-9; the entries are then known to its root.
    for fit in fits[1:]:
        np.testing.assert_allclose(fit, fits[0], atol=1e-4)


def test_errors_are_those_of_an_efficient_estimate():
    theta, n_levels, n_graphs = np.array([[0.95, 0.8], [0.8, 0.5]]), 8, 40
    index = parameter_index(2, False)
    bernoulli, poisson = [], []
    for seed in range(n_graphs):
        adjacency = draw_pattern(theta, n_levels, False, seed)
        start = fit_known_labels(digit_pair_counts(*adjacency.nonzero(), 2, n_levels), n_levels)
        classes = classes_of(adjacency, 2, n_levels, False)
        poisson.append(start - theta)
        bernoulli.append(fit_bernoulli(start, classes, index, n_levels, False) - theta)
    bound = error_bound(theta, n_levels)
    # A sum of n chi-squared variables of at least one degree has a relative error of at most
    # sqrt(2 / n), its root half of it; 3 of these.
    chance = 3 * np.sqrt(2 / n_graphs) / 2
    for errors in (bernoulli, poisson):
        rms = np.sqrt(np.square(errors).sum(axis=(1, 2)).mean())
        assert rms == pytest.approx(bound, rel=chance)
    # A cell in nine is an edge, far from Poisson; even so its equations have the right mean.
    spread = np.std(poisson, axis=0, ddof=1) / np.sqrt(n_graphs)
    assert (np.abs(np.mean(poisson, axis=0)) < 3 * spread).all()


def error_bound(theta, n_levels):
    """Root mean squared error of an efficient estimate, from P and its slopes."""
    P = dense_probabilities(theta, n_levels)
    cells = np.triu(np.ones(P.shape, bool), 1)
    slopes, step = [], 1e-5
    for shift in ([[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 1]]):
        shift = step * np.array(shift)
        up, down = (dense_probabilities(theta + d, n_levels) for d in (shift, -shift))
        slopes.append(((up - down)[cells]) / (2 * step))
    information = np.einsum("ac,bc,c->ab", slopes, slopes, 1 / (P * (1 - P))[cells])
    return np.sqrt(np.diag(np.linalg.inv(information)) @ [1, 2, 1])


def test_certain_graphs_stop_at_the_bounds():
    size, n_levels = 2, 4
    complete = draw_pattern(np.ones((2, 2)), n_levels, True, 0)
    index = parameter_index(size, True)
    classes = classes_of(complete, size, n_levels, True)
    found = fit_bernoulli(np.full((2, 2), 0.9), classes, index, n_levels, True)
    # The likelihood still climbs at the bound: within the root of what L-BFGS-B leaves, as above.
    np.testing.assert_allclose(found, LARGEST_ENTRY, atol=1e-4)
    # The last label has no edge: nothing speaks for the last entry.
    without = draw_pattern(np.array([[0.9, 0.6], [0.6, 0]]), 6, True, 0)
    classes = classes_of(without, size, 6, True)
    found = fit_bernoulli(np.full((2, 2), 0.5), classes, index, 6, True)
    assert found[1, 1] == pytest.approx(SMALLEST_ENTRY, abs=1e-9)


def test_clipping():
    theta = np.array([[0, 0.5], [1, 1e-9]])
    expected = [[SMALLEST_ENTRY, 0.5], [LARGEST_ENTRY, SMALLEST_ENTRY]]
    assert clipped(theta).tolist() == expected
    assert theta[0, 0] == 0
