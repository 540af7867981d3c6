# SPDX-License-Identifier: BSD-3-Clause
"""Estimated against true risk: what the ensemble says of itself, on a model that is known."""

import numpy as np
import pytest
from ridge_designs import make_design

from skrmt.linear_model import SketchedRidgeEnsemble
from skrmt.theory import implicit_ridge_of_spectrum

N, P, M, K = 500, 600, 200, 5
RIDGES = np.logspace(-4, 2, 13)
SEEDS = range(20)
KINDS = ["srdct", "orthogonal", "gaussian", "sparse", "countsketch", "subsample"]


def true_risks(model, design, alphas):
    """Risk of the fitted ensemble at each penalty, from its members at all of them."""
    risks = []
    for alpha in alphas:
        model.set_params(alphas=float(alpha)).fit(design.X, design.y)
        risks.append(design.risk(model.coef_, model.intercept_))
    return np.array(risks)


def estimated_risks(kind, criterion, design, ridges, seed):
    """Estimated risks, less what the noise of these targets happens to have beyond its variance.

    That difference is common to all models and no business of theirs; without it the mean over
    20 data sets tells twice as much.
    """
    # Two more penalties, so that the best is not on the edge of the grid.
    alphas = [0.0, *(N * ridges), 1e9]
    options = {"sketch": kind, "sketch_size": M, "criterion": criterion, "random_state": seed}
    model = SketchedRidgeEnsemble(
        K, alphas=alphas, partition=False, negative_alphas=False, **options
    )
    noise = design.y - 1 - design.X @ design.beta
    return model.fit(design.X, design.y).risk_path_[1:-1] - (np.mean(noise**2) - 1)


def risks_over_seeds(kind, ridges, *, heavy_tails=False):
    """Over seeds: estimated risks by either criterion, true risks."""
    loo, gcv, true = [], [], []
    for seed in SEEDS:
        design = make_design(N, P, seed, heavy_tails=heavy_tails)
        loo.append(estimated_risks(kind, "loo", design, ridges, seed))
        gcv.append(estimated_risks(kind, "gcv", design, ridges, seed))
        options = {"sketch": kind, "sketch_size": M, "random_state": seed, "partition": False}
        # Only coefficients are wanted: the cheaper criterion.
        model = SketchedRidgeEnsemble(K, criterion="gcv", **options)
        true.append(true_risks(model, design, N * ridges))
    return np.array(loo), np.array(gcv), np.array(true)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_estimated_risk_is_the_true_one_for_every_sketch_and_penalty(kind):
    loo, gcv, true = risks_over_seeds(kind, RIDGES[::3])
    for estimated in (loo, gcv):
        ratio = estimated / true
        # Criteria are means of N squares, sqrt(2 / N) = 6 % and the signal's own variation off for
        # one data set: a standard error below .02 over 20 of them.
        assert np.all(ratio.std(axis=0, ddof=1) / np.sqrt(len(SEEDS)) < 0.02)
        np.testing.assert_allclose(ratio.mean(axis=0), 1, atol=0.03)
        # Choosing by the estimate costs next to nothing.
        chosen = np.take_along_axis(true, estimated.argmin(axis=1)[:, None], axis=1)[:, 0]
        assert np.mean(chosen / true.min(axis=1)) < 1.01


def test_training_error_is_not_the_risk():
    design = make_design(N, P, 0)
    model = SketchedRidgeEnsemble(K, sketch_size=M, alphas=N * 1e-3, random_state=0)
    model.fit(design.X, design.y)
    training = np.mean((design.y - model.predict(design.X)) ** 2)
    assert training < 0.7 * design.risk(model.coef_, model.intercept_)


@pytest.mark.slow
def test_gcv_is_too_optimistic_for_rows_of_unequal_size_and_leave_one_out_is_not():
    """Rows have a random factor of mean square 1, so the variances of the features are the same."""
    loo, gcv, true = risks_over_seeds("srdct", np.array([1e-3, 1e-1]), heavy_tails=True)
    assert np.mean(gcv / true) - 1 < -0.05
    assert abs(np.mean(loo / true) - 1) < 0.045


def ensemble_at(design, ridge, n_members, size, seed, **options):
    model = SketchedRidgeEnsemble(
        n_members, sketch_size=size, alphas=len(design.y) * ridge, random_state=seed, **options
    )
    return model.fit(design.X, design.y)


@pytest.mark.slow
@pytest.mark.parametrize("partition", [True, False])
def test_few_members_tell_the_risk_of_many(partition):
    """From two groups (or four members) to four times as many, fitted themselves."""
    ratios = []
    for seed in range(8):
        design = make_design(400, 320, seed)
        n_few = 8 if partition else 4
        few = ensemble_at(design, 0.1, n_few, 80, seed, partition=partition)
        many = ensemble_at(design, 0.1, 4 * n_few, 80, seed, partition=partition)
        ratios.append(few.risk(4 * n_few)[0] / many.best_risk_)
    assert np.mean(ratios) == pytest.approx(1, abs=0.03)


def test_partition_lowers_the_risk():
    """Members on disjoint parts of a transform keep every direction."""
    ratios = []
    for seed in range(10):
        design = make_design(500, 640, seed)
        risks = []
        for partition in (True, False):
            model = ensemble_at(design, 0.1, 4, 160, seed, partition=partition, criterion="gcv")
            risks.append(design.risk(model.coef_, model.intercept_))
        ratios.append(risks[0] / risks[1])
    assert np.mean(ratios) < 0.95


@pytest.mark.parametrize("kind", ["srdct", "orthogonal", "gaussian", "sparse"])
@pytest.mark.parametrize("size", [40, 160])
def test_implied_ridge_is_that_of_the_unsketched_spectrum(kind, size):
    """The formula from the sketched spectrum against the subordination equation."""
    ridges = np.array([1e-4, 1e-2, 1.0])
    ratios = []
    for seed in range(3):
        design = make_design(500, 640, seed)
        model = SketchedRidgeEnsemble(
            4, sketch_size=size, sketch=kind, alphas=[0.0, *(500 * ridges), 1e9], random_state=seed
        )
        model.fit(design.X, design.y)
        free = {"gaussian": "gaussian"}.get(kind, "orthogonal")
        expected = implicit_ridge_of_spectrum(
            np.linalg.eigvalsh(np.cov(design.X.T, bias=True)).clip(0),
            ridges,
            sketch=free,
            n_components=model.sketch_size_,
            n_ambient=640,
        )
        ratios.append(model.mus_[1:4] / expected)
    np.testing.assert_allclose(np.mean(ratios, axis=0), 1, atol=0.025)


def test_many_members_are_ridge_regression_at_the_implied_ridge():
    design = make_design(400, 320, 0)
    model = ensemble_at(design, 0.05, 80, 100, 0, criterion="gcv")
    exact = SketchedRidgeEnsemble(sketch=None, alphas=400 * model.mu_, criterion="gcv")
    exact.fit(design.X, design.y)
    difference = np.linalg.norm(model.coef_ - exact.coef_) / np.linalg.norm(exact.coef_)
    # 80 members leave 1/80 of the variance of one, in amplitude about 1/9.
    one = ensemble_at(design, 0.05, 1, 100, 0, criterion="gcv")
    alone = np.linalg.norm(one.coef_ - exact.coef_) / np.linalg.norm(exact.coef_)
    assert difference < 1.5 * alone / 9
    assert model.risk_inf_ == pytest.approx(exact.best_risk_, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("symmetric", [False, True])
def test_intervals_cover_what_they_say(symmetric):
    """The design of the paper: targets are soft thresholds of a linear function."""
    levels = np.array([0.9, 0.95, 0.99])
    covered = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        n, p = 750, 500
        X = rng.standard_normal((n + 4000, p))
        signal = X @ rng.standard_normal(p) / np.sqrt(p) * 2
        y = np.sign(signal) * np.maximum(np.abs(signal) - 1, 0)
        model = SketchedRidgeEnsemble(5, sketch_size=100, alphas=n * 1e-6, random_state=seed)
        model.fit(X[:n], y[:n])
        for level in levels:
            low, high = model.predict_interval(X[n:], level, symmetric=symmetric).T
            covered.append(np.mean((low <= y[n:]) & (y[n:] <= high)))
    coverage = np.reshape(covered, (len(SEEDS), 3)).mean(axis=0)
    # Per data set a standard deviation of sqrt(a (1 - a) / n), .011 at 90 %: .0025 for 20 of them.
    np.testing.assert_allclose(coverage, levels, atol=0.01)


def test_intervals_of_skewed_errors_have_their_ends_where_they_belong():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6000, 200))
    y = X[:, 0] + rng.exponential(size=6000)
    model = SketchedRidgeEnsemble(random_state=0).fit(X[:1000], y[:1000])
    low, high = model.predict_interval(X[1000:], 0.9).T
    below, above = np.mean(y[1000:] < low), np.mean(y[1000:] > high)
    # Standard error of a quantile of 1000 residuals: sqrt(.05 * .95 / 1000) = .007.
    assert below == pytest.approx(0.05, abs=0.02)
    assert above == pytest.approx(0.05, abs=0.02)
    middle = model.predict(X[1000:])
    assert np.mean(high - middle) > 1.3 * np.mean(middle - low)
