# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from scipy.optimize import least_squares as one_least_squares
from scipy.optimize import lsq_linear

from skrmt.graph._bounded_least_squares import least_squares


def linear(A, b):
    """Residuals of a stack of linear problems."""

    def residuals(parameters, rows):
        return np.einsum("bfp,bp->bf", A[rows], parameters) - b[rows]

    return residuals


def random_problems(n_problems, n_residuals, n_parameters, seed, scale=1.0):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n_problems, n_residuals, n_parameters))
    best = 0.5 + scale * (rng.random((n_problems, n_parameters)) - 0.5)
    noise = 0.1 * rng.standard_normal((n_problems, n_residuals))
    return A, np.einsum("bfp,bp->bf", A, best) + noise, rng.random((n_problems, n_parameters))


# Minima inside at .5, most of them on faces at 4.
@pytest.mark.parametrize("scale", [0.5, 1, 4])
@pytest.mark.parametrize(("n_residuals", "n_parameters"), [(4, 3), (9, 4), (9, 9), (1, 1)])
def test_linear_problems_are_solved(n_residuals, n_parameters, scale):
    A, b, starts = random_problems(40, n_residuals, n_parameters, n_residuals, scale)
    before = starts.copy()
    found, losses = least_squares(linear(A, b), starts)
    np.testing.assert_array_equal(starts, before)
    assert ((found >= 0) & (found <= 1)).all()
    for problem in range(len(A)):
        best = lsq_linear(A[problem], b[problem], (0, 1), method="bvls", tol=1e-14)
        loss = np.square(A[problem] @ found[problem] - b[problem]).sum()
        assert losses[problem] == pytest.approx(loss, rel=1e-12, abs=1e-20)
        assert losses[problem] <= 2 * best.cost * (1 + 1e-9) + 1e-14
        condition = np.linalg.cond(A[problem])
        np.testing.assert_allclose(found[problem], best.x, atol=1e-9 * condition**2)
    on_face = ((found == 0) | (found == 1)).any(axis=1).mean()
    assert on_face > 0.5 if scale == 4 else on_face < 1


def curved(parameters, rows):
    """Residuals that do not vanish, of one minimum inside, on an edge and in a corner."""
    target = np.array([[0.3, 0.6], [-0.3, 0.5], [1.4, -0.2]])[rows]
    x, y = parameters.T
    a, b = target.T
    return np.stack([np.exp(x) - np.exp(a), x * y - a * b, np.exp(2 * y - 2 * b) - 1, 0.1 + x], 1)


def test_curved_problems_end_in_a_minimum():
    starts = np.random.default_rng(0).random((3, 2))
    found, losses = least_squares(curved, starts)
    for row in range(3):
        best = one_least_squares(
            lambda x, row=row: curved(x[None], np.array([row]))[0],
            np.full(2, 0.5),
            bounds=(-1e-12, 1 + 1e-12),
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
        )
        assert losses[row] <= 2 * best.cost * (1 + 1e-10)
        np.testing.assert_allclose(found[row], best.x, atol=1e-6)
    assert found[1, 0] == 0
    assert found[2].tolist() == [1, 0]


def test_flat_directions_are_left_alone():
    A, b, starts = random_problems(30, 5, 4, 0)
    A[:, :, 3] = 0  # no residual depends on it
    A[:, :, 2] = A[:, :, 1]  # only the sum counts
    found, losses = least_squares(linear(A, b), starts)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[:, 3], starts[:, 3])
    for problem in range(len(A)):
        best = lsq_linear(A[problem], b[problem], (0, 1), tol=1e-14)
        assert losses[problem] <= 2 * best.cost * (1 + 1e-8) + 1e-14


def test_constant_residuals_leave_the_start():
    starts = np.array([[0.2, 0.7]])
    found, losses = least_squares(lambda parameters, _: np.ones((len(parameters), 3)), starts)
    np.testing.assert_array_equal(found, starts)
    assert losses.tolist() == [3]


def test_start_in_a_corner_can_leave_it():
    A, b, _ = random_problems(20, 6, 3, 1, scale=0.5)
    for corner in (0.0, 1.0):
        found, _ = least_squares(linear(A, b), np.full((20, 3), corner))
        reference, _ = least_squares(linear(A, b), np.full((20, 3), 0.5))
        np.testing.assert_allclose(found, reference, atol=1e-9)


def test_many_problems_are_solved_as_each_alone():
    A, b, starts = random_problems(25, 4, 3, 2, scale=2)
    together = least_squares(linear(A, b), starts)
    for row in range(25):
        found, losses = least_squares(linear(A[[row]], b[[row]]), starts[[row]])
        np.testing.assert_allclose(found[0], together[0][row], atol=1e-12)
        np.testing.assert_allclose(losses[0], together[1][row], rtol=1e-10, atol=1e-20)


def test_no_loss_rises():
    def residuals(parameters, rows):
        return np.stack([np.sin(9 * parameters.sum(axis=1)), parameters[:, 0] - 2], axis=1)

    starts = np.random.default_rng(3).random((50, 3))
    found, losses = least_squares(residuals, starts)
    before = np.square(residuals(starts, np.arange(50))).sum(axis=1)
    assert (losses <= before).all()
    # The second residual alone leads to x = 1, the first is a root of the sine there.
    assert losses.min() == pytest.approx(1)
    assert ((found >= 0) & (found <= 1)).all()
