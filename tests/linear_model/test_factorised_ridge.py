# SPDX-License-Identifier: BSD-3-Clause
"""Ridge regression at single penalties, and golden section among them."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from skrmt.linear_model._factorised_ridge import FactorisedRidge, golden_section
from skrmt.linear_model._polished_ridge import polished, risk_errors
from skrmt.linear_model._problem import make_problem
from skrmt.linear_model._row_sweeps import RowSweeps


def make_case(n, p):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, p)), rng.standard_normal((n, 2)), rng.uniform(0.5, 2, n)


@pytest.mark.parametrize("shape", [(80, 50), (50, 80)])
@pytest.mark.parametrize("sparse", [False, True])
def test_factorisation_is_ridge_regression(shape, sparse):
    X, Y, w = make_case(*shape)
    problem = make_problem(csr_array(X) if sparse else X, Y, w, fit_intercept=True)
    solve = FactorisedRidge(problem)
    for alpha in (0.1, 10.0):
        residuals, coef = solve(alpha)
        peer = Ridge(alpha).fit(X, Y, sample_weight=w)
        np.testing.assert_allclose(coef, peer.coef_.T, atol=1e-10)
        expected = (Y - peer.predict(X)) * np.sqrt(w)[:, None]
        np.testing.assert_allclose(residuals, expected, atol=1e-10)


@pytest.mark.parametrize("n_points", [1, 2, 3, 10, 30, 54])
def test_golden_section_finds_the_minimum_in_few_evaluations(n_points):
    for place in range(n_points):
        seen = []

        def function(index, place=place, seen=seen):
            seen.append(index)
            return abs(index - place) * (1.3 if index > place else 1.0)

        assert golden_section(function, n_points) == place
        assert len(seen) == len(set(seen)) <= 8


@pytest.mark.parametrize("tol", [1e-3, 1e-8])
def test_conjugate_gradients_complete_a_poor_start(tol):
    X, Y, w = make_case(120, 90)
    problem = make_problem(X, Y, w, fit_intercept=True)
    rows, alphas = RowSweeps(problem, np.float64), np.array([1.0, 30.0])
    units = alphas / rows.scale**2
    start, targets = np.zeros((90, 2)), problem.scaled_targets

    def plain(gradients, alphas):
        return gradients / alphas

    coefs, residuals, converged = polished(rows, targets, units, start, plain, tol, 200)
    assert converged
    assert 5 < rows.n_reads < 150
    A = (X - problem.x_mean) * np.sqrt(w)[:, None]
    for t in range(2):
        peer = Ridge(alphas[t]).fit(X, Y[:, t], sample_weight=w)
        wrong = coefs[:, t] / rows.scale - peer.coef_
        norms = [np.sum((A @ b) ** 2) + alphas[t] * b @ b for b in (wrong, peer.coef_)]
        # without a better inverse the error is judged too large
        assert norms[0] <= tol**2 * norms[1]
        own = (Y[:, t] - problem.y_mean[t]) * np.sqrt(w) - A @ coefs[:, t] / rows.scale
        np.testing.assert_allclose(residuals[:, t], own, atol=1e-10)
    *_, converged = polished(rows, targets, units, start, plain, tol, 2)
    assert not converged


def test_residuals_that_are_small_are_right_too():
    X, Y, _ = make_case(120, 90)
    Y = X @ Y[:90] + 1e-4 * Y  # hardly any noise
    problem = make_problem(X, Y, None, fit_intercept=True)
    rows, units = RowSweeps(problem, np.float64), np.full(2, 1e-3)
    _, residuals, converged = polished(
        rows,
        problem.scaled_targets,
        units,
        np.zeros((90, 2)),
        lambda gradients, alphas: gradients / alphas,
        0.1,
        200,
    )
    assert converged
    exact = FactorisedRidge(problem)(1e-3 * rows.scale**2)[0]
    ratio = np.sum(residuals**2, axis=0) / np.sum(exact**2, axis=0)
    np.testing.assert_allclose(ratio, 1, atol=1e-3)


def test_bound_of_the_risk_of_wrong_coefficients():
    rng = np.random.default_rng(1)
    A, y, alpha = rng.standard_normal((50, 20)), rng.standard_normal(50), 3.0
    best = np.linalg.solve(A.T @ A + alpha * np.eye(20), A.T @ y)
    r = y - A @ best
    for size in (1e-3, 1e-1, 1.0):
        # along the coefficients the bound is nearly reached, elsewhere not
        for direction in (best, rng.standard_normal(20)):
            d = size * direction
            change = np.sum((y - A @ (best + d)) ** 2) - r @ r
            e2 = d @ (A.T @ (A @ d)) + alpha * d @ d
            bound = risk_errors(*(np.array([v]) for v in (alpha, best @ best, r @ r, e2)))
            assert abs(change) <= bound[0] * (r @ r)
    assert risk_errors(np.ones(1), np.ones(1), np.zeros(1), np.zeros(1))[0] == 0
