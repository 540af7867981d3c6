# SPDX-License-Identifier: BSD-3-Clause
"""The law of the sampler against the probabilities of all cells.

Cells are independent, so that over n graphs the statistic ``sum z^2``, z the standardised frequency
of a cell with 0 < P < 1, has as mean the number q of those cells and as variance
``sum(2 + (1 / (P (1 - P)) - 6) / n)`` exactly: 2 for a Gaussian z, and the excess kurtosis of a
binomial frequency. Where every cell is hit often the law is chi-square, and the p-value has to lie
in [1e-4, 1 - 1e-4].
"""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.stats import chi2

from skrmt.graph import _dense_cells, _kronecker_draws, random_kronecker_graph
from skrmt.graph import _kronecker_sampler as sampler
from skrmt.graph._kronecker_sampler import draw_edges
from skrmt.graph._likely_cells import likely_cells
from skrmt.graph._subgraph_counts import count_subgraphs
from skrmt.theory import expected_subgraph_counts

TWO = np.array([[0.9, 0.6], [0.4, 0.25]])
THREE = np.array([[0.9, 0.5, 0.3], [0.2, 0.8, 0.4], [0.6, 0.3, 0.7]])
FOUR = np.array([[0.8, 0.3, 0.5, 0.6], [0.4, 0.9, 0.2, 0.7], [0.6, 0.5, 0.3, 0.4], [0.2] * 4])
SURE = np.array([[1.0, 0.6], [0.0, 0.5]])
SURE_THREE = np.array([[1.0, 0.7, 0.0], [0.3, 1.0, 0.5], [0.6, 0.0, 0.4]])
LARGE = np.array([[0.99, 0.54], [0.54, 0.13]])


def probabilities(initiator, n_levels, directed, loops):
    """Compute P of the cells that can be edges, 0 elsewhere."""
    full = np.ones((1, 1))
    for _ in range(n_levels):
        full = np.kron(full, initiator)
    full = full if directed else np.triu(full)
    return full if loops else full * (1 - np.eye(len(full)))


def symmetric(initiator):
    return (initiator + initiator.T) / 2


def frequencies(initiator, n_levels, directed, loops, n_graphs):
    """Count how often each cell is drawn, and check the form of each graph."""
    n = len(initiator) ** n_levels
    rng = np.random.RandomState(0)
    counts = np.zeros(n * n)
    for _ in range(n_graphs):
        row, col = draw_edges(initiator, n_levels, directed=directed, loops=loops, rng=rng)
        keys = row.astype(np.int64) * n + col
        assert np.all(np.diff(keys) > 0)
        counts[keys] += 1
    return counts.reshape(n, n)


def assert_law(initiator, n_levels, directed, loops, n_graphs):
    p = probabilities(initiator, n_levels, directed, loops)
    counts = frequencies(initiator, n_levels, directed, loops, n_graphs)
    assert np.all(counts[p == 0] == 0)
    assert np.all(counts[p == 1] == n_graphs)
    p, counts = p[(p > 0) & (p < 1)], counts[(p > 0) & (p < 1)]
    variance = p * (1 - p)
    total = np.sum((counts - n_graphs * p) ** 2 / (n_graphs * variance))
    spread = np.sqrt(np.sum(2 + (1 / variance - 6) / n_graphs))
    # Four standard deviations: the sum is over 28 cells at least, and skewed upwards.
    assert abs(total - len(p)) < 4 * spread
    often = n_graphs * variance > 20
    z2 = (counts - n_graphs * p)[often] ** 2 / (n_graphs * variance[often])
    assert 1e-4 < chi2.sf(z2.sum(), often.sum()) < 1 - 1e-4


CASES = [
    pytest.param(TWO, 3, id="m=2"),
    pytest.param(THREE, 2, id="m=3"),
    pytest.param(FOUR, 2, id="m=4"),
    pytest.param(SURE, 3, id="m=2, with 0 and 1"),
    pytest.param(SURE_THREE, 2, id="m=3, with 0 and 1"),
]
KINDS = list(itertools.product([False, True], [False, True]))


@pytest.fixture
def drawn(monkeypatch):
    """Make the sampler draw the cells of small graphs as those of large sparse ones."""
    monkeypatch.setattr(sampler, "_COINS", 0)
    monkeypatch.setattr(sampler, "_COINS_PER_EDGE", 0)


@pytest.mark.parametrize(("directed", "loops"), KINDS)
@pytest.mark.parametrize(("initiator", "n_levels"), [*CASES, pytest.param(TWO, 5, id="m=2, K=5")])
def test_cells_have_their_probabilities_by_coins(initiator, n_levels, directed, loops, monkeypatch):
    monkeypatch.setattr(_dense_cells, "_BLOCK", 64)
    initiator = initiator if directed else symmetric(initiator)
    assert_law(initiator, n_levels, directed, loops, 600)


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(("directed", "loops"), KINDS)
@pytest.mark.parametrize(("initiator", "n_levels"), CASES)
def test_cells_have_their_probabilities(initiator, n_levels, directed, loops):
    initiator = initiator if directed else symmetric(initiator)
    assert_law(initiator, n_levels, directed, loops, 600)


@pytest.fixture
def blocked(drawn, monkeypatch):
    """Make the sampler cut small graphs as it does large ones."""
    monkeypatch.setattr(sampler, "_FEW", 1.0)
    monkeypatch.setattr(_kronecker_draws, "_DRAWS_PER_BLOCK", 1.0)
    monkeypatch.setattr(_kronecker_draws, "_DRAWS_PER_OUTCOME", 1.0)
    monkeypatch.setattr(_kronecker_draws, "_AT_ONCE", 4)


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(("directed", "loops"), KINDS)
@pytest.mark.parametrize(("initiator", "n_levels"), CASES)
def test_cells_have_their_probabilities_by_blocks(initiator, n_levels, directed, loops):
    initiator = initiator if directed else symmetric(initiator)
    assert_law(initiator, n_levels, directed, loops, 300)


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("directed", [False, True])
def test_cells_have_their_probabilities_without_keys(directed, monkeypatch):
    monkeypatch.setattr(sampler, "_MOST_KEYED", 1)
    initiator = SURE_THREE if directed else symmetric(SURE_THREE)
    assert_law(initiator, 2, directed, True, 400)


def test_blocks_leave_digits_to_the_tables_and_are_drawn_in_ranges(blocked):
    rng = np.random.default_rng(0)
    draws = _kronecker_draws.BlockedDraws(TWO[None], np.array([TWO.sum() ** 3]), 3, True, rng)
    assert len(draws._row) == 4
    assert draws.ranges == [0, 1, 2]
    (tables,) = draws._tables
    assert len(tables) == 2


def assert_large(edges, initiator, n_levels, directed, loops):
    """Compare the number of edges with each pair of digits, at each place, with its law.

    It is a sum of independent coins: of mean s(theta) and variance s(theta) - s(theta^2), with s
    the sum over the cells of such a pair. Of 300 of them, one exceeds five standard deviations
    with probability 2e-4.
    """
    size = len(initiator)

    def total(theta, a, b):
        others, diagonal = theta.sum() ** (n_levels - 1), np.trace(theta) ** (n_levels - 1)
        if a != b:
            return theta[a, b] * others
        if directed:
            return theta[a, a] * (others - (0 if loops else diagonal))
        return theta[a, a] * (others + (diagonal if loops else -diagonal)) / 2

    row, col = edges.astype(np.int64)
    for place in range(n_levels):
        a, b = row // size**place % size, col // size**place % size
        if not directed:
            a, b = np.minimum(a, b), np.maximum(a, b)
        seen = np.bincount(a * size + b, minlength=size**2).reshape(size, size)
        for a, b in itertools.product(range(size), range(size)):
            if directed or a <= b:
                mean, squares = total(initiator, a, b), total(initiator**2, a, b)
                assert abs(seen[a, b] - mean) <= 5 * np.sqrt(mean - squares)


@pytest.mark.parametrize(("directed", "loops"), KINDS)
@pytest.mark.parametrize(
    ("initiator", "n_levels", "kind"),
    [
        pytest.param(LARGE, 14, np.int32, id="m=2"),
        pytest.param(symmetric(THREE) / 2, 12, np.int32, id="m=3"),
        pytest.param([[0.95, 0.26], [0.26, 0.13]], 24, np.int32, id="wide keys"),
        pytest.param([[0.8, 0.3], [0.3, 0.0]], 32, np.int64, id="most vertices of a key"),
        pytest.param([[0.8, 0.3], [0.3, 0.0]], 33, np.int64, id="more vertices"),
    ],
)
def test_large_graphs_have_their_law(initiator, n_levels, kind, directed, loops):
    initiator = np.array(initiator)
    edges = random_kronecker_graph(
        initiator, n_levels, directed=directed, loops=loops, output="edges", random_state=1
    )
    assert edges.dtype == kind
    assert edges.min() >= 0
    assert edges.max() < len(initiator) ** n_levels
    step = np.diff(edges.astype(np.int64), axis=1)
    assert np.all((step[0] > 0) | ((step[0] == 0) & (step[1] > 0)))
    assert directed or np.all(edges[0] <= edges[1])
    assert loops or np.all(edges[0] != edges[1])
    assert_large(edges, initiator, n_levels, directed, loops)


@pytest.mark.parametrize(("directed", "loops"), KINDS)
def test_number_of_edges_has_its_mean_and_variance(directed, loops):
    n_graphs, n_levels = 500, 7
    p = probabilities(LARGE, n_levels, directed, loops)
    mean, variance = p.sum(), (p * (1 - p)).sum()
    rng = np.random.RandomState(2)
    seen = [
        draw_edges(LARGE, n_levels, directed=directed, loops=loops, rng=rng).shape[1]
        for _ in range(n_graphs)
    ]
    assert abs(np.mean(seen) - mean) < 5 * np.sqrt(variance / n_graphs)
    # The number is a sum of some hundred coins, nearly Gaussian.
    assert abs(np.var(seen, ddof=1) / variance - 1) < 5 * np.sqrt(2 / (n_graphs - 1))


@pytest.mark.parametrize("directed", [False, True])
def test_mean_counts_of_subgraphs_are_those_of_the_theory(directed):
    initiator = np.array([[0.95, 0.7], [0.4, 0.3]])
    initiator = initiator if directed else symmetric(initiator)
    rng = np.random.RandomState(3)
    counts = np.array(
        [
            count_subgraphs(
                random_kronecker_graph(initiator, 7, directed=directed, random_state=rng), directed
            )
            for _ in range(300)
        ]
    )
    expected = expected_subgraph_counts(initiator, 7, directed=directed)
    error = counts.std(axis=0, ddof=1) / np.sqrt(len(counts))
    assert np.all(np.abs(counts.mean(axis=0) - expected) < 5 * error)


@pytest.mark.parametrize("coins", [False, True])
@pytest.mark.parametrize("n_levels", [1, 2, 6])
@pytest.mark.parametrize(("directed", "loops"), KINDS)
def test_certain_graphs(n_levels, directed, loops, coins, request):
    if not coins:
        request.getfixturevalue("drawn")
    n = 3**n_levels if n_levels < 6 else 2**n_levels
    size = 3 if n_levels < 6 else 2
    options = {"directed": directed, "loops": loops, "random_state": 0}
    empty = random_kronecker_graph(np.zeros((size, size)), n_levels, **options)
    assert empty.shape == (n, n)
    assert empty.nnz == 0
    complete = random_kronecker_graph(np.ones((size, size)), n_levels, **options)
    assert np.array_equal(complete.toarray(), np.ones((n, n)) - (not loops) * np.eye(n))
    identity = random_kronecker_graph(np.eye(size), n_levels, **options)
    assert np.array_equal(identity.toarray(), loops * np.eye(n))


@pytest.mark.parametrize(("directed", "loops"), KINDS)
@pytest.mark.parametrize("n_levels", [5, 13])
def test_matrix_is_the_list_of_edges(n_levels, directed, loops):
    options = {"directed": directed, "loops": loops, "random_state": 4}
    row, col = random_kronecker_graph(LARGE, n_levels, output="edges", **options)
    matrix = random_kronecker_graph(LARGE, n_levels, **options)
    assert isinstance(matrix, sp.csr_array)
    assert matrix.dtype == np.int8
    assert np.all(matrix.data == 1)
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    # Found anew from the arrays, not read from what the matrix says of itself.
    copy = sp.csr_array((matrix.data, matrix.indices, matrix.indptr), shape=matrix.shape)
    assert copy.has_canonical_format
    found = matrix.tocoo()
    listed = set(zip(row.tolist(), col.tolist(), strict=True))
    if not directed:
        listed |= {(b, a) for a, b in listed}
    assert set(zip(found.row.tolist(), found.col.tolist(), strict=True)) == listed
    assert matrix.nnz == len(listed)


def test_same_seed_gives_the_same_graph():
    def draw(seed):
        return random_kronecker_graph(LARGE, 13, output="edges", random_state=seed)

    assert np.array_equal(draw(5), draw(5))
    assert np.array_equal(draw(5), draw(np.random.RandomState(5)))
    assert not np.array_equal(draw(5), draw(6))
    rng = np.random.RandomState(5)
    assert not np.array_equal(draw(rng), draw(rng))
    generators = [np.random.default_rng(7) for _ in range(2)]
    edges = [draw_edges(LARGE, 9, directed=True, loops=True, rng=rng) for rng in generators]
    assert np.array_equal(*edges)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("loops", [False, True])
def test_likely_cells_are_all_of_them(directed, loops):
    initiator = SURE_THREE if directed else symmetric(SURE_THREE)
    p = probabilities(initiator, 3, directed, loops)
    row, col, found = likely_cells(initiator, 3, directed, loops)
    assert len(row) == np.sum(p >= 0.5) > 0
    assert len(set(zip(row.tolist(), col.tolist(), strict=True))) == len(row)
    np.testing.assert_allclose(found, p[row, col], rtol=1e-14)
    assert found.min() >= 0.5


@pytest.mark.parametrize(
    ("initiator", "n_levels", "options", "message"),
    [
        ([[0.5, 1.2], [0.1, 0.2]], 3, {}, "initiator must hold probabilities"),
        ([[0.5, 0.2]], 3, {}, "initiator must be a square matrix"),
        ([[0.5, 0.2], [0.1, 0.2]], 3, {}, "must be symmetric for an undirected graph"),
        (LARGE, 0, {}, "n_levels"),
        (LARGE, 2.5, {}, "n_levels"),
        (LARGE, 63, {}, "number of vertices"),
        (np.ones((2, 2)), 21, {}, "more than memory holds; lower n_levels"),
        (LARGE, 3, {"output": "dense"}, "output must be 'csr' or 'edges', got 'dense'"),
        (LARGE, 32, {}, "output='csr' is for at most 2.31 vertices, got 4.29e"),
        (LARGE, 3, {"random_state": "seed"}, "cannot be used to seed"),
    ],
    ids=["range", "shape", "symmetry", "zero", "real", "levels", "edges", "output", "rows", "seed"],
)
def test_bad_input_is_named(initiator, n_levels, options, message):
    with pytest.raises(ValueError, match=message):
        random_kronecker_graph(initiator, n_levels, **options)


@pytest.mark.parametrize("directed", [False, True])
def test_as_many_vertices_as_a_32_bit_number_has(directed):
    theta = np.full((16, 16), 2.5 / 256)
    edges = random_kronecker_graph(theta, 8, directed=directed, output="edges", random_state=0)
    expected = 2.5**8 / (1 if directed else 2)
    assert abs(edges.shape[1] - expected) < 5 * np.sqrt(expected)
    assert edges.max() < 2**32
    assert edges.min() >= 0
