# SPDX-License-Identifier: BSD-3-Clause
"""What the estimator finds: known values, gains over linear shrinkage, predicted losses."""

import numpy as np
import pytest
from covariance_cases import (
    autoregressive,
    draw,
    factor_model,
    share_of_possible_gain,
    squared_error,
    three_levels,
    with_spikes,
)
from sklearn.covariance import LedoitWolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance


@pytest.mark.parametrize(
    ("n", "trace", "least", "largest"),
    [(200, 547.917571, 1.743574, 11.308336), (60, 540.442064, 3.681799, 12.018484)],
)
def test_known_values(n, trace, least, largest):
    rng = np.random.default_rng(42)
    X = rng.standard_normal((200, 100)) * np.sqrt(three_levels(100))
    model = AnalyticalShrinkage().fit(X[:n])
    eigenvalues = np.linalg.eigvalsh(model.covariance_)
    found = [eigenvalues.sum(), eigenvalues[0], eigenvalues[-1]]
    # Known to six decimals, and two roundings of them.
    np.testing.assert_allclose(found, [trace, least, largest], atol=1e-5)
    # The same numbers by another decomposition: rounding, by a condition number of a few.
    np.testing.assert_allclose(model.shrunk_eigenvalues_, eigenvalues, rtol=1e-9)
    if n == 200:
        assert np.linalg.slogdet(model.covariance_)[1] == pytest.approx(152.712034, abs=1e-5)


# Share of the possible gain: of this estimator, and of linear shrinkage. Over ten draws the first
# varies by less than half a point.
GAINS = {
    "three levels, n=600": (three_levels(200), 600, 97.9, 68.0),
    "three levels, n=300": (three_levels(200), 300, 98.5, 89.4),
    "three levels, n=100": (three_levels(200), 100, 98.8, 98.7),
    "one spike": (with_spikes(200, 20.0), 400, 97.8, 29.5),
    "autoregressive": (autoregressive(200), 400, 91.7, 75.9),
}


@pytest.mark.parametrize("name", GAINS)
def test_share_of_the_possible_gain(name):
    sigma, n, expected, linear = GAINS[name]
    estimators = [AnalyticalShrinkage(store_precision=False), LedoitWolf(store_precision=False)]
    found = share_of_possible_gain(estimators, sigma, n + 1, range(10))
    # Means of 20 draws have standard errors of up to .4 (AR), as the benchmarks print them, that of
    # 10 here .6: their difference .7.
    np.testing.assert_allclose(found[0], expected, atol=1)
    # One large eigenvalue varies much from draw to draw, and all of this with it.
    np.testing.assert_allclose(found[1], linear, atol=6 if name == "one spike" else 3)


def test_heavy_tails_cost_little():
    estimators = [AnalyticalShrinkage(store_precision=False), LedoitWolf(store_precision=False)]
    found = share_of_possible_gain(estimators, three_levels(200), 600, range(10), degrees=5)
    assert found[0] > 95
    assert found[0] > found[1] + 20


@pytest.mark.parametrize(
    "sigma", [three_levels(5), np.ones(5), autoregressive(5)], ids=["levels", "white", "ar"]
)
def test_linear_shrinkage_is_better_for_five_features(sigma):
    """As the documentation says."""
    losses = np.zeros(2)
    for seed in range(50):
        X = draw(sigma, 11, seed)
        estimators = AnalyticalShrinkage(), LedoitWolf()
        losses += [squared_error(e.fit(X).covariance_, sigma) for e in estimators]
    assert losses[1] < 0.8 * losses[0]


def test_minimum_variance_portfolio():
    """Weights ``C^-1 1``: the sample covariance has 5 times the least variance, this 1.2 times."""
    variances = {"sample": 0.0, "linear": 0.0, "this": 0.0, "best": 0.0}
    for seed in range(10):
        sigma = factor_model(200, seed)
        X = draw(sigma, 250, 100 + seed)
        estimates = {
            "sample": np.cov(X.T),
            "linear": LedoitWolf().fit(X).covariance_,
            "this": AnalyticalShrinkage().fit(X).covariance_,
            "best": sigma,
        }
        for name, C in estimates.items():
            weights = np.linalg.solve(C, np.ones(200))
            weights /= weights.sum()
            variances[name] += weights @ sigma @ weights
    assert variances["sample"] > 4 * variances["best"]
    assert variances["linear"] > 1.5 * variances["this"]
    assert variances["this"] < 1.25 * variances["best"]


def _classes(sigma, seed, n=300, distance=3.0):
    """Two Gaussian classes at a Mahalanobis distance."""
    rng = np.random.default_rng(1000 + seed)
    shift = rng.standard_normal(len(sigma))
    shift *= distance / np.sqrt(shift @ np.linalg.solve(sigma, shift))
    y = np.arange(n + 1000) % 2
    return draw(sigma, n + 1000, seed) + np.outer(y, shift), y


@pytest.mark.parametrize("solver", ["lsqr", "eigen"])
def test_linear_discriminant_analysis(solver):
    """Accuracy on new samples between that of scikit-learn's shrinkage and the best possible."""
    accuracy = np.zeros(2)
    for seed in range(3):
        X, y = _classes(factor_model(200, seed), seed)
        models = [
            LinearDiscriminantAnalysis(solver=solver, covariance_estimator=AnalyticalShrinkage()),
            LinearDiscriminantAnalysis(solver=solver, shrinkage="auto"),
        ]
        accuracy += [model.fit(X[:300], y[:300]).score(X[300:], y[300:]) / 3 for model in models]
    assert accuracy[0] > accuracy[1] + 0.02
    assert accuracy[0] < 0.933 + 0.02  # Phi(distance / 2), and 4 standard errors


def test_pipeline_and_grid_search():
    X, y = _classes(factor_model(30, 0), 0, n=200)
    lda = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=AnalyticalShrinkage())
    estimators = [AnalyticalShrinkage(scale=True), SpikedCovariance(loss="stein")]
    search = GridSearchCV(
        make_pipeline(StandardScaler(), lda),
        {"lineardiscriminantanalysis__covariance_estimator": estimators},
        cv=3,
    )
    assert search.fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.85
    grid = GridSearchCV(AnalyticalShrinkage(), {"scale": [False, True]}, cv=3).fit(X)
    assert np.isfinite(grid.cv_results_["mean_test_score"]).all()


def test_scaling_is_the_correlation_matrix():
    X = draw(autoregressive(40), 60, 0) * np.linspace(1, 100, 40)
    deviations = X.std(axis=0, ddof=1)
    plain = AnalyticalShrinkage().fit(X / deviations)
    scaled = AnalyticalShrinkage(scale=True).fit(X)
    expected = plain.covariance_ * np.outer(deviations, deviations)
    # Rounding: of entries of up to 1e4, some of which cancel.
    np.testing.assert_allclose(scaled.covariance_, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(scaled.eigenvalues_, plain.eigenvalues_, rtol=1e-9)
    assert scaled.eigenvalues_.sum() == pytest.approx(40)
    assert not hasattr(scaled, "predicted_loss_")


def test_scaling_helps_on_very_unequal_scales():
    sigma = autoregressive(100) * np.outer(*[np.logspace(-2, 2, 100)] * 2)
    score = np.zeros(2)
    for seed in range(3):
        X, new = draw(sigma, 150, seed), draw(sigma, 500, 100 + seed)
        score += [AnalyticalShrinkage(scale=s).fit(X).score(new) for s in (False, True)]
    assert score[1] > score[0]


def test_lost_degrees_of_freedom():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((120, 30)), np.arange(120) % 10
    within = X - np.array([X[y == k].mean(axis=0) for k in range(10)])[y]
    pooled = AnalyticalShrinkage(ddof=10, assume_centered=True).fit(within)
    # Rounding alone: the least of these eigenvalues is a tenth of the largest.
    np.testing.assert_allclose(
        pooled.eigenvalues_, np.linalg.eigvalsh(within.T @ within / 110), rtol=1e-9
    )
    same = AnalyticalShrinkage(ddof=1).fit(X).covariance_
    np.testing.assert_array_equal(AnalyticalShrinkage().fit(X).covariance_, same)


def _assert_predicted(model, sigma, samples, bias):
    """Means agree within four standard errors of these draws, and a known bias."""
    differences, true = [], []
    for X in samples:
        model.fit(X)
        losses = [squared_error(C, sigma) / len(sigma) for C in (model.covariance_, np.cov(X.T))]
        true.append(losses)
        differences.append(
            np.subtract([model.predicted_loss_, model.predicted_sample_loss_], losses)
        )
    error = np.std(differences, axis=0, ddof=1) / np.sqrt(len(differences))
    allowed = 4 * error + [bias * np.mean(true, axis=0)[0], 0.0]
    assert (np.abs(np.mean(differences, axis=0)) < allowed).all(), (differences, true)


# Populations, samples, degrees of freedom of Student's t, and the bias of the predicted loss: new
# eigenvalues are taken for what they estimate, which fewer samples tell less of.
PREDICTIONS = {
    "three levels, n=600": (three_levels(200), 600, None, 0.0),
    "three levels, n=100": (three_levels(200), 100, None, 0.05),
    "three levels, n=40": (three_levels(200), 40, None, 0.05),
    "three levels, n=p": (three_levels(200), 200, None, 0.07),
    "three spikes": (with_spikes(200, 20.0, 8.0, 4.0), 400, None, 0.05),
    "autoregressive": (autoregressive(200), 400, None, 0.0),
    "Student's t": (three_levels(200), 600, 5, 0.0),
}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_losses_are_predicted(name):
    sigma, n, degrees, bias = PREDICTIONS[name]
    samples = (draw(sigma, n, seed, degrees=degrees) for seed in range(10))
    _assert_predicted(AnalyticalShrinkage(store_precision=False), sigma, samples, bias)


def test_losses_of_rows_of_unequal_length_are_predicted():
    """There the sample covariance loses half as much again as for Gaussian rows."""
    sigma = three_levels(200)
    samples = (
        draw(sigma, 600, seed)
        * np.sqrt(6 / np.random.default_rng(seed + 50).chisquare(8, (600, 1)))
        for seed in range(20)
    )
    # That the sum over pairs grows by the same factor is an approximation.
    _assert_predicted(AnalyticalShrinkage(store_precision=False), sigma, samples, 0.05)


def test_losses_that_cannot_be_predicted_say_why():
    X = draw(three_levels(50), 60, 0)
    with pytest.raises(AttributeError, match="'predicted_loss_' with scale=True"):
        _ = AnalyticalShrinkage(scale=True).fit(X).predicted_loss_
    with pytest.raises(AttributeError, match="'predicted_sample_loss_' with scale=True"):
        _ = AnalyticalShrinkage(scale=True).fit(X).predicted_sample_loss_
    few = AnalyticalShrinkage().fit(X[:30])
    with pytest.raises(AttributeError, match="'predicted_loss_' below 30 degrees of freedom"):
        _ = few.predicted_loss_
    assert few.predicted_sample_loss_ > 0
    assert AnalyticalShrinkage().fit(X[:31]).predicted_loss_ > 0
    single = AnalyticalShrinkage(assume_centered=True, ddof=2).fit(X[:3, :1])
    with pytest.raises(AttributeError, match="'predicted_sample_loss_' with one degree of freedom"):
        _ = single.predicted_sample_loss_


@pytest.mark.parametrize("n", [3, 10, 200])
def test_a_single_feature_is_not_shrunk_and_loses_the_same(n):
    model = AnalyticalShrinkage().fit(np.random.default_rng(0).standard_normal((n, 1)))
    assert model.predicted_loss_ == pytest.approx(model.predicted_sample_loss_, rel=1e-12)
