# SPDX-License-Identifier: BSD-3-Clause
"""The neighbour graph against a slow one that reads all similarities."""

import numpy as np
import pytest
import scipy.sparse as sp
from cluster_cases import rows_of
from hypothesis import assume, given
from hypothesis import strategies as st

from skrmt.cluster import _neighbor_graph
from skrmt.cluster._neighbor_graph import LinkRule, link_rule, neighbor_graph
from skrmt.cluster._rows import GivenSimilarities, RowMap


def similarities_of(rows, training, *, itself):
    S = rows.tile(slice(0, rows.n_rows), training, slice(0, training.n_rows))
    if itself:
        np.fill_diagonal(S, -np.inf)
    return S


def assert_links_follow_the_rule(links, S, threshold, m):
    """Every row: all links above the threshold, or the m best if these are fewer.

    Among equal similarities any may be taken.
    """
    links = links.toarray()
    assert set(np.unique(links)) <= {0.0, 1.0}
    for linked, similarity in zip(links > 0, S, strict=True):
        strong = similarity > threshold
        if np.count_nonzero(strong) >= m:
            np.testing.assert_array_equal(linked, strong)
        else:
            assert np.count_nonzero(linked) == m
            assert similarity[linked].min() >= similarity[~linked].max()
            assert np.isfinite(similarity[linked]).all()


def rule_for(rows, degree, m, seed=0):
    return link_rule(rows, degree=degree, min_neighbors=m, random_state=np.random.RandomState(seed))


CASES = {
    "cosine": lambda rng: rows_of(rng.standard_normal((150, 20))),
    "euclidean": lambda rng: rows_of(rng.standard_normal((150, 3)), unit=False, euclidean=True),
    "sparse": lambda rng: rows_of(sp.csr_array(rng.poisson(0.3, (150, 40)).astype(float))),
    "duplicates": lambda rng: rows_of(rng.standard_normal((15, 4))[rng.integers(0, 15, 150)]),
    "few values": lambda rng: rows_of(
        rng.integers(0, 2, (150, 3)).astype(float), unit=False, euclidean=True
    ),
    "zero rows": lambda rng: rows_of(
        rng.standard_normal((150, 5)) * (np.arange(150) % 3 > 0)[:, None], center=False
    ),
    "given": lambda rng: GivenSimilarities(np.cov(rng.standard_normal((150, 9)))),
}


@pytest.mark.parametrize("m", [1, 4, 149])
@pytest.mark.parametrize("name", CASES)
def test_links_are_those_of_the_rule(name, m):
    rows = CASES[name](np.random.default_rng(0))
    rule = rule_for(rows, 6.0, m)
    links = rule.links(rows, np.arange(150), rows, itself=True)
    S = similarities_of(rows, rows, itself=True)
    assert_links_follow_the_rule(links, S, rule.threshold, m)
    some = np.array([3, 77, 149])
    few = rule.links(rows, some, rows, itself=True)
    assert few.shape == (3, 150)
    assert_links_follow_the_rule(few, S[some], rule.threshold, m)
    mutual = rule.mutual_links(rows)
    assert_links_follow_the_rule(mutual, S, rule.threshold, m)
    graph, _, _ = neighbor_graph(rows, rule, 150)
    np.testing.assert_array_equal(graph.toarray(), np.maximum(mutual.toarray(), mutual.toarray().T))
    assert not graph.diagonal().any()
    assert np.diff(graph.indptr).min() >= m
    assert graph.dtype == np.float32


@given(
    n=st.integers(3, 40),
    m=st.integers(1, 39),
    degree=st.floats(0.1, 50),
    n_values=st.integers(1, 6),
    seed=st.integers(0, 999),
)
def test_links_are_those_of_the_rule_for_any_similarities(n, m, degree, n_values, seed):
    S = np.random.default_rng(seed).integers(0, n_values, (n, n)).astype(np.float32)
    assume(np.ptp(S[np.tri(n, k=-1, dtype=bool)]) > 0)
    rows, m = GivenSimilarities(S), min(m, n - 1)
    rule = rule_for(rows, degree, m, seed)
    links = rule.links(rows, np.arange(n), rows, itself=True)
    S = similarities_of(rows, rows, itself=True)
    assert_links_follow_the_rule(links, S, rule.threshold, m)


@pytest.mark.parametrize("name", ["cosine", "euclidean", "duplicates"])
def test_new_rows_follow_the_same_rule(name):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((60, 4))
    X = X[rng.integers(0, 60, 120)] if name == "duplicates" else X
    row_map, kind = RowMap(X, True), {"unit": name == "cosine", "euclidean": name != "cosine"}
    training = row_map.rows(X, **kind)
    # Among the new rows are training rows: these are their own neighbours.
    new = row_map.rows(np.vstack([rng.standard_normal((30, 4)), X[:5]]), **kind)
    rule = rule_for(training, 8.0, 5)
    links = rule.links(new, np.arange(35), training, itself=False)
    S = similarities_of(new, training, itself=False)
    assert_links_follow_the_rule(links, S, rule.threshold, 5)
    alone = sp.vstack([rule.links(new, np.array([i]), training, itself=False) for i in range(35)])
    assert_links_follow_the_rule(alone, S, rule.threshold, 5)
    assert links[30:].toarray()[range(5), range(5)].all()


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_several_tiles_and_any_number_of_threads(n_jobs):
    rows = rows_of(np.random.default_rng(0).standard_normal((1100, 12)))
    rule = rule_for(rows, 10.0, 5)
    found, expected = (
        rule.links(rows, np.arange(1100), rows, itself=True, n_jobs=jobs) for jobs in (n_jobs, None)
    )
    np.testing.assert_array_equal(found.toarray(), expected.toarray())
    S = similarities_of(rows, rows, itself=True)
    assert np.diff(found.indptr).min() >= 5
    # Tiles and the whole may round a similarity differently.
    for linked, similarity in zip(found.toarray() > 0, S, strict=True):
        bound = min(rule.threshold, np.sort(similarity)[-5])
        np.testing.assert_array_equal(linked[similarity > bound + 1e-6], True)
        np.testing.assert_array_equal(linked[similarity < bound - 1e-6], False)


@pytest.mark.parametrize("degree", [0.5, 4.0, 30.0])
def test_threshold_gives_the_mean_degree(degree, monkeypatch):
    rows = rows_of(np.random.default_rng(0).standard_normal((400, 10)))
    S = similarities_of(rows, rows, itself=True)
    rule = rule_for(rows, degree, 1)
    # All pairs are seen: exact but for the rounding down to pairs.
    assert 0 <= degree - np.mean(np.sum(S > rule.threshold, axis=1)) < 2 / 400
    monkeypatch.setattr(_neighbor_graph, "SAMPLED_ROWS", 100)
    found = np.array(
        [np.mean(np.sum(S > rule_for(rows, degree, 1, s).threshold, axis=1)) for s in range(40)]
    )
    assert abs(found.mean() - degree) < 4 * found.std() / 40**0.5 + 2 / 400 * degree


def chain(n_parts, size, distance):
    """Far groups of near points on a line."""
    inside = np.random.default_rng(0).uniform(0, 1, (n_parts, size))
    return (distance * np.arange(n_parts)[:, None] + inside).reshape(-1, 1)


def test_few_neighbours_are_doubled_until_the_graph_hangs_together():
    # Groups of 8: with 5 neighbours each on its own, with 10 linked to the next.
    rows = rows_of(chain(6, 8, 50.0), unit=False, euclidean=True)
    rule = rule_for(rows, 4.0, 5)
    graph, found, components = neighbor_graph(rows, rule, 6)
    assert found.min_neighbors == 5
    assert components.max() + 1 == 6
    graph, found, components = neighbor_graph(rows, rule, 2)
    assert components.max() + 1 <= 2
    assert found.min_neighbors in (10, 20, 40)
    assert found.threshold == rule.threshold
    # As if the larger number had been asked for at once.
    at_once, _, _ = neighbor_graph(rows, found, 48)
    np.testing.assert_array_equal(graph.toarray(), at_once.toarray())
    np.testing.assert_array_equal(graph.toarray(), graph.toarray().T)
    assert not graph.diagonal().any()


def test_doubling_ends_before_the_graph_is_dense():
    rows = rows_of(chain(2, 100, 1e4), unit=False, euclidean=True)
    _, found, components = neighbor_graph(rows, rule_for(rows, 4.0, 2), 1)
    assert found.min_neighbors == 32
    np.testing.assert_array_equal(components, np.repeat([0, 1], 100))
    small = rows_of(chain(3, 4, 1e4), unit=False, euclidean=True)
    _, found, _ = neighbor_graph(small, rule_for(small, 1.0, 2), 1)
    assert found.min_neighbors <= 10


def test_doubling_may_pass_the_number_of_probed_rows(monkeypatch):
    monkeypatch.setattr(_neighbor_graph, "SAMPLED_ROWS", 20)
    rows = rows_of(chain(4, 50, 1e4), unit=False, euclidean=True)
    graph, found, _ = neighbor_graph(rows, rule_for(rows, 2.0, 5), 1)
    assert np.diff(graph.indptr).min() >= found.min_neighbors == 80


def test_a_crowded_tile_does_not_lose_links():
    # All similarities equal: every row needs its m links and no more than they are taken.
    rows = GivenSimilarities(np.ones((50, 50)))
    rule = LinkRule(1.0, 7, np.arange(50))
    for links in (rule.links(rows, np.arange(50), rows, itself=True), rule.mutual_links(rows)):
        assert (np.diff(links.indptr) == 7).all()
        assert not links.diagonal().any()
    loose = LinkRule(0.5, 7, np.arange(50))
    assert loose.links(rows, np.arange(50), rows, itself=True).nnz == 50 * 49


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_pairs_compared_once_give_the_links_of_pairs_compared_twice(n_jobs):
    # Several tiles, and more probed rows than are sorted one by one.
    X = np.random.default_rng(0).standard_normal((2100, 12))
    X[:300] *= 0.1  # one dense region, and most rows without a link above the threshold
    rows = rows_of(X, unit=False, euclidean=True)
    rule = rule_for(rows, 10.0, 2)
    assert len(rule.probe) >= 8 * _neighbor_graph._GROUP * 2
    once = rule.mutual_links(rows, n_jobs)
    twice = rule.links(rows, np.arange(2100), rows, itself=True)
    assert (once != twice).nnz == 0
    assert np.mean(np.diff(once.indptr) == 2) > 0.5


def test_equal_similarities_have_nothing_to_cluster():
    with pytest.raises(ValueError, match=r"are equal \(1\): there is nothing to cluster"):
        rule_for(GivenSimilarities(np.ones((50, 50))), 5.0, 7)
