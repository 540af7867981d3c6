# SPDX-License-Identifier: BSD-3-Clause
from functools import reduce
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrmt.theory import SUBGRAPHS, expected_subgraph_counts


def kronecker_power(theta, n_levels):
    return reduce(np.kron, [theta] * n_levels)


def star_counts(P, n_leaves):
    """Sum over the sets of a centre and leaves, each vertex being the centre in turn."""
    vertices = np.array(list(combinations(range(len(P)), n_leaves + 1)), dtype=int)
    vertices = vertices.reshape(-1, n_leaves + 1)
    total = 0.0
    for centre in range(n_leaves + 1):
        leaves = np.delete(vertices, centre, axis=1)
        total += P[vertices[:, centre, None], leaves].prod(axis=1).sum()
    return total


def counts_by_enumeration(theta, n_levels, directed):
    P = kronecker_power(theta, n_levels)
    i, j = np.array(list(combinations(range(len(P)), 2))).T
    triples = np.array(list(combinations(range(len(P)), 3)), dtype=int).reshape(-1, 3)
    a, b, c = triples.T
    if not directed:
        triangles = (P[a, b] * P[b, c] * P[a, c]).sum()
        return [P[i, j].sum(), star_counts(P, 2), star_counts(P, 3), triangles]
    orders = [(a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)]
    paths = sum((P[x, y] * P[y, z]).sum() for x, y, z in orders)
    cyclic = sum((P[x, y] * P[y, z] * P[z, x]).sum() for x, y, z in orders) / 3
    transitive = sum((P[x, y] * P[y, z] * P[x, z]).sum() for x, y, z in orders)
    return [
        (P[i, j] + P[j, i]).sum(),
        (P[i, j] * P[j, i]).sum(),
        star_counts(P, 2),
        star_counts(P.T, 2),
        paths,
        star_counts(P, 3),
        star_counts(P.T, 3),
        cyclic,
        transitive,
    ]


def initiator_of(values, directed):
    size = round(len(values) ** 0.5)
    theta = np.reshape(values, (size, size))
    return theta if directed else np.maximum(theta, theta.T)


@pytest.mark.parametrize(
    ("initiator", "n_levels", "directed", "expected"),
    [
        pytest.param(
            [[0.95, 0.6], [0.6, 0.2]],
            5,
            False,
            [34.82947875, 113.152349902, 164.456160915, 5.375176470],
            id="undirected",
        ),
        pytest.param(
            [[0.9, 0.7], [0.5, 0.2]],
            3,
            True,
            [
                10.836,
                1.554875,
                8.846286,
                6.245268,
                14.213982,
                5.129072,
                2.019008,
                1.111984,
                3.601657,
            ],
            id="directed",
        ),
        pytest.param(
            [[0.9, 0.5, 0.2], [0.5, 0.4, 0.3], [0.2, 0.3, 0.1]],
            3,
            False,
            [18.28, 31.985716, 21.19577, 1.078551],
            id="three-by-three",
        ),
    ],
)
def test_known_counts(initiator, n_levels, directed, expected):
    found = expected_subgraph_counts(initiator, n_levels, directed=directed)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(
    ("size", "n_levels"), [(2, 1), (2, 2), (2, 3), (2, 4), (3, 1), (3, 2), (3, 3)]
)
def test_counts_are_sums_over_sets_of_vertices(size, n_levels, directed):
    rng = np.random.default_rng(10 * size + n_levels)
    for _ in range(5):
        theta = initiator_of(rng.uniform(0.05, 1, size**2), directed)
        np.testing.assert_allclose(
            expected_subgraph_counts(theta, n_levels, directed=directed),
            counts_by_enumeration(theta, n_levels, directed),
            rtol=1e-10,
            # Patterns that do not fit into the graph.
            atol=1e-12 if size**n_levels < 4 else 0,
        )


@pytest.mark.slow
@pytest.mark.parametrize("directed", [False, True])
def test_counts_of_81_vertices(directed):
    theta = initiator_of(np.random.default_rng(0).random(9), directed)
    np.testing.assert_allclose(
        expected_subgraph_counts(theta, 4, directed=directed),
        counts_by_enumeration(theta, 4, directed),
        rtol=1e-10,
    )


PROBABILITIES = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))


@settings(max_examples=40)
@given(
    values=st.sampled_from([4, 9]).flatmap(
        lambda n: st.lists(PROBABILITIES, min_size=n, max_size=n)
    ),
    n_levels=st.integers(1, 3),
    directed=st.booleans(),
)
def test_counts_of_initiators_with_zeros_and_ones(values, n_levels, directed):
    theta = initiator_of(values, directed)
    n_vertices = len(theta) ** n_levels
    found = expected_subgraph_counts(theta, n_levels, directed=directed)
    expected = counts_by_enumeration(theta, n_levels, directed)
    assert (found >= 0).all()
    # The terms of the sums are at most n^4, and some twenty of them are added up.
    rounding = 20 * np.finfo(float).eps * n_vertices**4
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=rounding)


@pytest.mark.parametrize(("size", "n_levels"), [(2, 1), (2, 10), (3, 5), (4, 3)])
def test_complete_graph(size, n_levels):
    n, theta = size**n_levels, np.ones((size, size))
    pairs, triples, fours = comb(n, 2), comb(n, 3), comb(n, 4)
    np.testing.assert_allclose(
        expected_subgraph_counts(theta, n_levels), [pairs, 3 * triples, 4 * fours, triples], 1e-12
    )
    np.testing.assert_allclose(
        expected_subgraph_counts(theta, n_levels, directed=True),
        [
            2 * pairs,
            pairs,
            *[3 * triples] * 2,
            6 * triples,
            *[4 * fours] * 2,
            2 * triples,
            6 * triples,
        ],
        rtol=1e-12,
    )


@pytest.mark.parametrize("directed", [False, True])
def test_graph_of_loops_has_no_subgraphs(directed):
    # 3^20 vertices, each with a loop that does not count.
    assert not expected_subgraph_counts(np.eye(3), 20, directed=directed).any()


def test_directed_counts_of_a_symmetric_initiator():
    theta, k = np.array([[0.9, 0.5, 0.3], [0.5, 0.7, 0.4], [0.3, 0.4, 0.2]]), 6
    edges, wedges, stars, triangles = expected_subgraph_counts(theta, k)
    found = expected_subgraph_counts(theta, k, directed=True)
    expected = [2 * edges, wedges, wedges, 2 * wedges, stars, stars, 2 * triangles, 6 * triangles]
    np.testing.assert_allclose(np.delete(found, 1), expected, rtol=1e-12)


@given(st.lists(st.floats(0.01, 1), min_size=9, max_size=9), st.integers(1, 30))
def test_transposition_swaps_in_and_out(values, n_levels):
    theta = np.reshape(values, (3, 3))
    found = expected_subgraph_counts(theta, n_levels, directed=True)
    other = expected_subgraph_counts(theta.T, n_levels, directed=True)
    scale = found[[0, 0, 2, 3, 2, 5, 6, 2, 2]] + 3.0**n_levels
    swapped = other[[0, 1, 3, 2, 4, 6, 5, 7, 8]]
    np.testing.assert_allclose(found / scale, swapped / scale, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("directed", [False, True])
def test_a_stack_is_what_its_initiators_are_one_by_one(directed):
    rng = np.random.default_rng(3)
    stack = rng.random((2, 5, 3, 3))
    stack = stack if directed else (stack + np.swapaxes(stack, -1, -2)) / 2
    levels = rng.integers(1, 9, (2, 1))
    found = expected_subgraph_counts(stack, levels, directed=directed)
    assert found.shape == (2, 5, len(SUBGRAPHS[directed]))
    assert found.dtype == np.float64
    for place in np.ndindex(2, 5):
        one = expected_subgraph_counts(stack[place], levels[place[0], 0], directed=directed)
        np.testing.assert_allclose(found[place], one, rtol=1e-13)
    # One initiator at several powers.
    several = expected_subgraph_counts(stack[0, 0], [3, 4], directed=directed)
    assert several.shape == (2, len(SUBGRAPHS[directed]))


def test_an_empty_stack_has_no_counts():
    assert expected_subgraph_counts(np.empty((0, 2, 2)), 3).shape == (0, 4)


def test_levels_that_do_not_fit_the_stack_are_refused():
    with pytest.raises(ValueError, match=r"shapes \(3,\) and \(2,\)"):
        expected_subgraph_counts(np.ones((2, 2, 2)), [1, 2, 3])
