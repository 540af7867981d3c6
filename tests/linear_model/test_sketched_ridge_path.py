# SPDX-License-Identifier: BSD-3-Clause
"""The risk over penalty, sketch size and ensemble size."""

from math import inf

import numpy as np
import pytest
from ridge_designs import make_design
from scipy.sparse import csr_array

from skrmt.linear_model import SketchedRidgeEnsemble, sketched_ridge_path
from skrmt.theory import sketched_ensemble_risk


@pytest.fixture(scope="module")
def design():
    return make_design(300, 240, 0)


def test_each_entry_is_the_risk_of_that_ensemble(design):
    path = sketched_ridge_path(
        design.X, design.y, sketch_sizes=[20, 60], n_members=(1, 4, inf), random_state=0
    )
    assert path["risk"].shape == (2, 3, len(path["alphas"]))
    assert path["mu"].shape == path["df"].shape == (2, len(path["alphas"]))
    seeds = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=2)
    for s, size in enumerate([20, 60]):
        model = SketchedRidgeEnsemble(
            4, sketch_size=size, alphas=path["alphas"], partition=False, random_state=seeds[s]
        ).fit(design.X, design.y)
        for k, n_members in enumerate((1, 4, inf)):
            np.testing.assert_allclose(path["risk"][s, k], model.risk(n_members), rtol=1e-10)
        np.testing.assert_allclose(path["mu"][s], model.mus_)
        np.testing.assert_allclose(path["df"][s], model.df_path_)


def test_risk_falls_with_the_number_of_members(design):
    path = sketched_ridge_path(design.X, design.y, random_state=0)
    # Where members differ; at a large penalty all are alike and the order is noise.
    small = path["alphas"] < np.median(path["alphas"])
    assert np.all(np.diff(path["risk"][:, :, small], axis=1) < 1e-9)


def test_risk_over_the_knobs_is_what_theory_says(design):
    """Mean of five data sets against the closed form, which knows the model."""
    sizes, members, alphas = [30, 80], (1, 8, inf), 300 * np.array([1e-3, 1e-1, 1.0])
    risks, expected = [], []
    for seed in range(5):
        one = make_design(300, 240, seed)
        found = sketched_ridge_path(
            one.X, one.y, alphas=alphas, sketch_sizes=sizes, n_members=members, random_state=seed
        )
        noise = one.y - 1 - one.X @ one.beta
        risks.append(found["risk"] - (np.mean(noise**2) - 1))
        expected.append(
            [
                [
                    [
                        sketched_ensemble_risk(
                            one.variances,
                            one.beta**2,
                            alpha / 300,
                            300,
                            noise_variance=1.0,
                            sketch="orthogonal",
                            n_components=size,
                            n_ambient=240,
                            n_members=K,
                        ).total
                        for alpha in alphas
                    ]
                    for K in members
                ]
                for size in sizes
            ]
        )
    # A mean of 1500 squares is 4 % off, the intercept costs 1/300.
    np.testing.assert_allclose(np.mean(risks, axis=0) / np.mean(expected, axis=0), 1, atol=0.08)


def test_sparse_rows_weights_and_several_targets(design):
    X = csr_array(np.where(design.X > 1, design.X, 0))
    Y = np.column_stack([design.y, -design.y])
    w = np.random.default_rng(0).uniform(0.5, 2, 300)
    path = sketched_ridge_path(X, Y, sketch_sizes=[40], sample_weight=w, random_state=0)
    alone = sketched_ridge_path(X, design.y, sketch_sizes=[40], sample_weight=w, random_state=0)
    np.testing.assert_allclose(path["risk"], alone["risk"], rtol=1e-9)
    assert path["sketch_sizes"][0] == 40


def test_size_of_all_features_is_ridge_regression(design):
    path = sketched_ridge_path(design.X, design.y, sketch_sizes=[240], random_state=0)
    np.testing.assert_array_equal(path["risk"][0, 0], path["risk"][0, -1])
    np.testing.assert_allclose(path["mu"][0], path["alphas"] / 300)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_fitted": 1}, "n_fitted"),
        ({"sketch_sizes": [0]}, "sketch_size"),
        ({"n_members": (0,)}, "n_members"),
        ({"alphas": [np.nan]}, "alphas"),
        ({"criterion": "aic"}, "criterion"),
    ],
)
def test_bad_parameters_are_named(design, options, message):
    with pytest.raises(ValueError, match=message):
        sketched_ridge_path(design.X, design.y, **options)
