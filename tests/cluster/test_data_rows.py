# SPDX-License-Identifier: BSD-3-Clause
"""From data to a fit: which mode, which rows are kept, which unit."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from cluster_cases import exact_similarities, parameters_with, signal_mixture
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from skrmt.cluster._data_rows import fit_rows
from skrmt.cluster._graph_clustering import GraphEmbedding
from skrmt.cluster._rows import DenseRows, SparseRows
from skrmt.cluster._signed_clustering import SignedEmbedding


def fitted(X, seed=0, **changes):
    return fit_rows(X, parameters_with(**changes), np.random.RandomState(seed))


@pytest.fixture(scope="module")
def noisy():
    return signal_mixture(300, 150, 6.0, seed=0)


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(200, centers=3, n_features=3, random_state=0)


def test_mode_follows_the_data(noisy, blobs):
    source, embedding, attributes = fitted(noisy[0], n_clusters=2)
    assert attributes["affinity_mode_"] == "signed"
    assert isinstance(embedding, SignedEmbedding)
    assert source.unit
    assert not source.euclidean
    assert adjusted_rand_score(noisy[1], attributes["labels_"]) > 0.9
    source, embedding, attributes = fitted(blobs[0], n_clusters=3)
    assert attributes["affinity_mode_"] == "similarity"
    assert isinstance(embedding, GraphEmbedding)
    assert source.euclidean
    assert adjusted_rand_score(blobs[1], attributes["labels_"]) > 0.8


@pytest.mark.parametrize("affinity", ["signed", "similarity"])
def test_mode_may_be_asked_for(affinity, noisy, blobs):
    for X, _ in (noisy, blobs):
        with warnings.catch_warnings():
            # Signed mode has its doubts about blobs.
            warnings.simplefilter("ignore")
            assert fitted(X, n_clusters=2, affinity=affinity)[2]["affinity_mode_"] == affinity


@pytest.mark.parametrize("affinity", ["auto", "signed"])
def test_asking_for_what_is_chosen_changes_nothing_but_the_draws(affinity, noisy):
    _, _, attributes = fitted(noisy[0], n_clusters=2, affinity=affinity, tol=1e-6)
    _, _, expected = fitted(noisy[0], n_clusters=2, affinity="signed", tol=1e-6)
    np.testing.assert_array_equal(attributes["labels_"], expected["labels_"])
    # Vectors of tol=1e-6 from two starts, times sqrt(n) = 17 and the whitening, a factor near 2.
    np.testing.assert_allclose(attributes["embedding_"], expected["embedding_"], atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"affinity": "signed"}, (True, False)),
        ({"affinity": "signed", "normalize": False}, (False, False)),
        ({"affinity": "similarity", "metric": "cosine"}, (True, False)),
        ({"affinity": "similarity", "metric": "euclidean"}, (False, True)),
        ({"affinity": "similarity", "metric": "euclidean", "normalize": False}, (False, True)),
    ],
    ids=str,
)
def test_parameters_decide_the_kind_of_similarity(changes, kind, noisy):
    source, _, _ = fitted(noisy[0], n_clusters=2, **changes)
    assert (source.unit, source.euclidean) == kind
    similarity = {(True, False): "cosine", (False, False): "product", (False, True): "euclidean"}
    exact = exact_similarities(noisy[0], similarity[kind])[:20, :20]
    factor = 1.0 if kind[0] else source.row_map.scale**2
    found = factor * source.training.tile(slice(0, 20), source.training, slice(0, 20))
    # Float32 sums over the features: some hundred roundings of the largest.
    np.testing.assert_allclose(found, exact, atol=1e-5 * np.abs(exact).max())


@pytest.mark.parametrize("affinity", ["signed", "similarity"])
def test_sparse_data_are_clustered_as_dense_ones(affinity):
    rng = np.random.default_rng(0)
    y = np.arange(240) % 2
    rates = np.where((np.arange(120) % 2 == y[:, None]), 0.55, 0.15)
    X = rng.poisson(rates).astype(float)
    changes = {"n_clusters": 2, "affinity": affinity, "metric": "cosine", "tol": 1e-6}
    dense, sparse = fitted(X, **changes), fitted(sp.csr_array(X), **changes)
    assert isinstance(dense[0].training, DenseRows)
    assert isinstance(sparse[0].training, SparseRows)
    assert adjusted_rand_score(y, dense[2]["labels_"]) > 0.8
    np.testing.assert_array_equal(dense[2]["labels_"], sparse[2]["labels_"])
    # New rows of either storage go to rows of the kind of the training rows.
    new = rng.poisson(rates[:9]).astype(float)
    places = [
        embedding.of_rows(source.rows(rows), source.training, None)
        for source, embedding, _ in (dense, sparse)
        for rows in (new, sp.csr_array(new))
    ]
    np.testing.assert_array_equal(places[0], places[1])
    np.testing.assert_array_equal(places[2], places[3])
    # A similarity on the threshold may fall on either side.
    np.testing.assert_allclose(places[0], places[2], atol=0.05 * np.abs(places[0]).max())


def test_mapped_data_are_not_kept_and_others_only_if_wanted(noisy, tmp_path):
    X, _ = noisy
    mapped = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", X.dtype, X.shape)
    mapped[:] = X
    parameters = parameters_with(n_clusters=2)
    source, _, attributes = fit_rows(mapped, parameters, np.random.RandomState(0), mapped=True)
    assert source.training._kept is None
    assert source.training._source is mapped
    kept, _, expected = fitted(X, n_clusters=2)
    assert kept.training._kept.nbytes == 4 * X.size
    np.testing.assert_array_equal(attributes["labels_"], expected["labels_"])
    light, _, again = fitted(X, n_clusters=2, store_data=False)
    assert light.training is None
    np.testing.assert_array_equal(again["labels_"], expected["labels_"])


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_threshold_is_in_the_unit_of_the_data(scale, blobs):
    X = blobs[0] * scale
    _, _, attributes = fitted(X, n_clusters=3, affinity="similarity", min_neighbors=1)
    S = exact_similarities(X, "euclidean")
    degree = np.mean(np.sum(S > attributes["threshold_"], axis=1) - 1)
    # n / (3 k) = 22; rounding of the threshold to float32 may cost the last pair.
    assert degree == pytest.approx(200 / 9, abs=0.05)
    _, _, cosine = fitted(X, n_clusters=3, affinity="similarity", metric="cosine", min_neighbors=1)
    S = exact_similarities(X, "cosine")
    degree = np.mean(np.sum(S > cosine["threshold_"], axis=1) - 1)
    assert degree == pytest.approx(200 / 9, abs=0.05)


def test_threshold_of_signed_mode_keeps_the_density(noisy):
    _, _, attributes = fitted(
        noisy[0], n_clusters=2, affinity="signed", kernel="ternary", density=0.2
    )
    S = exact_similarities(noisy[0], "cosine")
    kept = np.mean(np.abs(S[np.triu_indices(300, 1)]) > attributes["threshold_"])
    assert kept == pytest.approx(0.2, abs=1e-3)
    assert attributes["affinity_"].density == pytest.approx(kept, abs=1e-3)


def test_threshold_of_signed_mode_is_in_the_unit_of_the_data(noisy):
    changes = {"n_clusters": 2, "affinity": "signed", "kernel": "ternary", "normalize": False}
    _, _, attributes = fitted(10 * noisy[0], density=0.2, **changes)
    S = exact_similarities(10 * noisy[0], "product")
    kept = np.mean(np.abs(S[np.triu_indices(300, 1)]) > attributes["threshold_"])
    assert kept == pytest.approx(0.2, abs=1e-3)


@pytest.mark.parametrize("affinity", ["signed", "similarity"])
@pytest.mark.parametrize("as_sparse", [False, True], ids=["dense", "sparse"])
def test_rows_without_direction_are_told_once(affinity, as_sparse):
    X, y = signal_mixture(200, 100, 8.0, seed=1)
    X -= X.mean(axis=0)
    X[[3, 50]] = 0
    X -= X.mean(axis=0) * (X.any(axis=1)[:, None]) * 200 / 198
    with pytest.warns(UserWarning, match="^2 rows of X (equal the mean|are zero)") as caught:
        _, _, attributes = fitted(
            sp.csr_array(X) if as_sparse else X,
            n_clusters=2,
            affinity=affinity,
            metric="cosine",
            center=False,
        )
    assert len(caught) == 1
    labels = attributes["labels_"]
    assert np.isfinite(attributes["embedding_"]).all()
    live = np.setdiff1d(np.arange(200), [3, 50])
    assert adjusted_rand_score(y[live], labels[live]) > 0.9
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(X, n_clusters=2, affinity="similarity", center=False)
