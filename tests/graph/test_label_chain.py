# SPDX-License-Identifier: BSD-3-Clause
"""The chain over labels: its plateau, its start, its state."""

from functools import reduce

import numpy as np
import pytest
from scipy.sparse import csr_array

from skrmt import _kernels
from skrmt.graph._edge_tables import EdgeTables
from skrmt.graph._label_chain import LabelChain, degree_labels

FUNCTIONS = {
    function: name
    for name, function in reversed(
        [(name, kernels.swap_labels) for name, kernels in _kernels.implementations().items()]
    )
}
SYMMETRIC = np.array([[0.95, 0.6], [0.6, 0.2]])
DIRECTED = np.array([[0.95, 0.7], [0.5, 0.2]])


def draw(initiator, n_levels, directed, seed):
    """A graph of the model whose vertices are in the order of the labels."""
    P = reduce(np.kron, [initiator] * n_levels)
    dense = np.random.default_rng(seed).random(P.shape) < P
    np.fill_diagonal(dense, False)
    if not directed:
        dense = np.triu(dense) | np.triu(dense).T
    return csr_array(dense)


def edge_terms(adjacency, labels, initiator, n_levels):
    """What of the log-likelihood depends on the labels, times 2 for an undirected graph."""
    tables = EdgeTables(initiator, n_levels)
    rows, columns = (labels[ends] for ends in adjacency.nonzero())
    return np.sum(
        tables.log_probability(rows, columns) - np.log1p(-tables.probability(rows, columns))
    )


@pytest.mark.parametrize("initiator", [SYMMETRIC, DIRECTED], ids=["undirected", "directed"])
@pytest.mark.parametrize("function", FUNCTIONS, ids=FUNCTIONS.values())
def test_both_starts_reach_the_same_plateau(monkeypatch, function, initiator):
    monkeypatch.setattr(_kernels, "swap_labels", function)
    n_levels, directed = 10, initiator is DIRECTED
    n_labels = 2**n_levels
    adjacency = draw(initiator, n_levels, directed, seed=0)
    start = degree_labels(adjacency, directed, initiator, n_levels)
    burn_in, n_states = 300, 20
    runs = []
    for labels in (start, np.arange(n_labels)):
        chain = LabelChain(
            adjacency, directed, 2, n_levels, labels, np.random.RandomState(len(runs))
        )
        chain.run(initiator, burn_in * n_labels)
        states = []
        for _ in range(n_states):
            chain.run(initiator, 5 * n_labels)
            states.append(edge_terms(adjacency, chain.labels, initiator, n_levels))
        runs.append(np.array(states))
    spread = np.sqrt(np.mean([states.var(ddof=1) for states in runs]))
    # The means of two stationary runs differ by less than two of their states do, whose difference
    # has deviation sqrt(2) times the spread; 3 of them.
    assert abs(runs[0].mean() - runs[1].mean()) < 3 * np.sqrt(2) * spread
    # the true labels are themselves a draw from the posterior; the start is far from one
    truth = edge_terms(adjacency, np.arange(n_labels), initiator, n_levels)
    assert abs(runs[0].mean() - truth) < 4 * spread
    assert runs[0].mean() - edge_terms(adjacency, start, initiator, n_levels) > 4 * spread


@pytest.mark.parametrize(("size", "n_levels", "n"), [(2, 6, 50), (2, 6, 64), (3, 3, 20), (4, 2, 9)])
@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
@pytest.mark.parametrize("function", FUNCTIONS, ids=FUNCTIONS.values())
def test_labels_stay_a_permutation(monkeypatch, function, directed, size, n_levels, n):
    monkeypatch.setattr(_kernels, "swap_labels", function)
    rng = np.random.default_rng(n)
    dense = np.triu(rng.random((n, n)) < 0.2, 1)
    adjacency = csr_array(dense if directed else dense | dense.T)
    initiator = rng.uniform(0.2, 0.8, (size, size))
    initiator = initiator if directed else (initiator + initiator.T) / 2
    labels = rng.permutation(size**n_levels)
    given = labels.copy()
    chain = LabelChain(adjacency, directed, size, n_levels, labels, np.random.RandomState(0))
    n_accepted = chain.run(initiator, 200)
    assert 0 < n_accepted
    np.testing.assert_array_equal(np.sort(chain.labels), np.arange(size**n_levels))
    assert (chain.labels != given).any()
    np.testing.assert_array_equal(labels, given)


@pytest.mark.parametrize("function", FUNCTIONS, ids=FUNCTIONS.values())
def test_random_state_fixes_the_chain_and_moves_on(monkeypatch, function):
    monkeypatch.setattr(_kernels, "swap_labels", function)
    adjacency = draw(SYMMETRIC, 6, False, seed=1)

    def states(seed):
        rng = np.random.RandomState(seed)
        found = []
        for _ in range(2):  # two chains that share a stream
            chain = LabelChain(adjacency, False, 2, 6, np.arange(64), rng)
            chain.run(SYMMETRIC, 300)
            found.append(chain.labels.tolist())
        return found

    assert states(0) == states(0)
    assert states(0)[0] != states(0)[1]
    assert states(0)[0] != states(1)[0]


@pytest.mark.parametrize("n", [27, 20])
@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_degree_labels_match_the_order_of_expected_degrees(directed, n):
    rng = np.random.default_rng(n)
    initiator = rng.random((3, 3))
    initiator = initiator if directed else (initiator + initiator.T) / 2
    P = reduce(np.kron, [initiator] * 3)
    dense = np.triu(rng.random((n, n)) < 0.3, 1)
    dense = dense if directed else dense | dense.T
    labels = degree_labels(csr_array(dense), directed, initiator, 3)
    np.testing.assert_array_equal(np.sort(labels), np.arange(27))

    degrees = np.zeros(27, int)
    degrees[:n] = dense.sum(axis=1) + (dense.sum(axis=0) if directed else 0)
    # rounded, so that products of the same numbers are the same; `sorted` keeps the order of ties
    expected = (P.sum(axis=0) + P.sum(axis=1)).round(9)
    by_degree = sorted(range(27), key=lambda v: -degrees[v])
    by_expected = sorted(range(27), key=lambda a: -expected[a])
    np.testing.assert_array_equal(labels[by_degree], by_expected)


def test_degree_labels_of_the_same_digits_are_tied():
    # (0.3 0.7) 0.7 is not 0.3 (0.7 0.7) in floating point
    empty = csr_array((2**9, 2**9))
    labels = degree_labels(empty, False, [[0.1, 0.2], [0.2, 0.5]], 9)
    n_ones = np.array([int(label).bit_count() for label in labels])
    assert (np.diff(n_ones) <= 0).all()
    assert all((np.diff(labels[n_ones == count]) > 0).all() for count in range(10))


def test_bad_input_is_named():
    path = csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    rng = np.random.RandomState(0)
    with pytest.raises(ValueError, match=r"3 vertices, more than the 2\^1 labels; raise n_levels"):
        LabelChain(path, False, 2, 1, np.arange(2), rng)
    for labels in (np.arange(3), np.zeros(4, int), np.arange(1, 5)):
        with pytest.raises(ValueError, match="labels must be a permutation of the numbers below 4"):
            LabelChain(path, False, 2, 2, labels, rng)
    chain = LabelChain(path, False, 2, 2, np.arange(4), rng)
    for initiator, message in [
        (np.full((3, 3), 0.5), r"must have shape \(2, 2\), got \(3, 3\)"),
        (np.array([[1.0, 0.5], [0.5, 0.5]]), "clip them"),
        (np.array([[0.0, 0.5], [0.5, 0.5]]), "clip them"),
        (np.array([[np.nan, 0.5], [0.5, 0.5]]), "clip them"),
        (DIRECTED, "must be symmetric for an undirected graph"),
    ]:
        with pytest.raises(ValueError, match=message):
            chain.run(initiator, 5)
    assert chain.labels.tolist() == [0, 1, 2, 3]
