# SPDX-License-Identifier: BSD-3-Clause
"""Which sketches an ensemble draws."""

import numpy as np
import pytest

from skrmt.linear_model._ensemble_plan import automatic_size, make_plan, resolve_size
from skrmt.linear_model._problem import make_problem


def plan_for(p, size, n_members, **options):
    defaults = {"sketch": "auto", "n_nonzero": 8, "partition": True, "sparse": False}
    return make_plan(p, size, n_members, **{"random_state": 0, **defaults, **options})


def test_members_fill_one_transform_after_another():
    assert plan_for(100, 30, 8).group_sizes == (3, 3, 2)
    assert plan_for(100, 30, 8, partition=False).group_sizes == (1,) * 8
    assert plan_for(100, 60, 3).group_sizes == (1, 1, 1)
    assert plan_for(100, 30, 3, sketch="gaussian").group_sizes == (1, 1, 1)


def test_more_members_keep_the_first_ones():
    few, many = plan_for(100, 30, 5), plan_for(100, 30, 12)
    assert many.seeds[: few.n_groups] == few.seeds


def test_default_law_depends_on_the_rows():
    assert plan_for(1000, 100, 2).kind == "srdct"
    assert plan_for(1000, 100, 2, sparse=True).kind == "sparse"


@pytest.mark.parametrize("sketch", ["srdct", "orthogonal", "sparse", "subsample", None])
def test_a_sketch_that_would_keep_all_features_is_none(sketch):
    plan = plan_for(20, 20, 5, sketch=sketch)
    assert (plan.law, plan.kind, plan.n_members, plan.sketch_size) == (None, None, 1, 20)


@pytest.mark.parametrize("sketch", ["gaussian", "countsketch"])
def test_other_laws_do_not_keep_all_features(sketch):
    assert plan_for(20, 20, 5, sketch=sketch).n_members == 5


def test_size_of_the_sparse_sketch_is_what_it_really_has():
    plan = plan_for(100, 30, 2, sketch="sparse")
    assert plan.sketch_size == plan.law.n_components >= 30


def test_automatic_size_is_a_quarter_within_limits():
    assert automatic_size(1000, 5000) == 250
    assert automatic_size(100, 5000) == 64
    assert automatic_size(100_000, 100_000) == 2000
    assert automatic_size(30, 30) == 30


def test_size_as_number_or_share():
    assert resolve_size(70, 100, 200) == 70
    assert resolve_size(0.25, 100, 200) == 50
    assert resolve_size(0.001, 100, 200) == 1
    assert resolve_size("auto", 400, 1000) == 100


def test_size_beyond_the_features_is_cut_with_a_warning():
    with pytest.warns(
        UserWarning, match="sketch_size=30 is larger than the number of features, 20"
    ):
        assert resolve_size(30, 10, 20) == 20


@pytest.mark.parametrize("sketch", ["srdct", "sparse", "gaussian", "countsketch"])
def test_rows_times_coefficients_is_data_times_lifted_coefficients(sketch):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((15, 40)) + 5
    problem = make_problem(X, X[:, :1], None, fit_intercept=True)
    plan = plan_for(40, 9, 6, sketch=sketch, n_nonzero=4)
    members = [
        np.vstack([dot(np.eye(plan.sketch_size)) for _, dot in rows.blocks()])
        for group in range(plan.n_groups)
        for rows in plan.rows(problem, group)
    ]
    coefs = [rng.standard_normal((plan.sketch_size, 2)) for _ in members]
    predicted = np.mean([Z @ theta for Z, theta in zip(members, coefs, strict=True)], axis=0)
    np.testing.assert_allclose((X - X.mean(axis=0)) @ plan.lift(coefs), predicted, atol=1e-10)
