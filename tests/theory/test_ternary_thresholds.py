# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skrmt.theory import (
    KernelMoments,
    TernaryActivation,
    activation_moments,
    kernel_moments,
    solve_ternary,
    ternary_moments,
)

RATIOS = [0.0, *np.logspace(-3, 3, 121), math.inf]


def target(ratio, tau=1.0):
    """Moments with the given ratio and the least variance that Bessel's inequality allows."""
    linear, quadratic = (0.0, 1.0) if ratio == math.inf else (1.0, ratio)
    variance = linear**2 + quadratic**2 / 2
    return KernelMoments(tau, linear / math.sqrt(tau), quadratic / tau, variance)


@pytest.mark.parametrize(
    ("ratio", "family", "lower", "upper", "scale", "variance"),
    # Solved independently; a / M1 and V / M1^2, or a / M2 and V / M2^2 in the last row.
    [
        (0.0, -1, -0.612003, 0.612003, 1.511444, 1.234833),
        (0.25, -1, -0.205289, 0.950063, 1.551187, 1.271405),
        (0.5, -1, 0.155107, 1.200542, 1.700010, 1.378790),
        (math.sqrt(2 / math.pi), -1, 0.534750, 1.460917, 2.070288, 1.614689),
        (1.0, -1, 0.774716, 1.629951, 2.492524, 1.867429),
        (1.5, -1, 1.335683, 2.045014, 4.699486, 3.085947),
        (2.0, 1, -2.104467, 1.140734, 6.076778, 4.569110),
        (math.inf, 1, -1.482072, 1.482072, 2.536079, 0.766583),
    ],
)
def test_table_of_solutions(ratio, family, lower, upper, scale, variance):
    found = solve_ternary(target(ratio))
    assert found.family == family
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=1e-5)
    assert found.scale == pytest.approx(scale, abs=1e-5)
    assert found.moments(1.0).variance == pytest.approx(variance, abs=1e-5)


@pytest.mark.parametrize("ratio", RATIOS)
def test_both_equations_hold(ratio):
    goal = target(ratio)
    found = solve_ternary(goal).moments(1.0)
    # Relative to each part, for r between 1e-3 and 1e3, or to the other one where a part vanishes.
    assert abs(found.m1 - goal.m1) <= 1e-11 * (goal.m1 or goal.m2)
    assert abs(found.m2 - goal.m2) <= 1e-11 * (goal.m2 or goal.m1)


@pytest.mark.parametrize("ratio", [*np.logspace(-14, 14, 57), 1e-100, 1e100])
def test_both_equations_hold_relative_to_the_larger_part(ratio):
    goal = target(ratio, tau=0.3)
    found = solve_ternary(goal).moments(0.3)
    larger = max(1.0, ratio)
    assert math.sqrt(0.3) * abs(found.m1 - goal.m1) <= 1e-14 * larger
    assert 0.3 * abs(found.m2 - goal.m2) <= 1e-14 * larger


@pytest.mark.parametrize("ratio", RATIOS)
def test_variance_is_at_least_that_of_bessel_and_at_most_54_percent_more(ratio):
    goal = target(ratio)
    assert 1.22 < solve_ternary(goal).moments(1.0).variance / goal.variance < 1.54


@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.6, 1.0, 1.4, 1.57, 1.59, 2.2, 6.0, 50.0])
def test_no_ternary_activation_has_a_smaller_variance(ratio):
    # Brute force over both families: on a grid of thresholds, find where B - r A changes sign
    # between two neighbouring lower thresholds and interpolate. (Along the upper ones the curve of
    # solutions is nearly tangent to the grid where the best ones lie.) The error is of the order
    # of the squared step times the curvature of log V, about (0.005)^2 4^2 / 8 = 5e-5.
    u = np.arange(-4, 4, 0.005)
    lower, upper = u[:, None], u[None, :]
    plus, minus = norm.sf(upper), norm.cdf(lower)
    reached = math.inf
    for c in (-1, 1):
        linear = norm.pdf(upper) - c * norm.pdf(lower)
        quadratic = upper * norm.pdf(upper) - c * lower * norm.pdf(lower)
        variance = minus + plus - (c * minus + plus) ** 2
        mismatch = quadratic - ratio * linear
        size = linear**2 + quadratic**2 / 2
        left, right = mismatch[:-1], mismatch[1:]
        crossing = (left * right < 0) & (lower[1:] < upper)
        part = left[crossing] / (left - right)[crossing]

        def between(values, crossing=crossing, part=part):
            return (1 - part) * values[:-1][crossing] + part * values[1:][crossing]

        reached = min(reached, (between(variance) / between(size)).min(initial=math.inf))
    goal = target(ratio)
    best = solve_ternary(goal).moments(1.0).variance / goal.variance
    assert best == pytest.approx(reached, rel=1e-4)


def test_families_cross_where_their_variances_do():
    assert solve_ternary(target(1.5778)).family == -1
    assert solve_ternary(target(1.5788)).family == 1


@given(
    ratio=st.floats(1e-3, 1e3),
    signs=st.tuples(st.sampled_from([-1, 1]), st.sampled_from([-1, 1])),
)
def test_signs_of_the_moments_do_not_matter(ratio, signs):
    goal = target(ratio)
    mirrored = KernelMoments(1.0, signs[0] * goal.m1, signs[1] * goal.m2, goal.variance)
    assert solve_ternary(mirrored) == solve_ternary(goal)


@given(ratio=st.floats(1e-2, 1e2), tau=st.floats(1e-6, 1e6), size=st.floats(1e-3, 1e3))
def test_scaling_the_data_or_the_kernel(ratio, tau, size):
    unit = solve_ternary(target(ratio))
    scaled = target(ratio, tau)
    scaled = KernelMoments(tau, size * scaled.m1, size * scaled.m2, size**2 * scaled.variance)
    found = solve_ternary(scaled)
    assert found.family == unit.family or abs(ratio - 1.5783) < 1e-3
    if found.family == unit.family:
        # The minimum is flat: thresholds move by the root of the rounding of the ratio.
        assert (found.lower, found.upper) == pytest.approx((unit.lower, unit.upper), abs=1e-5)
        assert found.scale == pytest.approx(size * unit.scale, rel=1e-4)
    result = found.moments(tau)
    assert result.m1 == pytest.approx(scaled.m1, rel=1e-11)
    assert result.m2 == pytest.approx(scaled.m2, rel=1e-11)


@given(tau=st.floats(1e-3, 1e3), lower=st.floats(-3, 1), width=st.floats(1e-3, 3))
@pytest.mark.parametrize("family", [-1, 1])
def test_mirrored_thresholds_mirror_the_moments(family, tau, lower, width):
    here = ternary_moments(lower, lower + width, 0.7, family, tau)
    mirror = ternary_moments(-lower - width, -lower, 0.7, family, tau)
    # s(-t) = family * mirrored s(t): odd derivatives change sign with -family, even with family.
    assert mirror.m1 == pytest.approx(-family * here.m1, rel=1e-12, abs=1e-14 / math.sqrt(tau))
    assert mirror.m2 == pytest.approx(family * here.m2, rel=1e-12, abs=1e-14 / tau)
    assert mirror.variance == pytest.approx(here.variance, rel=1e-12)


@pytest.mark.parametrize("tau", [0.01, 1.0, 70.0])
@pytest.mark.parametrize(
    "activation",
    [
        TernaryActivation(-1, -0.6, 0.6, 1.5),
        TernaryActivation(-1, 0.8, 1.6, 2.5),
        TernaryActivation(1, -2.1, 1.1, 6.0),
        TernaryActivation(1, 0.5, 0.5, 1.0),
    ],
)
def test_moments_are_those_of_the_function_by_quadrature(activation, tau):
    root = math.sqrt(tau)
    if activation.lower == activation.upper and activation.family == 1:
        # Constant but for one point: no variance at all.
        assert activation.moments(tau).variance == pytest.approx(0, abs=1e-15)
        return
    numerical = activation_moments(
        lambda t: activation(t, tau),
        tau,
        breakpoints=(root * activation.lower, root * activation.upper),
    )
    exact = activation.moments(tau)
    assert exact.m1 == pytest.approx(numerical.m1, rel=1e-11, abs=1e-13 / root)
    assert exact.m2 == pytest.approx(numerical.m2, rel=1e-11, abs=1e-13 / tau)
    assert exact.variance == pytest.approx(numerical.variance, rel=1e-11)


def test_variance_does_not_cancel_in_the_tail():
    # Both thresholds far out. Add a to the odd activation: it is 0 below 6, a above, 2a above 7.
    q6, q7 = norm.sf([6.0, 7.0])
    exact = (q6 + 3 * q7) - (q6 + q7) ** 2
    assert ternary_moments(6.0, 7.0, 1.0, -1, 1.0).variance == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("kernel", ["rbf", "relu", "exponential", "cos"])
def test_moments_by_simulation(kernel):
    # Five standard errors over all 16 comparisons of this test.
    tau, n_draws = 2.3, 400_000
    z = math.sqrt(tau) * np.random.default_rng(1).standard_normal(n_draws)
    goal = kernel_moments(kernel, tau)
    activation = solve_ternary(goal)
    values = activation(z, tau)
    for draws, expected in [
        (values, activation.mean),
        (z * values / tau, abs(goal.m1)),
        ((z**2 - tau) * values / tau**2, abs(goal.m2)),
        ((values - activation.mean) ** 2, activation.moments(tau).variance),
    ]:
        assert abs(draws.mean() - expected) < 5 * draws.std() / math.sqrt(n_draws)


def test_values_of_the_activation():
    odd, even = TernaryActivation(-1, -0.5, 1.0, 3.0), TernaryActivation(1, -0.5, 1.0, 3.0)
    t = np.array([[-1.1, -0.9], [2.0, 2.1]])  # thresholds at -1 and 2; the values there are 0
    np.testing.assert_array_equal(odd(t, 4.0), [[-3, 0], [0, 3]])
    np.testing.assert_array_equal(even(t, 4.0), [[3, 0], [0, 3]])


@pytest.mark.parametrize(
    "moments",
    [
        KernelMoments(1.0, 0.0, 0.0, 1.0),
        # The third Hermite polynomial, with coefficients as rounded as a user's.
        activation_moments("cubic", 0.7, coefficients=(0.0, -3 * 0.7, 0.0, 1.0)),
        activation_moments(lambda t: t**3 - 3 * 0.7 * t, 0.7),
        activation_moments("cos", 1e4),
        kernel_moments("rbf", 1.0, gamma=1e4),
        kernel_moments("polynomial", 1.0, degree=3, coef0=0.0),
    ],
)
def test_no_solution_without_linear_and_quadratic_part(moments):
    with pytest.raises(
        ValueError, match=r"no linear or quadratic part .* smaller gamma.* rescale X"
    ):
        solve_ternary(moments)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, -1.0, 1.0, 1.0), r"family must be -1 \(odd\) or 1 \(even\), got 0"),
        ((1, 1.0, -1.0, 1.0), "finite with lower <= upper, got 1.0 and -1.0"),
        ((1, math.nan, 1.0, 1.0), "finite with lower <= upper, got nan and 1.0"),
        ((1, -1.0, math.inf, 1.0), "finite with lower <= upper, got -1.0 and inf"),
        ((1, -1.0, 1.0, 0.0), "scale must be a positive finite number, got 0.0"),
    ],
)
def test_impossible_activations_are_refused(values, message):
    family, lower, upper, scale = values
    with pytest.raises(ValueError, match=message):
        TernaryActivation(*values)
    with pytest.raises(ValueError, match=message):
        ternary_moments(lower, upper, scale, family, 1.0)


def test_tau_must_be_positive():
    activation = TernaryActivation(-1, -1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="tau must be a positive finite number, got 0"):
        activation.moments(0)
    with pytest.raises(ValueError, match="tau must be a positive finite number, got -1"):
        activation([0.0], -1)
