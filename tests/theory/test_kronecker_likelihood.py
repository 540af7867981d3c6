# SPDX-License-Identifier: BSD-3-Clause
import math
from functools import reduce
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrmt.theory import empty_graph_log_likelihood
from skrmt.theory._kronecker_likelihood import absent_edges

KINDS = list(product([False, True], repeat=2))
PROBABILITIES = st.one_of(
    st.sampled_from([0.0, 0.5, 1 - 1e-12, 0.7]),
    st.floats(0, 1, exclude_max=True),
    st.floats(-12, -1).map(lambda e: 1 - 10**e),
)


def cell_weights(n_vertices, directed, loops):
    weights = np.full((n_vertices, n_vertices), 1.0 if directed else 0.5)
    np.fill_diagonal(weights, 1.0 if loops else 0.0)
    return weights


def precise_log(theta):
    # From 1/2 on the difference to 1 is exact.
    with np.errstate(divide="ignore"):
        return np.where(theta >= 0.5, np.log1p(theta - 1), np.log(theta))


def log_of_absence(log_p):
    return math.log(-math.expm1(log_p)) if log_p > -0.5 else math.log1p(-math.exp(log_p))


def value_by_cells(theta, n_levels, directed, loops):
    logs = precise_log(theta)
    log_p = reduce(np.add.outer, [logs] * n_levels)
    order = [*range(0, 2 * n_levels, 2), *range(1, 2 * n_levels, 2)]
    n_vertices = len(theta) ** n_levels
    log_p = log_p.transpose(order).reshape(n_vertices, n_vertices)
    weights = cell_weights(n_vertices, directed, loops)
    return math.fsum(
        weight * log_of_absence(x)
        for weight, x in zip(weights.flat, log_p.flat, strict=True)
        if weight
    )


def gradient_by_cells(theta, n_levels, directed, loops):
    P = reduce(np.kron, [theta] * n_levels)
    weights = cell_weights(len(P), directed, loops)
    gradient = np.zeros_like(theta)
    for a, b in np.ndindex(*theta.shape):
        unit = np.zeros_like(theta)
        unit[a, b] = 1
        slope = sum(
            reduce(np.kron, [unit if r == q else theta for r in range(n_levels)])
            for q in range(n_levels)
        )
        used = (weights > 0) & (slope > 0)
        gradient[a, b] = -(weights[used] * slope[used] / (1 - P[used])).sum()
    return gradient


@pytest.mark.parametrize(
    ("initiator", "n_levels", "everywhere", "diagonal"),
    [
        pytest.param([[0.9, 0.6], [0.5, 0.2]], 6, -118.8751869526, -2.0492834034, id="first"),
        pytest.param([[0.98, 0.58], [0.58, 0.06]], 8, -579.1974967922, -2.4314142254, id="second"),
    ],
)
def test_known_values(initiator, n_levels, everywhere, diagonal):
    with_loops = empty_graph_log_likelihood(initiator, n_levels, directed=True, loops=True)
    without = empty_graph_log_likelihood(initiator, n_levels, directed=True)
    assert with_loops == pytest.approx(everywhere, rel=2e-12)
    assert with_loops - without == pytest.approx(diagonal, abs=1e-10)


@pytest.mark.parametrize(("directed", "loops"), KINDS)
@settings(max_examples=40)
@given(
    values=st.sampled_from([4, 9]).flatmap(
        lambda n: st.lists(PROBABILITIES, min_size=n, max_size=n)
    ),
    n_levels=st.integers(1, 4),
)
def test_value_is_a_sum_over_cells(directed, loops, values, n_levels):
    theta = np.reshape(values, (round(len(values) ** 0.5), -1))
    theta = theta if directed else np.maximum(theta, theta.T)
    found = empty_graph_log_likelihood(theta, n_levels, directed=directed, loops=loops)
    expected = value_by_cells(theta, n_levels, directed, loops)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(("directed", "loops"), KINDS)
@pytest.mark.parametrize(("size", "n_levels"), [(2, 1), (2, 2), (2, 5), (3, 1), (3, 3), (4, 2)])
def test_gradient_is_a_sum_over_cells(size, n_levels, directed, loops):
    rng = np.random.default_rng(size)
    for power in (1, 0.1, 0.01):
        theta = rng.random((size, size)) ** power
        theta[0, 1] = 0
        theta[1, 0] = theta[1, 1]  # one value on the diagonal and beside it
        np.testing.assert_allclose(
            absent_edges(theta, n_levels, directed, loops)[1],
            gradient_by_cells(theta, n_levels, directed, loops),
            rtol=1e-10,
        )


def value_by_compositions(theta, n_levels, directed, loops):
    """Sum over the numbers of factors of each entry, 2 x 2, for many levels."""
    k, terms = n_levels, []
    logs = precise_log(theta.ravel())
    for c in product(range(k + 1), repeat=3):
        rest = k - sum(c)
        if rest < 0:
            continue
        counts = (*c, rest)
        cells = math.factorial(k)
        for count in counts:
            cells //= math.factorial(count)
        on_diagonal = counts[1] == counts[2] == 0
        weight = float(loops) if on_diagonal else (1.0 if directed else 0.5)
        if weight:
            terms.append(weight * cells * log_of_absence(np.dot(counts, logs)))
    return math.fsum(terms)


@pytest.mark.parametrize(("directed", "loops"), KINDS)
@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([0.99999, 0.6, 0.6, 0.2], id="one-large"),
        pytest.param([1 - 1e-14, 1 - 1e-9, 1 - 1e-9, 1 - 1e-5], id="all-large"),
        pytest.param([0.5, 1e-9, 1e-9, 0.9999], id="diagonal"),
        pytest.param([1e-9, 0.9999, 0.9999, 1e-9], id="off-diagonal"),
    ],
)
def test_value_of_many_levels(entries, directed, loops):
    theta = np.reshape(entries, (2, 2))
    assert empty_graph_log_likelihood(theta, 16, directed=directed, loops=loops) == pytest.approx(
        value_by_compositions(theta, 16, directed, loops), rel=1e-12
    )


@pytest.mark.parametrize("n_levels", [1, 4, 12])
def test_certain_edges(n_levels):
    # The loop at the first vertex is certain; where there are no loops that says nothing.
    theta = np.array([[1.0, 0.5], [0.5, 0.3]])
    for directed in (False, True):
        value, gradient = absent_edges(theta, n_levels, directed, False)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()
        below = absent_edges(np.where(theta == 1, 1 - 1e-13, theta), n_levels, directed, False)
        assert value == pytest.approx(below[0], rel=1e-9)
        np.testing.assert_allclose(gradient, below[1], rtol=1e-9)
        value, gradient = absent_edges(theta, n_levels, directed, True)
        assert value == -np.inf
        assert gradient[0, 0] == -np.inf
        assert np.isfinite(gradient.ravel()[1:]).all()
    # A certain arc between two vertices.
    theta = np.array([[0.5, 1.0], [0.3, 0.2]])
    for loops in (False, True):
        value = empty_graph_log_likelihood(theta, n_levels, directed=True, loops=loops)
        assert value == -np.inf


@pytest.mark.parametrize("n_levels", [1, 2, 3])
@pytest.mark.parametrize(("directed", "loops"), KINDS)
def test_certain_edges_can_be_left_out(n_levels, directed, loops):
    for entries in ([1, 0.5, 0.5, 1], [0.2, 1, 1, 1], [0, 1, 1, 0], [0.3, 0.6, 0.6, 0.9]):
        theta = np.reshape(np.array(entries, dtype=float), (2, 2))
        P = reduce(np.kron, [theta] * n_levels)
        weights = cell_weights(len(P), directed, loops)
        value, number = absent_edges(theta, n_levels, directed, loops, certain=True)
        assert number == weights[P == 1].sum()
        expected = (weights[P < 1] * np.log1p(-P[P < 1])).sum()
        assert value == pytest.approx(expected, rel=1e-13, abs=1e-13 * len(P))


def test_graphs_that_are_empty_for_certain():
    assert empty_graph_log_likelihood(np.zeros((2, 2)), 40, loops=True) == 0
    assert empty_graph_log_likelihood(np.eye(2), 40) == 0
    assert empty_graph_log_likelihood(np.eye(2), 40, loops=True) == -np.inf


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=4, max_size=4), st.integers(1, 12))
def test_pairs_are_half_of_the_cells(values, n_levels):
    theta = np.reshape(values, (2, 2))
    theta = np.maximum(theta, theta.T)
    one, two = (empty_graph_log_likelihood(theta, n_levels, directed=d) for d in (False, True))
    assert one == pytest.approx(two / 2, rel=1e-14)
    loops = [
        empty_graph_log_likelihood(theta, n_levels, directed=d, loops=True) for d in (False, True)
    ]
    assert loops[0] - one == pytest.approx(loops[1] - two, abs=1e-12 * abs(loops[1]))


def test_relabelled_vertices_change_nothing():
    theta = np.random.default_rng(0).random((3, 3))
    order = [2, 0, 1]
    value, gradient = absent_edges(theta, 7, True, False)
    other, moved = absent_edges(theta[np.ix_(order, order)], 7, True, False)
    assert other == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(moved, gradient[np.ix_(order, order)], rtol=1e-12)
