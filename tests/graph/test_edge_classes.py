# SPDX-License-Identifier: BSD-3-Clause
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kronecker_graphs import dense_probabilities, pair_counts, random_initiator

from skrmt.graph._edge_classes import digit_pair_counts, edge_classes, parameter_index


def exponents_by_hand(rows, columns, size, n_levels, directed):
    """Digit-pair counts of each edge, one for each free entry."""
    counts = pair_counts(rows, columns, size, n_levels)
    if directed:
        return counts.reshape(len(rows), -1)
    folded = counts + counts.transpose(0, 2, 1)
    folded[:, range(size), range(size)] //= 2
    return folded[(slice(None), *np.triu_indices(size))]


def as_counter(classes):
    keys = [tuple(row) for row in classes.exponents.astype(int).tolist()]
    assert len(set(keys)) == len(keys)
    return Counter(dict(zip(keys, classes.multiplicity.astype(int).tolist(), strict=True)))


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
@pytest.mark.parametrize(
    ("size", "n_levels"),
    [(2, 1), (2, 5), (2, 6), (2, 7), (3, 1), (3, 3), (3, 4), (4, 2), (4, 3), (5, 1), (5, 2)],
)
def test_classes_of_all_cells(size, n_levels, directed):
    N = size**n_levels
    rows, columns = np.divmod(np.arange(N * N), N)
    classes = edge_classes(rows, columns, size, n_levels, directed)
    by_hand = exponents_by_hand(rows, columns, size, n_levels, directed)
    assert as_counter(classes) == Counter(map(tuple, by_hand.tolist()))
    assert classes.exponents.dtype == classes.multiplicity.dtype == np.float64
    # The classes know the probability of each edge, and so the sum of any function of it.
    theta = random_initiator(size, directed, np.random.default_rng(size), 0.1)
    parameters = np.empty(classes.exponents.shape[1])
    parameters[parameter_index(size, directed)] = theta
    p = np.exp(classes.exponents @ np.log(parameters))
    for power in (1, 2, 3):
        total = (dense_probabilities(theta, n_levels) ** power).sum()
        assert classes.multiplicity @ p**power == pytest.approx(total, rel=1e-12)


# Exponents that fit one number, and (the last of each size) those that do not.
@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
@pytest.mark.parametrize(
    ("size", "n_levels"), [(2, 30), (2, 62), (3, 39), (4, 16), (4, 17), (5, 4), (5, 5), (70, 3)]
)
def test_classes_of_edges_with_long_labels(size, n_levels, directed):
    rng = np.random.default_rng(n_levels)
    rows, columns = rng.integers(0, size**n_levels, (2, 400))
    rows, columns = np.append(rows, rows[:7]), np.append(columns, columns[:7])
    classes = edge_classes(rows, columns, size, n_levels, directed)
    by_hand = exponents_by_hand(rows, columns, size, n_levels, directed)
    assert as_counter(classes) == Counter(map(tuple, by_hand.tolist()))
    assert (classes.exponents.sum(axis=1) == n_levels).all()


@given(data=st.data())
def test_undirected_classes_do_not_see_the_order_of_the_ends(data):
    size, n_levels = data.draw(st.sampled_from([(2, 9), (3, 5), (5, 2), (5, 9)]))
    label = st.integers(0, size**n_levels - 1)
    edges = np.array(data.draw(st.lists(st.tuples(label, label), min_size=1, max_size=20)))
    turned = edges.copy()
    turned[::2] = turned[::2, ::-1]
    first = edge_classes(*edges.T, size, n_levels, directed=False)
    second = edge_classes(*turned.T, size, n_levels, directed=False)
    np.testing.assert_array_equal(first.exponents, second.exponents)
    np.testing.assert_array_equal(first.multiplicity, second.multiplicity)


@given(data=st.data())
def test_pair_counts_of_edges(data):
    size, n_levels = data.draw(st.sampled_from([(2, 1), (2, 13), (2, 62), (3, 7), (4, 3), (6, 4)]))
    label = st.integers(0, size**n_levels - 1)
    edges = np.array(data.draw(st.lists(st.tuples(label, label), min_size=1, max_size=20)))
    counts = digit_pair_counts(*edges.T, size, n_levels)
    np.testing.assert_array_equal(counts, pair_counts(*edges.T, size, n_levels).sum(axis=0))
    assert counts.sum() == n_levels * len(edges)
    np.testing.assert_array_equal(digit_pair_counts(*edges.T[::-1], size, n_levels), counts.T)


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64])
def test_type_of_the_labels_does_not_matter(dtype):
    rows, columns = np.random.default_rng(0).integers(0, 2**31, (2, 300))
    counts = digit_pair_counts(rows.astype(dtype), columns.astype(dtype), 2, 31)
    np.testing.assert_array_equal(counts, pair_counts(rows, columns, 2, 31).sum(axis=0))


@pytest.mark.parametrize("size", [2, 3, 6])
def test_parameters_are_numbered_row_by_row(size):
    np.testing.assert_array_equal(parameter_index(size, True).ravel(), np.arange(size**2))
    index = parameter_index(size, False)
    np.testing.assert_array_equal(index, index.T)
    upper = index[np.triu_indices(size)]
    np.testing.assert_array_equal(upper, np.arange(size * (size + 1) // 2))


def test_no_edge_has_no_class():
    none = np.zeros(0, np.int64)
    assert edge_classes(none, none, 2, 5, True).exponents.shape == (0, 4)
    assert digit_pair_counts(none, none, 3, 4).tolist() == [[0] * 3] * 3
