# SPDX-License-Identifier: BSD-3-Clause
"""Rows in a file that is mapped into memory: the same results, without a copy of the rows."""

import hashlib
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest
from estimators import INSTANCES, of
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import get_tags

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.covariance._moments import _BATCH
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.linear_model import SketchedRidgeEnsemble

OUTPUTS = ("transform", "predict", "decision_function", "mahalanobis")


def _data(estimator, n=40, p=8):
    """A table, a graph or graphs in a list, and a target."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p))
    y = X.sum(axis=1)
    upper = np.triu(rng.standard_normal((p, n, n)) > 0.5, 1) * 1.0
    graphs = list(upper + upper.transpose(0, 2, 1))
    tags = get_tags(estimator).input_tags
    if tags.pairwise:
        return graphs[0], None
    if not tags.two_d_array:
        return graphs, None
    if is_classifier(estimator):
        return X, (y > 0).astype(int)
    return X, y if is_regressor(estimator) else None


def _mapped(array, path):
    array.tofile(path)
    return np.memmap(path, array.dtype, mode="r", shape=array.shape)


def _outputs(model, X):
    return {name: getattr(model, name)(X) for name in OUTPUTS if hasattr(model, name)}


def _contents(folder):
    return [hashlib.sha256(path.read_bytes()).digest() for path in sorted(folder.iterdir())]


@of(INSTANCES)
def test_a_mapped_file_is_as_good_as_an_array(estimator, tmp_path):
    estimator = clone(estimator)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    X, y = _data(estimator)
    if isinstance(X, list):
        mapped = [_mapped(graph, tmp_path / f"X{i}") for i, graph in enumerate(X)]
    else:
        mapped = _mapped(X, tmp_path / "X")
    mapped_y = None if y is None else _mapped(y, tmp_path / "y")
    before = _contents(tmp_path)
    for method in ("fit", "partial_fit"):
        if hasattr(estimator, method):
            expected = _outputs(getattr(clone(estimator), method)(X, y), X)
            found = _outputs(getattr(clone(estimator), method)(mapped, mapped_y), mapped)
            assert found.keys() == expected.keys()
            for name, values in expected.items():
                np.testing.assert_array_equal(found[name], values, err_msg=f"{method}, {name}")
    assert _contents(tmp_path) == before


@contextmanager
def _peak():
    """Measure the most that is allocated at a time, in bytes."""
    found = []
    tracemalloc.start()
    try:
        yield found
        found.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


# Rows are centred 2^21 numbers at a time, of which there are two copies and a bit beside them.
N_FEATURES = 32
N_ROWS = 6 * _BATCH // N_FEATURES


@pytest.fixture(scope="module")
def tall(tmp_path_factory):
    """Rows of 100 MB in a file, and targets."""
    path = tmp_path_factory.mktemp("memory_maps") / "X"
    rng = np.random.default_rng(0)
    X = np.memmap(path, np.float64, mode="w+", shape=(N_ROWS, N_FEATURES))
    X[:] = np.tile(rng.standard_normal((N_ROWS // 64, N_FEATURES)), (64, 1))
    y = X.sum(axis=1)
    X.flush()
    yield np.memmap(path, np.float64, mode="r", shape=X.shape), np.asarray(y)
    path.unlink()


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "estimator",
    [
        AnalyticalShrinkage(),
        AnalyticalShrinkage(scale=True),
        AnalyticalShrinkage(assume_centered=True),
        SpikedCovariance(),
    ],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore::skrmt.exceptions.TheoryWarning")
def test_covariance_copies_no_rows(estimator, method, weighted, tall):
    X, _ = tall
    # Rows of weight 0 are not left out by a copy of all others.
    given = {"sample_weight": np.arange(len(X)) % 7} if weighted else {}
    with _peak() as peak:
        getattr(clone(estimator), method)(X, **given)
    assert peak[0] < X.nbytes / 2


@pytest.mark.parametrize("Estimator", [AnalyticalShrinkage, SpikedCovariance])
def test_covariance_judges_rows_without_a_copy(Estimator, tall):
    X, _ = tall
    model = Estimator().fit(X[:500])
    for method in ("score", "mahalanobis"):
        with _peak() as peak:
            getattr(model, method)(X)
        assert peak[0] < X.nbytes / 2, method


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ternary_features_copy_no_rows(method, tall):
    X, _ = tall
    with _peak() as peak:
        model = getattr(TernaryRandomFeatures(64, dtype="int8", random_state=0), method)(X)
    assert peak[0] < X.nbytes / 4
    with _peak() as peak:
        Z = model.transform(X)
    assert peak[0] - Z.nbytes < X.nbytes / 8


@pytest.mark.parametrize("n_members", [2, 8])
def test_predictions_copy_no_rows(n_members, tall):
    X, y = tall
    model = SketchedRidgeEnsemble(n_members, sketch_size=8, random_state=0)
    model.fit(X[:1000], y[:1000])
    for method, n_outputs in (("predict", 1), ("predict_interval", 2)):
        with _peak() as peak:
            outcome = getattr(model, method)(X)
        assert np.size(outcome) == n_outputs * len(X)
        # Beside the outcome there are temporaries of its size.
        assert peak[0] < X.nbytes / 4, method
