# SPDX-License-Identifier: BSD-3-Clause
"""Fits on a cluster: two processes that never hold all rows, and one of which may be killed."""

import os
import signal
import threading
import time

import joblib
import numpy as np
import pytest
from dask_clusters import drawn_rows, peaks, two_workers
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skrmt.cluster import SparseQuantizedSpectralClustering
from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.linear_model import (
    SketchedRidgeClassifier,
    SketchedRidgeCV,
    SketchedRidgeEnsemble,
)

ADDITIVE = {
    "ridge": SketchedRidgeEnsemble(
        3, sketch_size=10, alphas=[0.0, 10.0, 100.0], negative_alphas=False, random_state=0
    ),
    "ternary": TernaryRandomFeatures(64, random_state=0),
    "shrinkage": AnalyticalShrinkage(),
    "spiked": SpikedCovariance(),
}
FITTED = {
    "ridge": ("alpha_", "coef_", "intercept_", "risk_path_"),
    "ternary": ("mean_", "tau_", "scale_", "predicted_standard_error_"),
    "shrinkage": ("location_", "covariance_", "precision_"),
    "spiked": ("location_", "covariance_", "precision_"),
}


@pytest.fixture(scope="module")
def client():
    with two_workers() as client:
        yield client


def targets(X):
    """Targets that depend on the rows, made where these are."""
    return X[:, 0] - X[:, 1] + X[:, 2] ** 2


def assert_same_fit(name, fitted, expected):
    for attribute in FITTED[name]:
        wanted = getattr(expected, attribute)
        # Of the largest entry: others may be differences of such.
        size = 1e-8 * np.max(np.abs(wanted))
        np.testing.assert_allclose(
            getattr(fitted, attribute), wanted, rtol=1e-8, atol=size, err_msg=attribute
        )


class TestNobodyHoldsAllRows:
    """The rows take 240 MB, and a block of them 3 MB. The peak is told by Linux."""

    N_BLOCKS, BLOCK = 80, (9_375, 40)

    @property
    def rows(self):
        return drawn_rows(self.N_BLOCKS, self.BLOCK)

    @pytest.mark.parametrize("name", ADDITIVE)
    def test_fit(self, client, name):
        X = self.rows
        few = drawn_rows(2, (50, 40))
        clone(ADDITIVE[name]).fit(few, targets(few))  # what is imported is not what is held
        growths, fitted = peaks(client, lambda: clone(ADDITIVE[name]).fit(X, targets(X)))
        # Some blocks, and what is computed from them in other columns or another order: no more
        # than 25 times 3 MB. The caller gets statistics, and for a ridge regression a number a row.
        for growth in growths.values():
            assert growth < X.nbytes / 3
        assert fitted.n_features_in_ == self.BLOCK[1]

    def test_the_measure_sees_rows_that_are_gathered(self, client):
        X = self.rows
        growths, _ = peaks(client, lambda: np.asarray(X).sum())
        assert growths["client"] > X.nbytes / 2


@pytest.mark.parametrize("name", ADDITIVE)
def test_a_fit_on_the_cluster_is_that_of_the_rows_at_hand(client, name):
    X = drawn_rows(12, (300, 40))
    y = targets(X)
    fitted = clone(ADDITIVE[name]).fit(X, y)
    assert_same_fit(name, fitted, clone(ADDITIVE[name]).fit(X.compute(), y.compute()))


@pytest.mark.parametrize("name", ADDITIVE)
def test_a_worker_killed_in_mid_fit_loses_nothing(name, tmp_path):
    n_blocks, shape = 16, (300, 40)

    def pause(number):
        import os
        import time
        import uuid
        from pathlib import Path

        Path(tmp_path, f"{number}-{os.getpid()}-{uuid.uuid4().hex}").touch()
        time.sleep(0.15)

    expected = drawn_rows(n_blocks, shape)
    expected = clone(ADDITIVE[name]).fit(expected.compute(), targets(expected).compute())
    X = drawn_rows(n_blocks, shape, before=pause)
    killed = []

    def kill_one():
        while len(begun := list(tmp_path.iterdir())) < 5:
            time.sleep(0.01)
        killed.append((int(begun[0].name.split("-")[1]), {f.name.split("-")[0] for f in begun}))
        os.kill(killed[0][0], signal.SIGKILL)

    with two_workers():
        killer = threading.Thread(target=kill_one)
        killer.start()
        fitted = clone(ADDITIVE[name]).fit(X, targets(X))
        killer.join()
    (process, begun), blocks = killed[0], [f.name.split("-") for f in tmp_path.iterdir()]
    assert len(begun) < n_blocks  # in mid-fit
    assert {block for block, *_ in blocks} == set(map(str, range(n_blocks)))
    assert len({by for _, by, _ in blocks} - {str(process)}) == 2  # the other, and its successor
    assert_same_fit(name, fitted, expected)


@pytest.mark.parametrize(
    ("estimator", "method"),
    [
        (TernaryRandomFeatures(64, random_state=0), "transform"),
        (SketchedRidgeEnsemble(sketch_size=10, partition=False, random_state=0), "predict"),
        (SketchedRidgeCV(sketch_size=10, random_state=0), "predict"),
        (SketchedRidgeClassifier(sketch_size=10, random_state=0), "decision_function"),
        (SparseQuantizedSpectralClustering(2, random_state=0), "fit_predict"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_everything_with_n_jobs_runs_on_the_cluster(client, estimator, method):
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    X = rng.normal(size=(200, 30)) + y[:, None]

    def outcome(n_jobs):
        fitted = clone(estimator).set_params(n_jobs=n_jobs)
        if method == "fit_predict":
            return fitted.fit_predict(X)
        return getattr(fitted.fit(X, y), method)(X)

    alone = outcome(None)
    with joblib.parallel_config("dask"):
        for n_jobs in (None, 2):
            np.testing.assert_array_equal(outcome(n_jobs), alone)


def test_a_search_runs_on_the_cluster(client):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 30))
    y = X[:, 0] + rng.normal(size=120)
    search = GridSearchCV(
        SketchedRidgeEnsemble(random_state=0), {"sketch_size": [5, 10, 20]}, cv=3, n_jobs=2
    )
    alone = clone(search).fit(X, y)
    with joblib.parallel_config("dask"):
        search.fit(X, y)
    assert search.best_params_ == alone.best_params_
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )
