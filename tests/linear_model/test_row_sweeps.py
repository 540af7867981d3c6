# SPDX-License-Identifier: BSD-3-Clause
"""Products with centred, weighted, scaled rows that are never formed."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from skrmt.linear_model._problem import make_problem
from skrmt.linear_model._row_sweeps import MATRIX_ENTRIES, RowSweeps


def rows_and_matrix(X, dtype, *, weighted=True, fit_intercept=True):
    n = X.shape[0]
    rng = np.random.default_rng(3)
    weights = rng.uniform(0.5, 2, n) if weighted else None
    problem = make_problem(X, rng.standard_normal((n, 1)), weights, fit_intercept=fit_intercept)
    rows = RowSweeps(problem, dtype)
    dense = X.toarray() if hasattr(X, "toarray") else X
    A = (dense.astype(np.float64) - problem.x_mean) / rows.scale
    return rows, A if weights is None else A * np.sqrt(weights)[:, None]


def check_products(rows, A, tolerance, n_vectors=3):
    rng = np.random.default_rng(4)
    n, p = A.shape
    V = rng.standard_normal((p, n_vectors)).astype(rows.dtype)
    M = rng.standard_normal((n, n_vectors)).astype(rows.dtype)
    W, back = rows.sweep(V, M)
    assert W.dtype == back.dtype == rows.dtype
    size = np.linalg.norm(A) * np.sqrt(n * p)  # rounding grows with the sums of absolute products
    np.testing.assert_allclose(W, A @ V - M, atol=tolerance * size)
    np.testing.assert_allclose(back, A.T @ (A @ V - M), atol=tolerance * size**2)
    np.testing.assert_allclose(rows.sweep(V)[0], A @ V, atol=tolerance * size)
    np.testing.assert_allclose(rows.transposed_dot(M), A.T @ M, atol=tolerance * size)


@pytest.mark.parametrize("kind", ["rows", "columns", "sparse"])
@pytest.mark.parametrize("given", ["float64", "float32"])
@pytest.mark.parametrize(("dtype", "eps"), [("float64", 2e-16), ("float32", 1e-7)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_products(kind, given, dtype, eps, weighted, fit_intercept):
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((70, 40)) + 0.5).astype(given)
    if kind == "columns":
        X = np.asfortranarray(X)
    elif kind == "sparse":
        X = csr_array(random_array((70, 40), density=0.2, rng=rng).astype(given))
    options = {"weighted": weighted, "fit_intercept": fit_intercept}
    rows, A = rows_and_matrix(X, dtype, **options)
    assert rows.squares == pytest.approx(np.sum(A**2), rel=1e-6)
    for n_vectors in (1, 3):
        check_products(rows, A, 10 * eps, n_vectors)


@pytest.mark.parametrize(("dtype", "eps"), [("float64", 2e-16), ("float32", 1e-7)])
def test_rows_far_from_zero_keep_their_digits(dtype, eps):
    X = np.random.default_rng(0).standard_normal((70, 40)) + 2.0**33
    check_products(*rows_and_matrix(X, dtype), 10 * eps)


@pytest.mark.parametrize("unit", [1e-90, 1e90])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_unit(unit, dtype):
    X = np.random.default_rng(0).standard_normal((70, 40)) * unit
    check_products(*rows_and_matrix(X, dtype), 1e-6)


def test_several_blocks():
    p = 600
    n = 3 * MATRIX_ENTRIES // p + 7
    X = np.random.default_rng(0).standard_normal((n, p))
    check_products(*rows_and_matrix(X, "float64"), 1e-15)


def test_wide_products_and_their_number():
    X = np.random.default_rng(0).standard_normal((900, 600))
    rows, A = rows_and_matrix(X, "float64")
    check_products(rows, A, 1e-15, n_vectors=300)
    assert rows.n_reads == 3


def test_rows_stay_as_they_are():
    X = np.random.default_rng(0).standard_normal((70, 40))
    X.flags.writeable = False
    check_products(*rows_and_matrix(X, "float32"), 1e-6)
