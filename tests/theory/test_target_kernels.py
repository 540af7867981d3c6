# SPDX-License-Identifier: BSD-3-Clause
import copy
import math
import pickle

import numpy as np
import pytest

from skrmt.theory import Activation, InnerProductKernel, RadialKernel, activation_moments


def cauchy(squared_distance):
    return 1 / (1 + squared_distance)


def cauchy_slope(squared_distance):
    return -1 / (1 + squared_distance) ** 2


def cauchy_curvature(squared_distance):
    return 2 / (1 + squared_distance) ** 3


def clipped(t):
    return np.clip(t, -1, 1)


TARGETS = [
    RadialKernel(cauchy),
    RadialKernel(cauchy, cauchy_slope, second_derivative=cauchy_curvature),
    InnerProductKernel(np.exp),
    Activation(clipped, breakpoints=[-1, 1]),
]


@pytest.mark.parametrize("tau", [1e-3, 0.7, 5.0, 3e3])
@pytest.mark.parametrize("given", [(), (cauchy_slope,), (None, cauchy_curvature)])
def test_numerical_derivatives_agree_with_given_ones(tau, given):
    exact = RadialKernel(cauchy, cauchy_slope, cauchy_curvature).moments(tau)
    found = RadialKernel(cauchy, *given).moments(tau)
    assert exact.d1 == pytest.approx(2 / (1 + 2 * tau) ** 2, rel=1e-14)
    assert exact.d2 == pytest.approx(2 / (1 + 2 * tau) ** 3, rel=1e-14)
    # Second differences over a distance tau of a function that hardly varies lose digits.
    digits = 1e-6 if tau < 1e-2 else 1e-9
    assert found.m1 == pytest.approx(exact.m1, rel=1e-9)
    assert found.m2 == pytest.approx(exact.m2, rel=digits)
    assert found.variance == exact.variance


@pytest.mark.parametrize("tau", [0.3, 1.0, 50.0])
def test_arc_cosine_kernel_is_the_relu(tau):
    # The kernel of relu features on a sphere in closed form (Cho and Saul 2009): its Taylor
    # coefficients must be the Gaussian moments of relu.
    def arc_cosine(inner_product):
        rho = inner_product / tau
        root = np.sqrt(np.maximum(1 - rho**2, 0))
        return tau / (2 * np.pi) * (root + (np.pi - np.arccos(rho)) * rho)

    kernel, relu = InnerProductKernel(arc_cosine).moments(tau), activation_moments("relu", tau)
    assert kernel.m1 == pytest.approx(relu.m1, rel=1e-7)
    assert kernel.m2 == pytest.approx(relu.m2, rel=1e-7)
    assert kernel.variance == pytest.approx(relu.variance, rel=1e-12)


@pytest.mark.parametrize("tau", [0.3, 1.0, 50.0])
def test_arc_sine_kernel_is_the_error_function(tau):
    def arc_sine(inner_product):
        return 2 / np.pi * np.arcsin(2 * inner_product / (1 + 2 * tau))

    kernel, erf = InnerProductKernel(arc_sine).moments(tau), activation_moments("erf", tau)
    assert kernel.m1 == pytest.approx(erf.m1, rel=1e-9)
    assert kernel.m2 == 0.0
    assert kernel.variance == pytest.approx(erf.variance, rel=1e-12)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_vanishing_derivatives_of_a_monomial_are_zero(power):
    moments = InnerProductKernel(lambda inner_product: inner_product**power).moments(2.0)
    assert moments.m1 == pytest.approx(1.0 if power == 1 else 0.0, abs=1e-300, rel=1e-12)
    assert moments.m2 == pytest.approx(math.sqrt(2) if power == 2 else 0.0, abs=1e-300, rel=1e-9)
    assert moments.variance == 2.0**power


def test_activation_uses_its_breakpoints():
    found = Activation(lambda t: np.maximum(t, 0), breakpoints=(0.0,)).moments(2.0)
    assert found.m2 == pytest.approx(activation_moments("relu", 2.0).m2, rel=1e-13)


@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_targets_are_values(target):
    for twin in (copy.deepcopy(target), pickle.loads(pickle.dumps(target))):
        assert twin == target
        assert hash(twin) == hash(target)
        assert twin.moments(1.0) == target.moments(1.0)
    assert sum(target == other for other in TARGETS) == 1


def test_representations_show_names_and_what_differs_from_the_default():
    assert repr(TARGETS[0]) == "RadialKernel(cauchy)"
    assert repr(TARGETS[1]) == (
        "RadialKernel(cauchy, first_derivative=cauchy_slope, second_derivative=cauchy_curvature)"
    )
    assert repr(TARGETS[2]) == "InnerProductKernel(exp)"
    assert repr(TARGETS[3]) == "Activation(clipped, breakpoints=(-1.0, 1.0))"


def jump(squared_distance):
    return np.where(squared_distance < 2.0, 1.0, 0.5)


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (RadialKernel(np.exp), r"RadialKernel\(exp\) is not a positive definite kernel .* -f'"),
        (
            RadialKernel(lambda s: np.exp(-(s**2))),
            r"not a positive definite kernel at tau=0.25: f''\(2 tau\) must not be negative",
        ),
        (InnerProductKernel(lambda t: 1 - t), r"not a positive definite kernel .* f'\(0\)"),
        (InnerProductKernel(np.sin, second_derivative=np.cos), "variance=.* is below"),
        (InnerProductKernel(lambda t: t - t**2), r"f''\(0\) must not be negative, got -2"),
        (RadialKernel(lambda s: np.zeros_like(s) + np.nan), "must map an array to finite real"),
        (RadialKernel(lambda s: 1.0), "must map an array to finite real numbers, elementwise"),
        (RadialKernel(np.log), "must map an array to finite real numbers.* 0 it returned"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_kernels_that_are_not_positive_definite_are_refused(kernel, message):
    with pytest.raises(ValueError, match=message):
        kernel.moments(0.25)


def test_what_a_function_returned_is_shown_without_arrays():
    with pytest.raises(ValueError, match=r"it returned shape \(3, 3\) and dtype float64"):
        RadialKernel(lambda s: np.eye(3)).moments(1.0)
    with pytest.raises(ValueError, match=r"it returned \[nan, nan\]"):
        RadialKernel(lambda s: s * np.nan).moments(1.0)


def test_failing_derivative_of_an_inner_product_names_its_remedy_only():
    with pytest.raises(ValueError, match=r"at 0 could not .* pass first_derivative=") as caught:
        InnerProductKernel(lambda t: np.where(t > 0, 1.0, 0.5)).moments(1.0)
    assert "gamma" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "exact"),
    [
        (RadialKernel(cauchy), RadialKernel(cauchy, cauchy_slope, cauchy_curvature)),
        (InnerProductKernel(np.exp), InnerProductKernel(np.exp, np.exp, np.exp)),
    ],
)
def test_numerical_derivatives_keep_their_accuracy_or_are_refused(target, exact):
    # m2 is the root of a second derivative with a relative error of at most 1e-5.
    refused = []
    for tau in np.logspace(-7, 0, 71):
        try:
            found = target.moments(tau)
        except ValueError as error:
            assert "could not be computed numerically" in str(error)
            refused.append(tau)
            continue
        assert found.m1 == pytest.approx(exact.moments(tau).m1, rel=5e-6)
        assert found.m2 == pytest.approx(exact.moments(tau).m2, rel=5e-6)
    # Rounding of 100 eps over tau^2 is 1e-5 at tau = 5e-5; most are accepted from there on.
    assert max(refused) < 3e-3
    assert 20 < len(refused) < 45


def test_a_derivative_that_does_not_converge_is_refused():
    with pytest.raises(ValueError, match=r"first derivative .* pass first_derivative="):
        RadialKernel(jump).moments(1.0)
    with pytest.raises(ValueError, match=r"second derivative .* pass second_derivative="):
        RadialKernel(cauchy, jump).moments(1.0)


def test_functions_must_be_functions_of_arrays():
    with pytest.raises(TypeError, match="function of RadialKernel must be callable, got 'rbf'"):
        RadialKernel("rbf")
    with pytest.raises(TypeError, match="second_derivative of InnerProductKernel must be callable"):
        InnerProductKernel(np.exp, second_derivative=1.0)
    with pytest.raises(TypeError, match="function of Activation must be callable"):
        Activation(None)
    with pytest.raises(TypeError, match=r"first_derivative of RadialKernel must .* got ndarray"):
        RadialKernel(np.exp, np.zeros(3))
    for target in (RadialKernel, InnerProductKernel, Activation):
        with pytest.raises(TypeError, match=r"function of .* must be callable, got the class"):
            target(RadialKernel)


@pytest.mark.parametrize("function", [math.exp, lambda t: max(t, 0), lambda: 1])
def test_functions_must_take_an_array(function):
    for target in (RadialKernel(function), InnerProductKernel(function)):
        with pytest.raises(TypeError, match=r"must take one array and act elementwise") as caught:
            target.moments(1.0)
        assert "array(" not in str(caught.value)


@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_tau_must_be_positive(target):
    with pytest.raises(ValueError, match="tau must be a positive finite number, got 0"):
        target.moments(0)
