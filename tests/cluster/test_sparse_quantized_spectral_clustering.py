# SPDX-License-Identifier: BSD-3-Clause
"""The clustering as a user meets it: labels, new rows, plan, memory, pipelines."""

import tracemalloc
import warnings

import numpy as np
import pytest
from cluster_cases import class_mixture, signal_mixture
from sklearn.cluster import SpectralClustering
from sklearn.datasets import load_digits, make_blobs, make_moons
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt.cluster import SparseQuantizedSpectralClustering

OF_SIGNED = {
    "alignment_",
    "bulk_edge_",
    "effective_dim_",
    "efficiency_",
    "expected_error_",
    "kappa_",
    "pvalues_",
    "snr_",
}
OF_SIMILARITY = {"n_connected_components_"}


def _fitted_names(clustering):
    return {name for name in vars(clustering) if name.endswith("_") and name[0] != "_"}


@pytest.mark.parametrize("n_samples", [500, 900], ids=["full", "lanczos"])
def test_moons(n_samples):
    X, y = make_moons(n_samples, noise=0.05, random_state=0)
    clustering = SparseQuantizedSpectralClustering(2, random_state=0).fit(X)
    assert clustering.affinity_mode_ == "similarity"
    assert adjusted_rand_score(clustering.labels_, y) == 1.0
    np.testing.assert_array_equal(clustering.predict(X), clustering.labels_)


@pytest.mark.parametrize("n_samples", [500, 900], ids=["full", "lanczos"])
def test_separate_blobs_are_components(n_samples):
    X, y = make_blobs(n_samples, centers=6, cluster_std=0.05, random_state=0)
    clustering = SparseQuantizedSpectralClustering(6, random_state=0).fit(X)
    assert clustering.n_connected_components_ == 6
    np.testing.assert_array_equal(clustering.eigenvalues_, np.ones(6))
    assert adjusted_rand_score(clustering.labels_, y) == 1.0
    np.testing.assert_array_equal(clustering.predict(X), clustering.labels_)


def test_more_components_than_clusters_join_the_most_similar():
    rng = np.random.default_rng(0)
    centers = np.array([[0.0, 0], [100, 0], [1000, 0], [0, 30]])
    y = np.repeat([0, 1, 2, 3], [150, 140, 130, 60])
    X = centers[y] + rng.standard_normal((480, 2))
    clustering = SparseQuantizedSpectralClustering(3, min_neighbors=2, random_state=0)
    with pytest.warns(ConvergenceWarning, match="4 connected components, more than n_clusters=3"):
        clustering.fit(X)
    # The fourth group is smaller than the others and closest to the first.
    np.testing.assert_array_equal(clustering.labels_, np.array([0, 1, 2, 0])[y])
    np.testing.assert_array_equal(clustering.predict(X), clustering.labels_)


def test_digits_beside_spectral_clustering():
    X, y = load_digits(return_X_y=True)
    clustering = SparseQuantizedSpectralClustering(10, random_state=0).fit(X)
    peer = SpectralClustering(10, affinity="nearest_neighbors", random_state=0).fit(X)
    ours, theirs = (normalized_mutual_info_score(y, c.labels_) for c in (clustering, peer))
    assert ours >= theirs - 0.02
    # A row is its own best link when it comes back, so a few rows at a border change sides.
    assert np.mean(clustering.predict(X) == clustering.labels_) >= 0.95
    assert adjusted_rand_score(clustering.fit_predict(X), clustering.labels_) == 1.0


@pytest.mark.parametrize("assign_labels", ["kmeans", "cluster_qr", "discretize"])
@pytest.mark.parametrize("affinity", ["signed", "similarity"])
def test_every_way_to_cut_finds_clear_clusters(affinity, assign_labels):
    X, y = class_mixture(900, 400, [30.0, 25.0, 20.0], seed=0)
    clustering = SparseQuantizedSpectralClustering(
        4, affinity=affinity, assign_labels=assign_labels, random_state=0
    )
    assert adjusted_rand_score(clustering.fit_predict(X), y) >= 0.98
    first = [np.flatnonzero(clustering.labels_ == label)[0] for label in range(4)]
    assert first == sorted(first)
    assert adjusted_rand_score(clustering.predict(X), clustering.labels_) >= 0.99


@pytest.mark.parametrize("kernel", ["sign", "quantized", "ternary", "sparse"])
def test_training_rows_are_predicted_as_they_were_labelled(kernel):
    X, _ = signal_mixture(1300, 500, 4.0, seed=0)
    clustering = SparseQuantizedSpectralClustering(
        2, affinity="signed", kernel=kernel, density=0.2, tol=1e-6, random_state=0
    ).fit(X)
    assert np.mean(clustering.predict(X) == clustering.labels_) >= 0.999
    # The row itself, which the matrix leaves out, adds f(large) / lambda of its own coordinate.
    own = 1 / np.mean(clustering.transform(X) / clustering.embedding_)
    assert 0.5 < own < 1


def test_new_rows_are_clustered_as_well_as_the_training_rows():
    X, y = signal_mixture(4000, 600, 3.0, seed=4)
    clustering = SparseQuantizedSpectralClustering(2, random_state=0).fit(X[:2000])
    flip = np.mean(clustering.labels_ != y[:2000]) > 0.5
    new, old = (
        np.mean((labels != y[rows]) ^ flip)
        for labels, rows in (
            (clustering.predict(X[2000:]), slice(2000, None)),
            (clustering.labels_, slice(2000)),
        )
    )
    assert clustering.affinity_mode_ == "signed"
    # Three standard errors of the difference of two shares.
    assert abs(new - old) <= 3 * (2 * old * (1 - old) / 2000) ** 0.5


def test_modes_have_their_own_attributes():
    X, _ = signal_mixture(700, 300, 4.0, seed=0)
    clustering = SparseQuantizedSpectralClustering(2, affinity="signed", random_state=0).fit(X)
    assert _fitted_names(clustering) >= OF_SIGNED
    assert not _fitted_names(clustering) & OF_SIMILARITY
    clustering.set_params(affinity="similarity").fit(X)
    assert _fitted_names(clustering) >= OF_SIMILARITY
    assert not _fitted_names(clustering) & OF_SIGNED


@pytest.mark.parametrize("affinity", ["signed", "similarity"])
def test_one_cluster(affinity):
    X, _ = signal_mixture(700, 300, 4.0, seed=0)
    clustering = SparseQuantizedSpectralClustering(1, affinity=affinity, random_state=0).fit(X)
    assert not clustering.labels_.any()
    assert not clustering.predict(X[:5]).any()
    assert len(clustering.transform(X[:5])) == 5
    assert clustering.n_iter_ == 1
    if affinity == "signed":
        assert clustering.expected_error_ == 0.0


def test_duplicate_rows():
    X = np.repeat(np.array([[0.0, 0], [0, 1], [5, 5], [5, 6]]), 20, axis=0)
    clustering = SparseQuantizedSpectralClustering(2, random_state=0).fit(X)
    np.testing.assert_array_equal(clustering.labels_, np.repeat([0, 1], 40))


@pytest.mark.parametrize(
    "parameters",
    [
        {"kernel": "sign"},
        {"kernel": "quantized"},
        {"kernel": "ternary"},
        {"kernel": "ternary", "density": 0.05},
        {"kernel": "sparse", "density": 0.05},
        {"memory_limit": 150_000},
        {},
    ],
    ids=str,
)
def test_plan_tells_what_the_fit_takes(parameters):
    X, _ = signal_mixture(1500, 500, 6.0, seed=0)
    clustering = SparseQuantizedSpectralClustering(
        2, affinity="signed", random_state=0, **parameters
    )
    plan = clustering.plan(*X.shape)
    clustering.fit(X)
    # The kept share of the pairs is set from a sample: here of all 1500 rows, and exact.
    assert clustering.affinity_.nbytes == pytest.approx(plan["bytes"], rel=0.03)
    assert clustering.density_ == pytest.approx(plan["density"], rel=0.02)
    assert clustering.kappa_ == pytest.approx(plan["kappa"], rel=0.02)
    assert plan["flops"] >= 1500**2 * 500
    assert clustering.affinity_.nbytes <= parameters.get("memory_limit", np.inf)


def test_plan_of_the_other_mode():
    clustering = SparseQuantizedSpectralClustering(10)
    X, _ = load_digits(return_X_y=True)
    plan = clustering.set_params(affinity="similarity").plan(*X.shape)
    clustering.fit(X)
    assert plan["affinity"] == "similarity"
    assert 0.4 <= clustering.affinity_.nbytes / plan["bytes"] <= 1.5
    assert clustering.set_params(affinity="auto").plan(1000, 49)["affinity"] == "similarity"
    assert clustering.set_params(affinity="auto").plan(1000, 50)["affinity"] == "signed"


@pytest.mark.slow
def test_density_that_follows_the_strength_costs_the_tolerance():
    X, y = signal_mixture(4000, 800, 6.0, seed=0)
    errors = {}
    for density in (None, "auto"):
        clustering = SparseQuantizedSpectralClustering(
            2, affinity="signed", density=density, random_state=0
        ).fit(X)
        share = np.mean(clustering.labels_ != y)
        errors[density] = min(share, 1 - share)
    assert clustering.affinity_.nbytes < 4000**2 / 16
    # .01 and three standard errors.
    assert errors["auto"] <= errors[None] + 0.01 + 3 * (errors["auto"] / 4000) ** 0.5


def test_strengths_unknown_to_the_pilot_are_not_guessed():
    X = np.random.default_rng(0).standard_normal((600, 300))
    clustering = SparseQuantizedSpectralClustering(
        2, affinity="signed", density="auto", random_state=0
    )
    with pytest.warns(UserWarning, match="below the phase transition"):
        clustering.fit(X)
    assert clustering.kappa_ == pytest.approx(1.1331, rel=0.01)  # the most accurate


def test_rows_that_are_not_stored_cannot_be_compared():
    X, _ = signal_mixture(200, 100, 9.0, seed=0)
    clustering = SparseQuantizedSpectralClustering(2, store_data=False, random_state=0)
    labels = clustering.fit_predict(X)
    assert len(labels) == 200
    for method in ("predict", "transform"):
        with pytest.raises(NotFittedError, match="store_data=True"):
            getattr(clustering, method)(X)
    with pytest.raises(NotFittedError):
        SparseQuantizedSpectralClustering(2).predict(X)


def test_eigenvectors_that_did_not_converge_are_used():
    X, _ = load_digits(return_X_y=True)
    clustering = SparseQuantizedSpectralClustering(
        10, affinity="similarity", tol=0.0, max_iter=1, random_state=0
    )
    with pytest.warns(ConvergenceWarning, match="within 1 restarts"):
        clustering.fit(X)
    assert clustering.embedding_.shape == (1797, 10)


def test_grid_search_and_pipeline():
    X, y = signal_mixture(400, 150, 9.0, seed=0)
    X *= np.geomspace(1, 100, 150)
    pipeline = make_pipeline(
        StandardScaler(), SparseQuantizedSpectralClustering(2, affinity="signed", random_state=0)
    )
    name = "sparsequantizedspectralclustering__"
    grid = [
        {name + "density": [0.1, 0.5, "auto", None], name + "kernel": ["sign", "ternary", "auto"]},
        {name + "affinity": ["similarity"], name + "n_neighbors": [5, 25]},
    ]
    search = GridSearchCV(pipeline, grid, scoring="adjusted_rand_score", cv=2, error_score="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(X, y)
    assert search.best_score_ >= 0.9


@pytest.mark.slow
def test_no_n_by_n_float_array():
    X = signal_mixture(8000, 60, 3.0, seed=0)[0].astype(np.float32)
    for affinity in ("similarity", "signed"):
        clustering = SparseQuantizedSpectralClustering(
            2, affinity=affinity, kernel="sign", random_state=0
        )
        tracemalloc.start()
        clustering.fit(X)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # Dense float32 would be 256 MB.
        assert peak < 160e6
