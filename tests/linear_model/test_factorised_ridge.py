# SPDX-License-Identifier: BSD-3-Clause
"""Ridge regression at single penalties, and golden section among them."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from skrmt.linear_model._factorised_ridge import FactorisedRidge, golden_section
from skrmt.linear_model._polished_ridge import polished
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


def test_conjugate_gradients_complete_a_poor_start():
    X, Y, w = make_case(120, 90)
    problem = make_problem(X, Y, w, fit_intercept=True)
    rows, alphas = RowSweeps(problem, np.float64), np.array([1.0, 30.0])
    units = alphas / rows.scale**2
    start, plain = np.zeros((90, 2)), lambda gradient: gradient / units
    targets = problem.scaled_targets
    coefs, residuals, n_steps, converged = polished(rows, targets, units, start, plain, 200)
    assert converged
    assert 5 < n_steps < 150
    for t in range(2):
        peer = Ridge(alphas[t]).fit(X, Y[:, t], sample_weight=w)
        np.testing.assert_allclose(coefs[:, t] / rows.scale, peer.coef_, rtol=0, atol=1e-7)
        expected = (Y[:, t] - peer.predict(X)) * np.sqrt(w)
        np.testing.assert_allclose(residuals[:, t], expected, atol=1e-6)
    *_, converged = polished(rows, targets, units, start, plain, 2)
    assert not converged
