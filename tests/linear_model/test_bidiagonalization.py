# SPDX-License-Identifier: BSD-3-Clause
"""Ridge paths from block Krylov spaces: complete, incomplete, and exhausted early."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from skrmt.linear_model._bidiagonalization import Bidiagonalization
from skrmt.linear_model._problem import make_problem
from skrmt.linear_model._row_sweeps import RowSweeps

ALPHAS = np.logspace(-3, 3, 7)


def make_case(n, p, *, kind="dense", q=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    if kind == "sparse":
        X = csr_array(random_array((n, p), density=0.3, rng=rng))
    Y = rng.standard_normal((n, q))
    return make_problem(X, Y, rng.uniform(0.5, 2, n), fit_intercept=True)


def dense_rows(problem, scale):
    X = problem.X.toarray() if hasattr(problem.X, "toarray") else problem.X
    return problem.root_weights[:, None] * (X - problem.x_mean) / scale


def ridge_path(A, Y, alphas):
    """Coefficients and residuals by the singular value decomposition."""
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    coefs = np.stack([Vt.T @ ((s / (s**2 + a))[:, None] * (U.T @ Y)) for a in alphas], axis=-1)
    return coefs, Y[:, :, None] - np.einsum("ij,jtl->itl", A, coefs)


@pytest.mark.parametrize("shape", [(140, 90), (90, 150)])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
def test_complete_bases_give_the_ridge_path(shape, kind, dtype, tolerance):
    problem = make_case(*shape, kind=kind)
    rows = RowSweeps(problem, dtype)
    krylov = Bidiagonalization(rows, problem.scaled_targets, seed=0)
    krylov.advance(100)
    assert krylov.exhausted
    inner, outer = krylov.solve(ALPHAS)
    coefs, residuals = ridge_path(dense_rows(problem, rows.scale), problem.scaled_targets, ALPHAS)
    np.testing.assert_allclose(krylov.residuals(outer), residuals, atol=tolerance)
    for j in range(len(ALPHAS)):
        np.testing.assert_allclose(krylov.coefs(inner[:, :, j]), coefs[:, :, j], atol=tolerance)


def test_bases_are_orthonormal_and_carry_the_rows():
    problem = make_case(150, 120)
    rows = RowSweeps(problem, np.float64)
    krylov = Bidiagonalization(rows, problem.scaled_targets, seed=0, block=5)
    krylov.advance(9)
    U, V, T = krylov._U, krylov._V, krylov._T
    assert krylov.dimension == 45 == len(V)
    np.testing.assert_allclose(U @ U.T, np.eye(len(U)), atol=1e-12)
    np.testing.assert_allclose(V @ V.T, np.eye(len(V)), atol=1e-12)
    np.testing.assert_allclose(dense_rows(problem, rows.scale) @ V.T, U.T @ T, atol=1e-11)
    # bidiagonal: a block of V meets two blocks of U
    assert np.abs(np.tril(T, -10)).max() == 0
    np.testing.assert_allclose(np.triu(T, 5), 0, atol=1e-12)


@pytest.mark.parametrize("block", [1, 8])
def test_objective_falls_with_every_step_to_the_best(block):
    problem = make_case(200, 150, q=1)
    rows = RowSweeps(problem, np.float64)
    A, y = dense_rows(problem, rows.scale), problem.scaled_targets
    krylov = Bidiagonalization(rows, y, seed=0, block=block)
    values, alpha = [], 10.0
    for _ in range(40):
        krylov.advance()
        coef = krylov.coefs(krylov.solve(np.array([alpha]))[0][:, :, 0])
        values.append(np.sum((y - A @ coef) ** 2) + alpha * np.sum(coef**2))
    coefs, residuals = ridge_path(A, y, [alpha])
    best = np.sum(residuals**2) + alpha * np.sum(coefs**2)
    assert np.all(np.diff(values) <= 1e-9 * best)
    assert values[0] > best * (1 + 1e-6)
    assert values[-1] == pytest.approx(best, rel=1e-8)


def test_residuals_short_of_steps_are_too_large_for_small_penalties():
    problem = make_case(200, 150, q=1)
    rows = RowSweeps(problem, np.float64)
    krylov = Bidiagonalization(rows, problem.scaled_targets, seed=0)
    krylov.advance(2)
    short = krylov.residuals(krylov.solve(ALPHAS)[1])
    _, residuals = ridge_path(dense_rows(problem, rows.scale), problem.scaled_targets, ALPHAS)
    ratio = np.sum(short**2, axis=(0, 1)) / np.sum(residuals**2, axis=(0, 1))
    assert ratio[0] > 1.5
    assert ratio[-1] == pytest.approx(1, abs=1e-3)


def test_low_rank_exhausts_the_bases():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 5)) @ rng.standard_normal((5, 80))
    problem = make_problem(X, rng.standard_normal((100, 1)), np.ones(100), fit_intercept=True)
    rows = RowSweeps(problem, np.float64)
    krylov = Bidiagonalization(rows, problem.scaled_targets, seed=0)
    krylov.advance(10)
    assert krylov.exhausted
    assert krylov.dimension == 5
    _, residuals = ridge_path(dense_rows(problem, rows.scale), problem.scaled_targets, ALPHAS)
    np.testing.assert_allclose(krylov.residuals(krylov.solve(ALPHAS)[1]), residuals, atol=1e-10)


def test_constant_target_beside_another():
    problem = make_case(80, 60)
    Y = np.column_stack([np.full(80, 3.0), problem.Y[:, 0]])
    problem = make_problem(problem.X, Y, problem.weights, fit_intercept=True)
    rows = RowSweeps(problem, np.float64)
    krylov = Bidiagonalization(rows, problem.scaled_targets, seed=0)
    krylov.advance(10)
    inner, outer = krylov.solve(ALPHAS)
    np.testing.assert_allclose(inner[:, 0], 0, atol=1e-12)
    _, residuals = ridge_path(dense_rows(problem, rows.scale), problem.scaled_targets, ALPHAS)
    np.testing.assert_allclose(krylov.residuals(outer), residuals, atol=1e-10)


def test_approximate_inverse_is_exact_with_complete_bases():
    problem = make_case(140, 60)
    rows = RowSweeps(problem, np.float64)
    krylov = Bidiagonalization(rows, problem.scaled_targets, seed=0)
    krylov.advance(10)
    A, alphas = dense_rows(problem, rows.scale), np.array([0.1, 10.0])
    given = np.random.default_rng(1).standard_normal((60, 2))
    solved = krylov.inverse(alphas)(given)
    for t, alpha in enumerate(alphas):
        np.testing.assert_allclose(A.T @ (A @ solved[:, t]) + alpha * solved[:, t], given[:, t])
