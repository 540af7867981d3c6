# SPDX-License-Identifier: BSD-3-Clause
"""Centred problems, dense and sparse."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from skrmt.linear_model._problem import make_problem, whole_numbers
from skrmt.linear_model._rows import rows_of


def data(weighted):
    rng = np.random.default_rng(0)
    X = np.where(rng.uniform(size=(30, 7)) < 0.5, rng.standard_normal((30, 7)) + 2, 0)
    return X, rng.standard_normal((30, 2)), rng.uniform(0.5, 2, 30) if weighted else None


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_means_total_and_variance(weighted, container):
    X, Y, w = data(weighted)
    problem = make_problem(container(X), Y, w, fit_intercept=True)
    np.testing.assert_allclose(problem.x_mean, np.average(X, axis=0, weights=w))
    np.testing.assert_allclose(problem.y_mean, np.average(Y, axis=0, weights=w))
    assert problem.total == pytest.approx(30 if w is None else w.sum())
    covariance = np.cov(X.T, aweights=w, bias=True)
    assert problem.total_variance == pytest.approx(np.trace(covariance))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_products_of_rows(weighted, fit_intercept, container):
    X, Y, w = data(weighted)
    problem = make_problem(container(X), Y, w, fit_intercept=fit_intercept)
    rows = rows_of(problem)
    Z = X - np.average(X, axis=0, weights=w) if fit_intercept else X
    Z = Z if w is None else Z * np.sqrt(w)[:, None]
    np.testing.assert_allclose(rows.gram(), Z.T @ Z, atol=1e-12)
    np.testing.assert_allclose(rows.outer(), Z @ Z.T, atol=1e-12)
    np.testing.assert_allclose(rows.transposed_dot(Y), Z.T @ Y, atol=1e-12)
    B = np.random.default_rng(1).standard_normal((7, 3))
    np.testing.assert_allclose(np.vstack([dot(B) for _, dot in rows.blocks()]), Z @ B, atol=1e-12)


def test_the_rows_of_the_user_stay_as_they_are():
    X, Y, w = data(True)
    before = X.copy()
    rows_of(make_problem(X, Y, w, fit_intercept=True))
    np.testing.assert_array_equal(X, before)


def test_rows_without_weight_are_dropped():
    X, Y, w = data(True)
    w[::4] = 0
    problem = make_problem(X, Y, w, fit_intercept=True)
    np.testing.assert_array_equal(problem.X, X[w > 0])
    np.testing.assert_array_equal(problem.weights, w[w > 0])


def test_whole_weights_are_repetitions_unless_all_are_one():
    assert whole_numbers(None) is None
    assert whole_numbers(np.ones(3)) is None
    assert whole_numbers(np.array([1.0, 2.5])) is None
    np.testing.assert_array_equal(whole_numbers(np.array([1.0, 3.0])), [1.0, 3.0])


def test_repetitions_may_be_part_of_the_weights():
    """As where a weight of the class comes on top."""
    X, Y, _ = data(False)
    repeats = np.arange(30) % 3
    problem = make_problem(X, Y, 0.7 * repeats, fit_intercept=True, repeats=repeats)
    np.testing.assert_array_equal(problem.repeats, repeats[repeats > 0])
