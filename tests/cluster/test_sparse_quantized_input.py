# SPDX-License-Identifier: BSD-3-Clause
"""What goes in: kinds of data, precomputed similarities, bad values."""

import numpy as np
import pytest
import scipy.sparse as sp
from cluster_cases import exact_similarities, signal_mixture
from sklearn.datasets import load_digits, make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import kneighbors_graph

from skrmt.cluster import SparseQuantizedSpectralClustering

MODES = ["signed", "similarity"]


def _signed(**changes):
    return SparseQuantizedSpectralClustering(2, affinity="signed", random_state=0, **changes)


@pytest.mark.parametrize("kernel", ["sign", "quantized", "ternary", "sparse"])
def test_offset_and_scale_of_signed_data_change_nothing(kernel):
    X, _ = signal_mixture(700, 300, 4.0, seed=0)
    labels = _signed(kernel=kernel).fit_predict(X)
    for changed in (7e12 * X + 3e12, 1e-150 * X, X[:, ::-1]):
        # Rounding may carry an entry across a threshold, and with it a row at the border.
        assert np.mean(_signed(kernel=kernel).fit_predict(changed) == labels) >= 0.999


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_offset_and_scale_of_similar_data_change_nothing(metric):
    X, _ = load_digits(return_X_y=True)
    clustering = SparseQuantizedSpectralClustering(
        10, affinity="similarity", metric=metric, random_state=0
    )
    labels = clustering.fit_predict(X)
    threshold = clustering.threshold_
    assert adjusted_rand_score(clustering.fit_predict(1e3 * X + 500.0), labels) >= 0.999
    factor = 1e6 if metric == "euclidean" else 1.0
    assert clustering.threshold_ == pytest.approx(factor * threshold, rel=1e-4)


@pytest.mark.parametrize("affinity", MODES)
def test_float32_finds_the_labels_of_float64(affinity):
    X = signal_mixture(1100, 300, 8.0, seed=1)[0]
    wide = SparseQuantizedSpectralClustering(2, affinity=affinity, random_state=0).fit(X)
    single = SparseQuantizedSpectralClustering(2, affinity=affinity, random_state=0)
    single.fit(X.astype(np.float32))
    assert adjusted_rand_score(single.labels_, wide.labels_) >= 0.999
    for fitted, dtype in ((wide, np.float64), (single, np.float32)):
        assert fitted.embedding_.dtype == fitted.cluster_centers_embedding_.dtype == dtype
        assert fitted.transform(X[:9].astype(dtype)).dtype == dtype


@pytest.mark.parametrize("affinity", MODES)
def test_memory_mapped_data_are_clustered_as_they_lie(affinity, tmp_path):
    X = signal_mixture(1100, 300, 8.0, seed=1)[0].astype(np.float32)
    mapped = np.memmap(tmp_path / "X", dtype=np.float32, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    mapped = np.memmap(tmp_path / "X", dtype=np.float32, mode="r", shape=X.shape)
    there = SparseQuantizedSpectralClustering(2, affinity=affinity, random_state=0).fit(mapped)
    here = SparseQuantizedSpectralClustering(2, affinity=affinity, random_state=0).fit(X)
    np.testing.assert_array_equal(there.labels_, here.labels_)
    # The rows themselves were not copied.
    assert there._source.training._kept is None
    assert here._source.training._kept is not None
    np.testing.assert_array_equal(there.predict(X[:50]), here.predict(X[:50]))


@pytest.mark.parametrize("container", [sp.csr_array, sp.csc_matrix])
@pytest.mark.parametrize(
    "parameters",
    [
        {"affinity": "signed"},
        {"affinity": "similarity", "metric": "cosine"},
        {"affinity": "similarity", "metric": "euclidean"},
    ],
    ids=["signed", "cosine", "euclidean"],
)
def test_sparse_data_are_clustered_as_dense_ones(parameters, container):
    rng = np.random.default_rng(0)
    X = rng.poisson(0.2, size=(1100, 250)) * rng.uniform(0.5, 1.5, size=250)
    X[:500, :40] *= 3
    dense = SparseQuantizedSpectralClustering(2, random_state=0, **parameters).fit(X)
    sparse = SparseQuantizedSpectralClustering(2, random_state=0, **parameters).fit(container(X))
    assert adjusted_rand_score(sparse.labels_, dense.labels_) >= 0.99
    for fitted in (dense, sparse):
        found = [fitted.predict(rows) for rows in (X[:99], container(X[:99]))]
        np.testing.assert_array_equal(*found)


def test_precomputed_signed_similarities_are_those_of_the_rows():
    X, _ = signal_mixture(700, 300, 5.0, seed=2)
    S = exact_similarities(X, "cosine")
    rows = _signed().fit(X)
    given = SparseQuantizedSpectralClustering(2, affinity="precomputed", random_state=0).fit(S)
    assert given.affinity_mode_ == "signed"
    np.testing.assert_array_equal(given.labels_, rows.labels_)
    for name in ("effective_dim_", "kappa_", "bulk_edge_", "snr_", "expected_error_"):
        np.testing.assert_allclose(getattr(given, name), getattr(rows, name), rtol=1e-4)
    new = signal_mixture(90, 300, 5.0, seed=3)[0]
    similarities = exact_similarities(X, "cosine", Y=new).T
    np.testing.assert_array_equal(given.predict(similarities), rows.predict(new))


def test_precomputed_similarities_are_those_of_the_rows():
    X, y = make_blobs(500, n_features=4, centers=5, random_state=1)
    D = exact_similarities(X, "euclidean")
    S = D - D.min()
    given = SparseQuantizedSpectralClustering(5, affinity="precomputed", random_state=0).fit(S)
    assert given.affinity_mode_ == "similarity"
    rows = SparseQuantizedSpectralClustering(5, affinity="similarity", random_state=0).fit(X)
    assert adjusted_rand_score(given.labels_, rows.labels_) >= 0.99
    assert adjusted_rand_score(given.labels_, y) >= 0.95
    np.testing.assert_array_equal(given.predict(S[:60]), given.labels_[:60])


def test_precomputed_graph_is_taken_as_it_is():
    X, y = make_blobs(400, n_features=4, centers=4, cluster_std=0.5, random_state=1)
    graph = kneighbors_graph(X, 10, mode="connectivity")
    graph = graph.maximum(graph.T)
    clustering = SparseQuantizedSpectralClustering(4, affinity="precomputed", random_state=0)
    clustering.fit(graph)
    np.testing.assert_array_equal(clustering.affinity_.toarray(), graph.toarray())
    assert adjusted_rand_score(clustering.labels_, y) == 1.0
    np.testing.assert_array_equal(clustering.predict(graph[:50]), clustering.labels_[:50])


def test_precomputed_signed_graph_has_no_theory():
    X, y = signal_mixture(700, 300, 8.0, seed=2)
    S = exact_similarities(X, "cosine")
    graph = sp.csr_array(np.where(np.abs(S) > 0.05, np.sign(S), 0.0))
    clustering = SparseQuantizedSpectralClustering(2, affinity="precomputed", random_state=0)
    clustering.fit(graph)
    assert clustering.affinity_mode_ == "signed"
    assert not hasattr(clustering, "kappa_")
    assert not hasattr(clustering, "expected_error_")
    assert abs(adjusted_rand_score(clustering.labels_, y)) >= 0.9
    np.testing.assert_array_equal(clustering.predict(graph[:50]), clustering.labels_[:50])


@pytest.mark.parametrize(
    ("S", "message"),
    [
        (np.ones((3, 4)), "square matrix"),
        (np.array([[1.0, 0.5], [0.4, 1.0]]), r"symmetric matrix.*up to 0\.1"),
        (sp.csr_array([[1.0, 0.5], [0.4, 1.0]]), "symmetric matrix"),
    ],
    ids=["not square", "not symmetric", "sparse, not symmetric"],
)
def test_bad_precomputed_similarities(S, message):
    clustering = SparseQuantizedSpectralClustering(2, affinity="precomputed")
    with pytest.raises(ValueError, match=message):
        clustering.fit(S)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 41}, r"n_clusters=41 must be at most 40 for n_samples=40"),
        ({"n_components": 40}, r"n_components=40 must be at most 39"),
        ({"density": 1.5}, "'density' parameter"),
        ({"density": 0.0}, "'density' parameter"),
        ({"n_bits": 3}, "'n_bits' parameter"),
        ({"n_clusters": "auto", "affinity": "similarity"}, "asked for.*affinity='signed'"),
        ({"n_clusters": "auto"}, "chosen for these data"),
        (
            {"n_clusters": "auto", "affinity": "signed", "density": 0.5},
            r"100 entries per row.*density=0\.\d+ keeps \d\d:",
        ),
        ({"affinity": "signed", "memory_limit": 90}, r"memory_limit=90 .*10 .*memory_limit to \d+"),
        (
            {"affinity": "signed", "kernel": "quantized", "memory_limit": 100},
            "needs about 400 bytes for 40 rows, too many for memory_limit=100",
        ),
    ],
    ids=str,
)
def test_bad_values(parameters, message):
    X = np.random.default_rng(0).standard_normal((40, 5))
    with pytest.raises(ValueError, match=message):
        SparseQuantizedSpectralClustering(**parameters).fit(X)


def test_the_smallest_memory_named_is_enough():
    X = np.random.default_rng(0).standard_normal((400, 90))
    with pytest.raises(ValueError, match="memory_limit to") as error:
        _signed(memory_limit=3000).fit(X)
    smallest = int(str(error.value).split("memory_limit to ")[1].split()[0])
    clustering = _signed(memory_limit=smallest)
    with pytest.warns(UserWarning, match="phase transition"):
        clustering.fit(X)
    assert clustering.affinity_.nbytes <= smallest
    with pytest.raises(ValueError, match="memory_limit to"):
        _signed(memory_limit=smallest - 50).fit(X)


@pytest.mark.parametrize("affinity", ["auto", *MODES])
@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_data_without_variation(affinity, make):
    X = make(np.tile([0.1, 0.0, 3.0], (20, 1)))
    with pytest.raises(ValueError, match="no variation after centring"):
        SparseQuantizedSpectralClustering(2, affinity=affinity).fit(X)


def test_constant_features_do_not_matter():
    X, _ = signal_mixture(700, 300, 5.0, seed=2)
    wide = np.hstack([X, np.full((700, 40), 12.5)])
    np.testing.assert_array_equal(_signed().fit_predict(wide), _signed().fit_predict(X))


def test_rows_without_direction_are_named_once():
    X = np.vstack([np.random.default_rng(0).standard_normal((200, 60)), np.zeros((2, 60))])
    X -= X.mean(axis=0)
    X[-2:] = 0.0
    clustering = SparseQuantizedSpectralClustering(
        2, affinity="similarity", metric="cosine", center=False, random_state=0
    )
    with pytest.warns(UserWarning, match="2 rows of X (equal the mean|are zero)") as caught:
        clustering.fit(X)
    assert len(caught) == 1
    degrees = clustering.affinity_.toarray().sum(axis=1)
    assert (degrees[-2:] >= clustering.min_neighbors).all()
