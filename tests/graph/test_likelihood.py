# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from kronecker_graphs import dense_probabilities, draw_pattern, pattern, random_initiator

from skrmt.graph import kronecker_log_likelihood
from skrmt.graph._likelihood import check_labels, check_vertices
from skrmt.theory import empty_graph_log_likelihood


def by_cells(dense, theta, n_levels, labels, directed):
    """Sum over all cells of the padded graph; 0 log 0 is 0."""
    P = dense_probabilities(theta, n_levels)
    A = np.zeros(P.shape, bool)
    A[np.ix_(labels, labels)] = dense
    cells = ~np.eye(len(P), dtype=bool) if directed else np.triu(np.ones(P.shape, bool), 1)
    with np.errstate(divide="ignore"):
        return np.log(np.where(A, P, 1 - P)[cells]).sum()


@given(data=st.data())
def test_it_is_the_sum_over_cells(data):
    size, n_levels = data.draw(st.sampled_from([(2, 1), (2, 4), (2, 5), (3, 2), (3, 3), (4, 2)]))
    directed = data.draw(st.booleans())
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n_labels = size**n_levels
    n = data.draw(st.integers(2, n_labels))
    theta = random_initiator(size, directed, rng)
    dense = rng.random((n, n)) < 0.3
    dense = dense if directed else np.triu(dense) | np.triu(dense).T
    labels = rng.permutation(n_labels)[:n]
    found = kronecker_log_likelihood(dense, theta, labels, n_levels=n_levels, directed=directed)
    np.fill_diagonal(dense, False)
    expected = by_cells(dense, theta, n_levels, labels, directed)
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)


# Entries from {0, 1/2, 1}: impossible and certain edges, both present and absent.
@given(data=st.data())
def test_impossible_and_certain_edges(data):
    size, n_levels = data.draw(st.sampled_from([(2, 1), (2, 2), (2, 4), (3, 2)]))
    directed = data.draw(st.booleans())
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    theta = rng.choice([0, 0.5, 1], (size, size))
    theta = theta if directed else np.triu(theta) + np.triu(theta, 1).T
    P = dense_probabilities(theta, n_levels)
    dense = rng.random(P.shape) < P
    np.fill_diagonal(dense, False)
    dense = dense if directed else np.triu(dense) | np.triu(dense).T
    flips = data.draw(st.integers(0, 2))
    for i, j in rng.integers(0, len(P), (flips, 2)):
        if i != j:
            dense[i, j] ^= True
            if not directed:
                dense[j, i] = dense[i, j]
    labels = np.arange(len(P))
    found = kronecker_log_likelihood(dense, theta, n_levels=n_levels, directed=directed)
    expected = by_cells(dense, theta, n_levels, labels, directed)
    if np.isneginf(expected):
        assert np.isneginf(found)
    else:
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_certain_graph_has_likelihood_one():
    complete = np.ones((8, 8))
    for directed in (False, True):
        assert kronecker_log_likelihood(complete, np.ones((2, 2)), directed=directed) == 0
    complete[2, 5] = complete[5, 2] = 0
    assert kronecker_log_likelihood(complete, np.ones((2, 2))) == -np.inf
    # The diagonal is no edge, though its probability is 1.
    theta = np.array([[1, 0.5], [0.5, 1]])
    expected = np.log(1 - dense_probabilities(theta, 2)[np.triu_indices(4, 1)]).sum()
    assert kronecker_log_likelihood(np.zeros((4, 4)), theta) == pytest.approx(expected)


def test_one_impossible_edge_is_enough():
    theta = np.array([[0.9, 0.5], [0.5, 0]])
    edge = np.zeros((4, 4))
    edge[1, 3] = edge[3, 1] = 1  # digits 01, 11: the second pair is (1, 1)
    assert kronecker_log_likelihood(edge, theta) == -np.inf
    edge = np.zeros((4, 4))
    edge[1, 2] = edge[2, 1] = 1  # digits 01, 10
    assert np.isfinite(kronecker_log_likelihood(edge, theta))


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
@pytest.mark.parametrize(("size", "n_levels"), [(2, 6), (3, 4)])
def test_vertices_that_are_missing_are_isolated(size, n_levels, directed):
    theta = random_initiator(size, directed, np.random.default_rng(0), 0.2, 0.9)
    n_labels = size**n_levels
    whole = draw_pattern(theta, n_levels, directed, 0).toarray()
    n = n_labels - 5
    whole[n:], whole[:, n:] = 0, 0
    expected = kronecker_log_likelihood(whole, theta, directed=directed)
    options = {"n_levels": n_levels, "directed": directed}
    assert kronecker_log_likelihood(whole[:n, :n], theta, **options) == pytest.approx(expected)
    order = np.random.default_rng(1).permutation(n)
    moved = whole[:n, :n][np.ix_(order, order)]
    assert kronecker_log_likelihood(moved, theta, order, **options) == pytest.approx(expected)
    # A further level is a further digit, 0 in all labels here.
    deeper = kronecker_log_likelihood(whole, theta, n_levels=n_levels + 1, directed=directed)
    n_edges = np.count_nonzero(whole if directed else np.triu(whole))
    assert deeper < expected + n_edges * np.log(theta[0, 0]) + 1e-9


def test_empty_graph_has_the_likelihood_of_the_theory():
    theta = np.array([[0.9, 0.6], [0.5, 0.2]])
    empty = sp.csr_array((2, 2))
    found = kronecker_log_likelihood(empty, theta, n_levels=20, directed=True)
    assert found == pytest.approx(empty_graph_log_likelihood(theta, 20, directed=True))


def test_recorded_value():
    # The path 0 - 1 - 2 and the vertex 3; P by hand.
    theta = np.array([[0.9, 0.6], [0.6, 0.2]])
    path = np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    present, absent = [0.54, 0.36], [0.54, 0.36, 0.12, 0.12]
    expected = np.log(present).sum() + np.log1p(-np.array(absent)).sum()
    assert kronecker_log_likelihood(path, theta) == pytest.approx(expected, rel=1e-12)


def test_true_labels_and_the_true_initiator_are_likely():
    theta = np.array([[0.95, 0.5], [0.5, 0.2]])
    adjacency = draw_pattern(theta, 8, False, 0)
    best = kronecker_log_likelihood(adjacency, theta)
    labels = np.random.default_rng(0).permutation(256)
    assert kronecker_log_likelihood(adjacency, theta, labels) < best - 100
    assert kronecker_log_likelihood(adjacency, theta[::-1, ::-1]) < best - 100
    # Other digits for the other order of the initiator: the same model.
    flipped = kronecker_log_likelihood(adjacency, theta[::-1, ::-1], 255 - np.arange(256))
    assert flipped == pytest.approx(best)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"labels must be 4 whole numbers, .* shape \(2,\)"),
        ([[0, 1, 2, 3]], r"labels must be 4 whole numbers, .* shape \(1, 4\)"),
        ([0.0, 1, 2, 3], "dtype float64"),
        ([True, False, True, False], "dtype bool"),
        ([0, 1, 2, 8], "labels must be from 0 to 7, got 0 to 8"),
        ([-1, 1, 2, 3], "labels must be from 0 to 7, got -1 to 3"),
        ([0, 1, 2, 2], "labels must be distinct"),
        (np.array([0, 1, 2, 2**64 - 1], np.uint64), "labels must be from 0 to 7"),
    ],
    ids=["few", "matrix", "float", "bool", "large", "negative", "twice", "wide"],
)
def test_bad_labels_are_named(labels, message):
    with pytest.raises(ValueError, match=message):
        kronecker_log_likelihood(np.ones((4, 4)), np.full((2, 2), 0.5), labels, n_levels=3)


def test_labels_default_to_the_order_of_the_rows():
    assert check_labels(None, 3, 8).tolist() == [0, 1, 2]
    assert check_labels(np.array([7, 0, 2], np.uint8), 3, 8).tolist() == [7, 0, 2]


@pytest.mark.parametrize(
    ("X", "theta", "options", "message"),
    [
        (
            np.ones((5, 5)),
            [[0.5, 0.5], [0.5, 0.5]],
            {"n_levels": 2},
            "more than the 4 of n_levels=2",
        ),
        (np.eye(3, k=1), [[0.5, 0.5], [0.5, 0.5]], {"directed": False}, "not symmetric"),
        (np.ones((4, 4)), [[0.5, 0.4], [0.5, 0.5]], {}, "initiator must be symmetric"),
        (np.ones((4, 4)), [[0.5, 1.5], [1.5, 0.5]], {}, "probabilities in"),
        (np.ones((4, 4)), [[0.5, 0.5]], {}, "square"),
        (np.ones((4, 4)), [[0.5, 0.5], [0.5, 0.5]], {"n_levels": 63}, "must not exceed 2"),
        (np.ones((4, 4)), [[0.5, 0.5], [0.5, 0.5]], {"n_levels": 0}, "n_levels"),
        (np.ones((4, 4)), [[0.5, 0.5], [0.5, 0.5]], {"n_levels": 2.5}, "n_levels"),
        (np.ones((4, 4)), [[0.5, 0.5], [0.5, 0.5]], {"n_levels": "most"}, "n_levels"),
    ],
    ids=["small", "direction", "symmetry", "range", "square", "large", "zero", "half", "word"],
)
def test_bad_models_are_named(X, theta, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        kronecker_log_likelihood(X, theta, **options)


def test_vertices_broadcast():
    rows, columns = check_vertices([[0], [1]], [2, 3, 4], 5)
    assert rows.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert columns.tolist() == [[2, 3, 4], [2, 3, 4]]
    for rows, columns, message in [
        ([0.5], [1], "rows must be rows of the adjacency .*got dtype float64"),
        ([0], [5], "columns must be vertices from 0 to 4, got 5 to 5"),
        ([-1], [0], "rows must be vertices from 0 to 4, got -1 to -1"),
    ]:
        with pytest.raises(ValueError, match=message):
            check_vertices(rows, columns, 5)
    with pytest.raises(ValueError, match=r"must broadcast, got shapes \(2,\) and \(3,\)"):
        check_vertices([0, 1], [2, 3, 4], 5)
    assert [ends.shape for ends in check_vertices([], [], 5)] == [(0,), (0,)]


def test_weights_and_loops_have_no_say():
    theta = np.array([[0.9, 0.6], [0.5, 0.2]])
    dense = draw_pattern(theta, 5, True, 0).toarray()
    expected = kronecker_log_likelihood(dense, theta)
    assert kronecker_log_likelihood(dense * -2.5 + np.diag(np.arange(32)), theta) == expected
    assert kronecker_log_likelihood(pattern(dense).tocoo(), theta) == expected
