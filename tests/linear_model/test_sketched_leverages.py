# SPDX-License-Identifier: BSD-3-Clause
"""Leverages from sketches beside exact ones at the implicit ridge."""

import numpy as np
import pytest
from ridge_designs import make_design
from scipy.sparse import csr_array

from skrmt.linear_model._ensemble_plan import make_plan
from skrmt.linear_model._problem import make_problem
from skrmt.linear_model._sketched_leverages import SketchedLeverages

N, P = 400, 480


@pytest.fixture(scope="module")
def design():
    return make_design(N, P, seed=0)


def leverages(
    X, size, *, n_members=1, sketch="srdct", dtype=np.float64, weights=None, seed=0, **more
):
    problem = make_problem(X, np.zeros((X.shape[0], 1)), weights, fit_intercept=True)
    plan = make_plan(
        X.shape[1],
        size,
        n_members,
        sketch=sketch,
        n_nonzero=8,
        partition=True,
        sparse=False,
        random_state=seed,
    )
    return SketchedLeverages(problem, plan, dtype, **more)


def exact_shares(X, mus, weights=None):
    """1 - h of ridge regression with intercept, by the eigenvalues of the Gram matrix of rows."""
    w = np.ones(len(X)) if weights is None else weights
    A = (X - np.average(X, axis=0, weights=w)) * np.sqrt(w)[:, None]
    s, U = np.linalg.eigh(A @ A.T / w.sum())
    s = np.maximum(s, 0)
    return 1 - (w / w.sum())[:, None] - U**2 @ (s[:, None] / (s[:, None] + mus))


@pytest.mark.parametrize("sketch", ["srdct", "orthogonal", "gaussian", "sparse", "countsketch"])
def test_mean_is_that_of_exact_leverages_and_rows_scatter_little(design, sketch):
    sketched = leverages(design.X, 120, sketch=sketch)
    mus = sketched.lowest_level() * np.array([1.6, 3, 10, 100])
    ratio = sketched.at(mus) / exact_shares(design.X, mus)
    # The implicit ridge is right to about 1 / m; one sketch scatters rows by less than 1 / sqrt(m).
    np.testing.assert_allclose(ratio.mean(axis=0), 1, atol=0.015)
    assert np.all(ratio.std(axis=0) < [0.06, 0.05, 0.04, 0.02])


def test_members_average_the_scatter_out(design):
    mus = leverages(design.X, 120).lowest_level() * np.array([2.0, 5.0])
    exact = exact_shares(design.X, mus)
    scatter = [(leverages(design.X, 120, n_members=K).at(mus) / exact).std(axis=0) for K in (1, 4)]
    # disjoint parts of one transform: at least as good as independent sketches
    assert np.all(scatter[1] < 0.6 * scatter[0])


def test_weighted_rows(design):
    w = np.random.default_rng(1).uniform(0.2, 3, N)
    sketched = leverages(design.X, 120, weights=w)
    mus = sketched.lowest_level() * np.array([2.0, 10.0])
    ratio = sketched.at(mus) / exact_shares(design.X, mus, w)
    np.testing.assert_allclose(ratio.mean(axis=0), 1, atol=0.015)


def test_whole_weights_are_repeated_rows(design):
    w = np.random.default_rng(1).integers(1, 4, N)
    weighted = leverages(design.X, 60, weights=w.astype(float))
    repeated = leverages(np.repeat(design.X, w, axis=0), 60)
    mus = weighted.lowest_level() * np.array([1.0, 10.0])
    taken = (1 - repeated.at(mus))[np.cumsum(w) - 1]
    np.testing.assert_allclose(1 - weighted.at(mus), w[:, None] * taken, rtol=1e-9)


def test_float32_is_enough(design):
    single, double = (leverages(design.X, 120, dtype=t) for t in (np.float32, np.float64))
    mus = double.lowest_level() * np.array([1.01, 3.0, 100.0])
    assert single.at(mus).dtype == np.float32
    np.testing.assert_allclose(single.at(mus), double.at(mus), rtol=1e-3)
    assert single.lowest_level() == pytest.approx(double.lowest_level(), rel=0.01)


def test_rounding_raises_the_lowest_level_of_float32_only():
    X = np.random.default_rng(0).standard_normal((200, 200)) * 10.0 ** -np.linspace(0, 8, 200)
    single, double = (leverages(X, 60, dtype=t) for t in (np.float32, np.float64))
    assert single.lowest_level() > 1.5 * double.lowest_level()
    assert double.lowest_level() == pytest.approx(double.lowest_level_without_rounding(), rel=0.01)


def test_refining_takes_rounding_off_float32():
    X = np.random.default_rng(0).standard_normal((200, 200)) * 10.0 ** -np.linspace(0, 8, 200)
    single, double = (leverages(X, 60, dtype=t) for t in (np.float32, np.float64))
    assert not single.refined
    assert double.refined
    before = single.lowest_level()
    single.refine()
    assert single.refined
    assert single.lowest_level() < 0.7 * before
    assert single.lowest_level() == pytest.approx(double.lowest_level(), rel=0.01)
    mus = double.lowest_level() * np.array([1.1, 3.0, 100.0])
    np.testing.assert_allclose(single.at(mus), double.at(mus), rtol=1e-2)
    assert single.at(mus).dtype == np.float32


@pytest.mark.parametrize("n_members", [1, 3])
def test_residuals_are_those_of_ridge_regression_on_the_sketch(design, n_members):
    sketched = leverages(design.X, 80, n_members=n_members)
    y = design.y[:, None] - design.y.mean()
    mus = sketched.lowest_level() * np.array([2.0, 20.0])
    expected = 0.0
    for member in sketched._members:
        P = member.products
        for_all = [
            y - P @ np.linalg.solve(P.T @ P + N * a * np.eye(P.shape[1]), P.T @ y)
            for a in member.ridges_of(mus / sketched._scale**2)
        ]
        expected = expected + np.stack(for_all, axis=-1) / n_members
    np.testing.assert_allclose(sketched.residuals(y, mus), expected, atol=1e-10)
    assert np.isnan(sketched.residuals(y, 0.5 * sketched.lowest_level() * np.ones(1))).all()


def test_left_vectors_lead_with_the_largest_directions(design):
    X = design.X * np.logspace(0, -3, P)
    A = X - X.mean(axis=0)
    s = np.linalg.svd(A, compute_uv=False) ** 2
    sketched = leverages(X, 200)
    Q = sketched.left_vectors(0, 40)
    np.testing.assert_allclose(Q.T @ Q, np.eye(40), atol=1e-8)
    np.testing.assert_array_equal(sketched.left_vectors(10, 40), Q[:, 10:])
    # nearly all of what forty directions can hold
    assert np.sum((Q.T @ A) ** 2) > 0.95 * s[:40].sum()
    scale = sketched._scale**2
    assert sketched.eigenvalues[0] * scale == pytest.approx(s[0], rel=0.3)
    assert np.all(np.diff(sketched.eigenvalues) <= 0)


@pytest.mark.parametrize("unit", [1e-90, 1e-5, 1e90])
def test_unit_of_the_rows_does_not_matter(design, unit):
    plain, other = (leverages(X, 60, dtype=np.float32) for X in (design.X, unit * design.X))
    mus = plain.lowest_level() * np.array([1.1, 10.0])
    np.testing.assert_allclose(other.at(mus * unit**2), plain.at(mus), rtol=1e-4)


def test_offset_of_the_rows_does_not_matter(design):
    plain, far = (leverages(X, 60, dtype=np.float32) for X in (design.X, design.X + 2.0**20))
    mus = plain.lowest_level() * np.array([1.1, 10.0])
    np.testing.assert_allclose(far.at(mus), plain.at(mus), rtol=1e-4)


def test_out_of_reach_is_nan_and_in_reach_is_not(design):
    sketched = leverages(design.X, 60, n_members=3)
    mus = sketched.lowest_level() * np.array([0.5, 0.9, 1.0, 2.0])
    np.testing.assert_array_equal(
        np.isnan(sketched.at(mus)).all(axis=0), [True, True, False, False]
    )


def test_larger_sketch_reaches_lower(design):
    levels = [leverages(design.X, m).lowest_level() for m in (30, 60, 120, 180)]
    assert np.all(np.diff(levels) < 0)


def test_sparse_rows_and_workers_change_nothing(design):
    X = np.where(np.abs(design.X) > 0.5, design.X, 0)
    options = {"sketch": "sparse", "n_members": 3}
    dense = leverages(X, 64, **options)
    mus = dense.lowest_level() * np.array([1.1, 10.0])
    expected = dense.at(mus)
    np.testing.assert_allclose(leverages(csr_array(X), 64, **options).at(mus), expected, rtol=1e-8)
    np.testing.assert_allclose(leverages(X, 64, n_jobs=2, **options).at(mus), expected, rtol=1e-12)
