# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kronecker_graphs import draw_pattern, random_initiator, shuffled
from scipy.optimize import least_squares

from skrmt.graph._edge_classes import parameter_index
from skrmt.graph._moment_fit import fit_moments, moment_loss
from skrmt.graph._subgraph_counts import count_subgraphs
from skrmt.theory import expected_subgraph_counts
from skrmt.theory._kronecker_initiator import canonical_order

# Edges, wedges, 3-stars and triangles of well-known graphs, levels for their vertices, entries
# 11, 12, 22 of the fit; those of the collaboration graphs are also in [Gleich and Owen, table 2].
GRAPHS = {
    "karate": ([78, 528, 1764, 45], 6, [1, 0.652, 0.078], [1.16, 1.06, 1.09, 0.57]),
    "CA-GrQc": (
        [14484, 229867, 2482738, 48260],
        13,
        [1, 0.4674, 0.2790],
        [1.06, 0.92, 1.04, 0.011],
    ),
    "AS-20": ([12572, 2059364, 674970000, 6584], 13, [1, 0.632, 0], [1.63, 0.51, 0.10, 0.70]),
    "CA-HepTh": (
        [25973, 299356, 2098335, 28339],
        14,
        [1, 0.4012, 0.3789],
        [1.06, 0.92, 1.03, 0.011],
    ),
    "CA-HepPh": (
        [118489, 15278011, 1276970000, 3358499],
        14,
        [1, 0.6689, 0.1011],
        [1.11, 0.82, 1.06, 0.016],
    ),
    "Facebook": (
        [88234, 9314849, 727320000, 1612010],
        12,
        [1, 0.756, 0.229],
        [1.02, 1.06, 1.02, 0.088],
    ),
    "power": ([6594, 18933, 26050, 651], 13, [1, 0.250, 0.586], [1.04, 0.99, 1.01, 0.031]),
    "jazz": ([2742, 103212, 1583352, 17899], 8, [1, 0.819, 0.341], [1.13, 1.05, 1.11, 0.35]),
}


def fit(counts, n_levels, size=2, *, directed=False, **options):
    found, losses = fit_moments(np.atleast_2d(counts), n_levels, size, directed, **options)
    return found[0], losses[0]


def canonical(theta):
    order = canonical_order(theta)
    return theta[np.ix_(order, order)]


@pytest.mark.parametrize("name", GRAPHS)
def test_recorded_graphs_have_the_recorded_fits(name):
    counts, n_levels, entries, ratios = GRAPHS[name]
    counts = np.array(counts, float)
    theta, loss = fit(counts, n_levels)
    a, b, d = entries
    # To the digits that are printed.
    digits = 4 if max(len(str(entry)) for entry in entries) > 5 else 3
    np.testing.assert_allclose(theta, [[a, b], [b, d]], atol=0.51 * 10.0**-digits)
    expected = expected_subgraph_counts(theta, n_levels)
    np.testing.assert_allclose(expected[:3] / counts[:3], ratios[:3], atol=0.0051)
    assert expected[3] / counts[3] == pytest.approx(
        ratios[3], abs=0.0051 if ratios[3] > 0.1 else 6e-4
    )
    assert loss == pytest.approx(moment_loss(expected, counts))


@pytest.mark.parametrize("name", GRAPHS)
def test_no_random_start_ends_lower_on_recorded_graphs(name):
    counts, n_levels, *_ = GRAPHS[name]
    _, loss = fit(counts, n_levels)
    assert loss <= lowest_of_random_starts(np.array(counts), n_levels, 2, False, 20) * (1 + 1e-9)


def lowest_of_random_starts(counts, n_levels, size, directed, n_starts, seed=0):
    """The slow way: a bounded trust region from many points."""
    index, rng = parameter_index(size, directed), np.random.default_rng(seed)
    scale = np.maximum(counts, 1)

    def residuals(parameters):
        theta = np.clip(parameters, 0, 1)[index]
        return (expected_subgraph_counts(theta, n_levels, directed=directed) - counts) / scale

    lowest = np.inf
    for _ in range(n_starts):
        start = rng.uniform(0.02, 0.98, index.max() + 1)
        best = least_squares(residuals, start, bounds=(0, 1), max_nfev=200)
        lowest = min(lowest, 2 * best.cost)
    return lowest


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_no_random_start_ends_lower_on_wrong_models(directed):
    rng = np.random.default_rng(0)
    for _ in range(4):
        theta = random_initiator(2, directed, rng, 0.1)
        counts = expected_subgraph_counts(theta, 9, directed=directed)
        # Counts of no Kronecker graph: the loss has several minima, none of them 0.
        counts = np.maximum(np.round(counts * np.exp(0.7 * rng.standard_normal(counts.shape))), 1)
        _, loss = fit(counts, 9, directed=directed)
        lowest = lowest_of_random_starts(counts, 9, 2, directed, 20)
        assert loss <= lowest * (1 + 1e-8)
        assert loss > 1e-3


entry = st.floats(0.1, 0.95)


@settings(max_examples=30)
@given(entries=st.tuples(entry, entry, entry), n_levels=st.integers(6, 14))
def test_expected_counts_of_an_undirected_model_give_it_back(entries, n_levels):
    a, b, d = entries
    theta = canonical(np.array([[a, b], [b, d]]))
    counts = expected_subgraph_counts(theta, n_levels)
    assume(counts.min() >= 1)
    found, loss = fit(counts, n_levels)
    assert loss < 1e-16
    # The loss is known to rounding; entries to its root, times what the counts leave open.
    index = parameter_index(2, False)
    np.testing.assert_allclose(
        found, theta, atol=1e-13 * inverse_sensitivity(theta, n_levels, index) + 1e-9
    )


def inverse_sensitivity(theta, n_levels, index):
    """Largest change of the entries for a relative change of the counts by one."""
    directed, step, columns = index.max() == index.size - 1, 1e-6, []
    counts = expected_subgraph_counts(theta, n_levels, directed=directed)
    for k in range(index.max() + 1):
        shifts = step * (index == k)
        up, down = (
            expected_subgraph_counts(theta + d, n_levels, directed=directed)
            for d in (shifts, -shifts)
        )
        columns.append((up - down) / (2 * step) / counts)
    return 1 / np.linalg.svd(np.transpose(columns), compute_uv=False)[-1]


@settings(max_examples=20)
@given(entries=st.tuples(entry, entry, entry, entry), n_levels=st.integers(7, 12))
def test_expected_counts_of_a_directed_model_give_it_back(entries, n_levels):
    theta = canonical(np.reshape(entries, (2, 2)))
    counts = expected_subgraph_counts(theta, n_levels, directed=True)
    assume(counts.min() >= 1)
    index = parameter_index(2, True)
    sensitivity = inverse_sensitivity(theta, n_levels, index)
    # Not so near to a symmetric initiator, or to equal sums, that two orders are as good.
    sums = theta.sum(axis=0) + theta.sum(axis=1)
    assume(sums[0] - sums[1] > 1e-3)
    found, loss = fit(counts, n_levels, directed=True)
    assert loss < 1e-16
    np.testing.assert_allclose(found, theta, atol=1e-13 * sensitivity + 1e-9)


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_batch_is_one_by_one(directed):
    rng = np.random.default_rng(1)
    levels = np.array([4, 9, 9, 12, 5, 9])
    counts = np.array(
        [
            np.round(
                expected_subgraph_counts(
                    random_initiator(2, directed, rng, 0.3), k, directed=directed
                )
                * np.exp(0.1 * rng.standard_normal())
            )
            for k in levels
        ]
    )
    initiators, losses = fit_moments(counts, levels, 2, directed)
    assert initiators.shape == (6, 2, 2)
    for row, k in enumerate(levels):
        alone, loss = fit(counts[row], k, directed=directed)
        assert losses[row] == pytest.approx(loss, rel=1e-6, abs=1e-14)
        np.testing.assert_allclose(initiators[row], alone, atol=1e-5)


def test_counts_of_the_reverse_give_the_transpose_exactly():
    rng = np.random.default_rng(2)
    swapped = [0, 1, 3, 2, 4, 6, 5, 7, 8]
    for _ in range(5):
        adjacency = draw_pattern(random_initiator(2, True, rng, 0.3), 7, True, rng.integers(99))
        counts = count_subgraphs(adjacency, True)
        reverse = count_subgraphs(adjacency.T.tocsr(), True)
        np.testing.assert_array_equal(reverse, counts[swapped])
        (theta, loss), (other, other_loss) = (
            fit(each, 7, directed=True) for each in (counts, reverse)
        )
        np.testing.assert_array_equal(other, theta.T)
        assert loss == other_loss


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_fit_does_not_depend_on_the_order_of_the_vertices(directed):
    theta = np.array([[0.9, 0.7], [0.4, 0.3]])
    theta = theta if directed else (theta + theta.T) / 2
    adjacency = draw_pattern(theta, 8, directed, 0)
    moved = shuffled(adjacency, np.random.default_rng(0))
    (found, _), (other, _) = (
        fit(count_subgraphs(A, directed), 8, directed=directed) for A in (adjacency, moved)
    )
    np.testing.assert_array_equal(found, other)


@pytest.mark.parametrize(("size", "directed"), [(2, False), (2, True), (3, True)])
def test_initiators_are_in_canonical_order(size, directed):
    rng = np.random.default_rng(3)
    for _ in range(3):
        theta = random_initiator(size, directed, rng, 0.2)
        counts = expected_subgraph_counts(theta, 6, directed=directed)
        found, loss = fit(counts, 6, size, directed=directed)
        assert ((found >= 0) & (found <= 1)).all()
        sums = found.sum(axis=0) + found.sum(axis=1)
        assert (np.diff(sums) <= 1e-12).all()
        if not directed:
            np.testing.assert_array_equal(found, found.T)
        assert loss < (1e-16 if size == 2 else 1e-3)


@pytest.mark.parametrize(
    ("counts", "n_levels", "directed"),
    [
        ([1, 0, 0, 0], 1, False),
        ([1, 0, 0, 0], 20, False),
        ([120, 1680, 7280, 560], 4, False),
        ([30, 435, 4060, 0], 5, False),
        ([1, 0, 0, 0, 0, 0, 0, 0, 0], 2, True),
        ([120, 0, 560, 560, 560, 1820, 1820, 0, 560], 4, True),
    ],
    ids=["edge", "lost edge", "complete", "star", "arc", "tournament"],
)
def test_degenerate_graphs_have_a_fit(counts, n_levels, directed):
    found, loss = fit(np.array(counts, float), n_levels, directed=directed)
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    # No worse than no edge at all.
    assert 0 <= loss < np.count_nonzero(counts)
    if counts == [120, 1680, 7280, 560]:
        np.testing.assert_allclose(found, 1, atol=1e-9)


def test_loss_by_hand():
    assert moment_loss(np.array([3.0, 2, 0, 1]), np.array([2.0, 4, 0, 0])) == 0.25 + 0.25 + 1
    assert moment_loss(np.ones((5, 1, 9)), np.ones((3, 9))).shape == (5, 3)
