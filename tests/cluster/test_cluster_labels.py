# SPDX-License-Identifier: BSD-3-Clause
"""Labels: three ways, one order, and a warning where clusters are missing."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from skrmt.cluster._cluster_labels import assign, centers_of, in_order

WAYS = ["kmeans", "cluster_qr", "discretize"]


def cut(embedding, vectors, n_clusters, method="kmeans", seed=0):
    return assign(
        embedding,
        vectors,
        n_clusters,
        method,
        n_init=5,
        random_state=np.random.RandomState(seed),
    )


def indicators(y, noise=0.0, seed=0):
    """Orthonormal vectors close to the span of the indicators, in another basis."""
    rng = np.random.default_rng(seed)
    E = (y[:, None] == np.unique(y)) + noise * rng.standard_normal((len(y), y.max() + 1))
    Q = np.linalg.qr(E)[0]
    rotation = np.linalg.qr(rng.standard_normal((Q.shape[1],) * 2))[0]
    return (Q @ rotation).astype(np.float32)


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_each_way_finds_what_the_vectors_say(method, noise):
    y = np.random.default_rng(0).choice(4, 200, p=[0.4, 0.3, 0.2, 0.1])
    vectors = indicators(y, noise)
    labels = cut(vectors, vectors, 4, method)
    assert adjusted_rand_score(y, labels) == 1
    # In the order of appearance.
    _, first = np.unique(labels, return_index=True)
    assert (np.diff(first) > 0).all()
    assert labels.dtype == np.int32


@pytest.mark.parametrize("method", WAYS)
def test_one_cluster_needs_no_vectors(method):
    labels = cut(np.empty((6, 0), np.float32), np.empty((6, 0), np.float32), 1, method)
    np.testing.assert_array_equal(labels, np.zeros(6))
    assert labels.dtype == np.int32
    assert centers_of(np.empty((6, 0)), labels).shape == (1, 0)


@pytest.mark.parametrize("method", ["kmeans", "cluster_qr"])
def test_missing_clusters_are_told_once(method):
    y = np.arange(20) % 2
    vectors = np.hstack([indicators(y), np.zeros((20, 1), np.float32)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        labels = cut(vectors, vectors, 3, method)
    words = {
        "kmeans": "Number of distinct clusters (2) found smaller than n_clusters (3)",
        "cluster_qr": "assign_labels='cluster_qr' found 2 clusters of n_clusters=3",
    }
    (warning,) = caught
    assert warning.category is ConvergenceWarning
    assert words[method] in str(warning.message)
    np.testing.assert_array_equal(labels, y)


def test_same_seed_same_labels():
    points = np.random.default_rng(0).standard_normal((100, 3)).astype(np.float32)
    first, again = (cut(points, points, 5, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=40))
def test_clusters_are_numbered_as_they_appear(labels):
    found = in_order(np.array(labels))
    assert list(dict.fromkeys(found)) == list(range(len(set(labels))))
    assert len(set(zip(labels, found, strict=True))) == len(set(labels))


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=40),
    st.integers(0, 99),
    st.sampled_from([np.float32, np.float64]),
)
def test_centers_are_means(labels, seed, dtype):
    labels = in_order(np.array(labels))
    points = np.random.default_rng(seed).standard_normal((len(labels), 2))
    points = points.astype(dtype)
    centers = centers_of(points, labels)
    assert centers.dtype == dtype
    assert centers.shape == (labels.max() + 1, 2)
    for label, center in enumerate(centers):
        np.testing.assert_allclose(
            center, points[labels == label].mean(axis=0), atol=40 * np.finfo(dtype).eps
        )
