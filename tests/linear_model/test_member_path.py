# SPDX-License-Identifier: BSD-3-Clause
"""One member: against scikit-learn's exact ridge regression, and at its limits."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge, RidgeCV

from skrmt.linear_model._member_path import member_path
from skrmt.linear_model._problem import make_problem
from skrmt.linear_model._rows import rows_of

ALPHAS = np.array([0.03, 1.0, 30.0])
# Fewer columns than rows, more, and the two sizes about the switch.
SHAPES = [(60, 20), (30, 80), (40, 39), (40, 38)]


def data(n, p, *, weighted=False, q=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + 3
    Y = rng.standard_normal((n, q)) + X[:, :q]
    return X, Y, rng.uniform(0.5, 2, n) if weighted else None


def path_of(X, Y, weights=None, *, alphas=ALPHAS, fit_intercept=True, leave_one_out=True):
    problem = make_problem(X, Y, weights, fit_intercept=fit_intercept)
    ridges = np.asarray(alphas) / problem.total
    return problem, member_path(rows_of(problem), problem, ridges, leave_one_out=leave_one_out)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_coefficients_and_residuals_are_those_of_ridge(shape, weighted, fit_intercept, container):
    X, Y, w = data(*shape, weighted=weighted)
    problem, path = path_of(container(X), Y, w, fit_intercept=fit_intercept, leave_one_out=False)
    for j, alpha in enumerate(ALPHAS):
        ridge = Ridge(alpha, fit_intercept=fit_intercept).fit(X, Y, sample_weight=w)
        np.testing.assert_allclose(path.coef[:, :, j], ridge.coef_.T, atol=1e-9)
        # Where both vanish with the penalty, only the ratio to the free share counts.
        share = (1 - path.degrees_of_freedom[j] / problem.total) / path.free_share[j]
        np.testing.assert_allclose(share * path.residuals[:, :, j], Y - ridge.predict(X), atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_leave_one_out_is_refitting_without_the_row(shape, weighted, fit_intercept):
    X, Y, w = data(*shape, weighted=weighted)
    _, path = path_of(X, Y, w, fit_intercept=fit_intercept)
    assert path.feasible.all()
    for i in (0, 7):
        rest = np.arange(len(X)) != i
        for j, alpha in enumerate(ALPHAS):
            ridge = Ridge(alpha, fit_intercept=fit_intercept, solver="svd")
            ridge.fit(X[rest], Y[rest], sample_weight=None if w is None else w[rest])
            missed = Y[i] - ridge.predict(X[i : i + 1])[0]
            np.testing.assert_allclose(path.residuals[i, :, j], missed, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
def test_leave_one_out_is_that_of_ridge_cv(shape, weighted):
    X, Y, w = data(*shape, weighted=weighted)
    _, path = path_of(X, Y, w)
    peer = RidgeCV(ALPHAS, store_cv_results=True).fit(X, Y, sample_weight=w)
    weight = 1 if w is None else w[:, None, None]
    # At p = n - 1 the Gram matrix has a condition number of some 1e6, of which both lose a part.
    np.testing.assert_allclose(weight * path.residuals**2, peer.cv_results_, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("shape", [(60, 20), (30, 80)])
def test_free_share_is_one_minus_the_mean_leverage(shape):
    X, Y, _ = data(*shape)
    _, path = path_of(X, Y, leave_one_out=False)
    identity = np.eye(len(X))
    for j, alpha in enumerate(ALPHAS):
        smoother = Ridge(alpha).fit(X, identity).predict(X)
        assert path.degrees_of_freedom[j] == pytest.approx(np.trace(smoother), rel=1e-9)
        if not path.vanishing[j]:
            assert path.free_share[j] == pytest.approx(1 - np.trace(smoother) / len(X), rel=1e-9)


def test_spectrum_has_an_eigenvalue_for_each_column():
    for n, p in [(60, 20), (30, 80)]:
        X, Y, _ = data(n, p)
        _, path = path_of(X, Y)
        expected = np.linalg.eigvalsh(np.cov(X.T, bias=True))
        np.testing.assert_allclose(path.eigenvalues, expected, atol=1e-12)


def test_leave_one_out_has_a_limit_where_the_fit_interpolates():
    X, Y, _ = data(30, 80)
    _, path = path_of(X, Y, alphas=[0.0, 1e-9, 1e-7])
    assert path.feasible.all()
    np.testing.assert_allclose(path.residuals[:, :, 0], path.residuals[:, :, 1], rtol=1e-6)
    np.testing.assert_allclose(path.coef[:, :, 0], path.coef[:, :, 2], atol=1e-7)
    norms = [np.linalg.norm(Ridge(1e-9, solver="svd").fit(X, Y).coef_.T), None]
    assert np.linalg.norm(path.coef[:, :, 0]) == pytest.approx(norms[0], rel=1e-6)


def test_repeated_rows_keep_their_residual_where_the_fit_interpolates():
    """Rows 0 and 1 are equal with other targets: no fit can meet both."""
    X, Y, _ = data(30, 80)
    X[1] = X[0]
    _, path = path_of(X, Y, alphas=[0.0])
    np.testing.assert_allclose(path.residuals[0], -path.residuals[1], rtol=1e-6)
    np.testing.assert_allclose(path.residuals[0, :, 0], Y[0] - Y[1], rtol=1e-6)


def test_a_column_without_data_changes_nothing():
    X, Y, _ = data(60, 20)
    _, path = path_of(np.hstack([X, np.full((60, 1), 7.0)]), Y, alphas=[0.0, 1.0])
    _, without = path_of(X, Y, alphas=[0.0, 1.0])
    np.testing.assert_allclose(path.residuals, without.residuals, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(path.coef[20], 0, atol=1e-10)


@pytest.mark.parametrize(("n", "p"), [(40, 12), (20, 60)])
def test_whole_weights_leave_out_one_repetition(n, p):
    """Left out is one of the equal rows: what leave-one-out of the repeated rows finds."""
    X, Y, _ = data(n, p)
    w = np.random.default_rng(1).integers(1, 4, n).astype(float)
    _, weighted = path_of(X, Y, w)
    _, repeated = path_of(X.repeat(w.astype(int), axis=0), Y.repeat(w.astype(int), axis=0))
    expected = repeated.residuals[np.cumsum(w.astype(int)) - 1]
    np.testing.assert_allclose(weighted.unit_residuals, expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(weighted.coef, repeated.coef, atol=1e-10)
    np.testing.assert_allclose(weighted.free_share, repeated.free_share, rtol=1e-9)
    single = w == 1
    np.testing.assert_allclose(weighted.residuals[single], expected[single], rtol=1e-7)


def test_weights_that_are_not_whole_have_no_repetitions():
    X, Y, w = data(40, 12, weighted=True)
    assert path_of(X, Y, w)[1].unit_residuals is None
    assert path_of(X, Y, np.ones(40))[1].unit_residuals is None


def test_negative_ridge_is_feasible_above_minus_the_smallest_eigenvalue():
    X, Y, _ = data(60, 20)
    smallest = 60 * np.linalg.eigvalsh(np.cov(X.T, bias=True))[0]
    _, path = path_of(X, Y, alphas=[-0.5 * smallest, -0.99 * smallest, -1.5 * smallest])
    np.testing.assert_array_equal(path.feasible, [True, False, False])
    rest = np.arange(60) != 3
    centred = X[rest] - X[rest].mean(axis=0)
    gram = centred.T @ centred - 0.5 * smallest * np.eye(20)
    beta = np.linalg.solve(gram, centred.T @ Y[rest])
    missed = Y[3] - Y[rest].mean(axis=0) - (X[3] - X[rest].mean(axis=0)) @ beta
    np.testing.assert_allclose(path.residuals[3, :, 0], missed, rtol=1e-8)
    wide = path_of(*data(30, 80)[:2], alphas=[-1e-6])[1]
    assert not wide.feasible.any()


@pytest.mark.parametrize("shape", [(200, 30), (40, 120)])
def test_float32_rows_give_float32_and_agree(shape):
    X, Y, _ = data(*shape)
    alphas = [1.0, 100.0]
    _, single = path_of(X.astype(np.float32), Y, alphas=alphas)
    _, double = path_of(X, Y, alphas=alphas)
    assert single.coef.dtype == np.float32
    # The Gram matrix has a relative error of 1e-7 of its largest eigenvalue.
    np.testing.assert_allclose(single.residuals, double.residuals, rtol=1e-3, atol=1e-3)


def test_float32_rows_do_not_tell_directions_below_their_digits():
    X, Y, _ = data(60, 20)
    X[:, 0] *= 1e-4
    single = path_of(X.astype(np.float32), Y, alphas=[0.0, 1.0])[1]
    np.testing.assert_array_equal(single.feasible, [False, True])
    assert path_of(X, Y, alphas=[0.0, 1.0])[1].feasible.all()
    well = path_of(data(60, 20)[0].astype(np.float32), Y, alphas=[0.0])[1]
    assert well.feasible.all()


@pytest.mark.parametrize("shape", [(60, 20), (30, 80)])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("ratio", [1e5, 1e7])
def test_features_of_very_different_scale_keep_their_digits(shape, container, ratio):
    """A product of the rows would lose the small ones: their eigenvalues are squares."""
    n, p = shape
    X, Y, _ = data(n, p)
    X[:, : p // 4] *= ratio
    _, path = path_of(container(X), Y, alphas=[1.0])
    exact = Ridge(1.0, solver="svd").fit(X, Y)
    small = slice(p // 4, None)
    np.testing.assert_allclose(path.coef[small, :, 0], exact.coef_.T[small], rtol=1e-5, atol=1e-7)
    rest = np.arange(n) != 3
    missed = Y[3] - Ridge(1.0, solver="svd").fit(X[rest], Y[rest]).predict(X[[3]])[0]
    np.testing.assert_allclose(path.residuals[3, :, 0], missed, rtol=1e-4)


def test_negative_ridge_at_the_size_where_fits_interpolate_is_not_feasible():
    for n, p, fit_intercept in [(20, 19, True), (20, 20, False)]:
        X, Y, _ = data(n, p)
        _, path = path_of(X, Y, alphas=[-1e-3, 1e-3], fit_intercept=fit_intercept)
        np.testing.assert_array_equal(path.feasible, [False, True])
        assert path.smallest_eigenvalue == 0


@pytest.mark.parametrize("scale", [1e-80, 1e80])
@pytest.mark.parametrize("shape", [(60, 20), (30, 80)])
def test_units_do_not_matter(shape, scale):
    X, Y, _ = data(*shape)
    for x, y in [(scale, 1.0), (1.0, scale), (scale, 1 / scale)]:
        for leave_one_out in (True, False):
            options = {"leave_one_out": leave_one_out}
            _, one = path_of(X, Y, **options)
            _, other = path_of(x * X, y * Y, alphas=x**2 * ALPHAS, **options)
            expected = one.residuals / one.free_share if not leave_one_out else one.residuals
            found = other.residuals / other.free_share if not leave_one_out else other.residuals
            np.testing.assert_allclose(found / y, expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-16, 1e16])
def test_units_of_float32_rows_do_not_matter(scale):
    X, Y, _ = data(60, 20)
    one = path_of(X.astype(np.float32), Y)[1]
    other = path_of((scale * X).astype(np.float32), Y, alphas=scale**2 * ALPHAS)[1]
    np.testing.assert_allclose(other.residuals, one.residuals, rtol=1e-3, atol=1e-4)


def test_a_row_that_is_fitted_whatever_its_target_cannot_be_left_out():
    """The only row with a value in the last column: its leverage is 1 without penalty."""
    X, Y, _ = data(60, 20)
    X = np.hstack([X, np.zeros((60, 1))])
    X[0, 20] = 1.0
    _, path = path_of(X, Y, alphas=[0.0, 1.0])
    np.testing.assert_array_equal(path.feasible, [False, True])


def test_large_problems_have_leverages_of_float32_where_these_are_good_enough(monkeypatch):
    X, Y, _ = data(300, 120)
    _, exact = path_of(X, Y)
    monkeypatch.setattr("skrmt.linear_model._member_path.LARGE_PRODUCT", 0.0)
    _, single = path_of(X, Y)
    assert not np.array_equal(single.residuals, exact.residuals)
    np.testing.assert_allclose(single.residuals, exact.residuals, rtol=1e-5)
    np.testing.assert_array_equal(single.coef, exact.coef)
    np.testing.assert_array_equal(single.degrees_of_freedom, exact.degrees_of_freedom)
    X[:, 0] *= 1e-4  # a condition number at which they are not
    _, wide = path_of(X, Y, alphas=[0.0])
    monkeypatch.undo()
    np.testing.assert_array_equal(wide.residuals, path_of(X, Y, alphas=[0.0])[1].residuals)
