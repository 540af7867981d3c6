# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from kronecker_graphs import dense_probabilities, draw_pattern, pair_counts, random_initiator
from scipy.optimize import minimize

from skrmt.graph import _known_labels as module
from skrmt.graph._edge_classes import digit_pair_counts, parameter_index
from skrmt.graph._known_labels import fit_known_labels, known_labels_std

NEARLY_DIAGONAL = np.array([[0.9, 0.01], [0.01, 0.9]])
CAPPED = np.array([[1, 0.8], [0.8, 0.3]])
CASES = {
    "directed": (np.array([[0.9, 0.6], [0.5, 0.2]]), 8),
    "undirected": (np.array([[0.9, 0.6], [0.6, 0.2]]), 8),
    "size 3": (np.array([[0.9, 0.5, 0.2], [0.4, 0.6, 0.3], [0.3, 0.5, 0.1]]), 5),
    "diagonal": (np.array([[0.7, 0.2], [0.2, 0.7]]), 8),
    "nearly diagonal": (NEARLY_DIAGONAL, 9),
    "capped": (CAPPED, 8),
    "dense": (np.array([[1, 0.95], [0.9, 1]]), 7),
    "no digit": (np.array([[0.9, 0.7], [0.4, 0]]), 8),
    "no return": (np.array([[0.9, 0.7], [0, 0.4]]), 8),
    "one level": (random_initiator(9, True, np.random.default_rng(99)), 1),
}


def draw_counts(theta, n_levels, seed=0):
    directed = not np.array_equal(theta, theta.T)
    adjacency = draw_pattern(theta, n_levels, directed, seed)
    return digit_pair_counts(*adjacency.nonzero(), len(theta), n_levels)


def poisson(theta, counts, n_levels):
    """Log-likelihood of Poisson arcs off the diagonal, and its gradient."""
    s, t = theta.sum(), np.trace(theta)
    present = counts > 0
    value = counts[present] @ np.log(theta[present]) - s**n_levels + t**n_levels
    slope = np.zeros(theta.shape)
    slope[present] = counts[present] / theta[present]
    slope -= n_levels * (s ** (n_levels - 1) - np.eye(len(theta)) * t ** (n_levels - 1))
    return value, slope


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_conditions_of_a_maximum_hold(case, seed):
    theta, n_levels = CASES[case]
    counts = draw_counts(theta, n_levels, seed)
    found = fit_known_labels(counts, n_levels)
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_array_equal(found[counts == 0], 0)
    _, slope = poisson(found, counts, n_levels)
    # By the logarithm of an entry the slope is a difference of counts, known to rounding of them.
    free = (counts > 0) & (found < 1)
    assert np.abs(slope * found)[free].max(initial=0) < 1e-10 * counts.sum()
    assert (slope[found == 1] > -1e-10 * counts.sum()).all()
    if case == "dense":
        assert (found == 1).any()


@pytest.mark.parametrize("case", CASES)
def test_no_numeric_maximiser_finds_more(case):
    theta, n_levels = CASES[case]
    counts = draw_counts(theta, n_levels)
    present, size = counts > 0, len(theta)

    def loss(entries):
        trial = np.zeros((size, size))
        trial[present] = entries
        value, slope = poisson(trial, counts, n_levels)
        return -value, -slope[present]

    best = -loss(fit_known_labels(counts, n_levels)[present])[0]
    bounds = [(1e-9, 1)] * np.count_nonzero(present)
    for start in (0.3, 0.7):
        result = minimize(loss, np.full(len(bounds), start), jac=True, bounds=bounds, tol=1e-12)
        # It stops within its tolerance, the closed form within rounding of the sum.
        assert -result.fun <= best + 1e-11 * abs(best)
        assert -result.fun >= best - 1e-4 * abs(best)


def test_symmetric_counts_give_a_symmetric_initiator():
    counts = draw_counts(*CASES["undirected"])
    found = fit_known_labels(counts, 8)
    np.testing.assert_allclose(found, found.T, rtol=1e-14)


def test_complete_graph_is_certain():
    for size, n_levels in [(2, 5), (3, 3)]:
        counts = draw_counts(np.ones((size, size)), n_levels)
        np.testing.assert_allclose(fit_known_labels(counts, n_levels), 1, rtol=1e-12)


def test_expected_counts_of_a_model_give_the_model_back():
    theta, n_levels = np.array([[0.8, 0.5], [0.3, 0.2]]), 9
    s, t = theta.sum(), np.trace(theta)
    counts = n_levels * theta * (s ** (n_levels - 1) - np.eye(2) * t ** (n_levels - 1))
    np.testing.assert_allclose(fit_known_labels(counts, n_levels), theta, rtol=1e-12)


@pytest.mark.parametrize(("size", "n_levels"), [(2, 6), (3, 3)])
def test_with_loops_it_is_the_least_squares_of_the_linear_model(size, n_levels):
    theta = random_initiator(size, True, np.random.default_rng(2), 0.2, 0.9)
    adjacency = draw_pattern(theta, n_levels, True, 0)
    counts = digit_pair_counts(*adjacency.nonzero(), size, n_levels)
    found = module._capped(counts, n_levels)
    # vec((A - mean A) / sqrt(N)) = Theta vec(X), Theta = p^(K-1) / N times the digit-pair counts.
    N = size**n_levels
    mean = adjacency.nnz / N**2
    p = mean ** (1 / n_levels)
    rows, columns = np.divmod(np.arange(N * N), N)
    Theta = p ** (n_levels - 1) / N * pair_counts(rows, columns, size, n_levels)
    centred = (adjacency.toarray().ravel() - mean) / np.sqrt(N)
    X = np.linalg.lstsq(Theta.reshape(N * N, -1), centred, rcond=None)[0].reshape(size, size)
    np.testing.assert_allclose(found, p + X / np.sqrt(N), rtol=1e-10)


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_standard_errors_are_the_spread_over_draws(directed):
    theta, n_levels, n_draws = np.array([[0.8, 0.6], [0.5, 0.2]]), 8, 300
    theta = theta if directed else (theta + theta.T) / 2
    P = dense_probabilities(theta, n_levels)
    draws = [
        fit_known_labels(draw_counts(theta, n_levels, seed), n_levels) for seed in range(n_draws)
    ]
    std = known_labels_std(theta, n_levels, parameter_index(2, directed))
    ratio = np.std(draws, axis=0, ddof=1) / std
    # The deviation of n draws has a relative error of 1 / sqrt(2 (n - 1)); coins vary less than
    # Poisson counts, by the mean of P over the edges in the variance.
    chance, coins = 4 / np.sqrt(2 * (n_draws - 1)), (P**2).sum() / P.sum()
    assert coins < 0.1
    assert (ratio < 1 + chance).all()
    assert (ratio > np.sqrt(1 - coins) - chance - coins).all()
    error = np.mean(draws, axis=0) - theta
    # No more bias than chance leaves, or than the square of a relative error.
    assert (np.abs(error) < 4 * std / np.sqrt(n_draws) + std**2 / theta).all()


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_standard_errors_are_the_sandwich_over_all_cells(directed):
    """H^-1 V H^-1, with both sums written out over the cells off the diagonal."""
    theta, n_levels = np.array([[0.95, 0.7], [0.6, 0.3]]), 5
    theta = theta if directed else (theta + theta.T) / 2
    index = parameter_index(2, directed)
    P = dense_probabilities(theta, n_levels)
    rows, columns = np.nonzero(np.triu(np.ones_like(P), 1) if not directed else 1 - np.eye(32))
    pairs = pair_counts(rows, columns, 2, n_levels).reshape(len(rows), 4)
    slopes = np.zeros((len(rows), index.max() + 1))
    for entry, k in enumerate(index.ravel()):
        slopes[:, k] += pairs[:, entry] / theta.ravel()[entry]
    p = P[rows, columns][:, None]
    H, V = slopes.T @ (p * slopes), slopes.T @ (p * (1 - p) * slopes)
    expected = np.sqrt(np.diag(np.linalg.inv(H) @ V @ np.linalg.inv(H)))[index]
    np.testing.assert_allclose(known_labels_std(theta, n_levels, index), expected, rtol=1e-9)


def test_a_certain_graph_has_no_error():
    std = known_labels_std(np.ones((2, 2)), 6, parameter_index(2, False))
    np.testing.assert_allclose(std, 0, atol=1e-7)  # the square root of rounding


def test_entry_without_edges_has_no_error():
    theta = np.array([[0.9, 0.5], [0.5, 0]])
    std = known_labels_std(theta, 10, parameter_index(2, False))
    assert std[1, 1] == 0
    assert (std[[0, 0, 1], [0, 1, 0]] > 0).all()
    # As in the model that lacks it.
    np.testing.assert_allclose(std, std.T)
