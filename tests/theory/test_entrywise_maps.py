# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from skrmt.theory import (
    HardThreshold,
    HermiteCoefficients,
    OddQuantizer,
    hermite_coefficients,
    lloyd_max_levels,
)

FIELDS = ("mean", "linear", "quadratic", "variance", "fourth")


def assert_same(found, expected, tolerance):
    for name in FIELDS:
        assert getattr(found, name) == pytest.approx(
            getattr(expected, name), rel=tolerance, abs=tolerance
        ), name


def both_signs(thresholds):
    return [0.0, *thresholds, *(-t for t in thresholds)]


@pytest.mark.parametrize(
    ("density", "kept", "signs", "uniform"),
    [
        (1, 1, 1.5708, 1),
        (0.5, 1.0768, 1.2378, 2),
        (0.3, 1.2766, 1.3796, 10 / 3),
        (0.2, 1.5389, 1.6234, 5),
        (0.1, 2.2764, 2.3503, 10),
        (0.05, 3.5829, 3.6594, 20),
        (0.02, 6.9442, 7.0389, 50),
        (0.01, 11.8355, 11.9569, 100),
        (0.005, 20.5888, 20.7533, 200),
        (0.001, 78.7663, 79.1539, 1000),
    ],
)
def test_kappa_at_a_density(density, kept, signs, uniform):
    values, ternary = HardThreshold.of_density(density), OddQuantizer.ternary(density)
    assert values.kappa == pytest.approx(kept, abs=6e-5)
    assert ternary.kappa == pytest.approx(signs, abs=6e-5)
    assert values.density == pytest.approx(density, rel=1e-12)
    assert ternary.density == pytest.approx(density, rel=1e-12)
    # Choosing entries by their size beats choosing them at random, at any density below 1.
    assert max(values.kappa, ternary.kappa) < uniform or density == 1


def test_paper_formulas():
    s = 0.7
    two_bits = OddQuantizer.uniform(2, s).coefficients
    assert two_bits.linear == pytest.approx(
        math.sqrt(2 / math.pi) / 2 * (1 + math.exp(-(s**2))), rel=1e-14
    )
    assert two_bits.variance == pytest.approx(math.erf(s) / 4 + math.erfc(s), rel=1e-14)
    four = OddQuantizer.uniform(4, s)
    k = np.arange(1, 4)
    expected = (
        math.sqrt(2 / math.pi) / 8 * (1 + math.exp(-(s**2)) + 2 * np.exp(-(k**2) * s**2 / 16).sum())
    )
    assert four.coefficients.linear == pytest.approx(expected, rel=1e-14)
    # The definition of f2, entry by entry.
    t = np.linspace(-1.7, 1.7, 4001)[np.newaxis]
    inner = (np.floor(t * 4 / (math.sqrt(2) * s)) + 0.5) / 4
    direct = np.where(np.abs(t) <= math.sqrt(2) * s, inner, np.sign(t))
    assert np.array_equal(four(t)[t != 0], direct[t != 0])


@pytest.mark.parametrize(
    ("n_bits", "s", "kappa"),
    [(2, 0.6905, 1.1878), (3, 1.1276, 1.0866), (4, 1.4968, 1.0315)],
)
def test_best_uniform_quantizer_is_worse_than_lloyd_max(n_bits, s, kappa):
    best = minimize_scalar(
        lambda s: OddQuantizer.uniform(n_bits, s).kappa, bounds=(0.3, 2.5), method="bounded"
    )
    assert best.x == pytest.approx(s, abs=1e-4)
    assert best.fun == pytest.approx(kappa, abs=6e-5)
    # With M bits' worth of steps f2 has 2^(M - 1) + 2 levels: 4, 6, 10.
    assert OddQuantizer.lloyd_max(n_bits).kappa < best.fun


@given(
    st.lists(st.floats(0.01, 4), max_size=5, unique_by=lambda t: round(t, 2)),
    st.lists(st.floats(0.01, 3), min_size=6, max_size=6),
)
def test_closed_forms_are_the_quadrature(thresholds, levels):
    thresholds = sorted(thresholds)
    quantizer = OddQuantizer(thresholds, levels[: len(thresholds) + 1])
    found = hermite_coefficients(quantizer, breakpoints=both_signs(thresholds))
    assert_same(quantizer.coefficients, found, 1e-10)
    assert quantizer.kappa >= 1


@given(st.floats(0, 5))
def test_closed_form_of_the_hard_threshold_is_the_quadrature(threshold):
    kept = HardThreshold(threshold)
    found = hermite_coefficients(kept, breakpoints=both_signs([threshold]))
    assert_same(kept.coefficients, found, 1e-10)


@pytest.mark.parametrize(
    ("function", "breakpoints", "expected"),
    [
        # Hermite polynomials themselves, x^3 = He3 + 3 x, |x| and the exponential.
        (lambda x: x**3, (), (0, 3, 0, 15, 10395)),
        (lambda x: x**2, (), (1, 0, math.sqrt(2), 2, 60)),
        (np.exp, (), (math.e**0.5, math.e**0.5, (math.e / 2) ** 0.5, math.e**2 - math.e, None)),
        (
            np.abs,
            (0.0,),
            (math.sqrt(2 / math.pi), 0, 1 / math.sqrt(math.pi), 1 - 2 / math.pi, None),
        ),
        (lambda x: x > 0, (0.0,), (0.5, 1 / math.sqrt(2 * math.pi), 0, 0.25, 1 / 16)),
    ],
    ids=["cube", "square", "exp", "abs", "step"],
)
def test_known_coefficients(function, breakpoints, expected):
    found = hermite_coefficients(function, breakpoints=breakpoints)
    for name, value in zip(FIELDS, expected, strict=True):
        if value is not None:
            assert getattr(found, name) == pytest.approx(value, rel=1e-10, abs=1e-12), name


def test_missing_breakpoints_are_noticed():
    with pytest.warns(UserWarning, match="breakpoints"):
        hermite_coefficients(lambda x: np.sign(x - 0.3))


def test_even_function_has_infinite_kappa():
    coefficients = HermiteCoefficients(0.8, 0.0, 0.5, 0.4, 0.5)
    assert (coefficients.kappa, coefficients.efficiency) == (math.inf, 0.0)


def test_lloyd_max():
    assert lloyd_max_levels(1) == ((), (pytest.approx(math.sqrt(2 / math.pi)),))
    thresholds, levels = lloyd_max_levels(2)
    assert thresholds == pytest.approx((0.9816,), abs=5e-5)
    assert levels == pytest.approx((0.4528, 1.5104), abs=5e-5)
    kappas = [OddQuantizer.lloyd_max(b).kappa for b in range(1, 9)]
    assert kappas[:3] == pytest.approx([1.5708, 1.1331, 1.0358], abs=5e-5)
    # The distortion of Panter and Dite, sqrt(3) pi / 2 times 4^-b, is reached from below.
    assert 1 - 1 / kappas[-1] == pytest.approx(math.sqrt(3) * math.pi / 2 / 4**8, rel=0.01)
    assert sorted(kappas, reverse=True) == kappas


@pytest.mark.parametrize("n_bits", [1, 2, 3, 4, 8])
def test_lloyd_max_meets_its_two_conditions(n_bits):
    thresholds, levels = map(np.array, lloyd_max_levels(n_bits))
    assert len(levels) == len(thresholds) + 1 == 2 ** (n_bits - 1)
    assert np.allclose(thresholds, (levels[1:] + levels[:-1]) / 2, rtol=1e-14)
    # Centroids make variance and covariance equal, 1 - D; and D the distortion itself.
    quantizer = OddQuantizer.lloyd_max(n_bits)
    found = quantizer.coefficients
    assert found.linear == pytest.approx(found.variance, rel=1e-10)
    error = hermite_coefficients(
        lambda x: x - quantizer(x), breakpoints=both_signs(thresholds.tolist())
    )
    assert error.variance == pytest.approx(1 - 1 / found.kappa, rel=1e-9)


def test_best_ternary_map_is_the_three_level_lloyd_max():
    best = OddQuantizer.ternary()
    assert best.thresholds[0] == pytest.approx(0.6120, abs=5e-5)
    assert best.density == pytest.approx(0.5405, abs=5e-5)
    assert best.kappa == pytest.approx(1.2348, abs=5e-5)
    found = minimize_scalar(
        lambda d: OddQuantizer.ternary(d).kappa, bounds=(0.3, 0.9), method="bounded"
    )
    assert best.kappa <= found.fun == pytest.approx(best.kappa, rel=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "f",
    [
        OddQuantizer.sign(),
        OddQuantizer.ternary(0.2),
        OddQuantizer.lloyd_max(3),
        HardThreshold(0.7),
        HardThreshold(0.0),
    ],
    ids=["sign", "ternary", "lloyd_max", "hard", "identity"],
)
def test_maps_are_odd_and_keep_the_dtype(f, dtype):
    t = np.random.default_rng(0).standard_normal((30, 7)).astype(dtype)
    t[0, 0] = 0
    values = f(t)
    assert values.dtype == dtype
    assert values.shape == t.shape
    assert np.array_equal(f(-t), -values)
    assert values[0, 0] == 0
    # The share of values that are not zero, within 4.5 standard errors.
    error = 4.5 * math.sqrt(f.density * (1 - f.density) / t.size) + 1 / t.size
    assert abs(np.mean(values != 0) - f.density) <= error


def test_values_at_thresholds_belong_below():
    f = OddQuantizer((1.0, 2.0), (0.0, 1.0, 3.0))
    t = np.array([0, 1, 1 + 1e-12, 2, 2.5, -1, -2.5, np.nan])
    assert np.array_equal(f(t), [0, 0, 1, 1, 3, 0, -3, np.nan], equal_nan=True)
    assert f(np.array([-3, 0, 2])).tolist() == [-3, 0, 1]
    assert HardThreshold(1.0)([-1.0, 1.5]).tolist() == [0, 1.5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: OddQuantizer((0.0,), (0.0, 1.0)), "thresholds must be positive"),
        (lambda: OddQuantizer((2.0, 1.0), (0.0, 1.0, 2.0)), "strictly ascending"),
        (lambda: OddQuantizer((1.0,), (1.0,)), "one value more"),
        (lambda: OddQuantizer((), (0.0,)), "not all be zero"),
        (lambda: OddQuantizer((), (-1.0,)), "not be negative"),
        (lambda: OddQuantizer((), (math.nan,)), "levels must be finite"),
        (lambda: OddQuantizer((60.0,), (0.0, 1.0)).kappa, "zero to rounding"),
        (lambda: OddQuantizer.ternary(0.0), r"density must be in \(0, 1\]"),
        (lambda: OddQuantizer.ternary(1.5), "density"),
        (lambda: OddQuantizer.uniform(1, 1.0), "n_bits must be 2 to 16"),
        (lambda: OddQuantizer.uniform(2, -1.0), "s must be a positive"),
        (lambda: OddQuantizer.lloyd_max(9), "n_bits must be at most 8"),
        (lambda: lloyd_max_levels(1.5), "n_bits must be an integer"),
        (lambda: HardThreshold(-1.0), "threshold must be"),
        (lambda: HardThreshold("a"), "threshold must be"),
        (lambda: HermiteCoefficients(0, 2.0, 0, 1.0, 1.0), "no function has such"),
        (lambda: HermiteCoefficients(0, 0, 0, 1.0, 0.5), "fourth=0.5"),
        (lambda: HermiteCoefficients(0, math.inf, 0, 1.0, 0.5), "linear must be a finite"),
        (lambda: hermite_coefficients(np.ones_like), "not constant"),
        (lambda: hermite_coefficients(np.sign, breakpoints=(math.nan,)), "breakpoints"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bad_types():
    with pytest.raises(TypeError, match="f must be a function"):
        hermite_coefficients(3)
    with pytest.raises(TypeError, match="real numbers"):
        OddQuantizer.sign()(np.array([1j]))
