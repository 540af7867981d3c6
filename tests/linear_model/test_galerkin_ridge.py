# SPDX-License-Identifier: BSD-3-Clause
"""Ridge paths in a growing space: complete, incomplete, and without new directions."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from skrmt.linear_model._galerkin_ridge import GalerkinRidge
from skrmt.linear_model._problem import make_problem
from skrmt.linear_model._row_sweeps import RowSweeps

ALPHAS = np.logspace(-3, 3, 7)


def make_case(n, p, *, kind="dense", q=2, seed=0, dtype=np.float64):
    """A, Y and the empty space."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    if kind == "sparse":
        X = csr_array(random_array((n, p), density=0.3, rng=rng))
    Y = rng.standard_normal((n, q))
    problem = make_problem(X, Y, rng.uniform(0.5, 2, n), fit_intercept=True)
    rows, Y = RowSweeps(problem, dtype), problem.scaled_targets
    X = X.toarray() if kind == "sparse" else X
    A = problem.root_weights[:, None] * (X - problem.x_mean) / rows.scale
    return A, Y, GalerkinRidge(rows, Y, rows.transposed_dot(Y.astype(dtype)))


def ridge_path(A, Y, alphas):
    """Coefficients and residuals by the singular value decomposition."""
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    coefs = np.stack([Vt.T @ ((s / (s**2 + a))[:, None] * (U.T @ Y)) for a in alphas], axis=-1)
    return coefs, Y[:, :, None] - np.einsum("ij,jtl->itl", A, coefs)


def energy(A, y, b, alpha):
    return np.sum((y - A @ b) ** 2, axis=0) + alpha * np.sum(b**2, axis=0)


@pytest.mark.parametrize("shape", [(140, 90), (90, 150)])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
def test_complete_space_gives_the_ridge_path(shape, kind, dtype, tolerance):
    A, Y, galerkin = make_case(*shape, kind=kind, dtype=dtype)
    for part in np.array_split(np.eye(shape[1], dtype=dtype), 4, axis=1):
        galerkin.add(part)
    assert galerkin.dimension == shape[1]
    inner = galerkin.solve(ALPHAS)
    coefs, residuals = ridge_path(A, Y, ALPHAS)
    np.testing.assert_allclose(galerkin.residuals(inner), residuals, atol=tolerance)
    for j, alpha in enumerate(ALPHAS):
        np.testing.assert_allclose(galerkin.coefs(inner[:, :, j]), coefs[:, :, j], atol=tolerance)
        gradients = galerkin.gradients(inner[:, :, j], np.full(2, alpha))
        size = np.linalg.norm(A.T @ Y, axis=0)
        np.testing.assert_allclose(gradients / size, 0, atol=tolerance)


def test_space_is_orthonormal_and_knows_its_products():
    A, _, galerkin = make_case(150, 120)
    rng = np.random.default_rng(1)
    first = rng.standard_normal((120, 5))
    # the second is nearly in the first
    for directions in (first, first + 1e-5 * rng.standard_normal((120, 5))):
        assert galerkin.add(directions) == 5
    V, W = galerkin._V.T, galerkin._W.T
    np.testing.assert_allclose(V.T @ V, np.eye(10), atol=1e-12)
    np.testing.assert_allclose(W, A @ V, atol=1e-11)
    np.testing.assert_allclose(galerkin._back.T, A.T @ (A @ V), atol=1e-9)
    np.testing.assert_allclose(galerkin._gram, W.T @ W, atol=1e-10)


@pytest.mark.parametrize("alpha", [1.0, 30.0])
def test_gradients_alone_are_as_good_as_conjugate_gradients(alpha):
    A, Y, galerkin = make_case(200, 150, q=1)
    H, b = A.T @ A + alpha * np.eye(150), A.T @ Y[:, 0]
    x, r = np.zeros(150), b
    d = r
    for _ in range(12):
        inner = galerkin.solve(np.array([alpha]))[:, :, 0]
        galerkin.add(galerkin.gradients(inner, np.array([alpha])))
        step = (r @ r) / (d @ H @ d)
        x, new = x + step * d, r - step * H @ d
        d, r = new + (new @ new) / (r @ r) * d, new
        ours = galerkin.coefs(galerkin.solve(np.array([alpha]))[:, :, 0])
        # the same Krylov spaces
        np.testing.assert_allclose(ours[:, 0], x, atol=1e-8 * np.linalg.norm(x))


def test_bounds_of_the_risk_hold():
    A, Y, galerkin = make_case(200, 150, q=2)
    galerkin.add(np.random.default_rng(1).standard_normal((150, 60)))
    for alpha in (0.1, 10.0, 1000.0):
        alphas = np.full(2, alpha)
        inner = galerkin.solve(alphas[:1])[:, :, 0]
        coefs, residuals = (part[:, :, 0] for part in ridge_path(A, Y, [alpha]))
        own = galerkin.coefs(inner)
        errors = energy(A, Y, own, alpha) - energy(A, Y, coefs, alpha)
        best, now = np.sum(residuals**2, axis=0), np.sum((Y - A @ own) ** 2, axis=0)
        bounds = galerkin.risk_errors(inner, alphas, errors)
        # exact with the coefficients of the solution in the bound
        slack = np.linalg.norm(coefs, axis=0) / np.linalg.norm(own, axis=0)
        assert np.all(np.abs(now - best) <= bounds * now * np.maximum(slack, 1))


def test_what_is_not_new_is_not_added():
    _, _, galerkin = make_case(80, 60)
    first = np.random.default_rng(1).standard_normal((60, 3))
    assert galerkin.add(np.hstack([first, first, np.zeros((60, 1))])) == 3
    assert galerkin.add(first @ np.array([[1.0], [2.0], [-1.0]])) == 0
    assert galerkin.add(np.zeros((60, 2))) == 0
    assert galerkin.dimension == 3


def test_empty_space_leaves_the_targets():
    A, Y, galerkin = make_case(80, 60)
    inner = galerkin.solve(ALPHAS)
    np.testing.assert_array_equal(galerkin.residuals(inner), np.repeat(Y[:, :, None], 7, axis=2))
    gradients = galerkin.gradients(inner[:, :, 0], np.ones(2))
    np.testing.assert_allclose(gradients, A.T @ Y)
