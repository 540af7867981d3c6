# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skrmt.theory import (
    OddQuantizer,
    density_for_tolerance,
    edge_pvalues,
    edge_scale,
    edge_shift,
    hermite_coefficients,
    inner_kernel_edges,
    kappa_for_tolerance,
    misclassification_rate,
    phase_transition,
    spike_alignment,
    spike_eigenvalue,
    spike_strength,
    spurious_eigenvalues,
    tracy_widom_ppf,
)
from skrmt.theory._inner_kernel import bulk_of

RATIOS = st.floats(-4, 3).map(lambda e: 10**e)
KAPPAS = st.floats(0, 4).map(lambda e: 10**e)


@pytest.mark.parametrize(
    ("kappa", "expected"), [(1, 0.70711), (math.pi / 2, 0.743), (2.276, 0.790), (10, 1.437)]
)
def test_known_transitions(kappa, expected):
    assert phase_transition(0.5, kappa) == pytest.approx(expected, abs=5e-4)


@given(RATIOS, KAPPAS)
def test_transition_is_the_largest_root_of_the_polynomial(c, kappa):
    gamma = phase_transition(c, kappa)
    terms = np.array([gamma**4, 2 * gamma**3, (1 - c * kappa) * gamma**2, -2 * c * gamma, -c])
    assert abs(terms.sum()) <= 1e-12 * np.abs(terms).max()
    # One change of sign among the coefficients: the positive root is the only one.
    assert gamma == pytest.approx(np.roots([1, 2, 1 - c * kappa, -2 * c, -c]).real.max(), rel=1e-6)


@given(RATIOS, KAPPAS)
def test_eigenvalue_and_alignment_start_at_the_transition(c, kappa):
    gamma = phase_transition(c, kappa)
    edge = inner_kernel_edges(c, 1.0, kappa)[1]
    assert spike_eigenvalue(gamma, c, 1.0, kappa) == pytest.approx(edge, rel=1e-13)
    assert spike_eigenvalue([0.0, gamma / 2], c, 1.0, kappa).tolist() == [edge, edge]
    assert spike_eigenvalue(1.01 * gamma, c, 1.0, kappa) > edge
    assert spike_alignment(gamma * (1 + 1e-9), c, kappa) < 1e-7
    assert spike_alignment(gamma * (1 - 1e-9), c, kappa) == 0
    assert misclassification_rate(gamma * (1 - 1e-9), c, kappa) == 0.5


@given(RATIOS, KAPPAS, st.floats(-2, 4), st.floats(0.01, 10))
def test_strength_inverts_the_eigenvalue(c, kappa, exponent, a1):
    rho = phase_transition(c, kappa) * (1 + 10**exponent)
    eigenvalue = spike_eigenvalue(rho, c, a1, kappa * a1**2)
    # Near the edge the eigenvalue is flat in rho: its rounding comes back divided by the slope.
    slope = a1 * (1 / c - 1 / rho**2 - (kappa - 1) / (1 + rho) ** 2)
    tolerance = 1e-12 * rho + 1e-14 * eigenvalue / slope
    assert spike_strength(eigenvalue, c, a1, kappa * a1**2) == pytest.approx(rho, abs=tolerance)


def test_strength_below_the_edge_is_zero():
    edge = inner_kernel_edges(0.5, 0.8, 1.0)[1]
    strength = spike_strength([[-3.0, edge], [edge + 1e-9, 9.0]], 0.5, 0.8, 1.0)
    assert strength.shape == (2, 2)
    assert strength[0].tolist() == [0, 0]
    gamma = phase_transition(0.5, 1 / 0.64)
    assert gamma < strength[1, 0] < gamma + 1e-3


@given(RATIOS, st.floats(1.001, 1e3))
def test_linear_kernel_is_principal_components(c, factor):
    # J. Baik, S. Peche and D. Paul; F. Benaych-Georges, R. R. Nadakuditi (J. Multivar. Anal. 2012).
    rho = math.sqrt(c) * factor
    assert phase_transition(c) == pytest.approx(math.sqrt(c), rel=1e-14)
    sample_eigenvalue = (1 + rho) * (1 + c / rho) / c
    assert spike_eigenvalue(rho, c, 1.0, 1.0) == pytest.approx(sample_eigenvalue - 1, rel=1e-10)
    assert spike_alignment(rho, c) == pytest.approx(1 - (c + rho) / (rho * (rho + 1)), abs=1e-12)


@pytest.mark.parametrize(
    ("rho", "kappa", "error"),
    [
        (3, 1, 0.0596),
        (3, math.pi / 2, 0.0656),
        (3, 2.3503, 0.0740),
        (1.5, 1, 0.175),
        (1.5, math.pi / 2, 0.188),
        (1.5, 10, 0.425),
        (1.5, 11.957, 0.5),
        (6, 1, 0.010),
        (6, 11.957, 0.042),
        (0.7, 1, 0.5),
    ],
)
def test_known_errors(rho, kappa, error):
    digits = 6e-5 if rho == 3 else 6e-4
    assert misclassification_rate(rho, 0.5, kappa) == pytest.approx(error, abs=digits)


def test_many_samples_leave_the_error_of_the_best_rule():
    # With c -> 0 the direction is known and the signs of x.mu err with Q(sqrt(rho)).
    rho = np.array([0.3, 2.0, 30.0])
    assert misclassification_rate(rho, 1e-9, 3.0) == pytest.approx(norm.sf(np.sqrt(rho)), rel=1e-6)
    # Strong signals too: no digits are lost in 1 - alpha.
    assert misclassification_rate(600.0, 1e-9) == pytest.approx(norm.sf(math.sqrt(600)), rel=1e-5)


@given(RATIOS, KAPPAS, st.floats(-3, 3), st.floats(1e-3, 1))
def test_denser_kernels_and_stronger_signals_are_better(c, kappa, exponent, more):
    rho = phase_transition(c, kappa) * 10**exponent
    assert phase_transition(c, kappa * (1 + more)) > phase_transition(c, kappa)
    alignment = spike_alignment(rho, c, kappa)
    assert 0 <= alignment <= 1
    assert spike_alignment(rho, c, kappa * (1 + more)) <= alignment
    assert spike_alignment(rho * (1 + more), c, kappa) >= alignment
    assert misclassification_rate(rho * (1 + more), c, kappa) <= misclassification_rate(
        rho, c, kappa
    )


def test_pvalues_are_those_of_the_shifted_edge():
    f = OddQuantizer.ternary(0.05).coefficients
    law = (0.5, f.linear, f.variance)
    edge = inner_kernel_edges(*law)[1] + edge_shift(*law, f.fourth, 800)
    eigenvalues = edge + tracy_widom_ppf([0.5, 0.95, 0.99]) * edge_scale(*law) * 800 ** (-2 / 3)
    found = edge_pvalues(eigenvalues, 800, *law, f.fourth)
    assert found == pytest.approx([0.5, 0.05, 0.01], rel=1e-9)
    assert edge_pvalues(10.0, 800, *law, f.fourth) < 1e-100


def test_spurious_eigenvalues():
    f = hermite_coefficients(np.abs, breakpoints=(0.0,))
    found = spurious_eigenvalues(f.quadratic, 5.0, 0.5, f.linear, f.variance)
    assert found == pytest.approx((-2.051, 2.051), abs=5e-4)
    assert inner_kernel_edges(0.5, f.linear, f.variance)[1] == pytest.approx(1.705, abs=5e-4)
    # Without linear part a deformed Wigner matrix: theta + w / theta for theta^2 > w.
    w, theta = f.variance / 0.5, f.quadratic / 0.5 * math.sqrt(2)
    assert found[1] == pytest.approx(theta + w / theta, rel=1e-12)
    assert spurious_eigenvalues(0.0, 5.0, 0.5, 0.8, 1.0) == ()
    assert spurious_eigenvalues(0.5, 1.0, 0.5, 0.8, 1.0) == ()
    assert spurious_eigenvalues(0.1, 3.0, 0.5, 0.8, 1.0) == ()


@given(st.floats(-2, 2), st.floats(0, 0.99), st.floats(0.01, 0.99), st.floats(1.01, 50))
def test_spurious_eigenvalues_are_outside_the_support(exponent, angle, share, kurtosis):
    a1 = math.sqrt(share) * math.cos(angle * math.pi / 2)
    a2 = math.sqrt(share) * math.sin(angle * math.pi / 2)
    c = 10**exponent
    found = spurious_eigenvalues(a2, kurtosis, c, a1, 1.0)
    assert list(found) == sorted(found)
    for low, high in bulk_of(c, a1, 1.0).intervals():
        slack = 1e-9 * (high - low)
        assert all(value <= low + slack or value >= high - slack for value in found)


@pytest.mark.parametrize(
    ("rho", "c", "tolerance", "kappa", "density"),
    [
        (3, 0.5, 0.01, 1.941, 0.140),
        (3, 0.5, 0.05, 5.554, 0.0276),
        (6, 0.5, 0.01, 5.117, 0.0309),
        (2, 0.01, 0.01, 29.67, 0.0032),
    ],
)
def test_known_choices(rho, c, tolerance, kappa, density):
    assert kappa_for_tolerance(rho, c, tolerance) == pytest.approx(kappa, rel=3e-4)
    assert density_for_tolerance(rho, c, tolerance) == pytest.approx(density, rel=0.01)


@given(st.floats(-3, 1), st.floats(1.3, 20), st.floats(1e-4, 0.99))
def test_choices_meet_the_tolerance(exponent, factor, share):
    c = 10**exponent
    rho = math.sqrt(c) * factor
    least = misclassification_rate(rho, c)
    tolerance = share * (0.5 - least)
    kappa = kappa_for_tolerance(rho, c, tolerance)
    assert misclassification_rate(rho, c, kappa) == pytest.approx(least + tolerance, abs=1e-8)
    density = density_for_tolerance(rho, c, tolerance)
    best = OddQuantizer.ternary()
    assert 0 < density <= best.density
    expected = max(kappa, best.kappa)
    assert OddQuantizer.ternary(density).kappa == pytest.approx(expected, rel=1e-9)


def test_no_loss_takes_the_linear_kernel_and_the_best_ternary_map():
    assert kappa_for_tolerance(3.0, 0.5, 0.0) == 1
    assert density_for_tolerance(3.0, 0.5, 0.0) == OddQuantizer.ternary().density


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: phase_transition(-1.0), "c must be a positive"),
        (lambda: phase_transition(0.5, 0.9), "kappa must be a finite number of at least 1"),
        (lambda: phase_transition(0.5, math.inf), "sees? no classes"),
        (lambda: spike_eigenvalue(-1.0, 0.5, 0.8, 1.0), "snr must not be negative"),
        (lambda: spike_eigenvalue(1.0, 0.5, 0.0, 1.0), "linear must be a positive"),
        (lambda: spike_eigenvalue(1e308, 1e-3, 0.8, 1.0), "overflows"),
        (lambda: spike_strength(math.nan, 0.5, 0.8, 1.0), "eigenvalue must be finite"),
        (lambda: spike_alignment(math.inf, 0.5), "snr must be finite"),
        (lambda: edge_pvalues(1.0, 0, 0.5, 0.8, 1.0, 3.0), "n_samples must be an integer"),
        (lambda: spurious_eigenvalues(0.9, 3.0, 0.5, 0.8, 1.0), "quadratic must be"),
        (lambda: spurious_eigenvalues(0.1, 0.5, 0.5, 0.8, 1.0), "kurtosis must be"),
        (lambda: kappa_for_tolerance(0.7, 0.5, 0.01), "Take more samples"),
        (lambda: kappa_for_tolerance(3.0, 0.5, 0.45), "the error of guessing"),
        (lambda: density_for_tolerance(3.0, 0.5, -0.1), "tolerance must be"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
