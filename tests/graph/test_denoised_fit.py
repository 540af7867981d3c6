# SPDX-License-Identifier: BSD-3-Clause
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from kronecker_graphs import dense_probabilities, draw_pattern, pair_counts, pattern
from sklearn.exceptions import ConvergenceWarning

from skrmt.graph import _denoised_fit as module
from skrmt.graph import random_kronecker_graph
from skrmt.graph._denoised_fit import fit_denoised, low_rank_counts, solve_linear_model
from skrmt.graph._edge_classes import digit_pair_counts
from skrmt.theory import attenuated_initiator, kronecker_spectrum

# The perturbation of the simulations of [LXNX] at p = .8, N = 1024.
PAPER = 0.8 + np.array([[5.25, 2.25], [0.25, -7.75]]) / 32
SYMMETRIC = np.array([[0.95, 0.8], [0.8, 0.5]])


def fit(adjacency, n_levels, size=2, *, directed=True, n_components=None, seed=0):
    rng = np.random.RandomState(seed)
    return fit_denoised(adjacency, size, n_levels, directed, n_components, rng)


def centred_perturbation(size, seed):
    X = np.random.default_rng(seed).standard_normal((size, size))
    return X - X.mean()


def all_pairs(size, n_levels):
    rows, columns = np.divmod(np.arange(size ** (2 * n_levels)), size**n_levels)
    return pair_counts(rows, columns, size, n_levels)


def least_squares_of_edges(adjacency, size, n_levels):
    """The linear model without denoising: digit pairs of the edges less those of the mean."""
    N = size**n_levels
    mean = adjacency.nnz / N**2
    p = mean ** (1 / n_levels)
    counts = digit_pair_counts(*adjacency.nonzero(), size, n_levels)
    centred = (counts - mean * n_levels * N**2 / size**2) / np.sqrt(N)
    return p + solve_linear_model(centred, p, size, n_levels, N) / np.sqrt(N)


@pytest.mark.parametrize(("size", "n_levels"), [(2, 1), (2, 5), (3, 3), (4, 2)])
def test_counts_of_low_rank_are_those_of_the_matrix(size, n_levels):
    rng = np.random.default_rng(n_levels)
    N, rank = size**n_levels, 3
    left, right = rng.standard_normal((2, N, rank))
    values = rng.standard_normal(rank)
    matrix = (left * values) @ right.T
    expected = np.tensordot(matrix.ravel(), all_pairs(size, n_levels), 1)
    found = low_rank_counts(left, values, right, size, n_levels)
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(matrix).sum() * n_levels)
    assert low_rank_counts(left[:, :0], values[:0], right[:, :0], size, n_levels).tolist() == (
        np.zeros((size, size)).tolist()
    )


def test_counts_of_low_rank_are_those_of_the_edges():
    adjacency = draw_pattern(PAPER, 6, True, 0)
    left, values, right = np.linalg.svd(adjacency.toarray().astype(float))
    expected = digit_pair_counts(*adjacency.nonzero(), 2, 6)
    np.testing.assert_allclose(low_rank_counts(left, values, right.T, 2, 6), expected, rtol=1e-12)


@pytest.mark.parametrize(("size", "n_levels"), [(2, 1), (2, 6), (3, 3), (4, 2)])
def test_noiseless_signal_gives_the_perturbation_back(size, n_levels):
    X, p, N = centred_perturbation(size, n_levels), 0.7, size**n_levels
    pairs = all_pairs(size, n_levels).reshape(N, N, -1)
    S = p ** (n_levels - 1) / N * pairs @ X.ravel()
    counts = np.tensordot(S, pairs, 2).reshape(size, size)
    np.testing.assert_allclose(solve_linear_model(counts, p, size, n_levels, N), X, atol=1e-13)


def test_solution_is_the_least_squares_of_a_noisy_matrix():
    size, n_levels, p = 3, 3, 0.6
    N = size**n_levels
    M = np.random.default_rng(0).standard_normal((N, N))
    Theta = p ** (n_levels - 1) / N * all_pairs(size, n_levels).reshape(N * N, -1)
    expected = np.linalg.lstsq(Theta, M.ravel(), rcond=None)[0].reshape(size, size)
    counts = np.tensordot(M.ravel(), all_pairs(size, n_levels), 1)
    found = solve_linear_model(counts, p, size, n_levels, N)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("n", [256, 200], ids=["full", "padded"])
@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_iterative_and_dense_branches_agree(directed, n, monkeypatch):
    adjacency = draw_pattern(PAPER if directed else SYMMETRIC, 8, directed, 0)[:n, :n]
    iterative = [fit(adjacency, 8, directed=directed, seed=seed) for seed in (0, 1)]
    monkeypatch.setattr(module, "_SMALL", 256)
    dense = fit(adjacency, 8, directed=directed)
    for found in iterative:
        np.testing.assert_allclose(found.singular_values, dense.singular_values, rtol=1e-10)
        np.testing.assert_allclose(found.initiator, dense.initiator, rtol=1e-8)
        assert found.n_spikes == dense.n_spikes
    padded = np.zeros((256, 256))
    padded[:n, :n] = adjacency.toarray()
    values = np.linalg.svd((padded - padded.mean()) / 16, compute_uv=False)
    assert len(dense.singular_values) == 9
    np.testing.assert_allclose(dense.singular_values, values[:9], rtol=1e-10)
    root = np.sqrt(padded.mean() * (1 - padded.mean()))
    assert dense.n_spikes == np.count_nonzero(values[:9] > 2 * root)


def test_symmetric_pattern_has_one_answer_by_either_factorisation():
    adjacency = draw_pattern(SYMMETRIC, 8, False, 0)
    one, other = (fit(adjacency, 8, directed=directed) for directed in (False, True))
    np.testing.assert_allclose(one.singular_values, other.singular_values, rtol=1e-10)
    np.testing.assert_allclose(one.initiator, other.initiator, rtol=1e-8)
    np.testing.assert_allclose(one.initiator, one.initiator.T, rtol=1e-12)


@pytest.mark.parametrize(
    ("size", "n_levels", "directed"),
    [(2, 8, True), (2, 8, False), (2, 6, True), (3, 4, True), (3, 5, False)],
)
def test_without_shrinkage_it_is_the_least_squares_of_the_edges(
    size, n_levels, directed, monkeypatch
):
    rng = np.random.default_rng(0)
    theta = rng.uniform(0.4, 0.9, (size, size))
    theta = theta if directed else (theta + theta.T) / 2
    adjacency = draw_pattern(theta, n_levels, directed, 0)
    monkeypatch.setattr(module, "shrink_singular_values", lambda values, variance: values)
    found = fit(adjacency, n_levels, size, directed=directed, n_components=size**n_levels)
    expected = np.clip(least_squares_of_edges(adjacency, size, n_levels), 0, 1)
    np.testing.assert_allclose(found.initiator, expected, rtol=1e-8)


def test_singular_values_are_where_the_theory_has_them():
    theta = 0.8 + np.array([[-3.25, -1.25], [2.75, 1.75]]) / 32
    spectrum = kronecker_spectrum(theta, 10)
    variances = dense_probabilities(theta, 10)
    variances *= 1 - variances
    # The norm of independent entries is at most this to first order: the noise is not quite the
    # same in all cells.
    edge = sum(np.sqrt(variances.mean(axis=axis).max()) for axis in (0, 1))
    assert spectrum.bulk_edge < edge < spectrum.spikes[0]
    for seed in range(3):
        result = fit(draw_pattern(theta, 10, True, seed), 10)
        # A spike fluctuates by the order of 1 / sqrt(N), the edge by N^(-2/3), relatively.
        assert result.singular_values[0] == pytest.approx(spectrum.spikes[0], rel=4 / 32)
        assert (result.singular_values[1:] < edge * (1 + 1024 ** (-2 / 3))).all()
        assert result.n_spikes >= 1


def squared_errors(f, n_graphs):
    """Squared errors of X relative to its squares, denoised and plain, shape (2, n_graphs)."""
    X = PAPER - PAPER.mean()
    errors = []
    for seed in range(n_graphs):
        adjacency = draw_pattern(PAPER, 10, True, seed)
        rng = np.random.default_rng([seed, 1])
        moved = rng.choice(1024, round(f * 1024), replace=False)
        order = np.arange(1024)
        order[moved] = rng.permutation(moved)
        adjacency = adjacency[order][:, order]
        found = [fit(adjacency, 10).initiator, least_squares_of_edges(adjacency, 2, 10)]
        errors.append([np.square(theta - theta.mean() - X).sum() for theta in found])
    return np.transpose(errors) / np.square(X).sum()


@pytest.mark.parametrize(
    ("f", "denoised", "plain"), [(0, 0.097, 0.0001), (0.2, 0.165, 0.056), (0.5, 0.328, 0.247)]
)
def test_denoising_is_worse_than_least_squares(f, denoised, plain):
    n_graphs = 6
    errors = squared_errors(f, n_graphs)
    mean, std = errors.mean(axis=1), errors.std(axis=1, ddof=1)
    # The recorded means are of 3 other graphs, and rounded.
    allowed = 4 * std * np.sqrt(1 / n_graphs + 1 / 3) + [5e-4, 1e-4]
    assert (np.abs(mean - [denoised, plain]) < allowed).all()
    worse = errors[0] - errors[1]
    assert worse.mean() > 4 * worse.std(ddof=1) / np.sqrt(n_graphs)


def test_shuffled_vertices_attenuate_as_foretold():
    f, n_graphs = 0.5, 4
    N = 1024
    found = []
    for seed in range(n_graphs):
        rng = np.random.default_rng(seed)
        order = np.arange(N)
        moved = rng.choice(N, round(f * N), replace=False)
        order[moved] = rng.permutation(moved)
        adjacency = pattern(rng.random((N, N)) < dense_probabilities(PAPER, 10))
        found.append(least_squares_of_edges(adjacency[order][:, order], 2, 10))
    spread = np.std(found, axis=0, ddof=1) / np.sqrt(n_graphs)
    error = np.mean(found, axis=0) - attenuated_initiator(PAPER, f)
    # t of 3 degrees: 6 spreads have a chance of .9 % an entry; the shuffles add what N leaves.
    assert (np.abs(error) < 6 * spread + 1 / N).all()


def test_no_matrix_of_all_pairs_of_vertices_is_written():
    n_levels = 14
    N, rank = 2**n_levels, n_levels + 1
    adjacency = random_kronecker_graph([[0.95, 0.5], [0.5, 0.3]], n_levels, random_state=0)
    for directed, blocks in ((False, 12), (True, 16)):
        tracemalloc.start()
        fit(adjacency, n_levels, directed=directed)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # A Krylov space of 2 c + 1 vectors, the vectors found, and the matrix as floats.
        assert peak < blocks * N * rank * 8 + 40 * adjacency.nnz
        assert peak < N * N / 4


def test_constant_graph_has_no_perturbation():
    # Complete but for its loops: what is left is their row and column, N times weaker.
    complete = pattern(1 - np.eye(64))
    found = fit(complete, 6, directed=False)
    assert np.abs(found.initiator - found.initiator.mean()).max() < 1 / 64
    noise = pattern(np.random.default_rng(0).random((256, 256)) < 0.5)
    result = fit(noise, 8)
    assert result.n_spikes <= 1
    np.testing.assert_allclose(result.initiator, (noise.nnz / 256**2) ** (1 / 8), atol=0.01)


@pytest.mark.parametrize("n_components", [1, 3, 500])
def test_number_of_components_is_kept(n_components):
    adjacency = draw_pattern(PAPER, 8, True, 0)
    found = fit(adjacency, 8, n_components=n_components)
    assert len(found.singular_values) == min(n_components, 256)
    assert (np.diff(found.singular_values) <= 0).all()


def test_a_path_has_no_few_large_values_and_ends_all_the_same():
    n = 8192
    step = sp.eye_array(n, k=1, dtype=np.int8)
    path = sp.csr_array(step + step.T)
    with pytest.warns(ConvergenceWarning, match="singular values of the adjacency .* converged"):
        fit = fit_denoised(path, 2, 13, False, None, np.random.RandomState(0))
    assert fit.n_spikes == 0
    # Nothing beyond the edge: the constant initiator with the right number of arcs.
    assert fit.initiator == pytest.approx((path.nnz / n**2) ** (1 / 13), rel=1e-12)
