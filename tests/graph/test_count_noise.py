# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from scipy.stats import kstest

from skrmt.graph import _count_noise as module
from skrmt.graph._count_noise import (
    CountNoise,
    draw_counts,
    fewest_draws,
    log_counts,
    measure_noise,
)
from skrmt.theory import expected_subgraph_counts

MODELS = {
    False: np.array([[0.9, 0.6], [0.6, 0.3]]),
    True: np.array([[0.9, 0.7], [0.5, 0.3]]),
}
BOTH = pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])


def measured(directed, n_levels=7, n_draws=40, seed=0):
    """The scatter, and the counts of the graphs that it was measured on."""
    theta = MODELS[directed]
    noise = measure_noise(theta, n_levels, directed, n_draws, np.random.RandomState(seed))
    counts = draw_counts(theta, n_levels, directed, n_draws, np.random.RandomState(seed))
    return noise, counts


@BOTH
def test_drawn_counts_have_the_expected_means(directed):
    n_draws = 200
    counts = draw_counts(MODELS[directed], 7, directed, n_draws, np.random.RandomState(0))
    expected = expected_subgraph_counts(MODELS[directed], 7, directed=directed)
    error = counts.std(axis=0, ddof=1) / np.sqrt(n_draws)
    assert (np.abs(counts.mean(axis=0) - expected) < 4 * error).all()


@BOTH
def test_whitened_covariance_is_the_correction(directed):
    n_draws = 40
    noise, counts = measured(directed, n_draws=n_draws)
    d = counts.shape[1]
    assert noise.correction == (n_draws - d - 2) / (n_draws - 1)
    np.testing.assert_allclose(noise.covariance, np.cov(np.log(counts).T), rtol=1e-12)
    whitened = noise.whitening @ noise.covariance @ noise.whitening.T
    np.testing.assert_allclose(whitened, noise.correction * np.eye(d), atol=1e-9)
    # The distances of the draws themselves from their mean have this covariance, too.
    expected = expected_subgraph_counts(MODELS[directed], 7, directed=directed)
    distances = noise.distance(counts, expected)
    assert distances.shape == (n_draws, d)
    np.testing.assert_allclose(distances.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(distances.T), whitened, atol=1e-9)


@BOTH
def test_bias_is_that_of_the_logarithms(directed):
    noise, counts = measured(directed)
    expected = expected_subgraph_counts(MODELS[directed], 7, directed=directed)
    np.testing.assert_allclose(
        noise.bias, np.log(counts).mean(axis=0) - np.log(expected), atol=1e-12
    )
    # E log F - log E F = -var / 2 to first order, here within the error of a mean of 40.
    variance = np.diag(noise.covariance)
    error = np.sqrt(variance / len(counts))
    assert (np.abs(noise.bias + variance / 2) < 4 * error + variance**1.5).all()


@BOTH
def test_correction_makes_distances_of_new_graphs_right(directed):
    n_draws, n_measured, n_new = 25, 20, 60
    theta, d = MODELS[directed], 9 if directed else 4
    rng = np.random.RandomState(1)
    new = draw_counts(theta, 7, directed, n_new, rng)
    expected = expected_subgraph_counts(theta, 7, directed=directed)
    means = []
    for _ in range(n_measured):
        noise = measure_noise(theta, 7, directed, n_draws, rng)
        means.append(np.square(noise.distance(new, expected)).sum(axis=1).mean())
    # J has mean d, and 1/B of it more as the bias is a mean of B draws; its deviation is
    # sqrt(2 d) for normal logarithms, up to twice that for these and a covariance of few draws.
    error = 2 * np.sqrt(2 * d / n_new) + np.std(means, ddof=1) / np.sqrt(n_measured)
    assert abs(np.mean(means) - d * (1 + 1 / n_draws)) < 3 * error
    # Without the correction it would be beyond.
    assert d / noise.correction - d > 3 * error or not directed


def test_counts_that_never_change_are_known_to_their_rounding():
    # Entries of 0 and 1 leave nothing to chance.
    theta = np.array([[1, 1], [1, 0.0]])
    assert measure_noise(theta, 4, False, 10, np.random.RandomState(0)) is None
    assert measure_noise(np.zeros((2, 2)), 4, False, 10, np.random.RandomState(0)) is None
    # Two vertices and one coin: arcs scatter, nothing else is ever there.
    noise = measure_noise(np.array([[0, 0.5], [0, 0]]), 1, True, 40, np.random.RandomState(0))
    variance = np.diag(noise.covariance)
    assert variance[0] > 0.05
    # Uniform on an interval of length 1, relative to a count of at least 1.
    np.testing.assert_allclose(variance[1:], 1 / 12)
    assert np.isfinite(noise.whitening).all()
    assert noise.whitening.shape == (9, 9)


def test_counts_that_move_together_leave_fewer_directions(monkeypatch):
    rng = np.random.default_rng(0)
    edges = np.exp(rng.standard_normal(30))
    counts = 100 * np.stack([edges, edges**2, 3 * edges, np.exp(rng.standard_normal(30))], 1)
    monkeypatch.setattr(module, "draw_counts", lambda *_: counts)
    noise = measure_noise(MODELS[False], 7, False, 30, None)
    assert noise.whitening.shape == (2, 4)
    whitened = noise.whitening @ noise.covariance @ noise.whitening.T
    np.testing.assert_allclose(whitened, noise.correction * np.eye(2), atol=1e-9)
    assert 0 < noise.pvalue(1.0, 1) < 1
    assert np.isnan(noise.pvalue(1.0, 2))


def test_pvalues_are_uniform_where_logarithms_are_normal():
    """Few draws, so that neither their mean nor their covariance is near the true one."""
    n_draws, n_patterns, n_fitted, n_graphs = 16, 5, 2, 3000
    rng = np.random.default_rng(0)
    slopes = rng.standard_normal((n_patterns, n_fitted))
    scales = np.exp(rng.standard_normal(n_patterns))
    correction = (n_draws - n_patterns - 2) / (n_draws - 1)
    pvalues = []
    for _ in range(n_graphs):
        draws = scales * rng.standard_normal((n_draws, n_patterns))
        covariance = np.cov(draws.T)
        whitening = np.sqrt(correction) * np.linalg.inv(np.linalg.cholesky(covariance))
        noise = CountNoise(draws.mean(axis=0), covariance, whitening, correction, draws)
        off = whitening @ (scales * rng.standard_normal(n_patterns) - noise.bias)
        off -= whitening @ slopes @ np.linalg.lstsq(whitening @ slopes, off, rcond=None)[0]
        pvalues.append(noise.pvalue(off @ off, n_fitted))
    assert kstest(pvalues, "uniform").pvalue > 1e-4


def test_pvalue_tends_to_the_tail_of_the_chi_squared_law():
    noise = CountNoise(np.zeros(4), np.eye(4), np.eye(4), 1.0, np.ones((10**6, 4)))
    # 3.841 and 9.488 are the 95 % quantiles of 1 and of 4 degrees.
    assert noise.pvalue(3.8414588, 3) == pytest.approx(0.05, rel=1e-4)
    assert noise.pvalue(9.4877290, 0) == pytest.approx(0.05, rel=1e-4)
    assert np.isnan(noise.pvalue(0.0, 4))
    assert np.isnan(noise.pvalue(0.0, 9))


def test_distance_by_hand():
    noise = CountNoise(
        np.array([0.5, 0]), np.eye(2), np.array([[2.0, 0], [1, 1]]), 1.0, np.ones((2, 2))
    )
    found = noise.distance(np.array([np.e**2, 0]), np.array([np.e, 0.5]))
    np.testing.assert_allclose(found, [1.0, 0.5], rtol=1e-12)


def test_logarithms_have_a_floor():
    found = log_counts(np.array([0.0, 0.2, 0.5, 1, 7]))
    np.testing.assert_allclose(found, np.log([0.5, 0.5, 0.5, 1, 7]))


@BOTH
def test_fewest_draws_leave_a_positive_correction(directed):
    d = 9 if directed else 4
    noise, _ = measured(directed, n_draws=fewest_draws(d))
    assert noise.correction == 1 / (d + 2)
    # One draw less has none.
    assert fewest_draws(d) - 1 - d - 2 == 0


def test_draws_follow_the_seed():
    first, again, other = (measured(False, seed=seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.covariance, again.covariance)
    assert (first.covariance != other.covariance).any()
