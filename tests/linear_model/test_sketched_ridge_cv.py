# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeCV beside exact ridge regression and exact leave-one-out."""

import pickle

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array
from sketched_ridge_cases import GRID, assert_exact, model, noisy_design, power_law
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.utils.estimator_checks import check_estimator

from skrmt.linear_model import SketchedRidgeCV


@pytest.fixture(scope="module")
def design():
    return noisy_design()


def test_sketched_path_is_ridge_regression_with_nearly_exact_leave_one_out(design):
    fitted = model(GRID).fit(design.X, design.y)
    peer = RidgeCV(GRID, store_cv_results=True).fit(design.X, design.y)
    assert fitted.sketch_ == "srdct"
    assert fitted.n_iter_ > 0
    assert fitted.alpha_ == peer.alpha_
    assert_exact(fitted, design.X, design.y)
    # Leverages scatter by some 1 / sqrt(m) of h about the exact ones, independently over rows.
    assert fitted.best_risk_ == pytest.approx(-peer.best_score_, rel=0.01)
    left_out = (design.y - peer.predict(design.X)) / fitted.corrected_residuals_
    exact = np.sqrt(peer.cv_results_[:, GRID == peer.alpha_][:, 0])
    np.testing.assert_allclose(np.abs(fitted.corrected_residuals_), exact, rtol=0.15)
    assert np.all((left_out > 0) & (left_out < 1))


@pytest.mark.parametrize("share", [0.3, 0.7])
@pytest.mark.parametrize("n_members", [1, 2])
def test_automatic_penalty_is_near_that_of_exact_leave_one_out(share, n_members):
    X, y, X_test, y_test = power_law(450, 420, share)
    fitted = model(n_members=n_members).fit(X, y)
    peer = RidgeCV(fitted.alpha_ * np.logspace(-2, 2, 41)).fit(X, y)
    assert 0.5 <= fitted.alpha_ / peer.alpha_ <= 2
    score = r2_score(y_test, fitted.predict(X_test))
    assert score == pytest.approx(r2_score(y_test, peer.predict(X_test)), abs=0.005)
    assert_exact(fitted, X, y)


def test_attributes_agree(design):
    fitted = model(store_cv_results=True).fit(design.X, design.y)
    best = np.argmin(fitted.risk_path_)
    n_alphas = len(fitted.alphas_)
    assert np.all(np.diff(fitted.alphas_) > 0)
    assert fitted.alpha_ == fitted.alphas_[best]
    assert fitted.mu_ == fitted.mus_[best] == pytest.approx(fitted.alpha_ / 400)
    assert fitted.best_score_ == -fitted.best_risk_
    assert fitted.best_risk_ == pytest.approx(np.mean(fitted.corrected_residuals_**2), rel=5e-3)
    assert fitted.df_path_.shape == fitted.risk_path_.shape == (n_alphas,)
    assert np.all(np.diff(fitted.df_path_) < 0)
    assert fitted.df_path_[-1] == pytest.approx(1, abs=0.5)  # the intercept
    assert fitted.cv_results_.shape == (400, n_alphas)
    np.testing.assert_allclose(fitted.cv_results_[:, best], fitted.corrected_residuals_**2)
    assert not hasattr(model().fit(design.X, design.y), "cv_results_")


def test_degrees_of_freedom_are_those_of_ridge_regression(design):
    fitted = model(GRID, sketch_size=120).fit(design.X, design.y)
    s = np.linalg.svd(design.X - design.X.mean(axis=0), compute_uv=False) ** 2
    exact = 1 + (s[:, None] / (s[:, None] + GRID)).sum(axis=0)
    reached = np.isfinite(fitted.df_path_)
    assert reached.sum() > 8
    np.testing.assert_allclose(fitted.df_path_[reached], exact[reached], rtol=0.02, atol=1)


@pytest.mark.parametrize(
    "options", [{"sketch": None}, {"sketch_size": "auto"}, {"sketch_size": 300}]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_exact_path_is_ridge_cv(design, options, weighted):
    w = np.random.default_rng(1).uniform(0.5, 2, 400) if weighted else None
    fitted = model(GRID, store_cv_results=True, **options).fit(design.X, design.y, w)
    peer = RidgeCV(GRID, store_cv_results=True).fit(design.X, design.y, sample_weight=w)
    assert (fitted.sketch_, fitted.n_iter_, fitted.sketch_size_) == (None, 0, 360)
    assert fitted.alpha_ == peer.alpha_
    np.testing.assert_allclose(fitted.cv_results_, peer.cv_results_, rtol=1e-8, atol=1e-10)
    assert_exact(fitted, design.X, design.y, w, rtol=1e-10)


def test_order_of_given_penalties_is_kept(design):
    order = np.random.default_rng(0).permutation(len(GRID))
    plain, mixed = model(GRID).fit(design.X, design.y), model(GRID[order]).fit(design.X, design.y)
    assert plain.alpha_ == mixed.alpha_
    np.testing.assert_allclose(mixed.risk_path_, plain.risk_path_[order], rtol=1e-6)


def test_one_penalty_is_used_as_it_is(design):
    fitted = model(300.0).fit(design.X, design.y)
    assert (fitted.alpha_, fitted.sketch_) == (300.0, "srdct")
    assert fitted.risk_path_.shape == fitted.alphas_.shape == (1,)
    assert_exact(fitted, design.X, design.y)


def norm(X, d, alpha):
    """Norm of the penalised problem."""
    return np.sqrt(np.sum(((X - X.mean(axis=0)) @ d) ** 2) + alpha * d @ d)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_coefficients_are_as_accurate_as_wanted(share):
    X, y, _, _ = power_law(450, 420, share)
    reads = []
    for tol in (1e-1, 1e-4, 1e-9):
        fitted = model(tol=tol).fit(X, y)
        exact = Ridge(fitted.alpha_).fit(X, y).coef_
        error = norm(X, fitted.coef_ - exact, fitted.alpha_)
        # the bound is an estimate
        assert error <= 2 * tol * norm(X, exact, fitted.alpha_)
        reads.append(fitted.n_iter_)
    assert reads[1] < reads[2]


def test_few_rows_or_features_are_solved_exactly():
    X, y, _, _ = power_law(300, 100, 0.1)
    fitted = model(sketch_size=40, tol=0.1).fit(X, y)
    assert fitted.sketch_ == "srdct"
    assert_exact(fitted, X, y, rtol=1e-10)


@pytest.mark.parametrize(
    ("alphas", "edge"), [([1e5, 1e6, 1e7], "smallest"), ([1, 10, 30], "largest")]
)
def test_edge_of_a_given_grid_warns(design, alphas, edge):
    with pytest.warns(ConvergenceWarning, match=edge):
        model(alphas).fit(design.X, design.y)


@pytest.mark.parametrize("kind", [csr_array, csc_array])
def test_sparse_rows(design, kind):
    X = np.where(np.abs(design.X) > 0.4, design.X, 0)
    dense = model(GRID, sketch="sparse").fit(X, design.y)
    sparse = model(GRID).fit(kind(X), design.y)
    assert sparse.sketch_ == "sparse"
    assert sparse.alpha_ == dense.alpha_
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-7)
    np.testing.assert_allclose(
        sparse.corrected_residuals_, dense.corrected_residuals_, rtol=1e-3, atol=1e-5
    )
    np.testing.assert_allclose(sparse.predict(kind(X[:5])), sparse.predict(X[:5]))


@pytest.mark.parametrize("sketch", ["orthogonal", "gaussian", "sparse", "countsketch"])
def test_every_sketch_serves(design, sketch):
    fitted = model(1000.0, sketch=sketch, sketch_size=120).fit(design.X, design.y)
    assert fitted.sketch_ == sketch
    exact = RidgeCV([1000.0], store_cv_results=True).fit(design.X, design.y)
    assert fitted.best_risk_ == pytest.approx(exact.cv_results_.mean(), rel=0.01)
    assert_exact(fitted, design.X, design.y)


def test_float32_gives_float32(design):
    double = model(GRID).fit(design.X, design.y)
    single = model(GRID).fit(design.X.astype(np.float32), design.y.astype(np.float32))
    assert single.coef_.dtype == single.predict(design.X[:3].astype(np.float32)).dtype == np.float32
    assert single.alpha_ == double.alpha_
    np.testing.assert_allclose(single.coef_, double.coef_, atol=1e-5)


def test_weights_of_any_size(design):
    w = np.random.default_rng(1).uniform(0.2, 3, 400)
    fitted = model(GRID).fit(design.X, design.y, w)
    peer = RidgeCV(GRID).fit(design.X, design.y, sample_weight=w)
    assert fitted.sketch_ == "srdct"
    assert_exact(fitted, design.X, design.y, w)
    assert 0.5 <= fitted.alpha_ / peer.alpha_ <= 2


@pytest.mark.parametrize("alphas", ["auto", GRID])
def test_whole_weights_are_repetitions(design, alphas):
    w = np.random.default_rng(1).integers(0, 3, 400)
    repeated = np.repeat(np.arange(400), w)
    weighted = model(alphas).fit(design.X, design.y, w)
    longer = model(alphas).fit(design.X[repeated], design.y[repeated])
    assert weighted.alpha_ == pytest.approx(longer.alpha_, rel=1e-9)
    assert len(weighted.corrected_residuals_) == np.sum(w > 0)
    np.testing.assert_allclose(weighted.coef_, longer.coef_, atol=1e-7)
    assert (weighted.sketch_, weighted.sketch_size_) == (longer.sketch_, longer.sketch_size_)
    usable = np.isfinite(longer.risk_path_)
    np.testing.assert_allclose(weighted.risk_path_[usable], longer.risk_path_[usable], rtol=5e-3)


def test_targets_share_a_penalty_or_have_their_own(design):
    Y = np.column_stack([design.y, np.random.default_rng(0).standard_normal(400)])
    shared = model(GRID).fit(design.X, Y)
    own = model(GRID, alpha_per_target=True).fit(design.X, Y)
    assert np.ndim(shared.alpha_) == 0
    assert shared.alpha_ == GRID[np.argmin(shared.risk_path_.mean(axis=0))]
    assert_exact(shared, design.X, Y)
    assert own.alpha_.shape == own.best_risk_.shape == own.best_score_.shape == (2,)
    assert own.alpha_[1] > 5 * own.alpha_[0]
    for t in range(2):
        alone = model(float(own.alpha_[t])).fit(design.X, Y[:, t])
        np.testing.assert_allclose(own.coef_[t], alone.coef_, atol=1e-7)
        np.testing.assert_allclose(
            own.corrected_residuals_[:, t], alone.corrected_residuals_, rtol=0.1
        )
    assert own.risk_path_.shape == (2, len(GRID))
    assert own.predict_interval(design.X[:4]).shape == (4, 2, 2)


def test_scorer_chooses_by_predictions_without_the_row(design):
    options = {"store_cv_results": True, "scoring": "neg_mean_absolute_error"}
    fitted = model(GRID, sketch_size=120, **options).fit(design.X, design.y)
    usable = np.isfinite(fitted.risk_path_)
    errors = [mean_absolute_error(design.y, p) for p in fitted.cv_results_[:, usable].T]
    assert fitted.alpha_ == GRID[usable][np.argmin(errors)]
    assert fitted.best_score_ == pytest.approx(-min(errors), rel=1e-2)


def test_intervals_cover_new_targets():
    X, y, X_test, y_test = power_law(700, 650, 0.3)
    ends = SketchedRidgeCV(random_state=0).fit(X, y).predict_interval(X_test, 0.9)
    covered = np.mean((ends[:, 0] < y_test) & (y_test < ends[:, 1]))
    # sd of the coverage: 0.011 from 700 residuals, 0.007 from 2000 tests
    assert covered == pytest.approx(0.9, abs=0.04)


def test_intervals_do_not_depend_on_the_unit_of_precisions(design):
    w = np.random.default_rng(1).uniform(0.5, 2, 400)
    plain, small = (model(a).fit(design.X, design.y, v) for a, v in ((300.0, w), (0.3, 1e-3 * w)))
    np.testing.assert_allclose(small.coef_, plain.coef_, atol=1e-6)
    ends = [fitted.predict_interval(design.X[:3]) for fitted in (plain, small)]
    np.testing.assert_allclose(*ends, rtol=1e-4)
    assert np.isfinite(ends).all()


@pytest.mark.parametrize("unit", [1e4, 1e-40, 1e40])
def test_shift_and_unit_of_the_data_do_not_matter(design, unit):
    plain = model().fit(design.X, design.y)
    moved = model().fit(1e-3 * design.X + 5.0, unit * (design.y - 7.0))
    assert moved.alpha_ == pytest.approx(1e-6 * plain.alpha_)
    np.testing.assert_allclose(moved.coef_ / (1e3 * unit), plain.coef_, rtol=0, atol=1e-5)
    assert moved.best_risk_ / unit**2 == pytest.approx(plain.best_risk_, rel=1e-3)


def test_same_seed_gives_the_same_and_another_does_not(design):
    first, again, other = (
        model(n_members=3, random_state=seed, n_jobs=jobs).fit(design.X, design.y)
        for seed, jobs in [(0, None), (0, 2), (1, None)]
    )
    np.testing.assert_allclose(first.corrected_residuals_, again.corrected_residuals_, rtol=1e-6)
    assert not np.array_equal(first.corrected_residuals_, other.corrected_residuals_)
    np.testing.assert_allclose(other.coef_, first.coef_, atol=0.05)


def test_pickle_and_clone(design):
    fitted = model(GRID).fit(design.X, design.y)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict(design.X), fitted.predict(design.X))
    again = clone(fitted).fit(design.X, design.y)
    np.testing.assert_array_equal(again.coef_, fitted.coef_)


def test_degenerate_data():
    X = np.zeros((50, 8))
    y = np.arange(50.0)
    fitted = SketchedRidgeCV(sketch_size=2, random_state=0).fit(X, y)
    np.testing.assert_array_equal(fitted.coef_, 0)
    assert fitted.intercept_ == pytest.approx(y.mean())
    X[:, 0] = np.arange(50)
    constant = SketchedRidgeCV(sketch_size=2, random_state=0).fit(X, np.ones(50))
    np.testing.assert_allclose(constant.predict(X), 1)


def test_bad_parameters_name_themselves(design):
    with pytest.raises(ValueError, match=r"alphas contains -1\.0"):
        model([-1.0, 1.0]).fit(design.X, design.y)
    with pytest.raises(ValueError, match="alphas"):
        model([]).fit(design.X, design.y)
    with pytest.raises(ValueError, match="tol"):
        model(tol=0.0).fit(design.X, design.y)
    with pytest.raises(ValueError, match="sketch"):
        model(sketch="subsample").fit(design.X, design.y)
    with pytest.warns(UserWarning, match="sketch_size=1000"):
        model(GRID, sketch_size=1000).fit(design.X, design.y)


def test_verbose_says_which_path(design, capsys):
    model(GRID, verbose=1).fit(design.X, design.y)
    assert "products" in capsys.readouterr().out
    model(GRID, verbose=1, sketch=None).fit(design.X, design.y)
    assert "exact path" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "parameters",
    [{}, {"sketch_size": 1}, {"sketch_size": 2, "alphas": [0.1, 1.0, 10.0]}, {"sketch": None}],
    ids=["default", "smallest", "given", "exact"],
)
def test_common_checks(parameters):
    check_estimator(SketchedRidgeCV(random_state=0, **parameters))
