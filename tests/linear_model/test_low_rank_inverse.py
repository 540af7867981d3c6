# SPDX-License-Identifier: BSD-3-Clause
"""Approximate inverses: exact where they see all, and what they spare conjugate gradients."""

import numpy as np
import pytest

from skrmt.linear_model._low_rank_inverse import LowRankInverse, worthwhile_rank
from skrmt.linear_model._polished_ridge import polished
from skrmt.linear_model._problem import make_problem
from skrmt.linear_model._row_sweeps import RowSweeps

ALPHAS = np.array([0.1, 10.0])


def make_case(n, p, decay=0.0, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p)) / np.arange(1, p + 1) ** decay
    problem = make_problem(X, rng.standard_normal((n, 2)), None, fit_intercept=True)
    rows = RowSweeps(problem, dtype)
    return (X - problem.x_mean) / rows.scale, problem, rows


@pytest.mark.parametrize("shape", [(140, 60), (60, 140)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
def test_complete_basis_gives_the_inverse(shape, dtype, tolerance):
    A, _, rows = make_case(*shape, dtype=dtype)
    inverse = LowRankInverse(rows)
    U = np.linalg.svd(A, full_matrices=False)[0].astype(dtype)
    inverse.extend(U[:, :25])
    inverse.extend(U[:, 25:])
    assert inverse.rank == 60
    given = np.random.default_rng(1).standard_normal((shape[1], 2)).astype(dtype)
    solved = inverse(given, ALPHAS)
    assert solved.dtype == dtype
    for t, alpha in enumerate(ALPHAS):
        exact = np.linalg.solve(A.T @ A + alpha * np.eye(shape[1]), given[:, t])
        size = np.linalg.norm(exact)
        np.testing.assert_allclose(solved[:, t], exact, rtol=0, atol=tolerance * size)


def test_without_columns_it_is_a_multiple():
    A, _, rows = make_case(80, 50)
    given = np.random.default_rng(1).standard_normal((50, 2))
    mean = np.sum(A**2) / 50
    np.testing.assert_allclose(LowRankInverse(rows)(given, ALPHAS), given / (mean + ALPHAS))


def test_columns_that_are_not_new_are_left_out_and_other_products_come_along():
    A, problem, rows = make_case(80, 50)
    inverse = LowRankInverse(rows)
    left = np.linalg.qr(np.random.default_rng(1).standard_normal((80, 6)))[0]
    Y = problem.scaled_targets
    np.testing.assert_allclose(inverse.extend(left[:, :4], Y), A.T @ Y, atol=1e-10)
    assert inverse.extend(left) is None
    assert inverse.rank == 6


def test_eigenvalues_in_the_basis_no_longer_slow_conjugate_gradients():
    A, problem, rows = make_case(300, 200, decay=1.0)
    U, s, _ = np.linalg.svd(A, full_matrices=False)
    units = np.full(2, s[60] ** 2)
    reads = []
    for rank in (0, 30, 60):
        inverse, start = LowRankInverse(rows), np.zeros((200, 2))
        if rank:
            inverse.extend(U[:, :rank])
        before = rows.n_reads
        *_, converged = polished(rows, problem.scaled_targets, units, start, inverse, 1e-6, 200)
        assert converged
        reads.append(rows.n_reads - before)
        # the bound of conjugate gradients, with one product for the start
        condition = 1 + s[rank] ** 2 / units[0]
        assert reads[-1] <= 2 + np.sqrt(condition) * np.log(2 / 1e-6 * np.sqrt(condition)) / 2
    assert reads[2] < 0.7 * reads[1] < 0.7 * reads[0]


def test_worthwhile_rank_minimises_columns_and_steps():
    eigenvalues = 1e4 / np.arange(1.0, 301) ** 2

    def total(rank, alpha, cost):
        left_out = eigenvalues[min(rank, 299)]
        return np.sqrt(1 + left_out / alpha) * np.log(2 / 1e-4) / 2 + cost * rank

    for alpha, cost in ((0.1, 0.02), (10.0, 0.02), (0.1, 0.2)):
        best = worthwhile_rank(eigenvalues, alpha, cost, 1e-4)
        totals = [total(rank, alpha, cost) for rank in range(301)]
        assert best == np.argmin(totals)
    ranks = [worthwhile_rank(eigenvalues, a, 0.02, 1e-4) for a in (0.1, 10.0, 1e3, 1e7)]
    assert np.all(np.diff(ranks) < 0)
    assert ranks[-1] == 0
