# SPDX-License-Identifier: BSD-3-Clause
"""Where the clustering leaves the easy ground: strong clusters, offsets, small and odd data."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from cluster_cases import class_mixture, exact_similarities, signal_mixture
from sklearn.metrics import adjusted_rand_score

from skrmt.cluster import SparseQuantizedSpectralClustering
from skrmt.exceptions import TheoryWarning


def _signed(n_clusters=2, **parameters):
    return SparseQuantizedSpectralClustering(
        n_clusters, affinity="signed", random_state=0, **parameters
    )


@pytest.mark.parametrize("density", [np.float32(0.1), np.float64(0.1), np.int64(1), 1])
def test_a_density_is_any_number(density):
    X, _ = signal_mixture(700, 300, 5.0, seed=0)
    clustering = _signed(density=density)
    assert clustering.plan(700, 300)["density"] == pytest.approx(float(density))
    assert clustering.fit(X).density_ == pytest.approx(float(density), rel=0.01)


def test_a_density_of_one_is_the_sign():
    X, _ = signal_mixture(700, 300, 5.0, seed=0)
    clustering = _signed(density=1.0, memory_limit=700 * 88).fit(X)
    assert clustering.affinity_.nbytes == 700 * 88 == clustering.plan(700, 300)["bytes"]
    np.testing.assert_array_equal(clustering.labels_, _signed(kernel="sign").fit_predict(X))


def test_bits_bound_the_free_choice():
    X, _ = signal_mixture(700, 300, 5.0, seed=0)
    assert _signed(n_bits=1).fit(X).kappa_ == pytest.approx(np.pi / 2, rel=0.01)
    assert _signed(n_bits=2).fit(X).kappa_ == pytest.approx(1.1331, rel=0.01)


@pytest.mark.parametrize("kernel", ["sign", "quantized"])
def test_strong_clusters_are_counted_once(kernel):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TheoryWarning)
        for snr in (8.0, 15.0, 20.0, 50.0):
            X, _ = signal_mixture(1100, 450, snr, seed=0)
            assert _signed("auto", kernel=kernel).fit(X).n_clusters_ == 2


@pytest.mark.parametrize("kernel", ["sign", "quantized"])
def test_a_weak_cluster_is_seen_beside_a_strong_one(kernel):
    # The strong one enlarges the mean square of the cosines by a quarter.
    X, _ = class_mixture(2000, 600, [12.0, 1.2], seed=0)
    clustering = _signed("auto", kernel=kernel).fit(X)
    assert clustering.n_clusters_ == 3
    assert clustering.effective_dim_ == pytest.approx(600, rel=0.05)


def test_strong_clusters_are_doubted_when_few_entries_count_them():
    X, _ = class_mixture(1200, 480, np.full(7, 8.0), seed=0)
    with pytest.warns(TheoryWarning, match="so strong that they make .*% of the cosines"):
        _signed("auto", kernel="ternary", density=0.12).fit(X)


def test_more_clusters_than_eigenvalues_that_stand_out_are_doubted():
    X, _ = signal_mixture(900, 300, 6.0, seed=0)
    with pytest.warns(TheoryWarning, match="1 eigenvalues stand out.*n_clusters=4"):
        _signed(4).fit(X)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_large_offsets_hide_nothing(make):
    X, y = signal_mixture(700, 300, 8.0, seed=0)
    clustering = _signed().fit(make(X + 1e4))
    error = np.mean(clustering.labels_ != y)
    assert min(error, 1 - error) < 0.02
    assert clustering.effective_dim_ == pytest.approx(300, rel=0.05)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("distance", [1e3, 1e6])
def test_near_clusters_are_seen_from_afar(distance, make):
    rng = np.random.default_rng(0)
    y = np.arange(600) % 4
    X = np.array([0.0, 10, distance, distance + 10])[y][:, None] * [1, 0, 0]
    X = make(X + rng.standard_normal((600, 3)))
    clustering = SparseQuantizedSpectralClustering(4, affinity="similarity", random_state=0).fit(X)
    assert adjusted_rand_score(y, clustering.labels_) == 1.0
    np.testing.assert_array_equal(clustering.predict(X), clustering.labels_)


def test_rows_without_direction_leave_the_law_alone():
    X = np.random.default_rng(0).standard_normal((900, 300))
    X[:400] = 0.0
    clustering = _signed(center=False)
    with pytest.warns(UserWarning) as caught:
        clustering.fit(X)
    zero, noise = (str(warning.message) for warning in caught)
    assert "400 rows of X are zero" in zero
    assert "below the phase transition" in noise
    assert clustering.effective_dim_ == pytest.approx(300, rel=0.02)
    # The edge of 500 rows: the largest eigenvalue of noise lies just below.
    assert 0.9 < clustering.eigenvalues_[0] / clustering.bulk_edge_ < 1.02
    np.testing.assert_array_equal(clustering.transform(X[:3]), np.zeros((3, 1)))


def test_signs_do_not_see_norms():
    X, _ = signal_mixture(700, 300, 5.0, seed=0)
    X *= np.exp(np.random.default_rng(0).standard_normal((700, 1)))
    unit, free = (_signed(kernel="sign", normalize=n, center=False).fit(X) for n in (True, False))
    np.testing.assert_array_equal(free.labels_, unit.labels_)
    assert free.snr_ == unit.snr_


def test_unequal_norms_are_doubted():
    X, _ = signal_mixture(700, 300, 5.0, seed=0)
    _signed(normalize=False).fit(X)
    X *= np.exp(0.5 * np.random.default_rng(0).standard_normal((700, 1)))
    with pytest.warns(TheoryWarning, match="norms of the rows vary.*normalize=True"):
        _signed(normalize=False).fit(X)


def test_two_rows_two_clusters():
    clustering = SparseQuantizedSpectralClustering(2).fit([[0.0], [1.0]])
    np.testing.assert_array_equal(clustering.labels_, [0, 1])


@pytest.mark.parametrize("n", [3, 20])
def test_vectors_of_the_null_space_do_not_reach_new_rows(n):
    # A star: the second eigenvalue is zero.
    star = np.zeros((n, n))
    star[0, 1:] = star[1:, 0] = 1.0
    clustering = SparseQuantizedSpectralClustering(2, affinity="precomputed", random_state=0)
    clustering.fit(sp.csr_array(star))
    coordinates = clustering.transform(sp.csr_array(star))
    assert np.isfinite(coordinates).all()
    assert not coordinates[:, 1].any()


@pytest.mark.parametrize(
    "S", [np.zeros((30, 30)), np.ones((30, 30)), np.eye(30)], ids=["zeros", "ones", "unit"]
)
def test_equal_similarities_are_refused(S):
    with pytest.raises(ValueError, match="nothing to cluster"):
        SparseQuantizedSpectralClustering(2, affinity="precomputed").fit(S)


def test_two_orthogonal_rows():
    X = np.eye(2)
    with pytest.raises(ValueError, match="no sign to cluster by"):
        _signed(center=False).fit(X)
    clustering = SparseQuantizedSpectralClustering(2, center=False, metric="cosine")
    np.testing.assert_array_equal(clustering.fit_predict(X), [0, 1])


def test_cosines_that_are_all_equal_leave_the_distances():
    X = np.array([1.0, 1.1, 1.2, 9.0, 9.1, 9.3])[:, None]
    clustering = SparseQuantizedSpectralClustering(2, center=False, min_neighbors=2)
    np.testing.assert_array_equal(clustering.fit_predict(X), [0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize("factor", [1e-25, 1e20, 1e39])
def test_similarities_have_any_unit(factor):
    X, _ = signal_mixture(300, 100, 9.0, seed=0)
    for S in (exact_similarities(X, "cosine"), np.exp(exact_similarities(X, "cosine"))):
        clustering = SparseQuantizedSpectralClustering(2, affinity="precomputed", random_state=0)
        labels, threshold = clustering.fit(S).labels_, clustering.threshold_
        np.testing.assert_array_equal(clustering.fit(factor * S).labels_, labels)
        assert clustering.threshold_ == pytest.approx(factor * threshold, rel=1e-4)
        np.testing.assert_array_equal(
            clustering.predict(factor * S), clustering.predict(factor * S)
        )


def test_a_rounding_error_is_no_sign():
    X, _ = signal_mixture(200, 100, 9.0, seed=0)
    S = np.exp(exact_similarities(X, "cosine"))
    S[0, 1] = S[1, 0] = -1e-17
    clustering = SparseQuantizedSpectralClustering(2, affinity="precomputed", random_state=0)
    assert clustering.fit(S).affinity_mode_ == "similarity"


@pytest.mark.parametrize(
    ("parameters", "shape", "message"),
    [
        ({}, (1, 5), "n_samples must be an integer of at least 2, got 1"),
        ({}, (100.5, 5), "n_samples must be an integer"),
        ({}, (100, True), "n_features must be an integer"),
        ({"n_clusters": "auto"}, (1000, 20), "n_clusters='auto'"),
        ({"n_clusters": "auto", "density": 0.05}, (1000, 200), "100 entries per row"),
        ({"n_clusters": 50}, (40, 20), "n_clusters=50 must be at most 40"),
        ({"affinity": "precomputed"}, (40, 20), "affinity='precomputed'"),
        ({"kernel": "none"}, (40, 20), "'kernel' parameter"),
    ],
    ids=str,
)
def test_a_plan_that_cannot_be(parameters, shape, message):
    with pytest.raises(ValueError, match=message):
        SparseQuantizedSpectralClustering(**parameters).plan(*shape)


def test_a_plan_counts_beyond_32_bits():
    plan = SparseQuantizedSpectralClustering(affinity="signed", kernel="sign").plan(
        np.int32(200_000), np.int32(256)
    )
    assert plan["bytes"] == 25_000 * 200_000
    assert type(plan["bytes"]) is int
