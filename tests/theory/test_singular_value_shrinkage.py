# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.theory import (
    denoising_loss,
    hard_threshold,
    marchenko_pastur_median,
    new_sample_weights,
    shrink_singular_values,
    spike_forward,
    spike_squared_cosine,
)

GAMMAS = st.floats(-4, 4).map(lambda e: 10**e)
DISTANCES = st.floats(-3, 6).map(lambda e: 10**e)
SPIKES = np.array([1.2, 1.5, 2.0, 4.0])


@given(st.floats(1, 50), st.floats(-6, 6).map(lambda e: 10**e))
def test_square_matrices(strength, variance):
    signal = strength * math.sqrt(variance)
    seen = signal + variance / signal
    shrunk = shrink_singular_values(seen, variance)
    root = math.sqrt(variance)
    # At the edge the square root turns rounding of 1e-16 into 1e-8.
    assert shrunk == pytest.approx(signal * (1 - strength**-2), rel=1e-7, abs=1e-7 * root)
    assert (seen + shrunk) / 2 == pytest.approx(signal, rel=1e-7)
    assert shrink_singular_values([0.0, root, 2 * root], variance).tolist() == [0, 0, 0]


@given(GAMMAS, DISTANCES, st.floats(-6, 6).map(lambda e: 10**e))
def test_shrunk_value_is_signal_times_both_cosines(gamma, distance, variance):
    x = math.sqrt(gamma) * (1 + distance)
    s = math.sqrt(variance * (x + 1) * (1 + gamma / x))
    cosines = (x - math.sqrt(gamma)) * (x + math.sqrt(gamma)) / x
    cosines /= math.sqrt((x + 1) * (x + gamma))
    # Rounding of s over its distance from the edge, of the order of the square of this distance.
    error = 1e-14 * (1 + 1 / distance) ** 2 * (1 + 1 / math.sqrt(gamma)) * (1 + math.sqrt(gamma))
    shrunk = shrink_singular_values(s, variance, gamma)
    assert shrunk == pytest.approx(math.sqrt(variance * x) * cosines, rel=error)
    assert shrunk <= min(s, math.sqrt(variance * x) * (1 + 1e-14))


@given(GAMMAS, st.floats(1e-3, 1e3))
def test_formula_as_it_is_printed(gamma, distance):
    y = (1 + math.sqrt(gamma)) * (1 + distance)
    expected = math.sqrt((y**2 - gamma - 1) ** 2 - 4 * gamma) / y
    # The printed form cancels near the edge.
    assert shrink_singular_values(y, 1.0, gamma) == pytest.approx(expected, rel=1e-9)


@given(GAMMAS, st.floats(0, 10), st.floats(-6, 6).map(lambda e: 10**e))
def test_transposed_matrix_has_the_same_values(gamma, s, variance):
    edge = math.sqrt(variance) * (1 + math.sqrt(gamma))
    s = s * edge
    turned = shrink_singular_values(s, variance * gamma, 1 / gamma)
    # Near the edge the square root turns the rounding of the edge into its own.
    assert shrink_singular_values(s, variance, gamma) == pytest.approx(
        turned, rel=1e-6, abs=1e-6 * edge
    )


@given(GAMMAS, st.integers(-20, 20))
def test_scale_edge_and_order(gamma, power):
    edge = 1 + math.sqrt(gamma)
    s = edge * np.concatenate([[0, 0.5, 1], 1 + np.geomspace(1e-6, 1e6, 50)])
    shrunk = shrink_singular_values(s, 1.0, gamma)
    assert shrunk[:3].tolist() == [0, 0, 0]
    assert (np.diff(shrunk[2:]) > 0).all()
    assert (shrunk <= s).all()
    scaled = shrink_singular_values(s * 2.0**power, 4.0**power, gamma)
    np.testing.assert_allclose(scaled, shrunk * 2.0**power, rtol=1e-14)


def test_one_feature_is_shrunk_as_by_wieners_filter():
    s = np.array([1.5, 4.0, 100.0])
    expected = (s**2 - 1) / s
    np.testing.assert_allclose(shrink_singular_values(s, 1.0, 1e-14), expected, rtol=1e-6)


@pytest.mark.parametrize("gamma", [1.0, 0.3, 7.0])
def test_without_noise_nothing_changes(gamma):
    values = [[4.0, 0.25], [0.0, 1e200]]
    np.testing.assert_allclose(shrink_singular_values(values, 0.0, gamma), values, rtol=1e-15)
    assert isinstance(shrink_singular_values(4.0, 0.0, gamma), float)


@pytest.mark.parametrize(
    ("values", "variance", "gamma"),
    [
        ([-1.0], 1.0, 1.0),
        ([np.nan], 1.0, 1.0),
        ([1.0], -1.0, 1.0),
        ([1.0], np.inf, 1.0),
        ([1.0], np.nan, 1.0),
        ("a", 1.0, 1.0),
        ([1.0], 1.0, 0.0),
        ([1.0], 1.0, -2.0),
        ([1.0], 1.0, np.nan),
    ],
)
def test_shrinker_refuses_what_is_no_spectrum(values, variance, gamma):
    with pytest.raises(ValueError, match="must"):
        shrink_singular_values(values, variance, gamma)


@pytest.mark.parametrize(("gamma", "expected"), [(1.0, 2.858362), (0.5, 2.171185), (2.0, 2.171185)])
def test_known_thresholds_for_unknown_noise(gamma, expected):
    assert hard_threshold(gamma) == pytest.approx(expected, abs=1e-6)


def test_known_threshold_of_square_matrices():
    assert hard_threshold(1.0, noise="known") == pytest.approx(4 / math.sqrt(3), rel=1e-15)


@given(GAMMAS)
def test_at_the_threshold_keeping_and_dropping_cost_the_same(gamma):
    threshold = hard_threshold(gamma, noise="known")
    printed = 2 * (gamma + 1) + 8 * gamma / (gamma + 1 + math.sqrt(gamma**2 + 14 * gamma + 1))
    assert threshold == pytest.approx(math.sqrt(printed), rel=1e-14)
    # |kept - signal|^2 = |signal|^2 + s^2 - 2 s eta.
    assert threshold == pytest.approx(2 * shrink_singular_values(threshold, 1, gamma), rel=1e-13)
    assert threshold > 1 + math.sqrt(gamma)
    # In the transposed matrix the rows are gamma times as many.
    turned = math.sqrt(gamma) * hard_threshold(1 / gamma, noise="known")
    assert turned == pytest.approx(threshold, rel=1e-14)
    median = marchenko_pastur_median(min(gamma, 1 / gamma)) * max(gamma, 1)
    assert hard_threshold(gamma) == pytest.approx(threshold / math.sqrt(median), rel=1e-12)


@pytest.mark.parametrize(
    ("gamma", "noise", "name"),
    [
        (0.0, "known", "gamma"),
        (-1.0, "unknown", "gamma"),
        (np.nan, "unknown", "gamma"),
        (0.5, "white", "noise"),
        (0.5, None, "noise"),
        (0.5, ["known"], "noise"),
    ],
)
def test_threshold_names_bad_parameters(gamma, noise, name):
    with pytest.raises(ValueError, match=f"^{name} must"):
        hard_threshold(gamma, noise=noise)


@given(GAMMAS, DISTANCES)
def test_loss_is_what_the_shrunk_value_leaves(gamma, distance):
    l = 1 + math.sqrt(gamma) * (1 + distance)  # noqa: E741
    both = spike_squared_cosine(l, gamma) * new_sample_weights(l, gamma)
    # The difference cancels for large spikes.
    expected = (l - 1) * (1 - both)
    assert denoising_loss(l, gamma) == pytest.approx(expected, rel=1e-12, abs=1e-14 * l)
    s = math.sqrt(spike_forward(l, gamma))
    left = l - 1 - shrink_singular_values(s, 1.0, gamma) ** 2
    assert denoising_loss(l, gamma) == pytest.approx(left, rel=1e-10, abs=1e-12 * l)


def test_loss_up_to_the_transition_is_the_signal_itself():
    np.testing.assert_array_equal(denoising_loss([1.0, 1.25, 1.5], 0.25), [0, 0.25, 0.5])
    assert denoising_loss(1.5 + 1e-9, 0.25) == pytest.approx(0.5, abs=1e-8)
    assert denoising_loss(1e200, 0.25) == pytest.approx(1.25, rel=1e-15)
    assert isinstance(denoising_loss(4, 1), float)


@pytest.mark.parametrize(
    ("l", "gamma", "name"),
    [(0.5, 1.0, "l"), ([-1.0], 1.0, "l"), (np.nan, 1.0, "l"), (2.0, 0.0, "gamma")],
)
def test_loss_names_bad_parameters(l, gamma, name):  # noqa: E741
    with pytest.raises(ValueError, match=f"^{name} must"):
        denoising_loss(l, gamma)


def test_predicted_losses_of_square_matrices():
    # Strengths in units of the noise times sqrt(n); 2 - 1 / x each.
    assert denoising_loss(1 + SPIKES**2, 1.0).sum() == pytest.approx(6.548611, abs=1e-6)
    np.testing.assert_allclose(denoising_loss(1 + SPIKES**2, 1.0), 2 - 1 / SPIKES**2, rtol=1e-14)
    # A wide matrix is predicted as the tall one with the same noise.
    wide = denoising_loss(1 + 3 * SPIKES**2, 3.0) / 3
    np.testing.assert_allclose(denoising_loss(1 + SPIKES**2, 1 / 3), wide, rtol=1e-14)


@pytest.mark.parametrize(("n", "p"), [(300, 300), (200, 600)])
def test_simulated_loss_of_optimal_denoising(n, p):
    longest, gamma, n_draws = max(n, p), p / n, 8
    x = SPIKES**2 * longest / n
    rng = np.random.default_rng([n, p])
    losses, thresholded, unknown = np.empty((3, n_draws))
    for i in range(n_draws):
        U, V = (np.linalg.qr(rng.standard_normal((m, 4)))[0] for m in (n, p))
        signal = (U * np.sqrt(x)) @ V.T
        left, s, right = np.linalg.svd(
            signal + rng.standard_normal((n, p)) / math.sqrt(n), full_matrices=False
        )

        def loss(values):
            return np.linalg.norm((left * values) @ right - signal) ** 2  # noqa: B023

        losses[i] = loss(shrink_singular_values(s, 1.0, gamma))
        thresholded[i] = loss(np.where(s > hard_threshold(gamma, noise="known"), s, 0))
        unknown[i] = loss(np.where(s > hard_threshold(gamma) * np.median(s), s, 0))
    error = losses.std(ddof=1) / math.sqrt(n_draws)
    expected = denoising_loss(1 + x, gamma).sum()
    # Largest eigenvalues of the noise are seen beyond its edge now and then, each of which costs
    # the square of its shrunk value, of the order of n^(-2/3).
    assert losses.mean() == pytest.approx(expected, abs=4 * error + longest ** (-2 / 3))
    assert thresholded.mean() > 1.2 * losses.mean()
    assert unknown.mean() == pytest.approx(thresholded.mean(), rel=0.1)


def test_hard_threshold_costs_what_is_known_of_it():
    # Strengths 1.2 and 1.5 are dropped, 2 and 4 kept: x + s^2 - 2 s eta = 2.75 and 2.1875.
    x = SPIKES**2
    s = np.sqrt(spike_forward(1 + x, 1.0))
    kept = s > hard_threshold(1.0, noise="known")
    assert kept.tolist() == [False, False, True, True]
    cost = np.where(kept, x + s**2 - 2 * s * shrink_singular_values(s), x)
    assert cost.sum() == pytest.approx(1.44 + 2.25 + 2.75 + 2.1875, abs=1e-12)
