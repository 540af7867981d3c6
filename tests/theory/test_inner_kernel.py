# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.theory import (
    HardThreshold,
    OddQuantizer,
    edge_scale,
    edge_shift,
    inner_kernel_density,
    inner_kernel_edges,
)
from skrmt.theory._inner_kernel import bulk_of

RATIOS = st.floats(-4, 3).map(lambda e: 10**e)
KAPPAS = st.floats(-3, 4).map(lambda e: 1 + 10**e)


def moments_of_density(c, linear, variance, n_nodes=2000):
    """Mass, mean and second moment, by a rule for square-root edges."""
    angles = (np.arange(n_nodes) + 0.5) * math.pi / n_nodes
    found = np.zeros(3)
    for low, high in bulk_of(c, linear, variance).intervals():
        x = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
        weights = (high - low) / 2 * np.sin(angles) * math.pi / n_nodes
        values = weights * inner_kernel_density(x, c, linear, variance)
        found += [values.sum(), values @ x, values @ x**2]
    return found


def equation(z, c, linear, variance):
    """All roots m of the cubic equation of the paper, as written there."""
    w = (variance - linear**2) / c
    return np.roots([w * linear, w * c + linear * z + linear**2, z * c + linear, c])


@pytest.mark.parametrize(
    ("f", "c", "edges"),
    [
        (OddQuantizer.ternary(math.erfc(1.1631)), 0.5, (-0.789, 1.155)),
        (OddQuantizer.sign(), 0.5, (-2.215, 4.117)),
        (HardThreshold(0.5 * math.sqrt(2)), 0.5, (-1.519, 4.484)),
        (OddQuantizer.sign(), 2, (-1.215, 1.711)),
    ],
    ids=["ternary", "sign", "hard", "wide"],
)
def test_known_edges(f, c, edges):
    found = inner_kernel_edges(c, f.coefficients.linear, f.coefficients.variance)
    assert found == pytest.approx(edges, abs=6e-4)


@given(RATIOS, KAPPAS, st.floats(0.1, 10), st.sampled_from([-1, 1]))
def test_density_is_a_probability_of_mean_zero_and_variance_nu_over_c(c, kappa, scale, sign):
    # E tr K^2 / n = n nu / p, and the diagonal is zero.
    mass, mean, square = moments_of_density(c, sign * scale, kappa * scale**2)
    deviation = math.sqrt(kappa / c) * scale
    assert mass == pytest.approx(1, abs=2e-5)
    assert mean == pytest.approx(0, abs=2e-5 * deviation)
    assert square == pytest.approx(deviation**2, rel=2e-5)


@given(RATIOS, KAPPAS)
def test_edges_separate_real_and_complex_roots(c, kappa):
    # An independent characterisation: the discriminant of the paper's cubic changes its sign.
    lower, upper = inner_kernel_edges(c, 1.0, kappa)
    step = 1e-5 * (upper - lower)
    for edge, outwards in ((lower, -1), (upper, 1)):
        inside = equation(edge - outwards * step, c, 1.0, kappa)
        outside = equation(edge + outwards * step, c, 1.0, kappa)
        assert np.abs(outside.imag).max() <= 1e-9 * np.abs(outside).max()
        width = inner_kernel_density(edge - outwards * step, c, 1.0, kappa)
        assert width > 0
        assert inside.imag.max() / math.pi == pytest.approx(width, rel=1e-4)


@pytest.mark.parametrize("c", [1e-4, 0.3, 1.0, 7.0, 1e3])
def test_linear_kernel_is_marchenko_pastur(c):
    root = math.sqrt(c)
    lower, upper = inner_kernel_edges(c, 1.0, 1.0)
    assert upper == pytest.approx((1 + 1 / root) ** 2 - 1, rel=1e-13)
    assert lower == pytest.approx((1 - 1 / root) ** 2 - 1 if c > 1 else -1, rel=1e-13)
    mass, mean, square = moments_of_density(c, 1.0, 1.0)
    atom = max(0.0, 1 - c)
    assert mass == pytest.approx(1 - atom, abs=1e-10)
    assert mean == pytest.approx(atom, abs=1e-7)
    assert square == pytest.approx(1 / c - atom, rel=1e-7)
    x = np.array([0.3, 0.7]) * (upper - (1 / root - 1) ** 2 + 1) + (1 / root - 1) ** 2 - 1
    low, high = (1 / root - 1) ** 2, (1 / root + 1) ** 2
    expected = c * np.sqrt((x + 1 - low) * (high - x - 1)) / (2 * math.pi * (x + 1))
    assert inner_kernel_density(x, c, 1.0, 1.0) == pytest.approx(expected, rel=1e-8)
    # The unit of Johnstone's theorem (Ann. Statist. 29, 2001), for n by n Gram matrices over p.
    johnstone = (1 + root) / c * (1 + 1 / root) ** (1 / 3)
    assert edge_scale(c, 1.0, 1.0) == pytest.approx(johnstone, rel=1e-12)
    assert edge_shift(c, 1.0, 1.0, 3.0, 100) == 0


def test_kernel_without_linear_part_is_a_semicircle():
    c, nu = 0.5, 2.0
    radius = 2 * math.sqrt(nu / c)
    assert inner_kernel_edges(c, 0.0, nu) == pytest.approx((-radius, radius), rel=1e-14)
    x = np.linspace(-1.5, 1.5, 7) * radius
    expected = 2 / (math.pi * radius**2) * np.sqrt(np.clip(radius**2 - x**2, 0, None))
    assert inner_kernel_density(x, c, 0.0, nu) == pytest.approx(expected, abs=1e-14)
    assert edge_scale(c, 0.0, nu) == pytest.approx(radius / 2, rel=1e-14)
    # A sparse Wigner matrix of unit variance: 2 + E h^4 - 3 (J. O. Lee, K. Schnelli, 2018).
    shift = edge_shift(1.0, 0.0, 1.0, 40.0, 1000)
    assert shift == pytest.approx(37.0 / 1000, rel=1e-14)
    # Continuous from there.
    assert inner_kernel_edges(c, 1e-9, nu) == pytest.approx((-radius, radius), abs=1e-8)


@given(RATIOS, KAPPAS)
def test_negative_linear_part_mirrors_the_law(c, kappa):
    lower, upper = inner_kernel_edges(c, 1.0, kappa)
    assert inner_kernel_edges(c, -1.0, kappa) == (-upper, -lower)
    x = np.linspace(lower, upper, 9)
    mirrored = inner_kernel_density(-x, c, -1.0, kappa)
    assert mirrored == pytest.approx(inner_kernel_density(x, c, 1.0, kappa), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize(("c", "kappa"), [(0.5, 1.57), (0.05, 1.01), (3.0, 40.0), (1e-3, 2.0)])
def test_density_near_the_edge_is_that_of_its_scale(c, kappa, negative):
    a1 = -1.0 if negative else 1.0
    upper, unit = inner_kernel_edges(c, a1, kappa)[1], edge_scale(c, a1, kappa)
    distance = 1e-6 * unit * np.array([1.0, 4.0])
    expected = np.sqrt(distance / unit) / unit / math.pi
    found = inner_kernel_density(upper - distance, c, a1, kappa)
    assert found == pytest.approx(expected, rel=1e-3)


def test_support_splits_where_the_formula_says():
    for kappa in (1.01, 1.5, 4.0, 100.0):
        critical = 1 / (1 + (kappa - 1) ** (1 / 3)) ** 3
        (_,) = bulk_of(1.001 * critical, 1.0, kappa).intervals()
        left, right = bulk_of(0.999 * critical, 1.0, kappa).intervals()
        assert left[0] < left[1] < right[0] < right[1]
        middle = (left[1] + right[0]) / 2
        assert inner_kernel_density(middle, 0.999 * critical, 1.0, kappa) == 0
        assert inner_kernel_edges(0.999 * critical, 1.0, kappa) == (left[0], right[1])


def test_mass_splits_as_the_rank():
    # Few features: the noise of the n - p directions without signal makes the left interval.
    c = 0.05
    right = bulk_of(c, 1.0, 1.1).intervals()[1]
    x = np.linspace(*right, 20001)
    mass = inner_kernel_density(x, c, 1.0, 1.1).sum() * (x[1] - x[0])
    assert mass == pytest.approx(c, rel=1e-3)


@given(RATIOS, st.floats(0, 4).map(lambda e: 10**e), st.floats(1e-3, 1))
def test_upper_edge_grows_with_kappa(c, kappa, more):
    larger = inner_kernel_edges(c, 1.0, kappa * (1 + more))
    smaller = inner_kernel_edges(c, 1.0, kappa)
    assert larger[1] > smaller[1]
    assert larger[0] < smaller[0]


def test_shift_is_the_derivative_of_the_free_energy():
    c, a1, nu, fourth, n = 0.7, 0.3, 0.2, 0.9, 500
    step = 1e-6

    def law(m):
        return -1 / m - (nu - a1**2) / c * m - a1**2 * m / (c + a1 * m)

    def energy(m):
        through = 1 - a1**3 * m / (c + a1 * m) / nu
        return -(m**4) * (fourth - 3 * nu**2) * through**4 / (4 * c**2 * n)

    # The critical point by bisection of the slope of z(m), a pole at m = -c / a1.
    low, high = -c / a1 * (1 - 1e-9), -1e-9
    for _ in range(200):
        middle = (low + high) / 2
        slope = 1 / middle**2 - (nu - a1**2) / c - a1**2 * c / (c + a1 * middle) ** 2
        low, high = (middle, high) if slope < 0 else (low, middle)
    assert law(low) == pytest.approx(inner_kernel_edges(c, a1, nu)[1], rel=1e-12)
    shift = (energy(low + step) - energy(low - step)) / (2 * step)
    assert edge_shift(c, a1, nu, fourth, n) == pytest.approx(shift, rel=1e-7)


def test_shapes():
    assert isinstance(inner_kernel_density(0.1, 0.5, 0.8, 1.0), float)
    assert inner_kernel_density(np.zeros((2, 3)), 0.5, 0.8, 1.0).shape == (2, 3)
    assert inner_kernel_density([], 0.5, 0.8, 1.0).shape == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inner_kernel_edges(0.0, 0.5, 1.0), "c must be a positive"),
        (lambda: inner_kernel_edges(0.5, math.nan, 1.0), "linear must be a finite"),
        (lambda: inner_kernel_edges(0.5, 1.1, 1.0), "variance=1.0 must not be below"),
        (lambda: inner_kernel_edges(0.5, 0.0, 0.0), "variance must be a positive"),
        (lambda: inner_kernel_density(math.inf, 0.5, 0.5, 1.0), "x must be finite"),
        (lambda: edge_shift(0.5, 0.5, 1.0, 0.5, 10), "fourth must be finite"),
        (lambda: edge_shift(0.5, 0.5, 1.0, 2.0, 0), "n must be an integer"),
        (lambda: edge_shift(0.5, -1.0, 1.0, 3.0, 10), "edge is an atom"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
