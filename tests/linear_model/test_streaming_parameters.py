# SPDX-License-Identifier: BSD-3-Clause
"""Parameters of a stream that change between batches, and those in which merged ones differ."""

import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import make_scorer, mean_absolute_error

from skrmt.linear_model import SketchedRidgeEnsemble

ALPHAS = [0.0, 0.1, 1.0, 10.0, 100.0, 1e4]
CHANGES = {
    "alphas": 7.0,
    "criterion": "gcv",
    "negative_alphas": True,
    "alpha_per_target": True,
    "scoring": "neg_mean_absolute_error",
    "store_cv_results": True,
    "max_memory": 1e-6,
}
ATTRIBUTES = ("alphas_", "alpha_", "risk_path_", "best_score_", "coef_", "corrected_residuals_")


def _data(n=90, p=24, q=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    noise = rng.standard_normal((n, q)) * [0.1, 3.0]
    return X, X @ rng.standard_normal((p, q)) + noise


def _model(**params):
    options = {"n_members": 3, "sketch_size": 6, "random_state": 0, "alphas": ALPHAS}
    return SketchedRidgeEnsemble(**{**options, "negative_alphas": False, **params})


def _assert_equal(found, expected, rtol=0.0):
    for name in ATTRIBUTES:
        ours, theirs = getattr(found, name), getattr(expected, name)
        np.testing.assert_allclose(ours, theirs, rtol=rtol, err_msg=name)
    assert hasattr(found, "cv_results_") == hasattr(expected, "cv_results_")


@pytest.mark.parametrize("n_reservoir", [2000, 40])
@pytest.mark.parametrize("name", CHANGES)
def test_result_does_not_depend_on_whether_somebody_looked(name, n_reservoir):
    X, Y = _data()
    model = _model(n_reservoir=n_reservoir).partial_fit(X, Y)
    looked = pickle.loads(pickle.dumps(model))
    before = looked.best_score_, looked.alpha_, len(looked.alphas_), hasattr(looked, "cv_results_")
    for one in (model, looked):
        one.set_params(**{name: CHANGES[name]})
    _assert_equal(looked, model)
    _assert_equal(pickle.loads(pickle.dumps(looked)), model)
    after = looked.best_score_, looked.alpha_, len(looked.alphas_), hasattr(looked, "cv_results_")
    if name != "max_memory":
        assert joblib.hash(after) != joblib.hash(before)


def test_penalties_that_change_in_place_are_seen():
    X, Y = _data()
    alphas = np.array(ALPHAS)
    model = _model(alphas=alphas).partial_fit(X, Y)
    assert model.alphas_[-1] == 1e4
    alphas[-1] = 1e5
    assert model.alphas_[-1] == 1e5


def test_equal_parameters_are_not_solved_for_again(monkeypatch):
    X, Y = _data()
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    model = _model(scoring=scorer, alphas=np.array(ALPHAS)).partial_fit(X, Y)
    calls = []
    solve = type(model)._solve
    monkeypatch.setattr(type(model), "_solve", lambda self: calls.append(1) or solve(self))
    coef = model.coef_
    same = make_scorer(mean_absolute_error, greater_is_better=False)
    model.set_params(scoring=same, alphas=ALPHAS, n_jobs=1, verbose=1)
    assert model.coef_ is coef and len(calls) == 1
    assert pickle.loads(pickle.dumps(model)).alpha_ == model.alpha_ and len(calls) == 1


def test_a_change_undoes_the_calibration():
    X, Y = _data()
    model = _model(n_reservoir=40).partial_fit(X, Y).calibrate(X, Y)
    assert len(model.corrected_residuals_) == 90
    assert len(model.set_params(alphas=1.0).corrected_residuals_) == 40


@pytest.mark.parametrize(
    ("name", "value"), [("alphas", "none"), ("criterion", "aic"), ("max_memory", -1.0)]
)
def test_parameters_are_validated_at_every_batch_and_when_solving(name, value):
    X, Y = _data()
    model = _model().partial_fit(X, Y).set_params(**{name: value})
    before = joblib.hash(vars(model))
    for call in (
        lambda: model.partial_fit(X, Y),
        lambda: model.calibrate(X, Y),
        lambda: model.predict(X),
        lambda: model.risk(),
        lambda: model.coef_,
    ):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of SketchedRidgeEnsemble"):
            call()
    assert joblib.hash(vars(model)) == before
    assert "coef_" not in dir(model)  # which is asked for a picture of the estimator


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "max_memory"])
def test_estimators_with_other_parameters_are_not_merged(name):
    X, Y = _data()
    model, other = _model().partial_fit(X, Y), _model(**{name: CHANGES[name]}).partial_fit(X, Y)
    with pytest.raises(ValueError, match=f"^{name} is .* here and .* in other"):
        model.merge(other)
    with pytest.raises(ValueError, match=rf"^{name} is {CHANGES[name]!r} here and"):
        other.merge(model)
    assert model.n_samples_seen_ == other.n_samples_seen_ == 90


def test_workers_may_differ_in_what_does_not_matter():
    X, Y = _data()
    model = _model(scoring=make_scorer(mean_absolute_error, greater_is_better=False))
    one, two = (clone(model).partial_fit(X[rows], Y[rows]) for rows in (slice(40), slice(40, 90)))
    two = pickle.loads(pickle.dumps(two)).set_params(n_jobs=2, verbose=1, max_memory=2.0)
    _assert_equal(one.merge(two), clone(model).partial_fit(X, Y), rtol=1e-9)
