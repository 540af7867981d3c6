# SPDX-License-Identifier: BSD-3-Clause
"""TernaryRandomFeatures: fit in pieces, state, defaults."""

import pickle
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt.exceptions import TheoryWarning
from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.kernel_approximation._ternary_projection import auto_n_nonzero
from skrmt.theory import RadialKernel


def levels(X, **parameters):
    parameters = {"n_components": 300, "random_state": 0, "dtype": "int8", **parameters}
    return TernaryRandomFeatures(**parameters).fit_transform(X)


# ---- fit in pieces, state ------------------------------------------------------------------------


@pytest.mark.parametrize("cuts", [[30], [2], [10, 11, 40], list(range(2, 60))], ids=str)
@pytest.mark.parametrize("kernel", ["rbf", "relu"])
@pytest.mark.parametrize("to", [np.asarray, csr_array], ids=["dense", "CSR"])
def test_partial_fit_in_any_pieces_is_one_fit(cuts, kernel, to):
    X = np.random.default_rng(5).normal(2, 1, (60, 40))
    whole = TernaryRandomFeatures(200, kernel=kernel, random_state=0).fit(to(X))
    parts = TernaryRandomFeatures(200, kernel=kernel, random_state=0)
    for piece in np.split(X, cuts):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TheoryWarning)  # single rows have no typical norm
            parts.partial_fit(to(piece))
    assert parts.n_samples_seen_ == whole.n_samples_seen_ == 60
    assert parts.tau_ == pytest.approx(whole.tau_, rel=1e-12)
    np.testing.assert_allclose(parts.mean_, whole.mean_, rtol=1e-12)
    np.testing.assert_allclose(parts._rule.first, whole._rule.first, rtol=1e-9, atol=1e-12)
    assert np.mean(parts.transform(X) != whole.transform(X)) < 1e-3


def test_partial_fit_goes_on_after_fit_and_keeps_the_weights(integer_data):
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=None).fit(X[:30])
    before = features.weights_
    features.partial_fit(X[30:])
    assert features.weights_ is before
    assert features.tau_ == pytest.approx(X.var(axis=0).sum(), rel=1e-12)


def test_refit_forgets_what_no_longer_applies(integer_data):
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    assert hasattr(features, "random_offset_")
    assert not hasattr(features, "thresholds_")
    features.set_params(activation="threshold").fit(X)
    assert hasattr(features, "thresholds_")
    assert not hasattr(features, "random_offset_")
    features.set_params(activation="phase").fit(X)
    assert not hasattr(features, "thresholds_")


def test_failed_partial_fit_leaves_the_statistics_alone(integer_data):
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    Z = features.transform(X)
    for bad in (X[:, :-1], np.full_like(X, np.nan), np.full_like(X, 1e300)):
        with pytest.raises(ValueError, match=r"features|NaN|overflows"):
            features.partial_fit(bad)
    assert features.n_samples_seen_ == len(X)
    np.testing.assert_array_equal(features.transform(X), Z)


def test_set_params_after_fit_does_not_change_the_features(integer_data):
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    Z = features.transform(X)
    features.set_params(n_components=7, kernel="relu", gamma=3.0, dtype="packed")
    again = features.transform(X)
    assert again.dtype == Z.dtype
    np.testing.assert_array_equal(again, Z)
    assert len(features.get_feature_names_out()) == Z.shape[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"n_components": 51},
        {"kernel": "relu"},
        {"activation": "threshold"},
        {"projection": "gaussian"},
        {"n_nonzero": 3},
    ],
)
def test_partial_fit_refuses_what_the_weights_were_not_drawn_for(integer_data, changed):
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    Z = features.transform(X)
    ((name, value),) = changed.items()
    with pytest.raises(ValueError, match=f"{name}={value!r} was .* Call fit to begin anew"):
        features.set_params(**changed).partial_fit(X)
    np.testing.assert_array_equal(features.transform(X), Z)


def test_partial_fit_follows_a_change_of_gamma(integer_data):
    X = integer_data()
    features = TernaryRandomFeatures(50, random_state=0).fit(X[:40])
    features.set_params(gamma=0.001).partial_fit(X[40:])
    expected = TernaryRandomFeatures(50, gamma=0.001, random_state=0).fit(X)
    assert np.mean(features.transform(X) != expected.transform(X)) < 1e-3


def test_pickle_and_clone(integer_data):
    X = integer_data()
    kernel = RadialKernel(np.cos)
    features = TernaryRandomFeatures(50, random_state=0).fit(X)
    again = pickle.loads(pickle.dumps(features))
    np.testing.assert_array_equal(again.transform(X), features.transform(X))
    assert clone(TernaryRandomFeatures(kernel=kernel)).kernel == kernel


def test_random_state_instance_advances(integer_data):
    X, rng = integer_data(), np.random.RandomState(0)
    features = TernaryRandomFeatures(50, random_state=rng)
    assert (features.fit_transform(X) != features.fit_transform(X)).any()


def test_grid_search_in_a_pipeline_on_real_data():
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(
        StandardScaler(), TernaryRandomFeatures(256, random_state=0), RidgeClassifier()
    )
    name = "ternaryrandomfeatures"
    grid = {f"{name}__projection": ["sparse", "hadamard"], f"{name}__gamma": ["unit", "scale"]}
    search = GridSearchCV(model, grid, cv=3).fit(X[:900], y[:900])
    peer = make_pipeline(
        StandardScaler(),
        RBFSampler(n_components=256, gamma=1 / 128, random_state=0),
        RidgeClassifier(),
    )
    peer.fit(X[:900], y[:900])
    # 897 test rows, some 5 % errors: two standard errors of the difference are .02
    assert search.score(X[900:], y[900:]) > peer.score(X[900:], y[900:]) - 0.02


# ---- defaults ------------------------------------------------------------------------------------


def test_auto_n_nonzero():
    known = {1: 1, 2: 2, 3: 3, 4: 4, 8: 4, 16: 4, 20: 8, 42: 16, 60: 16, 92: 32, 784: 32, 10**6: 32}
    assert {p: auto_n_nonzero(p) for p in known} == known


@pytest.mark.parametrize(
    ("n_nonzero", "expected"), [("auto", 16), (1, 1), (40, 40), (0.5, 20), (1.0, 40), (0.001, 1)]
)
def test_n_nonzero(integer_data, n_nonzero, expected):
    features = TernaryRandomFeatures(
        10, projection="sparse", n_nonzero=n_nonzero, random_state=0
    ).fit(integer_data())
    assert features.n_nonzero_ == expected
    weights = features.weights_.project(np.eye(40))
    np.testing.assert_array_equal(np.count_nonzero(weights, axis=0), expected)


def test_gamma_scale_is_that_of_scikit_learn():
    X = np.random.default_rng(0).normal(3, 2, (50, 20)) * np.arange(1, 21)
    for data in (X, csr_array(X)):
        features = TernaryRandomFeatures(10, gamma="scale").fit(data)
        assert features.gamma_ == pytest.approx(1 / (20 * X.var()), rel=1e-12)
        assert RBFSampler(gamma="scale").fit(X)._gamma == pytest.approx(features.gamma_, rel=1e-12)
    assert TernaryRandomFeatures(10).fit(X).gamma_ == pytest.approx(1 / (2 * X.var(axis=0).sum()))
    assert TernaryRandomFeatures(10, kernel="relu").fit(X).gamma_ is None


def test_auto_activation_is_phase_for_rbf_only(integer_data):
    X = integer_data()
    assert TernaryRandomFeatures(10).fit(X).activation_ == "phase"
    assert TernaryRandomFeatures(10, kernel="exponential").fit(X).activation_ == "threshold"
    assert TernaryRandomFeatures(10, kernel=np.arctan).fit(X / 30).activation_ == "threshold"
