# SPDX-License-Identifier: BSD-3-Clause
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import erf, expit, ndtr

from skrmt.theory import (
    ACTIVATIONS,
    Activation,
    KernelMoments,
    activation_moments,
    concatenated_moments,
    kernel_moments,
)

# Each named activation with its parameters and, written out again, its function.
CASES = [
    ("abs", {}, abs),
    ("cos", {}, math.cos),
    ("cos", {"frequency": 0.7}, lambda t: math.cos(0.7 * t)),
    ("erf", {}, math.erf),
    ("gaussian_bump", {}, lambda t: math.exp(-t * t / 2)),
    ("gelu", {}, lambda t: t * ndtr(t)),
    ("leaky_relu", {}, lambda t: t if t > 0 else 0.01 * t),
    (
        "leaky_relu",
        {"positive_slope": 0.5, "negative_slope": -1.3},
        lambda t: 0.5 * t if t > 0 else -1.3 * t,
    ),
    ("cubic", {}, lambda t: t),
    ("cubic", {"coefficients": (5.0, 0.0, 2.0)}, lambda t: 5 + 2 * t**2),
    (
        "cubic",
        {"coefficients": (-1.0, 0.3, 0.5, -0.2)},
        lambda t: -1 + 0.3 * t + 0.5 * t**2 - 0.2 * t**3,
    ),
    ("relu", {}, lambda t: max(t, 0)),
    ("logistic", {}, expit),
    ("sign", {}, lambda t: math.copysign(1, t)),
    ("sin", {}, math.sin),
    ("sin", {"frequency": 2.0}, lambda t: math.sin(2 * t)),
    ("step", {}, lambda t: float(t > 0)),
    ("tanh", {}, math.tanh),
]


def expectation(function, tau):
    def integrand(t):
        return function(math.sqrt(tau) * t) * math.exp(-t * t / 2) / math.sqrt(2 * math.pi)

    # Two half-lines, so that a kink at zero is an end point; 14 deviations leave out 1e-44.
    halves = [quad(integrand, *ends, epsabs=1e-13, epsrel=1e-13, limit=400) for ends in HALVES]
    return halves[0][0] + halves[1][0]


HALVES = ((-14, 0), (0, 14))


def integrated_moments(function, tau):
    mean = expectation(function, tau)
    m1 = expectation(lambda z: z * function(z), tau) / tau
    m2 = expectation(lambda z: (z * z - tau) * (function(z) - mean), tau) / tau**2
    return m1, m2, expectation(lambda z: (function(z) - mean) ** 2, tau)


def test_every_named_activation_is_checked():
    assert {name for name, _, _ in CASES} == set(ACTIVATIONS)


@pytest.mark.parametrize("tau", [0.3, 1.0, 2.5])
@pytest.mark.parametrize(("name", "params", "function"), CASES)
def test_closed_forms_agree_with_adaptive_integration(name, params, function, tau):
    m1, m2, variance = integrated_moments(function, tau)
    moments = activation_moments(name, tau, **params)
    assert moments.m1 == pytest.approx(m1, rel=1e-12, abs=1e-12)
    assert moments.m2 == pytest.approx(m2, rel=1e-12, abs=1e-12)
    assert moments.variance == pytest.approx(variance, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "function", "leading"),
    # Leading order of V as tau -> 0: s'(0)^2 tau, or s''(0)^2 tau^2 / 2 for even functions.
    [
        ("cos", np.cos, lambda tau: tau**2 / 2),
        ("gaussian_bump", None, lambda tau: tau**2 / 2),
        ("sin", np.sin, lambda tau: tau),
        ("tanh", np.tanh, lambda tau: tau),
    ],
)
def test_small_tau_loses_no_digits(name, function, leading):
    tau = 1e-10
    assert activation_moments(name, tau).variance == pytest.approx(leading(tau), rel=1e-9)


@pytest.mark.parametrize(("name", "limit"), [("tanh", "sign"), ("logistic", "step")])
@pytest.mark.parametrize("tau", [1e4, 1e8])
def test_named_smooth_steps_become_jumps_when_tau_grows(name, limit, tau):
    # Var tanh = 1 - E sech^2 and the integral of sech^2 is 2, hence 1 - 2 phi_tau(0); the logistic
    # function is (1 + tanh(z / 2)) / 2. Corrections are O(tau^-3/2).
    smooth, jump = activation_moments(name, tau), activation_moments(limit, tau)
    loss = 2 if limit == "sign" else 1
    assert smooth.m1 == pytest.approx(jump.m1, rel=5 / tau)
    expected = jump.variance - loss / math.sqrt(2 * math.pi * tau)
    assert smooth.variance == pytest.approx(expected, abs=5 * tau**-1.5)


@pytest.mark.parametrize("tau", [0.3, 1.0, 40.0])
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relu", lambda t: np.maximum(t, 0)),
        ("abs", np.abs),
        ("sign", np.sign),
        ("step", lambda t: t > 0),
    ],
)
def test_quadrature_with_breakpoints_is_exact_for_kinks_and_jumps(name, function, tau):
    exact = activation_moments(name, tau)
    found = activation_moments(function, tau, breakpoints=[0.0])
    assert found.m1 == pytest.approx(exact.m1, rel=1e-13, abs=1e-14)
    assert found.m2 == pytest.approx(exact.m2, rel=1e-13, abs=1e-14)
    assert found.variance == pytest.approx(exact.variance, rel=1e-13)


@pytest.mark.parametrize(("name", "function"), [("cos", np.cos), ("sin", np.sin), ("erf", erf)])
def test_gauss_hermite_is_exact_for_smooth_functions(name, function):
    exact, found = activation_moments(name, 1.0), activation_moments(function, 1.0)
    assert found.m1 == pytest.approx(exact.m1, abs=1e-13)
    assert found.m2 == pytest.approx(exact.m2, abs=1e-13)
    assert found.variance == pytest.approx(exact.variance, abs=1e-13)


def test_breakpoints_far_out_in_the_tail_change_nothing():
    assert activation_moments(np.sin, 1.0, breakpoints=(1e6,)).m1 == pytest.approx(
        math.exp(-0.5), rel=1e-13
    )


def test_uncertain_quadrature_warns_and_names_the_remedy():
    with pytest.warns(UserWarning, match=r"two quadrature rules differ by .*breakpoints"):
        found = activation_moments(np.sign, 1.0)
    # The warning is right: the error is larger than the accuracy promised.
    assert abs(found.m1 - math.sqrt(2 / math.pi)) > 1e-4


@given(
    # Squares of the coefficients must not underflow.
    coefficients=st.lists(
        st.floats(-3, 3).filter(lambda c: c == 0 or abs(c) > 1e-100), min_size=2, max_size=4
    ),
    tau=st.floats(1e-2, 1e2),
)
def test_coefficients_of_a_polynomial_are_its_hermite_expansion(coefficients, tau):
    moments = activation_moments("cubic", tau, coefficients=coefficients)
    c3 = coefficients[3] if len(coefficients) == 4 else 0.0
    explained = tau * moments.d1 + 2 * tau**2 * moments.d2
    assert moments.variance - explained == pytest.approx(
        6 * c3**2 * tau**3, rel=1e-9, abs=1e-12 * (1 + moments.variance)
    )


@given(
    name=st.sampled_from(["relu", "abs", "erf", "gaussian_bump", "cos", "sin", "sign", "step"]),
    tau=st.floats(1e-3, 1e3),
)
def test_bessel_inequality(name, tau):
    moments = activation_moments(name, tau)
    explained = tau * moments.d1 + 2 * tau**2 * moments.d2
    assert moments.variance >= explained * (1 - 1e-12)
    assert moments.d0 >= 2 * tau**2 * moments.d2 * (1 - 1e-9) - 1e-12


@given(frequency=st.floats(0.1, 3), tau=st.floats(1e-3, 10))
def test_changing_the_unit_of_the_data(frequency, tau):
    unit = activation_moments("sin", frequency**2 * tau)
    scaled = activation_moments("sin", tau, frequency=frequency)
    assert scaled.m1 == pytest.approx(frequency * unit.m1, rel=1e-12)
    assert scaled.variance == pytest.approx(unit.variance, rel=1e-12)


def test_linear_moment_is_the_mean_derivative_by_simulation():
    # E[z s(z)] / tau on draws of z, against the closed form; 4 standard errors.
    tau, n_draws = 1.7, 1_000_000
    z = math.sqrt(tau) * np.random.default_rng(0).standard_normal(n_draws)
    for name, function in [("relu", lambda t: np.maximum(t, 0)), ("erf", erf), ("sin", np.sin)]:
        draws = z * function(z) / tau
        error = abs(draws.mean() - activation_moments(name, tau).m1)
        assert error < 4 * draws.std() / math.sqrt(n_draws)


@given(gamma=st.floats(1e-3, 5), tau=st.floats(1e-2, 3))
def test_cosine_and_sine_together_are_the_gaussian_kernel(gamma, tau):
    w = math.sqrt(2 * gamma)
    pair = concatenated_moments(
        activation_moments("cos", tau, frequency=w), activation_moments("sin", tau, frequency=w)
    )
    rbf = kernel_moments("rbf", tau, gamma=gamma)
    for attribute in ("d0", "d1", "d2", "variance"):
        assert getattr(pair, attribute) == pytest.approx(
            getattr(rbf, attribute), rel=1e-9, abs=1e-14
        )


def test_derived_coefficients():
    moments = KernelMoments(tau=4.0, m1=-0.5, m2=0.25, variance=3.0)
    assert (moments.d1, moments.d2, moments.d0) == (0.25, 0.015625, 2.0)
    assert moments.ratio == 1.0
    assert KernelMoments(1.0, 0.0, 1.0, 1.0).ratio == math.inf
    assert math.isnan(KernelMoments(1.0, 0.0, 0.0, 1.0).ratio)
    assert activation_moments("relu", 9.0).ratio == pytest.approx(math.sqrt(2 / math.pi))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.0, 1.0, 1.0, 1.0), "tau must be a positive finite number, got 0.0"),
        ((math.inf, 1.0, 1.0, 1.0), "tau must be a positive finite number, got inf"),
        ((1.0, math.nan, 1.0, 1.0), "m1 must be finite, and its square too, got nan"),
        ((1.0, "one", 1.0, 1.0), "m1 must be finite, and its square too, got 'one'"),
        ((1.0, 1.0, 1e200, 1e300), "m2 must be finite, and its square too, got 1e[+]200"),
        ((1.0, 1.0, 1.0, math.inf), "variance must be finite, got inf"),
        ((1e200, 1.0, 1e150, 1e300), "variance=1e[+]300 is below .* = inf"),
        ((1e-200, 0.0, 1.0, 0.0), "variance=0.0 underflows at tau=1e-200, where .* m2=1.0"),
        ((1.0, 0.0, 0.0, -1.0), "variance=-1.0 is below .* not the moments of a positive"),
        ((1.0, 1.0, 1.0, 1.49), "variance=1.49 is below .* not the moments of a positive definite"),
    ],
)
def test_impossible_moments_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        KernelMoments(*values)


def nan_beyond_three(t):
    return np.where(np.abs(t) > 3, np.nan, t)


@pytest.mark.parametrize(
    ("activation", "tau", "keywords", "message"),
    [
        ("relu", -1.0, {}, "tau must be a positive finite number, got -1.0"),
        ("relu", "one", {}, "tau must be a positive finite number, got 'one'"),
        ("rleu", 1.0, {}, "activation must be a callable or one of abs, cos, .* got 'rleu'"),
        (None, 1.0, {}, "activation must be a callable or one of .* got None"),
        ("relu", 1.0, {"slope": 2.0}, "Unknown parameter 'slope' of the activation 'relu'; it tak"),
        ("cos", 1.0, {"w": 2.0}, "Unknown parameter 'w' of .*'cos'; it takes frequency"),
        ("cos", 1.0, {"frequency": math.nan}, "frequency of 'cos' must be finite, got nan"),
        ("cos", 1.0, {"frequency": "high"}, "frequency of 'cos' must be finite, got 'high'"),
        ("cos", 1.0, {"frequency": (1.0, 2.0)}, r"frequency of 'cos' must be finite, got \(1"),
        ("cos", 1.0, {"frequency": 1e200}, "'cos' overflows at tau=1.0, frequency=1e[+]200"),
        ("cubic", 1.0, {"coefficients": 1.0}, "coefficients of 'cubic' must be a sequence"),
        ("cubic", 1e200, {"coefficients": (0.0, 0.0, 1.0)}, "'cubic' overflows at tau=1e[+]200, c"),
        ("cos", 1e-200, {}, "variance=0.0 underflows at tau=1e-200, .* rescale the data"),
        ("cubic", 1.0, {"coefficients": range(5)}, "1 to 4 numbers, constant first"),
        ("relu", 1.0, {"breakpoints": (0.0,)}, "breakpoints are for callables only"),
        (np.tanh, 1.0, {"breakpoints": (math.nan,)}, "breakpoints must be a sequence of finite"),
        (np.tanh, 1.0, {"breakpoints": 0.0}, "breakpoints must be a sequence of finite"),
        (np.tanh, 1.0, {"breakpoints": "zero"}, "breakpoints must be a sequence .* got 'zero'"),
        (np.tanh, 1.0, {"frequency": 1.0}, "Unknown parameter 'frequency'.* got a callable"),
        (nan_beyond_three, 1.0, {}, "activation is not finite at z="),
        (np.ones_like, 1.0, {}, "must be finite and not constant"),
        (lambda t: 1.0, 1.0, {}, r"same shape; got shape \(\) and dtype float64"),
        (lambda t: t * 1j, 1.0, {}, "real array of the same shape; .* complex128"),
    ],
)
def test_errors_name_the_parameter_and_the_remedy(activation, tau, keywords, message):
    with pytest.raises(ValueError, match=message):
        activation_moments(activation, tau, **keywords)


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (Activation, "must be a function or a name, got the class .*Activation"),
        (lambda t: max(t, 0), r"<lambda> must take one array and act elementwise on it \(np\.max"),
        (lambda: 1, "<lambda> must take one array and act elementwise on it"),
        (math.tanh, "tanh must take one array and act elementwise on it"),
    ],
    ids=["class", "scalar", "no argument", "math"],
)
def test_functions_that_take_no_array(activation, message):
    with pytest.raises(TypeError, match=message) as caught:
        activation_moments(activation, 1.0)
    assert "array(" not in str(caught.value)


@pytest.mark.parametrize("tau", [1e-100, 1e-20, 1e100])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extreme_scales_give_the_leading_order(name, tau):
    # Near zero, s(t) - s(0) is linear, quadratic or homogeneous; far out it is a jump, linear or
    # nothing. The exponent of V, and what the linear and quadratic parts are of it, tell which.
    moments = activation_moments(name, tau)
    assert 0 < moments.variance < math.inf
    share = (math.sqrt(tau) * moments.m1) ** 2 + (tau * moments.m2) ** 2 / 2
    assert share <= moments.variance * (1 + 1e-12)
    if tau < 1:
        power = {"cos": 2, "gaussian_bump": 2, "sign": 0, "step": 0}.get(name, 1)
        assert math.log(moments.variance) / math.log(tau) == pytest.approx(power, abs=0.07)
        if name not in ("abs", "leaky_relu", "relu", "sign", "step"):
            assert share == pytest.approx(moments.variance, rel=1e-9)
    else:
        power = {"gaussian_bump": -0.5}
        power |= dict.fromkeys(["abs", "cubic", "gelu", "leaky_relu", "relu"], 1)
        expected = power.get(name, 0)
        assert math.log(moments.variance) / math.log(tau) == pytest.approx(expected, abs=0.02)


def test_concatenation_needs_moments_at_one_tau():
    with pytest.raises(ValueError, match="at least one KernelMoments"):
        concatenated_moments()
    parts = activation_moments("cos", 1.0), activation_moments("sin", 2.0)
    with pytest.raises(ValueError, match=re.escape("got tau in [1.0, 2.0]")):
        concatenated_moments(*parts)
