# SPDX-License-Identifier: BSD-3-Clause
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.gaussian_process.kernels import RBF, Matern, RationalQuadratic
from sklearn.metrics.pairwise import polynomial_kernel

from skrmt.theory import (
    ACTIVATIONS,
    KERNELS,
    Activation,
    InnerProductKernel,
    RadialKernel,
    activation_moments,
    kernel_moments,
)

# The same kernels by scikit-learn, as functions of the length scale.
PEERS = {
    "rbf": lambda length: RBF(length),
    "exponential": lambda length: Matern(length, nu=0.5),
    "matern32": lambda length: Matern(length, nu=1.5),
    "matern52": lambda length: Matern(length, nu=2.5),
    "rational_quadratic": lambda length: RationalQuadratic(length, alpha=1.0),
}


def test_every_named_kernel_is_checked():
    assert {*PEERS, "polynomial"} == set(KERNELS)
    assert not set(KERNELS) & set(ACTIVATIONS)


@pytest.mark.parametrize(("tau", "gamma"), [(1.0, 0.5), (0.04, 3.0), (300.0, 0.004)])
@pytest.mark.parametrize("name", PEERS)
def test_named_radial_kernels_are_those_of_scikit_learn(name, tau, gamma):
    peer = PEERS[name](1 / math.sqrt(2 * gamma))

    def function(squared_distance):
        distance = np.sqrt(np.ravel(squared_distance))[:, None]
        return peer(distance, np.zeros((1, 1))).reshape(np.shape(squared_distance))

    exact, found = kernel_moments(name, tau, gamma=gamma), RadialKernel(function).moments(tau)
    assert exact.m1 == pytest.approx(found.m1, rel=1e-8)
    assert exact.m2 == pytest.approx(found.m2, rel=1e-8)
    assert exact.variance == pytest.approx(found.variance, rel=1e-12)


@pytest.mark.parametrize(("degree", "coef0"), [(1, 0.0), (2, 0.0), (2, 0.5), (3, 1.0), (5, 0.2)])
def test_named_polynomial_kernel_is_that_of_scikit_learn(degree, coef0):
    tau, gamma = 3.0, 0.2

    def function(inner_product):
        column = np.ravel(inner_product)[:, None]
        values = polynomial_kernel(column, [[1.0]], degree=degree, gamma=gamma, coef0=coef0)
        return values.reshape(np.shape(inner_product))

    exact = kernel_moments("polynomial", tau, gamma=gamma, degree=degree, coef0=coef0)
    found = InnerProductKernel(function).moments(tau)
    assert exact.m1 == pytest.approx(found.m1, rel=1e-8)
    assert exact.m2 == pytest.approx(found.m2, rel=1e-8)
    assert exact.variance == pytest.approx(found.variance, rel=1e-12)


@given(b=st.floats(1e-6, 30), tau=st.floats(1e-3, 1e3))
def test_gaussian_kernel_has_ratio_sqrt_2_gamma_tau(b, tau):
    moments = kernel_moments("rbf", tau, gamma=b / (2 * tau))
    assert moments.ratio == pytest.approx(math.sqrt(b), rel=1e-12)
    assert tau * moments.d1 == pytest.approx(b * math.exp(-b), rel=1e-12)


@pytest.mark.parametrize("name", KERNELS)
@given(scale=st.floats(1e-2, 1e2), gamma=st.floats(1e-2, 3))
def test_only_gamma_times_tau_matters(name, scale, gamma):
    here, there = (
        kernel_moments(name, 1.0, gamma=gamma),
        kernel_moments(name, scale, gamma=gamma / scale),
    )
    assert there.m1 * math.sqrt(scale) == pytest.approx(here.m1, rel=1e-11)
    assert there.m2 * scale == pytest.approx(here.m2, rel=1e-11)
    assert there.variance == pytest.approx(here.variance, rel=1e-11)


@pytest.mark.parametrize("name", KERNELS)
@given(b=st.floats(1e-4, 20))
def test_bessel_inequality_holds_for_every_named_kernel(name, b):
    moments = kernel_moments(name, 1.0, gamma=b)
    assert moments.variance >= (moments.d1 + 2 * moments.d2) * (1 - 1e-10)


def test_rational_quadratic_tends_to_the_gaussian_kernel():
    limit = kernel_moments("rbf", 2.0, gamma=0.3)
    found = kernel_moments("rational_quadratic", 2.0, gamma=0.3, alpha=1e9)
    assert found.m1 == pytest.approx(limit.m1, rel=1e-8)
    assert found.m2 == pytest.approx(limit.m2, rel=1e-8)
    assert found.variance == pytest.approx(limit.variance, rel=1e-8)


@pytest.mark.parametrize("name", KERNELS)
def test_default_gamma_is_the_unit_of_the_data(name):
    assert kernel_moments(name, 5.0) == kernel_moments(name, 5.0, gamma=0.1)


@pytest.mark.parametrize(
    ("kernel", "params"),
    [("relu", {}), ("cos", {"frequency": 0.3}), (np.tanh, {}), (np.sign, {"breakpoints": (0.0,)})],
)
def test_activations_pass_through(kernel, params):
    assert kernel_moments(kernel, 2.0, **params) == activation_moments(kernel, 2.0, **params)


@pytest.mark.parametrize(
    "target", [Activation(np.tanh), RadialKernel(lambda s: np.exp(-s)), InnerProductKernel(np.exp)]
)
def test_objects_answer_for_themselves(target):
    assert kernel_moments(target, 2.0) == target.moments(2.0)


@pytest.mark.parametrize(
    ("kernel", "keywords", "message"),
    [
        ("laplacian", {}, r"kernel must be a kernel \(exponential, .* got 'laplacian'"),
        ("rbf", {"gamma": 0.0}, "gamma must be a positive finite number, got 0.0"),
        ("rbf", {"gamma": math.inf}, "gamma must be a positive finite number, got inf"),
        ("rbf", {"tau": math.nan}, "tau must be a positive finite number, got nan"),
        ("rbf", {"tau": -2}, "tau must be a positive finite number, got -2"),
        ("rbf", {"alpha": 1.0}, "Unknown parameter 'alpha' of the kernel 'rbf'; it takes none"),
        ("rational_quadratic", {"beta": 1.0}, "Unknown parameter 'beta' .* it takes alpha"),
        ("rational_quadratic", {"alpha": -1.0}, "alpha must be a positive finite number, got -1"),
        ("polynomial", {"degree": 0}, "degree must be an integer of at least 1, got 0"),
        ("polynomial", {"degree": 2.0}, "degree must be an integer of at least 1, got 2.0"),
        ("polynomial", {"coef0": "one"}, "coef0 must be finite and not negative .* got 'one'"),
        ("polynomial", {"coef0": -1.0}, "coef0 must be finite and not negative .* got -1.0"),
        ("relu", {"gamma": 1.0}, "gamma=1.0 is for the kernels .* 'relu' carries its own scale"),
        ("relu", {"slope": 1.0}, "Unknown parameter 'slope' of the activation 'relu'"),
        (Activation(np.tanh), {"alpha": 1.0}, r"Unknown parameter 'alpha': Activation\(tanh\)"),
        (RadialKernel(np.exp), {"gamma": 1.0}, r"gamma=1.0 .* RadialKernel\(exp\) carries"),
    ],
)
def test_errors_name_the_parameter_and_the_remedy(kernel, keywords, message):
    with pytest.raises(ValueError, match=message):
        kernel_moments(kernel, **{"tau": 1.0, **keywords})


def test_other_objects_are_no_kernels():
    message = r"kernel must be a name, an object of RadialKernel, .* got 3"
    with pytest.raises(TypeError, match=message):
        kernel_moments(3, 1.0)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("gamma", "message"),
    [
        (1e-300, "gamma [*] tau = 1e-300 is below 1e-100: the kernel is constant to rounding"),
        (1e300, "gamma [*] tau = 1e[+]300 is above 1e[+]100: the kernel is degenerate to rounding"),
    ],
)
def test_scale_beyond_rounding_is_named(kernel, gamma, message):
    with pytest.raises(ValueError, match=message):
        kernel_moments(kernel, 1.0, gamma=gamma)


@pytest.mark.parametrize("b", [1e-12, 1e-16, 1e-50, 1e-100])
@pytest.mark.parametrize(
    ("name", "linear", "variance"),
    # tau d1 and V of the leading term of the kernel: 1 - f ~ c u^a near u = 0, at u = 2 b.
    [
        ("rbf", lambda b: 2 * b, lambda b: 2 * b),
        ("rational_quadratic", lambda b: 2 * b, lambda b: 2 * b),
        ("exponential", math.sqrt, lambda b: 2 * math.sqrt(b)),
        ("matern32", lambda b: 6 * b, lambda b: 6 * b),
        ("matern52", lambda b: 10 / 3 * b, lambda b: 10 / 3 * b),
        ("polynomial", lambda b: 3 * b, lambda b: 3 * b),
    ],
)
def test_small_scales_lose_no_digits(name, linear, variance, b):
    moments = kernel_moments(name, 3.0, gamma=b / 3)
    # The next order is sqrt(b), with coefficients of up to 4.
    assert 3 * moments.d1 == pytest.approx(linear(b), rel=5 * math.sqrt(b) + 1e-13)
    assert moments.variance == pytest.approx(variance(b), rel=5 * math.sqrt(b) + 1e-13)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("polynomial", {"degree": np.int64(400)}),
        ("polynomial", {"coef0": 1e200}),
        ("rational_quadratic", {"alpha": 1e-308}),
    ],
)
def test_overflow_names_the_parameters(name, params):
    (key,) = params
    message = f"kernel '{name}' overflows at gamma [*] tau = 1e[+]10, {key}="
    with pytest.raises(ValueError, match=message):
        kernel_moments(name, 1.0, gamma=1e10, **params)


@pytest.mark.parametrize(("degree", "coef0"), [(3, 1.0), (7, 0.3), (4, 20.0)])
def test_variance_of_the_polynomial_is_that_of_exact_arithmetic(degree, coef0):
    for b in (1e-9, 0.1, 1.0, 50.0):
        exact = (Fraction(b) + Fraction(coef0)) ** degree - Fraction(coef0) ** degree
        found = kernel_moments("polynomial", 1.0, gamma=b, degree=degree, coef0=coef0).variance
        assert found == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (RadialKernel, "an object of RadialKernel, .*not the class.*got <class .*RadialKernel"),
        (np.ndarray, "an object of RadialKernel, .*not the class.*got <class 'numpy.ndarray'>"),
        (lambda u: max(u, 0), "<lambda> must take one array and act elementwise on it"),
        (lambda: 1, "<lambda> must take one array and act elementwise on it"),
        (RadialKernel(math.exp), r"exp of RadialKernel\(exp\) must take one array and act element"),
    ],
    ids=["class", "type", "scalar", "no argument", "math"],
)
def test_what_is_no_function_of_an_array(kernel, message):
    with pytest.raises(TypeError, match=message) as caught:
        kernel_moments(kernel, 1.0)
    assert "array(" not in str(caught.value)


@pytest.mark.parametrize("name", ["activation", "function", "moments", "coefficients", ""])
@pytest.mark.parametrize(
    "kernel", ["rbf", "polynomial", "relu", np.tanh, Activation(np.tanh)], ids=str
)
def test_unknown_names_are_value_errors(kernel, name):
    with pytest.raises(ValueError, match=f"Unknown parameter '{name}'"):
        kernel_moments(kernel, 1.0, **{name: 1.0})
