# SPDX-License-Identifier: BSD-3-Clause
"""What batches refuse, and that a refusal changes nothing."""

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skrmt.linear_model import SketchedRidgeEnsemble


def _data(n=60, p=20, q=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, p)), rng.standard_normal((n, q))


def _model(**params):
    return SketchedRidgeEnsemble(**{"n_members": 3, "sketch_size": 5, "random_state": 0, **params})


def _refused(model, match, method, *args, error=ValueError):
    before = joblib.hash(vars(model))
    with pytest.raises(error, match=match):
        getattr(model, method)(*args)
    assert joblib.hash(vars(model)) == before


def test_one_row_is_not_enough_and_is_counted():
    X, Y = _data()
    model = _model().partial_fit(X[:1], Y[:1], [1.5])
    assert model.n_samples_seen_ == 1 and not hasattr(model, "coef_")
    _refused(model, "seen 1 row", "predict", X, error=NotFittedError)
    _refused(model, "seen 1 row", "predict_interval", X, error=NotFittedError)
    _refused(model, "seen 1 row", "risk", error=NotFittedError)
    model.partial_fit(X[1:2], Y[1:2])
    assert model.predict(X).shape == Y.shape


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_members", 4),
        ("sketch_size", 6),
        ("sketch", "gaussian"),
        ("sketch_nnz", 2),
        ("partition", False),
        ("fit_intercept", False),
        ("stream_pairs", "ring"),
        ("n_reservoir", 5),
    ],
)
def test_what_the_sketches_were_drawn_for_cannot_change(name, value):
    X, Y = _data()
    model = _model().partial_fit(X, Y)
    other = _model(**{name: value}).partial_fit(X, Y)
    _refused(model, f"{name} is .* in other", "merge", other)
    model.set_params(**{name: value})
    _refused(model, f"{name}=.* was ", "partial_fit", X, Y)
    _refused(model, f"{name}=.* was ", "merge", clone(model).partial_fit(X, Y))
    _refused(model, f"{name}=.* was ", "calibrate", X, Y)


def test_what_decides_on_a_penalty_may_change():
    X, Y = _data()
    model = _model(alphas=1.0, negative_alphas=False).partial_fit(X, Y)
    assert model.alpha_ == 1
    model.set_params(alphas=[0, 10.0, 100.0], criterion="gcv").partial_fit(X, Y)
    assert len(model.alphas_) == 3


def test_targets_and_columns_of_batches_must_agree():
    X, Y = _data()
    model = _model().partial_fit(X, Y)
    _refused(model, r"y has shape \(60,\).*\(n_samples, 2\)", "partial_fit", X, Y[:, 0])
    _refused(model, r"y has shape \(60, 1\)", "calibrate", X, Y[:, :1])
    _refused(model, "features", "partial_fit", X[:, :7], Y)
    _refused(model, "features", "calibrate", X[:, :7], Y)
    _refused(model, "y has shape", "merge", _model().partial_fit(X, Y[:, 0]))


def test_merge_needs_the_same_sketches():
    X, Y = _data()
    model = _model().partial_fit(X, Y)
    _refused(model, "random_state", "merge", _model(random_state=1).partial_fit(X, Y))
    _refused(model, "dense or all sparse", "merge", _model().partial_fit(csr_array(X), Y))
    # The number of columns is told before what follows from it, or from other parameters.
    other = _model(n_members=4).partial_fit(X[:, :9], Y)
    _refused(model, "20 features and other 9", "merge", other)
    named = _model().partial_fit(pd.DataFrame(X).rename(columns=str), Y)
    _refused(model, "feature names", "merge", named)
    few, many = (_model(n_members=5, max_memory=memory) for memory in (1e-9, 1.0))
    wide = np.random.default_rng(1).standard_normal((60, 200))
    _refused(few.partial_fit(wide, Y), "stream_pairs", "merge", many.partial_fit(wide, Y))


def test_merge_needs_estimators_with_batches():
    X, Y = _data()
    model = _model().partial_fit(X, Y)
    _refused(model, "must be a SketchedRidgeEnsemble, got dict", "merge", {}, error=TypeError)
    _refused(model, "other has kept nothing; call partial_fit", "merge", _model())
    _refused(model, "other has kept nothing", "merge", _model().fit(X, Y))
    _refused(_model().fit(X, Y), "self has kept nothing", "merge", model)


def test_calibration_takes_training_rows():
    X, Y = _data()
    _refused(_model(), "not fitted", "calibrate", X, Y, error=NotFittedError)
    _refused(_model().fit(X, Y), "needs the statistics of partial_fit", "calibrate", X, Y)
    model = _model(n_reservoir=9).partial_fit(X, Y)
    _refused(model, "120 rows.*has seen 60", "calibrate", np.vstack([X, X]), np.vstack([Y, Y]))
    _refused(model, "NaN", "calibrate", np.full_like(X, np.nan), Y)


def test_a_penalty_that_is_too_low_is_refused_when_it_is_used():
    X, Y = _data()
    for n_reservoir in (2000, 20):
        model = _model(alphas=-1e6, n_reservoir=n_reservoir).partial_fit(X, Y)
        _refused(model, r"alphas=-1000000\.0.* must be larger than", "predict", X)
        assert model.set_params(alphas=1.0).predict(X).shape == Y.shape
