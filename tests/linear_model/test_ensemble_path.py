# SPDX-License-Identifier: BSD-3-Clause
"""The ensemble: leave-one-out by refitting, its sums, and how the work is cut."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from skrmt.linear_model._ensemble_fit import Settings, fit_ensemble
from skrmt.linear_model._ensemble_path import ensemble_path
from skrmt.linear_model._ensemble_plan import make_plan
from skrmt.linear_model._judged_path import judged_path, target_slices
from skrmt.linear_model._problem import make_problem

KINDS = ["srdct", "orthogonal", "gaussian", "sparse", "countsketch", "subsample"]
ALPHAS = np.array([0.1, 3.0])


def data(n=60, p=48, q=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + rng.standard_normal(p)
    return X, X[:, :q] + rng.standard_normal((n, q))


def plan_for(p, size, n_members=3, **options):
    defaults = {"sketch": "srdct", "n_nonzero": 4, "partition": True, "sparse": False}
    return make_plan(p, size, n_members, random_state=0, **{**defaults, **options})


def coef_at(problem, plan, alpha):
    """Coefficients of an ensemble at one penalty and nothing else."""
    path = ensemble_path(problem, plan, np.array([alpha]) / problem.total, "gcv")
    return plan.lift([coef[:, :, 0] for coef in path.coefs])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [12, 44])
@pytest.mark.parametrize("n", [60, 30])
def test_leave_one_out_of_the_ensemble_is_refitting_it(kind, size, n):
    X, Y = data(n)
    weights = np.random.default_rng(5).uniform(0.5, 2, n)
    plan = plan_for(48, size, sketch=kind)
    problem = make_problem(X, Y, weights, fit_intercept=True)
    judged = judged_path(problem, plan, ALPHAS, Settings(), Y)
    for i in (0, 11):
        rest = np.arange(n) != i
        without = make_problem(X[rest], Y[rest], weights[rest], fit_intercept=True)
        for j, alpha in enumerate(ALPHAS):
            coef = coef_at(without, plan, alpha)
            missed = Y[i] - without.y_mean - (X[i] - without.x_mean) @ coef
            np.testing.assert_allclose(judged.residuals[i, :, j], missed, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("n", [60, 20])
def test_gcv_is_the_mean_residual_over_the_mean_free_share(n):
    X, Y = data(n)
    problem = make_problem(X, Y, None, fit_intercept=True)
    plan = plan_for(48, 24, 3)
    judged = judged_path(problem, plan, ALPHAS, Settings(criterion="gcv"), Y)
    for j, alpha in enumerate(ALPHAS):
        smoother = np.zeros((n, n))
        for unit in range(n):
            target = np.eye(n)[:, [unit]]
            one = make_problem(X, target, None, fit_intercept=True)
            fitted = one.y_mean + (X - one.x_mean) @ coef_at(one, plan, alpha)
            smoother[:, unit] = fitted[:, 0]
        corrected = (Y - smoother @ Y) / (1 - np.trace(smoother) / n)
        np.testing.assert_allclose(judged.residuals[:, :, j], corrected, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(judged.risk[:, j], np.mean(corrected**2, axis=0), rtol=1e-8)
        assert judged.degrees_of_freedom[j] == pytest.approx(np.trace(smoother), rel=1e-8)


def test_components_are_the_mean_products_of_members():
    X, Y = data()
    problem = make_problem(X, Y, None, fit_intercept=True)
    plan = plan_for(48, 16, 5)  # groups of three and two
    assert plan.group_sizes == (3, 2)
    judged = judged_path(problem, plan, ALPHAS, Settings(), Y)
    alone = []  # leave-one-out residuals of each member, by fitting its sketch only
    for group in range(2):
        for rows in plan.rows(problem, group):
            Z = make_problem(
                np.vstack([dot(np.eye(16)) for _, dot in rows.blocks()]),
                Y,
                None,
                fit_intercept=True,
            )
            none = make_plan(
                16, 16, 1, sketch=None, n_nonzero=1, partition=True, sparse=False, random_state=0
            )
            alone.append(judged_path(Z, none, ALPHAS, Settings(), Y).residuals)
    alone = np.array(alone)
    np.testing.assert_allclose(judged.residuals, alone.mean(axis=0), atol=1e-9)
    products = np.einsum("anqj,bnqj->abqj", alone, alone) / len(X)
    group = np.array([0, 0, 0, 1, 1])
    same = (group[:, None] == group) & ~np.eye(5, dtype=bool)
    other = group[:, None] != group
    expected = {
        "member": products[np.eye(5, dtype=bool)].mean(axis=0),
        "within": products[same].mean(axis=0),
        "between": products[other].mean(axis=0),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(judged.components[name], value, rtol=1e-8)


def test_workers_do_not_change_a_bit():
    X, Y = data()
    problem = make_problem(X, Y, None, fit_intercept=True)
    plan = plan_for(48, 16, 8)
    one, two, many = (
        ensemble_path(problem, plan, ALPHAS / 60, "loo", n_jobs=n_jobs) for n_jobs in (1, 2, 5)
    )
    for other in (two, many):
        np.testing.assert_array_equal(one.residuals, other.residuals)
        np.testing.assert_array_equal(one.coefs, other.coefs)


@pytest.mark.parametrize("kind", ["srdct", "sparse"])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_little_memory_changes_nothing_but_time(kind, container):
    """Targets in slices, and members of a group one at a time."""
    X, Y = data(q=5)
    problem = make_problem(container(X), Y, None, fit_intercept=True)
    plan = plan_for(48, 12, 5, sketch=kind)
    free = fit_ensemble(problem, plan, Settings(alphas=ALPHAS, per_target=True), Y)
    little = Settings(alphas=ALPHAS, per_target=True, max_memory=60 * 12 * 8.0)
    assert len(target_slices(problem, len(ALPHAS), little.max_memory)) > 1
    tight = fit_ensemble(problem, plan, little, Y)
    assert free.path.residuals is not None and tight.path.residuals is None
    np.testing.assert_allclose(tight.residuals, free.residuals, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(tight.path.risk, free.path.risk, rtol=1e-10)
    np.testing.assert_allclose(tight.coefs, free.coefs, atol=1e-12)
    for name, part in free.path.components.items():
        np.testing.assert_allclose(tight.path.components[name], part, rtol=1e-10)


def test_sparse_rows_give_what_dense_ones_give():
    X, Y = data()
    X[np.random.default_rng(1).uniform(size=X.shape) < 0.7] = 0
    weights = np.random.default_rng(5).uniform(0.5, 2, 60)
    for kind in [*KINDS, None]:
        for size in (12, 30):
            plan = plan_for(48, size, sketch=kind)
            fits = []
            for container in (np.asarray, csr_array):
                problem = make_problem(container(X), Y, weights, fit_intercept=True)
                fits.append(judged_path(problem, plan, ALPHAS, Settings(), Y))
            dense, sparse = fits
            np.testing.assert_allclose(sparse.residuals, dense.residuals, rtol=1e-8, atol=1e-9)


def test_automatic_grid_scales_with_the_data():
    """Rows times 10 and targets times 3: penalties times 100, risks times 9."""
    X, Y = data()
    plan = plan_for(48, 16)
    fits = []
    for x_scale, y_scale in [(1, 1), (10, 3)]:
        problem = make_problem(x_scale * X, y_scale * Y, None, fit_intercept=True)
        fits.append(fit_ensemble(problem, plan, Settings(), Y))
    small, large = fits
    np.testing.assert_allclose(large.path.alphas, 100 * small.path.alphas, rtol=1e-10)
    np.testing.assert_allclose(large.path.risk, 9 * small.path.risk, rtol=1e-6)
    np.testing.assert_array_equal(large.chosen, small.chosen)
