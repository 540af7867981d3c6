# SPDX-License-Identifier: BSD-3-Clause
"""Batches against all rows at once: the same ensemble, while and after the rows are kept."""

import copy
import pickle
from functools import reduce

import joblib
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone

from skrmt.linear_model import SketchedRidgeEnsemble
from skrmt.linear_model._streaming import SOLVED

ALPHAS = np.concatenate([[0], np.logspace(-2, 3, 9)])  # the best is never on the edge

# Sketches side by side; the rows as they are; no sketch; independent and sparse sketches.
LAYOUTS = {
    "sketched": {"n_members": 3, "sketch_size": 12},
    "raw": {"n_members": 8, "sketch_size": 20},
    "no sketch": {"sketch": None, "sketch_size": 60},
    "gaussian": {"n_members": 4, "sketch_size": 12, "sketch": "gaussian", "partition": False},
    "sparse": {"n_members": 3, "sketch_size": 12, "sketch": "sparse", "sketch_nnz": 4},
    "no intercept": {"n_members": 3, "sketch_size": 12, "fit_intercept": False},
}
in_every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def _data(n=150, p=60, q=2, *, offset=0.0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    Y = X @ rng.standard_normal((p, q)) / np.sqrt(p) + rng.standard_normal((n, q)) + 3
    return X + offset, Y


def _model(layout="sketched", **params):
    if "alphas" in params:
        params.setdefault("negative_alphas", False)
    return SketchedRidgeEnsemble(**{"random_state": 0, **LAYOUTS[layout], **params})


def _feed(model, X, Y, weights=None, *, parts):
    """Fit in batches, given by their number or by their ends."""
    for rows in np.array_split(np.arange(len(Y)), parts):
        model.partial_fit(X[rows], Y[rows], None if weights is None else weights[rows])
    return model


def _assert_same_model(found, expected, rtol, *, residuals=True):
    """Compare what can be compared: penalty, path and coefficients, and residuals row by row."""
    names = ["alphas_", "alpha_", "risk_path_", "df_path_", "mus_", "coef_", "intercept_"]
    for name in names + ["corrected_residuals_"] * residuals:
        ours, theirs = getattr(found, name), getattr(expected, name)
        scale = np.abs(theirs[np.isfinite(theirs)]).max() if np.ndim(theirs) else abs(theirs)
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * scale, err_msg=name)


@in_every_layout
@pytest.mark.parametrize("parts", [1, 5, [1, 2, 90]], ids=["one", "five", "single rows first"])
@pytest.mark.parametrize("weighted", [False, True])
def test_gcv_of_any_batches_is_that_of_all_rows(layout, parts, weighted):
    X, Y = _data(offset=0.0 if layout == "no intercept" else 1e4)
    weights = np.random.default_rng(1).integers(1, 9, len(Y)) / 4 if weighted else None
    model = _model(layout, criterion="gcv", n_reservoir=30)
    streamed = _feed(clone(model), X, Y, weights, parts=parts)
    assert len(streamed.corrected_residuals_) == 30
    # mus_ and the like go with the spectrum; digits are those of X at this offset.
    _assert_same_model(streamed, model.fit(X, Y, weights), 1e-10, residuals=False)


@in_every_layout
@pytest.mark.filterwarnings("ignore:sample_weight holds whole numbers")
@pytest.mark.parametrize("criterion", ["loo", "gcv"])
@pytest.mark.parametrize("weights", ["none", "whole", "any", "with zeros", "constant", "huge"])
def test_while_every_row_is_kept_the_model_is_that_of_fit(layout, criterion, weights):
    X, Y = _data()
    drawn = np.random.default_rng(1).integers(1, 5, len(Y)).astype(float)
    w = {
        "none": None,
        "whole": drawn,
        "any": drawn / 1.7,
        "with zeros": drawn - 1,
        "constant": 0 * drawn + 3,
        "huge": drawn / 1.7 * 2.0**55,
    }[weights]
    model = _model(layout, criterion=criterion)
    streamed = _feed(clone(model), X, Y, w, parts=[1, 7, 60])
    _assert_same_model(streamed, model.fit(X, Y, w), 1e-8)


@pytest.mark.parametrize("layout", ["sketched", "raw", "no sketch"])
def test_fewer_rows_than_columns_interpolate_as_in_fit(layout):
    X, Y = _data(n=11)
    model = _model(layout)
    streamed = _feed(clone(model), X, Y, parts=3)
    _assert_same_model(streamed, model.fit(X, Y), 1e-8)


def test_one_target_and_a_penalty_for_each_target_have_the_shapes_of_fit():
    X, Y = _data()
    for y, params in ((Y[:, 0], {}), (Y[:, :1], {}), (Y, {"alpha_per_target": True})):
        model = _model(**params)
        for n_reservoir in (2000, 60):
            streamed = _feed(clone(model).set_params(n_reservoir=n_reservoir), X, y, parts=4)
            fitted = clone(model).fit(X, y)
            for name in ("coef_", "alpha_", "risk_path_", "best_risk_", "risk_1_", "intercept_"):
                assert np.shape(getattr(streamed, name)) == np.shape(getattr(fitted, name)), name
            assert streamed.predict(X).shape == y.shape
            assert streamed.predict_interval(X).shape == fitted.predict_interval(X).shape


@pytest.mark.parametrize("n_reservoir", [2000, 20])
@pytest.mark.parametrize("layout", ["sketched", "raw", "sparse", "no intercept"])
def test_tree_of_merges_is_one_pass(layout, n_reservoir):
    X, Y = _data(offset=0.0 if layout == "no intercept" else 10.0)
    weights = np.random.default_rng(1).integers(1, 9, len(Y)) / 4
    model = _model(layout, criterion="gcv", n_reservoir=n_reservoir)
    one_pass = _feed(clone(model), X, Y, weights, parts=6)
    leaves = np.array_split(np.arange(len(Y)), 4)
    workers = [_feed(clone(model), X[r], Y[r], weights[r], parts=2) for r in leaves]
    before = joblib.hash(vars(workers[3]))
    tree = workers[0].merge(workers[1]).merge(workers[2].merge(workers[3]))
    assert joblib.hash(vars(workers[3])) == before
    assert tree.n_samples_seen_ == len(Y)
    _assert_same_model(tree, one_pass, 1e-10, residuals=n_reservoir == 2000)
    # A merged estimator goes on.
    tree.partial_fit(X[:9], Y[:9], weights[:9])
    one_pass.partial_fit(X[:9], Y[:9], weights[:9])
    _assert_same_model(tree, one_pass, 1e-10, residuals=n_reservoir == 2000)


@in_every_layout
@pytest.mark.filterwarnings("ignore:sample_weight holds whole numbers")
@pytest.mark.parametrize("weights", ["none", "whole", "any", "constant", "no ones"])
def test_calibration_with_all_rows_gives_the_leave_one_out_of_fit(layout, weights):
    X, Y = _data()
    drawn = np.random.default_rng(1).integers(1, 5, len(Y)).astype(float)
    w = {
        "none": None,
        "whole": drawn,
        "any": drawn / 1.7,
        "constant": 0 * drawn + 3,
        "no ones": drawn + 1,
    }[weights]
    model = _model(layout, n_reservoir=50)
    streamed = _feed(clone(model), X, Y, w, parts=4)
    rough = streamed.best_risk_
    fitted = model.fit(X, Y, w)
    _assert_same_model(streamed.calibrate(X, Y, w), fitted, 1e-8)
    assert rough != streamed.best_risk_
    for level in (0.5, 0.9):
        ours, theirs = (m.predict_interval(X[:3], level) for m in (streamed, fitted))
        np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_calibration_is_undone_by_the_next_batch_and_needless_while_all_rows_are_kept():
    X, Y = _data()
    streamed = _feed(_model(n_reservoir=50), X, Y, parts=2).calibrate(X, Y)
    assert len(streamed.corrected_residuals_) == len(Y)
    assert len(streamed.partial_fit(X[:5], Y[:5]).corrected_residuals_) == 50
    complete = _feed(_model(), X, Y, parts=2)
    complete.calibrate(X[:40], Y[:40])
    assert len(complete.corrected_residuals_) == len(Y)


def test_residuals_that_exceed_the_memory_are_found_in_a_second_pass():
    X, Y = _data()
    model = _model(n_reservoir=50, alpha_per_target=True)
    model = _feed(model, X, Y, parts=2).calibrate(X, Y)
    expected = model.corrected_residuals_
    model.set_params(max_memory=1e-6).calibrate(X, Y)
    np.testing.assert_allclose(model.corrected_residuals_, expected, rtol=1e-12)


def test_weights_are_repetitions():
    X, Y = _data()
    repeats = np.random.default_rng(1).integers(0, 4, len(Y))
    model = _model(criterion="gcv", n_reservoir=20)
    weighted = _feed(clone(model), X, Y, repeats.astype(float), parts=3)
    repeated = _feed(clone(model), np.repeat(X, repeats, 0), np.repeat(Y, repeats, 0), parts=3)
    assert weighted.n_samples_seen_ == np.count_nonzero(repeats)
    _assert_same_model(weighted, repeated, 1e-10, residuals=False)


@pytest.mark.parametrize("sketch", ["sparse", "srdct", "countsketch", None])
@pytest.mark.parametrize("n_members", [2, 12])
@pytest.mark.parametrize("n_reservoir", [2000, 40])
def test_sparse_batches_count_as_dense_ones(sketch, n_members, n_reservoir):
    X, Y = _data()
    X = np.where(np.abs(X) < 1, 0, X)
    params = {"sketch": sketch, "sketch_nnz": 4, "sketch_size": 12, "n_members": n_members}
    model = _model("sketched", **params, n_reservoir=n_reservoir)
    dense = _feed(clone(model), X, Y, parts=3)
    sparse = _feed(clone(model), csr_array(X), Y, parts=3)
    _assert_same_model(sparse, dense, 1e-9)
    mixed = _feed(clone(model), X[:70], Y[:70], parts=2)
    _assert_same_model(_feed(mixed, csr_array(X[70:]), Y[70:], parts=2), dense, 1e-9)
    dense.calibrate(X, Y)
    _assert_same_model(sparse.calibrate(csr_array(X), Y), dense, 1e-9)


def test_float32_batches_give_float32_coefficients_and_the_sums_of_float64():
    X, Y = _data(offset=100.0)
    X = X.astype(np.float32)
    for n_reservoir in (2000, 40):
        model = _model(n_reservoir=n_reservoir, alphas=ALPHAS)
        single, double = (_feed(clone(model), X_t, Y, parts=3) for X_t in (X, X.astype(float)))
        assert single.coef_.dtype == single.intercept_.dtype == np.float32
        assert single.predict(X).dtype == np.float32
        # Sketched in float32: some eps of it in the spectrum, times the condition number.
        np.testing.assert_allclose(single.risk_path_, double.risk_path_, rtol=1e-4)
        np.testing.assert_allclose(single.coef_, double.coef_, rtol=0, atol=1e-4)
        assert single.partial_fit(X[:5].astype(float), Y[:5]).coef_.dtype == np.float64


@pytest.mark.parametrize("n_reservoir", [2000, 100])
def test_any_scorer_judges_the_kept_rows(n_reservoir):
    X, Y = _data()
    model = _model(scoring="neg_mean_absolute_error", alphas=ALPHAS, n_reservoir=n_reservoir)
    streamed, fitted = _feed(clone(model), X, Y, parts=3), clone(model).fit(X, Y)
    if n_reservoir > len(Y):
        assert streamed.best_score_ == pytest.approx(fitted.best_score_, rel=1e-10)
    else:
        # 100 of 150 errors of deviation 0.6 |mean|, in two targets, without replacement.
        assert streamed.best_score_ == pytest.approx(fitted.best_score_, rel=0.1)
        streamed.calibrate(X, Y)
        assert streamed.best_score_ == pytest.approx(fitted.best_score_, rel=1e-10)


def test_rows_kept_in_cv_results_are_those_of_the_residuals():
    X, Y = _data()
    model = _model(store_cv_results=True, alphas=ALPHAS, n_reservoir=40)
    model = _feed(model, X, Y[:, 0], parts=3)
    at_best = model.cv_results_[:, list(ALPHAS).index(model.alpha_)]
    assert at_best.shape == (40,)
    np.testing.assert_allclose(at_best, model.corrected_residuals_**2)


def test_negative_penalties_and_extensions_are_those_of_fit():
    X, Y = _data(n=200, p=80)
    model = _model("gaussian", negative_alphas=True, criterion="gcv", n_reservoir=10)
    streamed = _feed(clone(model), X, 100 * Y, parts=3)
    assert streamed.alphas_.min() < 0
    _assert_same_model(streamed, model.fit(X, 100 * Y), 1e-10, residuals=False)


def test_nothing_is_solved_before_it_is_asked_for():
    X, Y = _data()
    model = _feed(_model(), X, Y, parts=3)
    assert not set(SOLVED) & set(vars(model))
    copies = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    assert not set(SOLVED) & set(dir(model))
    expected = model.predict(X)
    assert set(dir(model)) >= set(SOLVED) - {"cv_results_"}
    for other in copies:
        assert "coef_" not in dir(other)
        np.testing.assert_array_equal(other.predict(X), expected)
    assert not hasattr(clone(model), "coef_")


def test_no_attribute_is_solved_for_twice(monkeypatch):
    X, Y = _data()
    model = _feed(_model(), X, Y, parts=3)
    calls = []
    solve = type(model)._solve
    monkeypatch.setattr(type(model), "_solve", lambda self: calls.append(1) or solve(self))
    assert model.coef_ is model.coef_
    assert not hasattr(model, "cv_results_") and not hasattr(model, "nonsense_")
    assert len(calls) == 1


def test_every_attribute_of_fit_is_solved_for():
    X, Y = _data()
    fitted = _model(store_cv_results=True).fit(X, Y)
    params = set(fitted.get_params())
    assert set(vars(fitted)) - params - {"n_features_in_"} == set(SOLVED)


def test_fit_forgets_the_batches_and_a_batch_after_fit_begins_anew():
    X, Y = _data()
    model = _feed(_model(), X, Y, parts=3)
    _assert_same_model(model.fit(X[:80], Y[:80]), _model().fit(X[:80], Y[:80]), 0)
    assert not hasattr(model, "n_samples_seen_")
    model = _feed(model, X[80:], Y[80:], parts=2)
    assert model.n_samples_seen_ == len(Y) - 80
    _assert_same_model(model, _feed(_model(), X[80:], Y[80:], parts=2), 0)


def test_size_of_the_sketch_is_found_from_the_features():
    X, Y = _data(n=40, p=400, q=1)
    assert _model(sketch_size="auto").partial_fit(X, Y).sketch_size_ == 100
    assert _model(sketch_size=0.05).partial_fit(X, Y).sketch_size_ == 20


def test_merging_many_reservoirs_of_one_seed_draws_from_all_of_them():
    X, Y = _data(n=400, q=1)
    model = _model(n_reservoir=100, alphas=10.0)
    parts = np.array_split(np.arange(400), 4)
    workers = [clone(model).partial_fit(X[r], Y[r]) for r in parts]
    merged = reduce(lambda a, b: a.merge(b), workers)
    kept = merged._stream.reservoir.Y[:, 0]
    counts = [np.isin(kept, Y[r, 0]).sum() for r in parts]
    # Each is hypergeometric: mean 25, variance 100 / 4 * 3 / 4 * 300 / 399.
    assert sum(counts) == 100 and max(abs(c - 25) for c in counts) < 4 * 3.75
