# SPDX-License-Identifier: BSD-3-Clause
"""Similarity mode from rows to labels: components, stray rows, the cap of the degree."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from cluster_cases import parameters_with, rows_of
from sklearn.datasets import make_blobs, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from skrmt.cluster import _graph_clustering
from skrmt.cluster._graph_affinity import GraphAffinity
from skrmt.cluster._graph_clustering import (
    cluster_graph,
    cluster_rows,
    refuse_to_count,
    rule_of,
)
from skrmt.cluster._rows import RowMap
from skrmt.cluster._signed_fit import SpectrumSettings
from skrmt.cluster._tiles import spans

SETTINGS = SpectrumSettings(1e-4, None, None)
EUCLIDEAN = {"unit": False, "euclidean": True}


def clustered(rows, seed=0, **changes):
    parameters = parameters_with(**changes)
    random_state = np.random.RandomState(seed)
    rule = rule_of(rows, parameters, random_state)
    return cluster_rows(rows, rule, parameters, random_state, SETTINGS)


def two_large_two_small(seed=0, p=2):
    """Groups around 0 and 100, and smaller ones beside each; the label is that of the large one.

    One row lies at the border of its group, with fewer links than the others.
    """
    rng = np.random.default_rng(seed)
    sizes, places, labels = [60, 60, 30, 25], [0.0, 100.0, 12.0, 112.0], [0, 1, 0, 1]
    X = np.vstack([rng.uniform(0, 1, (n, p)) + at for n, at in zip(sizes, places, strict=True)])
    X[0] = 4
    order = rng.permutation(len(X))
    return X[order], np.repeat(labels, sizes)[order], np.repeat(range(4), sizes)[order]


def test_separate_blobs_are_found_exactly():
    centers = 40 * np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [2, 1]])
    X, y = make_blobs(300, centers=centers, random_state=0)
    _, attributes = clustered(rows_of(X, **EUCLIDEAN), n_clusters=6)
    assert adjusted_rand_score(y, attributes["labels_"]) == 1
    assert attributes["n_connected_components_"] == 6
    np.testing.assert_array_equal(attributes["eigenvalues_"], np.ones(6))


def test_moons_are_found():
    X, y = make_moons(400, noise=0.05, random_state=0)
    _, attributes = clustered(rows_of(X, **EUCLIDEAN), n_clusters=2, n_neighbors=10)
    assert adjusted_rand_score(y, attributes["labels_"]) > 0.95


def test_attributes_fit_together():
    X, _ = make_blobs(250, centers=4, cluster_std=3, random_state=1)
    embedding, attributes = clustered(rows_of(X, **EUCLIDEAN), n_clusters=4, n_neighbors=15)
    points, labels = attributes["embedding_"], attributes["labels_"]
    assert points.shape == (250, 4)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)
    means = [points[labels == a].mean(axis=0) for a in range(4)]
    np.testing.assert_allclose(attributes["cluster_centers_embedding_"], means, atol=1e-5)
    affinity = attributes["affinity_"]
    assert attributes["degree_"] == affinity.matrix.nnz / 250
    assert (np.diff(attributes["eigenvalues_"]) <= 1e-6).all()
    assert attributes["threshold_"] == embedding.rule.threshold
    # The links of the training rows themselves give the eigenvectors again.
    again = embedding.fit.extend(affinity.matrix, 4)
    np.testing.assert_allclose(again, points, atol=0.02)


def test_dense_groups_of_which_each_row_has_many_links():
    X = np.random.default_rng(0).uniform(0, 1, (240, 2)) + 100 * (np.arange(240) % 4)[:, None]
    with pytest.warns(ConvergenceWarning, match="4 connected components"):
        _, attributes = clustered(rows_of(X, **EUCLIDEAN), n_clusters=2, min_neighbors=1)
    assert len(np.unique(attributes["labels_"])) == 2


def test_fewer_columns_than_components():
    centers = 40 * np.array([[0, 0], [1, 0], [0, 1]])
    X, y = make_blobs(150, centers=centers, random_state=0)
    _, attributes = clustered(rows_of(X, **EUCLIDEAN), n_clusters=3, n_components=2)
    assert adjusted_rand_score(y, attributes["labels_"]) == 1
    assert np.isfinite(attributes["cluster_centers_embedding_"]).all()


@pytest.mark.parametrize("n_components", [2, 6])
def test_number_of_columns_is_free(n_components):
    X, _ = make_blobs(200, centers=4, cluster_std=5, random_state=1)
    rows = rows_of(X, **EUCLIDEAN)
    embedding, attributes = clustered(rows, n_clusters=4, n_components=n_components)
    assert attributes["embedding_"].shape == (200, n_components)
    assert attributes["cluster_centers_embedding_"].shape == (4, n_components)
    assert embedding.of_rows(rows, rows, None).shape == (200, n_components)
    # Rows of all columns that the clusters need have norm 1.
    norms = np.linalg.norm(attributes["embedding_"], axis=1)
    assert (norms > 0).all()
    if n_components >= 4:
        np.testing.assert_allclose(norms, 1, atol=1e-5)
    else:
        assert norms.max() <= 1 + 1e-5


def test_degree_is_capped_by_the_size_of_the_clusters():
    rows = rows_of(np.random.default_rng(0).standard_normal((300, 8)), **EUCLIDEAN)
    many, few = (clustered(rows, n_clusters=k, n_neighbors=40, min_neighbors=1)[1] for k in (10, 2))
    # n / (3 k) = 10 for ten clusters; those of rows with one neighbour come on top.
    assert 10 - 1 < many["degree_"] < 14 < 38 < few["degree_"] < 44


@pytest.mark.parametrize("seed", range(3))
def test_stray_components_join_the_most_similar_cluster(seed):
    X, y, part = two_large_two_small(seed)
    rows = rows_of(X, **EUCLIDEAN)
    with pytest.warns(ConvergenceWarning, match="4 connected components, more than n_clusters=2"):
        _, attributes = clustered(rows, n_clusters=2, min_neighbors=1)
    labels = attributes["labels_"]
    assert adjusted_rand_score(y, labels) == 1
    stray = part > 1
    assert not attributes["embedding_"][stray].any()
    assert attributes["embedding_"][~stray].any(axis=1).all()
    assert attributes["n_clusters_"] == 2
    centers = [attributes["embedding_"][labels == a].mean(axis=0) for a in range(2)]
    np.testing.assert_allclose(attributes["cluster_centers_embedding_"], centers, atol=1e-6)


def test_one_label_for_each_stray_component_and_small_tiles_change_nothing(monkeypatch):
    # A bridge of a component between the clusters: its nearest row decides for all.
    rng = np.random.default_rng(0)
    parts = [rng.uniform(0, 1, 90), rng.uniform(100, 101, 90), np.linspace(20, 79.5, 80)]
    X = np.concatenate(parts)[:, None]
    rows = rows_of(X, **EUCLIDEAN)
    with pytest.warns(ConvergenceWarning):
        _, first = clustered(rows, n_clusters=2, min_neighbors=1)
    labels = first["labels_"]
    assert first["n_connected_components_"] == 3
    np.testing.assert_array_equal(labels, np.repeat([0, 1, 0], [90, 90, 80]))
    monkeypatch.setattr(_graph_clustering, "spans", lambda n: spans(n, side=8))
    with pytest.warns(ConvergenceWarning):
        _, again = clustered(rows, n_clusters=2, min_neighbors=1)
    np.testing.assert_array_equal(labels, again["labels_"])


def test_one_cluster_asks_for_no_connection():
    X, _, _ = two_large_two_small()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, attributes = clustered(rows_of(X, **EUCLIDEAN), n_clusters=1, min_neighbors=1)
    assert not attributes["labels_"].any()
    assert attributes["n_clusters_"] == 1
    assert attributes["n_connected_components_"] > 1


@pytest.mark.parametrize("method", ["kmeans", "cluster_qr"])
def test_stray_rows_in_every_way_to_cut(method):
    X, y, _ = two_large_two_small()
    with pytest.warns(ConvergenceWarning, match="connected components"):
        _, attributes = clustered(
            rows_of(X, **EUCLIDEAN), n_clusters=2, min_neighbors=1, assign_labels=method
        )
    assert adjusted_rand_score(y, attributes["labels_"]) == 1


def test_stray_rows_and_discretize():
    X, y, _ = two_large_two_small()
    with pytest.warns(ConvergenceWarning, match="connected components"):
        _, attributes = clustered(
            rows_of(X, **EUCLIDEAN), n_clusters=2, min_neighbors=1, assign_labels="discretize"
        )
    assert adjusted_rand_score(y, attributes["labels_"]) == 1


def test_new_rows_land_beside_their_neighbours():
    X, _ = make_blobs(300, centers=3, cluster_std=1.5, random_state=3)
    row_map = RowMap(X, True)
    training = row_map.rows(X, **EUCLIDEAN)
    embedding, attributes = clustered(training, n_clusters=3)
    new, _ = make_blobs(100, centers=3, cluster_std=1.5, random_state=3)
    found = embedding.of_rows(row_map.rows(new, **EUCLIDEAN), training, None)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    nearest = np.argmin(((new[:, None] - X) ** 2).sum(axis=2), axis=1)
    centers = attributes["cluster_centers_embedding_"]
    labels = np.argmin(((found[:, None] - centers) ** 2).sum(axis=2), axis=1)
    # A row between two clusters may go to the other one.
    assert np.mean(labels == attributes["labels_"][nearest]) >= 0.95


def test_a_graph_that_was_given_is_clustered_as_it_is():
    K = sp.block_diag([np.ones((10, 10)) - np.eye(10), np.ones((7, 7)) - np.eye(7)])
    affinity = GraphAffinity(sp.csr_array(K, dtype=np.float32))
    components = np.repeat([0, 1], [10, 7])
    embedding, attributes = cluster_graph(
        affinity,
        components,
        parameters_with(n_clusters=2),
        np.random.RandomState(0),
        SETTINGS,
    )
    np.testing.assert_array_equal(attributes["labels_"], components)
    # New rows are links; one without any has no place.
    links = sp.csr_array(np.array([[1.0, 1.0] + [0.0] * 15, [0.0] * 16 + [2.0], [0.0] * 17]))
    found = embedding.of_rows(links, None, None)
    np.testing.assert_allclose(found, [[1, 0], [0, 1], [0, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("affinity", "why"), [("auto", "chosen for these data"), ("similarity", "asked for")]
)
def test_clusters_of_a_graph_cannot_be_counted(affinity, why):
    with pytest.raises(ValueError, match=f"{why}: give n_clusters, or set affinity='signed'"):
        refuse_to_count(parameters_with(n_clusters="auto", affinity=affinity))
    refuse_to_count(parameters_with(n_clusters=3))


def test_small_components_of_a_given_graph_join_the_largest():
    sizes = [6, 9, 3, 2]
    K = sp.block_diag([np.ones((size, size)) - np.eye(size) for size in sizes])
    with pytest.warns(ConvergenceWarning, match="4 connected components, more than n_clusters=2"):
        _, attributes = cluster_graph(
            GraphAffinity(sp.csr_array(K, dtype=np.float32)),
            np.repeat(range(4), sizes),
            parameters_with(n_clusters=2),
            np.random.RandomState(0),
            SETTINGS,
        )
    np.testing.assert_array_equal(attributes["labels_"], np.repeat([0, 1, 1, 1], sizes))
    assert attributes["n_clusters_"] == 2
