# SPDX-License-Identifier: BSD-3-Clause
import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from skrmt.graph import _subgraph_counts as module
from skrmt.graph import subgraph_counts
from skrmt.graph._subgraph_counts import (
    count_subgraphs,
    count_subgraphs_of_edges,
    count_subgraphs_of_many,
)
from skrmt.theory import SUBGRAPHS


def clean(matrix):
    """Give a dense 0/1 matrix without loops as the functions without checks take it."""
    return sp.csr_array(np.asarray(matrix, np.int8))


def enumerated(matrix, directed):
    """Count by looking at each choice of vertices, in Python integers."""
    a = np.asarray(matrix).astype(int).tolist()
    n = len(a)
    orders = {k: list(itertools.permutations(range(n), k)) for k in (2, 3, 4)}
    arcs = sum(a[i][j] for i, j in orders[2])
    mutual = sum(a[i][j] * a[j][i] for i, j in orders[2]) // 2
    out_two = sum(a[i][j] * a[i][k] for i, j, k in orders[3]) // 2
    out_three = sum(a[i][j] * a[i][k] * a[i][m] for i, j, k, m in orders[4]) // 6
    cyclic = sum(a[i][j] * a[j][k] * a[k][i] for i, j, k in orders[3])
    if not directed:
        return [arcs // 2, out_two, out_three, cyclic // 6]
    in_two = sum(a[j][i] * a[k][i] for i, j, k in orders[3]) // 2
    paths = sum(a[i][j] * a[j][k] for i, j, k in orders[3])
    in_three = sum(a[j][i] * a[k][i] * a[m][i] for i, j, k, m in orders[4]) // 6
    transitive = sum(a[i][j] * a[j][k] * a[i][k] for i, j, k in orders[3])
    return [arcs, mutual, out_two, in_two, paths, out_three, in_three, cyclic // 3, transitive]


@st.composite
def graphs(draw):
    """Draw a 0/1 matrix without loops, symmetric or not, and whether it is directed."""
    directed, n = draw(st.booleans()), draw(st.integers(0, 7))
    flat = draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))
    matrix = np.array(flat, int).reshape(n, n)
    if not directed:
        matrix |= matrix.T
    np.fill_diagonal(matrix, 0)
    return matrix, directed


@given(graphs())
def test_counts_are_those_of_an_enumeration(graph):
    matrix, directed = graph
    counts = count_subgraphs(clean(matrix), directed)
    assert counts.dtype == np.float64
    assert counts.tolist() == enumerated(matrix, directed)


def random_graph(n, density, directed, seed):
    matrix = np.random.RandomState(seed).random_sample((n, n)) < density
    matrix = matrix if directed else np.triu(matrix) | np.triu(matrix).T
    return matrix & ~np.eye(n, dtype=bool)


def by_powers(matrix, directed):
    """Count the triangles by traces of dense products."""
    a = matrix.astype(np.int64)
    cyclic = np.trace(a @ a @ a)
    return [cyclic / 3, ((a @ a) * a).sum()] if directed else [cyclic / 6]


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("pairs", [1, 1000, 2**23])
def test_triangles_do_not_depend_on_the_rows_multiplied_at_once(directed, pairs, monkeypatch):
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", pairs)
    matrix = random_graph(120, 0.3, directed, seed=0)
    found = count_subgraphs(clean(matrix), directed)[7 if directed else 3 :]
    assert found.tolist() == by_powers(matrix, directed)


@pytest.mark.parametrize(
    ("matrix", "counts"),
    [
        (np.ones((6, 6)) - np.eye(6), [15, 6 * 10, 6 * 10, 20]),
        (np.eye(5, k=1) + np.eye(5, k=-1), [4, 3, 0, 0]),
        (np.roll(np.eye(5), 1, 0) + np.roll(np.eye(5), -1, 0), [5, 5, 0, 0]),
        (np.roll(np.eye(3), 1, 0) + np.roll(np.eye(3), -1, 0), [3, 3, 0, 1]),
        (np.zeros((4, 4)), [0, 0, 0, 0]),
        (np.pad(np.ones((1, 5)), ((0, 5), (1, 0))), [5, 10, 10, 0]),
    ],
    ids=["complete", "path", "cycle", "triangle", "empty", "star"],
)
def test_counts_of_known_graphs(matrix, counts):
    matrix = np.maximum(matrix, matrix.T)
    assert subgraph_counts(matrix).tolist() == counts
    # Read as directed, each edge is two arcs; each triangle two cyclic and six transitive ones.
    edges, wedges, three_stars, triangles = counts
    both = [2 * edges, edges, wedges, wedges, 2 * wedges, three_stars, three_stars]
    expected = [*both, 2 * triangles, 6 * triangles]
    assert subgraph_counts(matrix, directed=True).tolist() == expected


def test_counts_of_a_tournament_without_cycles():
    n = 9
    counts = subgraph_counts(np.triu(np.ones((n, n)), 1))
    two, three, four = (math.comb(n, k) for k in (2, 3, 4))
    assert counts.tolist() == [two, 0, three, three, three, four, four, 0, three]


@pytest.mark.parametrize("directed", [False, True])
def test_stars_of_a_hub_do_not_overflow(directed):
    n = 300_000
    ends = np.stack([np.zeros(n, np.int32), np.arange(1, n + 1, dtype=np.int32)])
    star = sp.csr_array((np.ones(n, np.int8), tuple(ends)), shape=(n + 1, n + 1))
    counts = count_subgraphs(star if directed else sp.csr_array(star + star.T), directed)
    two, three = math.comb(n, 2), math.comb(n, 3)
    assert three < 2**53
    expected = [n, 0, two, 0, 0, three, 0, 0, 0] if directed else [n, two, three, 0]
    assert counts.tolist() == expected


def test_stars_beyond_64_bits_are_rounded():
    degree = np.array([4_000_000])
    two, three = module._stars(degree)
    assert two[0] == math.comb(4_000_000, 2)
    # Two roundings of half a unit each.
    assert abs(three[0] / math.comb(4_000_000, 3) - 1) < 2.0**-51


@pytest.mark.parametrize("directed", [False, True])
def test_many_graphs_are_counted_as_each_alone(directed):
    sizes = [5, 0, 17, 1, 30, 0]
    matrices = [random_graph(n, 0.4, directed, seed) for seed, n in enumerate(sizes)]
    stacked = sp.csr_array(sp.block_diag([clean(m) for m in matrices if len(m)], format="csr"))
    counts = count_subgraphs_of_many(stacked, np.cumsum([0, *sizes]), directed)
    assert counts.shape == (6, len(SUBGRAPHS[directed]))
    alone = [count_subgraphs(clean(m), directed).tolist() for m in matrices]
    assert counts.tolist() == alone


@pytest.mark.parametrize("directed", [False, True])
def test_counts_do_not_depend_on_the_order_of_the_vertices(directed):
    matrix = random_graph(60, 0.2, directed, seed=3)
    order = np.random.RandomState(0).permutation(60)
    permuted = clean(matrix[np.ix_(order, order)])
    counts = count_subgraphs(clean(matrix), directed)
    assert counts.tolist() == count_subgraphs(permuted, directed).tolist()
    assert counts.min() > 0


def test_transposition_exchanges_out_and_in():
    matrix = random_graph(60, 0.2, True, seed=4)
    counts = dict(zip(SUBGRAPHS[True], count_subgraphs(clean(matrix), True), strict=True))
    turned = dict(zip(SUBGRAPHS[True], count_subgraphs(clean(matrix.T), True), strict=True))
    names = {name: name.replace("out_", "in_") for name in counts if name.startswith("out_")}
    names |= {new: old for old, new in names.items()}
    assert len(names) == 4
    assert turned == {name: counts[names.get(name, name)] for name in counts}


def test_any_number_type_is_a_pattern():
    matrix = random_graph(25, 0.3, False, seed=5)
    expected = subgraph_counts(matrix)
    for kind in (np.int8, np.uint8, np.float32, np.float64, bool):
        assert count_subgraphs(sp.csr_array(matrix.astype(kind)), False).tolist() == (
            expected.tolist()
        )
    loops_and_weights = matrix * -2.5 + np.diag(np.arange(25))
    assert subgraph_counts(sp.coo_array(loops_and_weights)).tolist() == expected.tolist()


def test_direction_is_read_from_the_pattern():
    matrix = random_graph(10, 0.3, True, seed=6)
    assert subgraph_counts(matrix).shape == (9,)
    assert subgraph_counts(matrix | matrix.T).shape == (4,)
    with pytest.raises(ValueError, match="not symmetric"):
        subgraph_counts(matrix, directed=False)
    with pytest.raises(ValueError, match="square"):
        subgraph_counts(np.ones((3, 4)))


def test_a_list_of_edges_in_any_order_and_direction_counts_as_its_matrix():
    rng = np.random.default_rng(0)
    matrix = np.triu(rng.random((40, 40)) < 0.3, 1)
    edges = rng.permuted(np.array(np.nonzero(matrix)), axis=0)[:, rng.permutation(matrix.sum())]
    counts = count_subgraphs_of_edges(edges, 40)
    assert counts.tolist() == count_subgraphs(sp.csr_array(matrix | matrix.T), False).tolist()
    assert count_subgraphs_of_edges(edges[:, :0], 3).tolist() == [0, 0, 0, 0]
