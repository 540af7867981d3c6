# SPDX-License-Identifier: BSD-3-Clause
"""Every implementation of the label swaps against the posterior it must leave invariant."""

from functools import reduce
from itertools import permutations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import chi2, t

from skrmt import _kernels
from skrmt._kernels import _label_swaps
from skrmt.graph._edge_tables import EdgeTables

# The compiled function is one for all instruction sets: once is enough.
FUNCTIONS = {
    function: name
    for name, function in reversed(
        [(name, kernels.swap_labels) for name, kernels in _kernels.implementations().items()]
    )
}
FUNCTIONS = {name: function for function, name in FUNCTIONS.items()}
COMPILED = [name for name in FUNCTIONS if name != "numpy"]

SYMMETRIC = np.array([[0.8, 0.5], [0.5, 0.15]])
DIRECTED = np.array([[0.6, 0.5], [0.3, 0.25]])
THREE = np.array([[0.7, 0.5, 0.2], [0.3, 0.4, 0.6], [0.25, 0.1, 0.15]])

# Name -> initiator, K, n, edges, whether they are directed.
SMALL = {
    "two edges": (SYMMETRIC, 2, 4, [(0, 1), (2, 3)], False),
    "path": (SYMMETRIC, 2, 4, [(0, 1), (1, 2)], False),
    "padded": (SYMMETRIC, 2, 2, [(0, 1)], False),
    "directed": (DIRECTED, 2, 4, [(0, 1), (1, 0), (2, 3)], True),
    "directed path": (DIRECTED, 2, 4, [(0, 1), (1, 2), (1, 3)], True),
    "directed, padded": (DIRECTED, 2, 3, [(0, 1), (0, 2)], True),
    "three labels": (THREE, 1, 3, [(0, 1), (2, 1)], True),
}


def power(initiator, n_levels):
    return reduce(np.kron, [initiator] * n_levels)


def graph(n, edges, directed):
    dense = np.zeros((n, n))
    for i, j in edges:
        dense[i, j] = 1
        if not directed:
            dense[j, i] = 1
    return dense


def swapper(name, dense, directed, initiator, n_levels):
    """From labels (overwritten), number of proposals and seed to the number of swaps."""
    rows, columns = csr_array(dense), csr_array(dense.T)
    arrays = []
    for matrix in (rows, columns):
        arrays += [matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)]
    if not directed:
        arrays[2:] = None, None
    tables = EdgeTables(initiator, n_levels)

    def swap(labels, n_proposals, seed):
        return FUNCTIONS[name](
            *arrays, labels, tables.high, tables.low, len(initiator), n_levels, n_proposals, seed
        )

    return swap


def log_likelihood(dense, directed, P, labels):
    """Over every pair of vertices that has a probability, edge or not."""
    there = P[np.ix_(labels, labels)]
    padded = np.zeros_like(there)
    padded[: len(dense), : len(dense)] = dense
    terms = np.where(padded == 1, np.log(there), np.log1p(-there))
    np.fill_diagonal(terms, 0.0)
    return terms.sum() / (1 if directed else 2)


def posterior(case):
    """All labellings, their probabilities, and the arguments of `swapper`."""
    initiator, n_levels, n, edges, directed = SMALL[case]
    P, dense = power(initiator, n_levels), graph(n, edges, directed)
    states = [np.array(state) for state in permutations(range(len(P)))]
    log_p = np.array([log_likelihood(dense, directed, P, state) for state in states])
    p = np.exp(log_p - log_p.max())
    return states, p / p.sum(), (dense, directed, initiator, n_levels)


@pytest.mark.parametrize("case", SMALL)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_draw_from_the_posterior_stays_one(name, case):
    # Independent starts: the chi-square law of the visits has no autocorrelation to allow for.
    states, p, arguments = posterior(case)
    swap = swapper(name, *arguments)
    number = {tuple(state.tolist()): i for i, state in enumerate(states)}
    rng = np.random.default_rng(0)
    n_draws = 3000 if name == "numpy" else 10_000
    visits = np.zeros(len(states))
    for seed, start in enumerate(rng.choice(len(states), n_draws, p=p)):
        labels = states[start].astype(np.int32)
        swap(labels, 2, seed)
        visits[number[tuple(labels.tolist())]] += 1
    expected = n_draws * p
    assert expected.min() > 5
    statistic = np.sum((visits - expected) ** 2 / expected)
    assert statistic < chi2.isf(1e-4, len(states) - 1)


@pytest.mark.parametrize("case", ["path", "directed", "three labels"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_long_chain_visits_the_posterior(name, case):
    states, p, arguments = posterior(case)
    swap = swapper(name, *arguments)
    number = {tuple(state.tolist()): i for i, state in enumerate(states)}
    n_batches, length = 25, 60 if name == "numpy" else 500
    visits = np.zeros((n_batches, len(states)))
    labels = states[int(np.argmin(p))].astype(np.int32)
    swap(labels, 100, 10**6)
    for seed in range(n_batches * length):
        swap(labels, 5, seed)
        visits[seed // length, number[tuple(labels.tolist())]] += 1 / length
    # means of batches that are longer than the chain remembers are nearly independent
    error = visits.std(axis=0, ddof=1) / np.sqrt(n_batches)
    z = (visits.mean(axis=0) - p) / error
    assert np.abs(z).max() < t.isf(1e-4 / len(p), n_batches - 1)


@pytest.mark.parametrize(
    ("initiator", "n_levels", "directed"),
    [
        (np.array([[0.95, 0.6], [0.6, 0.2]]), 5, False),
        (np.array([[0.9, 0.7], [0.4, 0.2]]), 5, True),
        ((THREE + THREE.T) / 2, 3, False),
        (THREE, 3, True),
        (np.array([[0.999, 0.95], [0.95, 0.9]]), 6, False),  # dense
        (np.array([[0.9999, 0.97], [0.95, 0.9]]), 6, True),
    ],
    ids=["m=2", "m=2 directed", "m=3", "m=3 directed", "dense", "dense directed"],
)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_true_labels_and_those_after_a_run_have_one_law(name, initiator, n_levels, directed):
    # For a graph drawn with uniform labels these are a draw from its posterior: the
    # log-likelihood must have the same mean after any number of swaps.
    P = power(initiator, n_levels)
    rng = np.random.default_rng(1)
    gains = []
    for seed in range(40):
        dense = (rng.random(P.shape) < P).astype(float)
        np.fill_diagonal(dense, 0)
        if not directed:
            dense = np.triu(dense) + np.triu(dense).T
        truth = np.arange(len(P))
        labels = truth.astype(np.int32)
        swap = swapper(name, dense, directed, initiator, n_levels)
        assert swap(labels, 2 * len(P), seed) > 0
        gains.append(
            log_likelihood(dense, directed, P, labels) - log_likelihood(dense, directed, P, truth)
        )
    mean, error = np.mean(gains), np.std(gains, ddof=1) / np.sqrt(len(gains))
    assert error > 0
    assert abs(mean) < t.isf(5e-5, len(gains) - 1) * error


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_complete_graph_and_one_without_edges_take_every_swap(name, directed):
    # No swap changes either of them. A compiled proposal in ten picks both labels at random, of
    # which one in N is no swap.
    n_levels, n_labels = 7, 128
    # the product of 127 numbers like 1 - P is below the smallest float
    initiator = np.array([[1 - 1e-6, 1 - 1e-4], [1 - 1e-4, 1 - 1e-5]])
    for dense in (np.ones((n_labels, n_labels)) - np.eye(n_labels), np.zeros((100, 100))):
        labels = np.arange(n_labels, dtype=np.int32)
        n_proposals = 1000
        swap = swapper(name, dense, directed, initiator, n_levels)
        assert swap(labels, n_proposals, 0) >= n_proposals - 20
        np.testing.assert_array_equal(np.sort(labels), np.arange(n_labels))
        assert (labels != np.arange(n_labels)).mean() > 0.8


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_seed_fixes_the_chain(name):
    rng = np.random.default_rng(0)
    dense = np.triu(rng.random((64, 64)) < 0.1, 1).astype(float)
    dense += dense.T
    ends = []
    for seed in (3, 3, 4, 2**63 + 5):
        labels = np.arange(64, dtype=np.int32)
        n_accepted = swapper(name, dense, False, SYMMETRIC, 6)(labels, 500, seed)
        ends.append((n_accepted, labels.tolist()))
    assert ends[0] == ends[1]
    assert len({str(end) for end in ends}) == 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_proposals_no_change(name):
    labels = np.array([2, 0, 3, 1], np.int32)
    assert swapper(name, graph(4, [(0, 1)], False), False, SYMMETRIC, 2)(labels, 0, 0) == 0
    assert labels.tolist() == [2, 0, 3, 1]


@pytest.mark.parametrize(("size", "n_levels"), [(2, 1), (2, 6), (3, 1), (3, 3), (5, 2)])
def test_involutions_exchange_labels_that_differ_in_few_digits(size, n_levels):
    rng = np.random.default_rng(0)
    numbers = np.arange(size**n_levels)
    most = []
    for _ in range(300):
        image = _label_swaps.draw_involution(rng, size, n_levels)
        np.testing.assert_array_equal(image[image], numbers)
        assert (image != numbers).any()
        digits = [np.array(np.unravel_index(x, (size,) * n_levels)) for x in (numbers, image)]
        most.append(np.count_nonzero(digits[0] != digits[1], axis=0).max())
    if n_levels > 2:
        # one pairing in ten is random; the deviation of the share is sqrt(.09 / 300) = .017
        assert abs(np.mean(np.array(most) > 2) - 0.1) < 0.08
    assert (np.bincount(most, minlength=2)[1:3] > 50).sum() == min(n_levels, 2)


@pytest.mark.parametrize("seed", range(5))
def test_swaps_inside_pairs_change_neither_pairs_nor_which_are_kept(seed):
    rng = np.random.default_rng(seed)
    n = 64
    sources, targets = np.nonzero(np.triu(rng.random((n, n)) < 0.05, 1))
    degrees = np.bincount(sources, minlength=n) + np.bincount(targets, minlength=n)
    image = _label_swaps.draw_involution(rng, 4, 3)
    owner = rng.permutation(n)
    swapped = np.where((rng.random(n) < 0.5) & (image > np.arange(n)), image, np.arange(n))
    swapped[image[swapped != np.arange(n)]] = np.flatnonzero(swapped != np.arange(n))
    results = []
    for owners in (owner, owner[swapped]):
        same = np.random.default_rng(seed)
        first, second, pair, kept = _label_swaps.independent_pairs(
            same, image, owners, sources, targets, degrees
        )
        np.testing.assert_array_equal(pair[first], pair[second])
        across = kept[pair[sources]] & kept[pair[targets]]
        assert (pair[sources] == pair[targets])[across].all()
        # nor could another one be kept
        joined = kept.copy()
        for here, there in ((sources, targets), (targets, sources)):
            joined[pair[here[kept[pair[there]]]]] = True
        assert joined[:-1].all()
        pairs = zip(np.minimum(first, second), np.maximum(first, second), kept, strict=False)
        results.append([(int(a), int(b), bool(is_kept)) for a, b, is_kept in pairs])
    assert results[0] == results[1]
    assert (owner != owner[swapped]).any()


@pytest.mark.parametrize("n_proposals", [1, 3, 40])
def test_the_number_of_sweeps_does_not_depend_on_the_labels(monkeypatch, n_proposals):
    """A chain that stops sooner in some states than in others favours these."""
    sweeps, draw = [], _label_swaps.draw_involution

    def counted(*arguments):
        sweeps[-1] += 1
        return draw(*arguments)

    monkeypatch.setattr(_label_swaps, "draw_involution", counted)
    star = graph(12, [(0, i) for i in range(1, 12)], False)
    swap = swapper("numpy", star, False, np.array([[0.9, 0.5], [0.5, 0.1]]), 4)
    rng = np.random.default_rng(0)
    for _ in range(30):
        sweeps.append(0)
        swap(rng.permutation(16).astype(np.int32), n_proposals, 7)
    assert set(sweeps) == {sweeps[0]}


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_kernel_refuses_arrays_that_do_not_fit(name):
    rows = csr_array(graph(4, [(0, 1), (1, 2)], True))
    indptr, indices = rows.indptr.astype(np.int64), rows.indices.astype(np.int32)
    tables = EdgeTables(DIRECTED, 3)
    given = {
        "indptr": indptr, "indices": indices, "in_indptr": indptr, "in_indices": indices,
        "labels": np.arange(8, dtype=np.int32), "high": tables.high, "low": tables.low,
        "initiator_size": 2, "n_levels": 3, "n_proposals": 5, "seed": 0,
    }  # fmt: skip
    FUNCTIONS[name](**given)
    for changes, message in [
        ({"indptr": indptr[:-1]}, "as long as indptr"),
        ({"indptr": indptr + 1}, "begin with 0"),
        ({"indptr": np.array([0, 1, 2, 2, 3])}, "end with the number of indices"),
        ({"indptr": np.array([0, 2, 1, 2, 2])}, "must not decrease, but does behind vertex 1"),
        ({"indices": indices + 3}, r"indices\[0\] is not one of the 4 vertices"),
        ({"indices": indices - 2}, r"indices\[0\] is not one of the 4 vertices"),
        ({"in_indices": indices + 4}, r"indices\[0\] is not one of the 4 vertices"),
        ({"in_indptr": indptr[:-1]}, "as long as indptr"),
        ({"labels": np.zeros(8, np.int32)}, "permutation"),
        ({"labels": np.arange(1, 9, dtype=np.int32)}, "permutation"),
        ({"labels": np.arange(-1, 7, dtype=np.int32)}, "permutation"),
        ({"labels": np.arange(4, dtype=np.int32)}, "must have length 8, got 4"),
        ({"high": tables.low}, r"high must have shape \(2, 2, 2\)"),
        ({"low": tables.high}, r"low must have shape \(4, 4, 2\)"),
        ({"n_levels": 0}, "no labels"),
        ({"initiator_size": 1}, "no labels"),
        ({"n_levels": 32}, "too many"),
        ({"initiator_size": 1300}, "too many"),
        ({"labels": np.arange(8)}, "dtype mismatch"),
        ({"n_levels": 1, "labels": np.arange(2, dtype=np.int32), "high": np.ones((1, 1, 2)),
          "low": np.full((2, 2, 2), 0.5)}, "4 vertices have no labels among 2"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=message):
            FUNCTIONS[name](**{**given, **changes})
