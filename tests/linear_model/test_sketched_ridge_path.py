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


@pytest.mark.filterwarnings("ignore:The best of alphas")
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


# Parameters of the estimator that would mean nothing, and one that there is not.
IGNORED = (
    *("sketch_size", "scoring", "negative_alphas", "alpha_per_target", "partition", "warm_start"),
    *("keep_members", "store_cv_results", "verbose", "n_reservoir", "typo"),
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_fitted": 1}, "n_fitted"),
        *(
            ({"sketch_sizes": sizes}, "^sketch_sizes=.* of shares of n_features")
            for sizes in ([0], [], [20, 1.5], [2.0], [-3], [[2], [3]], ["auto"], [True])
        ),
        *(
            ({"n_members": sizes}, "^n_members=.* positive integers or inf")
            for sizes in ((0,), (), (1, -2), (1.5,), (np.nan,), ("all",), ((1,), (2,)))
        ),
        ({"n_members": 4}, "n_members"),
        *(
            ({"alphas": alphas}, "^alphas=.* must be None or")
            for alphas in ([], [np.nan], [[1.0]], ["auto"])
        ),
        *(({name: "auto"}, f"'{name}' parameter") for name in ("alphas", "sketch_sizes")),
        ({"criterion": "aic"}, "criterion"),
        *(
            (
                {name: 1},
                f"^{name} is no parameter of sketched_ridge_path.* it takes sketch, .*n_jobs",
            )
            for name in IGNORED
        ),
    ],
    ids=str,
)
def test_bad_parameters_are_named(design, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        sketched_ridge_path(design.X, design.y, **options)
    assert "'auto'." not in str(caught.value)  # which is for the estimator only


def test_sizes_may_be_shares_and_grids_those_of_an_earlier_path(design):
    options = {"alphas": [1.0, 10.0], "random_state": 0}
    path = sketched_ridge_path(design.X, design.y, sketch_sizes=[0.25, 100, 1.0], **options)
    np.testing.assert_array_equal(path["sketch_sizes"], [60, 100, 240])
    again = sketched_ridge_path(
        design.X,
        design.y,
        sketch_sizes=path["sketch_sizes"],
        n_members=path["n_members"],
        **options,
    )
    np.testing.assert_array_equal(again["risk"], path["risk"])
    single = np.array([0.25], np.float32)
    path = sketched_ridge_path(design.X, design.y, sketch_sizes=single, **options)
    assert path["sketch_sizes"] == 60


def test_weights_of_any_scale_have_the_same_risks(design):
    """Precisions that sum to less than 1 are as many rows as there are."""
    w = np.random.default_rng(0).uniform(0.5, 2, 300)
    one, tiny = (
        sketched_ridge_path(design.X, design.y, sample_weight=s * w, random_state=0)
        for s in (1.0, 1e-4)
    )
    np.testing.assert_array_equal(one["sketch_sizes"], tiny["sketch_sizes"])
    np.testing.assert_allclose(tiny["alphas"], 1e-4 * one["alphas"])
    np.testing.assert_allclose(tiny["risk"], one["risk"], rtol=1e-9)
