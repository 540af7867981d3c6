# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeEnsemble as its users meet it."""

import numpy as np
import pandas as pd
import pytest
from ridge_designs import make_design
from scipy.sparse import csc_array, csr_array
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt.exceptions import TheoryWarning
from skrmt.linear_model import SketchedRidgeEnsemble


@pytest.fixture(scope="module")
def design():
    return make_design(150, 120, seed=0)


def ensemble(n_members=4, **options):
    return SketchedRidgeEnsemble(n_members, **{"sketch_size": 30, "random_state": 0, **options})


@pytest.mark.parametrize("options", [{"sketch": None}, {"sketch_size": 1.0}])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [150, 60])
def test_without_sketch_it_is_exact_ridge_regression(design, options, weighted, rows):
    X, y = design.X[:rows], design.y[:rows]
    w = np.random.default_rng(1).uniform(0.5, 2, rows) if weighted else None
    alphas = np.logspace(-1, 3, 9)
    model = ensemble(alphas=alphas, store_cv_results=True, **options).fit(X, y, w)
    peer = RidgeCV(alphas, store_cv_results=True).fit(X, y, sample_weight=w)
    assert model.alpha_ == peer.alpha_
    if not weighted:
        assert model.best_score_ == pytest.approx(peer.best_score_)
    np.testing.assert_allclose(model.cv_results_, peer.cv_results_, rtol=1e-8, atol=1e-10)
    exact = Ridge(model.alpha_).fit(X, y, sample_weight=w)
    np.testing.assert_allclose(model.coef_, exact.coef_, atol=1e-10)
    assert model.intercept_ == pytest.approx(exact.intercept_, abs=1e-10)
    assert (model.sketch_, model.n_members_) == (None, 1)


def test_one_penalty_is_used_as_it_is(design):
    model = ensemble(alphas=7.0).fit(design.X, design.y)
    assert model.alpha_ == 7.0
    assert model.risk_path_.shape == model.alphas_.shape == (1,)


def test_chosen_penalty_has_the_smallest_risk(design):
    model = ensemble().fit(design.X, design.y)
    best = np.argmin(model.risk_path_)
    assert model.alpha_ == model.alphas_[best]
    assert model.best_risk_ == model.risk_path_[best] == -model.best_score_
    assert model.mu_ == model.mus_[best]
    assert np.mean(model.corrected_residuals_**2) == pytest.approx(model.best_risk_)
    assert np.all(np.diff(model.alphas_) > 0)
    assert np.all(np.diff(model.df_path_) <= 1e-9)
    assert np.all(np.diff(model.mus_) > 0)


def test_corrected_residuals_are_predictions_without_the_row(design):
    model = ensemble().fit(design.X, design.y)
    fixed = clone(model).set_params(alphas=model.alpha_)
    for i in (0, 77):
        rest = np.arange(150) != i
        missed = design.y[i] - fixed.fit(design.X[rest], design.y[rest]).predict(design.X[[i]])
        assert model.corrected_residuals_[i] == pytest.approx(missed[0], rel=1e-8)


def test_risk_at_the_own_size_is_the_risk_path(design):
    for n_members, partition in [(5, True), (8, True), (3, False)]:
        model = ensemble(n_members, partition=partition).fit(design.X, design.y)
        own = model.risk(n_members)
        np.testing.assert_allclose(own[model.risk_path_ < np.inf], model.risk_path_, rtol=1e-9)
        assert model.risk(np.inf)[model.alphas_ == model.alpha_] == pytest.approx(model.risk_inf_)
        assert model.risk(1)[model.alphas_ == model.alpha_] == pytest.approx(model.risk_1_)


def test_risk_beyond_a_single_group_is_refused(design):
    model = ensemble(4).fit(design.X, design.y)  # four quarters of one transform
    assert np.isnan(model.risk_inf_)
    np.testing.assert_allclose(model.risk(4), model.risk_path_, rtol=1e-9)
    with pytest.raises(ValueError, match="partition=False"):
        model.risk(5)


def test_single_member_needs_another_for_the_risk_of_more(design):
    model = ensemble(1).fit(design.X, design.y)
    with pytest.raises(ValueError, match="fit two members"):
        model.risk(2)


def test_targets_share_a_penalty_or_have_their_own(design):
    rng = np.random.default_rng(0)
    Y = np.column_stack([design.y, rng.standard_normal(150)])
    shared = ensemble().fit(design.X, Y)
    own = ensemble(alpha_per_target=True).fit(design.X, Y)
    assert shared.alpha_ == shared.alphas_[np.argmin(shared.risk_path_.mean(axis=0))]
    assert own.alpha_.shape == own.best_risk_.shape == (2,)
    assert own.alpha_[1] > 10 * own.alpha_[0]  # the second target is noise
    for t in range(2):
        # The grid that two targets extended may be longer, so both are fitted at one penalty.
        alone = ensemble(alphas=float(own.alpha_[t])).fit(design.X, Y[:, t])
        np.testing.assert_allclose(own.coef_[t], alone.coef_, atol=1e-10)
        assert own.intercept_[t] == pytest.approx(alone.intercept_)
        np.testing.assert_allclose(
            own.corrected_residuals_[:, t], alone.corrected_residuals_, atol=1e-9
        )


def test_column_of_targets_keeps_its_shape(design):
    model = ensemble().fit(design.X, design.y[:, None])
    assert model.coef_.shape == (1, 120)
    assert model.predict(design.X).shape == (150, 1)
    assert model.predict_interval(design.X).shape == (150, 2, 1)
    assert np.ndim(model.alpha_) == 0


def test_scorer_chooses_by_corrected_predictions(design):
    alphas = np.array([0.0, *np.logspace(-2, 4, 13)])
    options = {"alphas": alphas, "store_cv_results": True, "negative_alphas": False}
    model = ensemble(scoring="neg_mean_absolute_error", **options).fit(design.X, design.y)
    errors = [mean_absolute_error(design.y, p) for p in model.cv_results_.T]
    assert model.alpha_ == alphas[np.argmin(errors)]
    assert model.best_score_ == pytest.approx(-min(errors))


def test_scorer_sees_no_row_without_weight(design):
    w = np.ones(150)
    w[::3] = 0
    options = {"scoring": "neg_mean_absolute_error"}
    weighted = ensemble(**options).fit(design.X, design.y, w)
    without = ensemble(**options).fit(design.X[w > 0], design.y[w > 0])
    assert weighted.best_score_ == pytest.approx(without.best_score_)
    np.testing.assert_allclose(weighted.coef_, without.coef_, atol=1e-12)


@pytest.mark.filterwarnings("ignore:sample_weight holds whole numbers")
@pytest.mark.parametrize("criterion", ["loo", "gcv"])
@pytest.mark.parametrize("alphas", [2.0, "auto"])
@pytest.mark.parametrize("size", [10, 60])
def test_whole_weights_are_repetitions(design, criterion, alphas, size):
    w = np.random.default_rng(2).integers(0, 4, 80)
    X, y = design.X[:80, :60], design.y[:80]
    model = ensemble(criterion=criterion, alphas=alphas, sketch_size=size)
    weighted = clone(model).fit(X, y, w)
    repeated = clone(model).fit(X.repeat(w, axis=0), y.repeat(w))
    np.testing.assert_allclose(weighted.alpha_, repeated.alpha_, rtol=1e-10)
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-10)
    finite = np.isfinite(weighted.risk_path_) & np.isfinite(repeated.risk_path_)
    np.testing.assert_allclose(
        weighted.risk_path_[finite], repeated.risk_path_[finite], rtol=1e-6, atol=1e-12
    )


def test_scale_of_weights_goes_with_that_of_the_penalty(design):
    w = np.random.default_rng(2).uniform(0.5, 2, 150)
    one = ensemble(alphas=3.0).fit(design.X, design.y, w)
    ten = ensemble(alphas=30.0).fit(design.X, design.y, 10 * w)
    np.testing.assert_allclose(one.coef_, ten.coef_, rtol=1e-9)
    np.testing.assert_allclose(one.corrected_residuals_, ten.corrected_residuals_, rtol=1e-9)


def test_gcv_with_too_little_weight_is_refused(design):
    model = ensemble(criterion="gcv", sketch=None)
    with pytest.raises(ValueError, match="rescale sample_weight to mean 1"):
        model.fit(design.X[:60], design.y[:60], np.full(60, 0.01))


@pytest.mark.parametrize("container", [csr_array, csc_array])
@pytest.mark.parametrize("sketch", ["auto", "srdct", None])
def test_sparse_rows_are_dense_rows(design, container, sketch):
    X = np.where(design.X > 1, design.X, 0)
    model = ensemble(sketch="sparse" if sketch == "auto" else sketch)
    dense = clone(model).fit(X, design.y)
    sparse = clone(model).set_params(sketch=sketch).fit(container(X), design.y)
    assert sparse.sketch_ == dense.sketch_
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-9)
    np.testing.assert_allclose(sparse.predict(container(X)), dense.predict(X), atol=1e-9)


@pytest.mark.parametrize("sketch", ["srdct", "sparse", None])
def test_float32_stays(design, sketch):
    X = design.X.astype(np.float32) + np.float32(1000)
    single = ensemble(sketch=sketch, alphas=10.0).fit(X, design.y.astype(np.float32))
    double = ensemble(sketch=sketch, alphas=10.0).fit(X.astype(float), design.y)
    assert single.coef_.dtype == single.predict(X).dtype == np.float32
    # Far from 0 the rows have 2^-14 of their standard deviation as grain; the mean is taken out
    # before the sketch, so nothing more is lost.
    np.testing.assert_allclose(single.coef_, double.coef_, atol=1e-3)
    assert single.best_risk_ == pytest.approx(double.best_risk_, rel=1e-2)


def test_offset_of_the_features_is_the_intercepts_business(design):
    near = ensemble().fit(design.X, design.y)
    far = ensemble().fit(design.X + 1e4, design.y)
    np.testing.assert_allclose(far.coef_, near.coef_, atol=1e-7)
    assert far.best_risk_ == pytest.approx(near.best_risk_, rel=1e-7)


def test_negative_penalties_are_tried_where_zero_is_best():
    """No noise and strong signal: a small sketch alone penalises too much."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 80))
    y = X @ rng.standard_normal(80)
    plain = ensemble(8, sketch_size=20, negative_alphas=False).fit(X, y)
    auto = ensemble(8, sketch_size=20).fit(X, y)
    assert plain.alpha_ == 0
    assert auto.alpha_ < 0
    assert auto.best_risk_ < plain.best_risk_
    fixed = ensemble(8, sketch_size=20, alphas=float(auto.alpha_)).fit(X, y)
    np.testing.assert_allclose(fixed.coef_, auto.coef_, atol=1e-10)
    with pytest.raises(ValueError, match="minus 95 % of the smallest eigenvalue"):
        ensemble(8, sketch_size=20, alphas=-1e6).fit(X, y)


def noise_targets():
    """So many targets of noise that only the mean is worth predicting."""
    rng = np.random.default_rng(3)
    return rng.standard_normal((100, 120)), rng.standard_normal((100, 200))


def test_penalty_on_the_edge_of_a_given_grid_is_told(design):
    with pytest.warns(ConvergenceWarning, match="largest one; add larger"):
        ensemble(alphas=[1.0, 10.0, 100.0]).fit(*noise_targets())
    with pytest.warns(ConvergenceWarning, match="smallest one; add smaller"):
        ensemble(alphas=[1e5, 1e6, 1e7]).fit(design.X, design.y)


def test_automatic_grid_extends_where_there_is_no_signal():
    model = ensemble().fit(*noise_targets())
    assert model.alphas_[-1] / model.alphas_[1] > 1e13  # 8 decades and twice 3
    assert model.alpha_ == model.alphas_[-1]


def test_weights_that_are_no_counts_are_precisions(design):
    """A constant, or whole numbers without a one: the row is left out as a whole."""
    plain = ensemble().fit(design.X, design.y)
    constant = ensemble().fit(design.X, design.y, 5.0)
    assert constant.alpha_ == pytest.approx(5 * plain.alpha_)
    assert constant.best_risk_ == pytest.approx(plain.best_risk_)
    np.testing.assert_allclose(constant.coef_, plain.coef_, rtol=1e-9)
    w = np.random.default_rng(0).integers(3, 8, 150)
    precise, other = (
        ensemble().fit(design.X, design.y, w),
        ensemble().fit(design.X, design.y, 1.5 * w),
    )
    assert precise.best_risk_ == pytest.approx(other.best_risk_)


def test_counts_that_mislead_leave_one_out_are_told(design):
    w = np.random.default_rng(0).integers(1, 8, 60)
    with pytest.warns(TheoryWarning, match="divide them by their mean"):
        ensemble(sketch=None).fit(design.X[:60], design.y[:60], w)


@pytest.mark.parametrize("scale", [1e-120, 1e120])
def test_scales_beyond_all_measure_are_refused(design, scale):
    with pytest.raises(ValueError, match="rescale X"):
        ensemble().fit(scale * design.X, design.y)
    with pytest.raises(ValueError, match="rescale y"):
        ensemble().fit(design.X, scale * design.y)


def test_one_large_feature_does_not_hide_the_penalty_of_the_others():
    """It inflates the unit of the automatic grid: the best penalty lies far below."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 100))
    y = X @ rng.standard_normal(100) * 0.1 + rng.standard_normal(300)
    X[:, 0] *= 1e4
    model = SketchedRidgeEnsemble(sketch=None).fit(X, y)
    fine = SketchedRidgeEnsemble(sketch=None, alphas=np.logspace(-1, 5, 61)).fit(X, y)
    assert model.best_risk_ < 1.01 * fine.best_risk_
    assert 0 < model.alpha_ < 1000


@pytest.mark.parametrize("sketch", ["srdct", "gaussian", None])
@pytest.mark.parametrize("criterion", ["loo", "gcv"])
def test_risk_has_a_limit_where_the_penalty_vanishes(design, sketch, criterion):
    X, y = design.X[:30], design.y[:30]
    alphas = [0.0, 1e-12, 1e-9, 1e-6, 1.0, 1e6]
    model = ensemble(sketch_size=60, sketch=sketch, criterion=criterion, alphas=alphas)
    risk = model.fit(X, y).risk_path_
    np.testing.assert_allclose(risk[:3], risk[3], rtol=1e-4)


def test_names_pipeline_and_grid_search(design):
    frame = pd.DataFrame(design.X, columns=[f"x{j}" for j in range(120)])
    model = make_pipeline(StandardScaler(), ensemble())
    search = GridSearchCV(model, {"sketchedridgeensemble__sketch_size": [20, 40]}, cv=2)
    search.fit(frame, design.y)
    assert search.best_estimator_[-1].sketch_size_ in {20, 40}
    named = ensemble().fit(frame, design.y)
    np.testing.assert_array_equal(named.feature_names_in_, frame.columns)


def test_verbose_says_where_a_sketch_cannot_pay(design, capsys):
    ensemble(sketch_size=80, verbose=1).fit(design.X, design.y)
    assert "sketch=None is exact" in capsys.readouterr().out
    ensemble(verbose=1).fit(design.X, design.y)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_members": 0}, "n_members"),
        ({"sketch_size": 0}, "sketch_size"),
        ({"sketch_size": 1.5}, "sketch_size"),
        ({"sketch": "pca"}, "sketch"),
        ({"alphas": "best"}, "alphas"),
        ({"alphas": []}, "alphas"),
        ({"alphas": [1.0, np.nan]}, "alphas"),
        ({"criterion": "aic"}, "criterion"),
        ({"max_memory": 0}, "max_memory"),
        ({"scoring": "nonsense"}, "scoring"),
    ],
)
def test_bad_parameters_are_named(design, options, message):
    with pytest.raises(ValueError, match=message):
        SketchedRidgeEnsemble().set_params(**options).fit(design.X, design.y)


@pytest.mark.parametrize(
    ("X", "y", "weights", "message"),
    [
        (np.ones(5), np.ones(5), None, "Expected 2D array"),
        (np.ones((1, 3)), np.ones(1), None, "minimum of 2 is required"),
        (np.ones((3, 0)), np.ones(3), None, r"0 feature\(s\)"),
        ([[1.0], [np.inf]], np.ones(2), None, "infinity"),
        (np.ones((3, 2)), [1.0, np.nan, 1.0], None, "NaN"),
        (np.ones((3, 2)), np.ones(3), [1.0, -1.0, 1.0], "[Nn]egative"),
        (np.ones((3, 2)), np.ones(3), [1.0, 0.0, 0.0], "positive for 1 row"),
        (np.ones((3, 2)), np.ones(3), [1.0, 1.0], "sample_weight"),
    ],
)
def test_bad_data_are_named(X, y, weights, message):
    with pytest.raises(ValueError, match=message):
        SketchedRidgeEnsemble().fit(X, y, weights)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.zeros((6, 4)), np.arange(6.0)),
        (np.ones((6, 1)), np.arange(6.0)),
        (np.arange(2.0)[:, None], np.arange(2.0)),
        (np.arange(6.0)[:, None], np.ones(6)),
        (np.eye(2), np.arange(2.0)),
    ],
)
def test_degenerate_data_have_a_finite_model(X, y):
    model = SketchedRidgeEnsemble(random_state=0).fit(X, y)
    assert np.isfinite(model.coef_).all() and np.isfinite(model.intercept_)
    assert np.isfinite(model.predict(X)).all()
    if not np.ptp(X, axis=0).any():
        assert model.intercept_ == pytest.approx(y.mean())


def test_unfitted_says_so(design):
    for call in ("predict", "predict_interval"):
        with pytest.raises(NotFittedError):
            getattr(SketchedRidgeEnsemble(), call)(design.X)
    with pytest.raises(NotFittedError):
        SketchedRidgeEnsemble().risk()


@pytest.mark.parametrize("level", [0.0, 1.0, 2, "0.9"])
def test_bad_confidence_level_is_named(design, level):
    model = ensemble().fit(design.X, design.y)
    with pytest.raises(ValueError, match="confidence_level"):
        model.predict_interval(design.X, level)
