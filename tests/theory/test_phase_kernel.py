# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.theory import (
    PHASE_SCALE,
    RadialKernel,
    kernel_moments,
    kernel_standard_error,
    phase_kernel,
    phase_moments,
    phase_standard_error,
    ridge_shift,
)


def quantised_phase(v):
    """Apply the definition of the feature, without the scale."""
    f = np.abs(v - np.rint(v))
    return (f < 1 / 6).astype(float) - (f > 1 / 3)


def series(s, n_terms=3_000_000):
    m = np.arange(1, n_terms, 2, dtype=float)
    m = m[m % 3 > 0]
    # Beyond M the terms with exp(-m^2 s) = 1 would sum to about 1 / (3 M): negligible once s > 0.
    return float((np.exp(-(m**2) * s) / m**2)[::-1].sum())


@pytest.mark.parametrize("gamma_d2", [1e-8, 1e-4, 0.003, 0.00599, 0.00601, 0.05, 0.4, 1, 5, 60])
def test_both_branches_agree_with_the_long_series(gamma_d2):
    found = phase_kernel(gamma_d2 / 0.7, gamma=0.7)
    assert found == pytest.approx(series(gamma_d2), rel=2e-14)


@pytest.mark.parametrize("squared_distance", [0.0, 0.02, 0.3, 1.0, 2.5, 6.0])
def test_kernel_is_that_of_simulated_features(squared_distance):
    # Phases of two points at this distance; mean product within 4.5 standard errors (6 points).
    gamma, n_draws = 0.8, 2_000_000
    rng = np.random.default_rng(0)
    first = rng.random(n_draws)
    shift = math.sqrt(2 * gamma * squared_distance) / (2 * math.pi)
    second = first + shift * rng.standard_normal(n_draws)
    products = PHASE_SCALE**2 * quantised_phase(first) * quantised_phase(second)
    error = abs(products.mean() - phase_kernel(squared_distance, gamma))
    assert error < 4.5 * products.std() / math.sqrt(n_draws)


def test_value_at_zero_and_shapes():
    assert phase_kernel(0.0, 1.0) == pytest.approx(math.pi**2 / 9, rel=1e-15)
    distances = np.array([[0.0, 1e-4, 0.5], [2.0, 300.0, np.inf]])
    found = phase_kernel(distances, 1.0)
    assert found.shape == (2, 3)
    for value, distance in zip(found.ravel(), distances.ravel(), strict=True):
        assert value == phase_kernel(distance, 1.0)
    assert phase_kernel([], 1.0).shape == (0,)
    assert np.ndim(phase_kernel(1.0, 1.0)) == 0


def test_distance_to_the_gaussian_kernel():
    s = np.linspace(0, 5, 2001)
    excess = phase_kernel(s, 1.0) - np.exp(-s)
    assert (excess >= 0).all()
    assert excess[0] == excess.max() == pytest.approx(math.pi**2 / 9 - 1)
    assert excess[s >= 0.1].max() < 0.0035
    assert excess[s >= 1].max() < 1e-12


@given(st.floats(1e-12, 100), st.floats(1.0001, 3))
def test_kernel_decreases(s, factor):
    near, far = phase_kernel(s, 1.0), phase_kernel(s * factor, 1.0)
    assert far < near <= math.pi**2 / 9


@pytest.mark.parametrize("gamma_tau", [2e-4, 0.0029, 0.0031, 0.05, 0.5, 3.0])
def test_moments_are_those_of_a_radial_kernel(gamma_tau):
    tau, gamma = 4.0, gamma_tau / 4
    found = phase_moments(tau, gamma)
    numerical = RadialKernel(lambda squared_distance: phase_kernel(squared_distance, gamma))
    expected = numerical.moments(tau)
    assert found.m1 == pytest.approx(expected.m1, rel=1e-8)
    assert found.m2 == pytest.approx(expected.m2, rel=1e-6)
    assert found.variance == pytest.approx(expected.variance, rel=1e-11)


@given(gamma_tau=st.floats(0.4, 20), tau=st.floats(1e-2, 1e2))
def test_the_gaussian_kernel_with_a_constant_ridge(gamma_tau, tau):
    gamma = gamma_tau / tau
    phase, rbf = phase_moments(tau, gamma), kernel_moments("rbf", tau, gamma=gamma)
    # The next harmonic is 25 exp(-48 gamma tau) of the first in the quadratic part: 1e-7 at 0.4.
    slack = 30 * math.exp(-48 * gamma_tau) + 1e-12
    assert phase.m1 == pytest.approx(rbf.m1, rel=slack)
    assert phase.m2 == pytest.approx(rbf.m2, rel=slack)
    assert ridge_shift(rbf, phase) == pytest.approx(math.pi**2 / 9 - 1, abs=1e-10)


@pytest.mark.parametrize("gamma_tau", [1e-4, 0.02, 0.25, 0.5, 3.0])
def test_standard_error_is_that_of_simulated_features(gamma_tau):
    # E_b V(b)^2: with b shared, half the squared difference of two draws is an unbiased V(b).
    n_draws = 1_000_000
    rng = np.random.default_rng(2)
    spread = math.sqrt(2 * gamma_tau) / (2 * math.pi)
    phases = rng.random(n_draws) + spread * rng.standard_normal((4, n_draws))
    z = PHASE_SCALE * quantised_phase(phases)
    squares = (z[0] - z[1]) ** 2 / 2 * (z[2] - z[3]) ** 2 / 2
    predicted = phase_standard_error(tau=2.0, gamma=gamma_tau / 2, n_components=1) ** 2
    assert abs(squares.mean() - predicted) < 4.5 * squares.std() / math.sqrt(n_draws)


def test_standard_error_is_continuous_where_its_formula_changes():
    below, above = (phase_standard_error(1.0, 1e-3 * (1 + e), 1) for e in (-1e-9, 1e-9))
    assert below == pytest.approx(above, rel=2e-9)


def test_standard_error_beside_that_of_features_without_offset():
    for gamma_tau in (0.5, 1.0, 4.0):
        moments = phase_moments(1.0, gamma_tau)
        ratio = phase_standard_error(1.0, gamma_tau, 64) / kernel_standard_error(moments, 64)
        assert ratio > 1
        assert ratio**2 - 1 == pytest.approx(math.exp(-4 * gamma_tau) / 2, rel=0.35)
    assert phase_standard_error(1.0, 0.5, 400) == pytest.approx(
        phase_standard_error(1.0, 0.5, 100) / 2
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: phase_kernel(1.0, 0.0), "gamma must be a positive finite number, got 0.0"),
        (lambda: phase_kernel([1.0, -1e-9], 1.0), "squared_distance must not be negative or nan"),
        (lambda: phase_kernel(math.nan, 1.0), "squared_distance must not be negative or nan"),
        (lambda: phase_moments(-1.0, 1.0), "tau must be a positive finite number, got -1.0"),
        (lambda: phase_moments(1.0, math.inf), "gamma must be a positive finite number, got inf"),
        (lambda: phase_standard_error(1.0, 1.0, 0), "n_components must be at least 1, got 0"),
        (lambda: phase_standard_error(0.0, 1.0, 1), "tau must be a positive finite number, got 0"),
    ],
)
def test_errors_name_the_parameter(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("gamma_tau", [1e-4, 1e-20, 1e-100])
def test_moments_at_small_distances_are_those_of_the_cusp(gamma_tau):
    # K = pi^2 / 9 - sqrt(pi s) / 3 at s = 2 gamma tau: -s K' = V / 2 and s^2 K'' = V / 4.
    tau = 1e-30
    moments = phase_moments(tau, gamma_tau / tau)
    assert moments.variance == pytest.approx(math.sqrt(2 * math.pi * gamma_tau) / 3, rel=1e-13)
    assert tau * moments.d1 == pytest.approx(moments.variance / 2, rel=1e-13)
    assert tau * moments.m2 * tau * moments.m2 == pytest.approx(moments.variance / 4, rel=1e-13)


@pytest.mark.parametrize("gamma", [1e-300, 1e300])
def test_scale_beyond_rounding_is_named(gamma):
    for call in (phase_moments, lambda tau, gamma: phase_standard_error(tau, gamma, 64)):
        with pytest.raises(ValueError, match=r"gamma [*] tau = 1e.*300 is .* to rounding"):
            call(1.0, gamma)


def test_kernel_vanishes_at_distances_that_overflow():
    np.testing.assert_array_equal(phase_kernel([1e300, 1e304], gamma=1e10), 0)
