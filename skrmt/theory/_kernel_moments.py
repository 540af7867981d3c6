# SPDX-License-Identifier: BSD-3-Clause
"""The one door from a target kernel, by name or by function, to its moments.

The named radial kernels share one parameter, ``gamma = 1 / (2 l^2)`` with the length scale l, so
that they can be exchanged without a new choice of scale.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import gammainc

from skrmt.theory._activation_moments import ACTIVATIONS, activation_moments
from skrmt.theory._gaussian_moments import KernelMoments
from skrmt.theory._parameter_checks import (
    as_number,
    check_keywords,
    require_positive,
    require_scale,
)
from skrmt.theory._target_kernels import Activation, InnerProductKernel, RadialKernel

# Named kernels at b = gamma tau as the parts (m1 sqrt(tau), m2 tau, V), which have no unit. These
# are (sqrt(-2 b f'), 2 b sqrt(f''), f(0) - f) at u = 2 b for f a function of u = gamma d^2, and
# (sqrt(b f'), b sqrt(f''), f(b) - f) at u = 0 for one of u = gamma x.y, with the powers of b
# gathered and no difference of nearly equal numbers left: a small b costs no digits.


def _rbf(b):
    g = math.exp(-2 * b)
    return math.sqrt(2 * b * g), 2 * b * math.sqrt(g), -math.expm1(-2 * b)


def _exponential(b):
    v = 2 * math.sqrt(b)
    g = math.exp(-v)
    return math.sqrt(v * g / 2), math.sqrt(v * (1 + v) * g) / 2, -math.expm1(-v)


def _matern32(b):
    v = math.sqrt(12 * b)
    g = math.exp(-v)
    # 1 - (1 + v) exp(-v) is a regularised incomplete gamma function.
    return v * math.sqrt(g / 2), v * math.sqrt(v * g) / 2, float(gammainc(2, v))


def _matern52(b):
    v = math.sqrt(20 * b)
    g = math.exp(-v)
    linear, quadratic = v * math.sqrt((1 + v) * g / 6), v * v * math.sqrt(g / 12)
    return linear, quadratic, float(gammainc(3, v)) + v * v * g / 6


def _rational_quadratic(b, *, alpha=1.0):
    alpha = require_positive("alpha", alpha)
    log = math.log1p(2 * b / alpha)
    if math.isinf(log):
        raise OverflowError
    linear = math.sqrt(2 * b) * math.exp(-(alpha + 1) / 2 * log)
    quadratic = 2 * b * math.sqrt(1 + 1 / alpha) * math.exp(-(alpha + 2) / 2 * log)
    return linear, quadratic, -math.expm1(-alpha * log)


def _polynomial(b, *, degree=3, coef0=1.0):
    if not (isinstance(degree, int | np.integer) and degree >= 1):
        raise ValueError(f"degree must be an integer of at least 1, got {degree!r}.")
    n, c = int(degree), as_number(coef0)
    if not (c >= 0 and math.isfinite(c)):
        raise ValueError(
            f"coef0 must be finite and not negative for a positive definite kernel, got {coef0!r}."
        )
    linear = math.sqrt(b * n * c ** (n - 1))
    quadratic = b * math.sqrt(n * (n - 1) * c ** (n - 2)) if n > 1 else 0.0
    if b > c:
        return linear, quadratic, (b + c) ** n - c**n
    return linear, quadratic, c**n * math.expm1(n * math.log1p(b / c))


_NAMED = {
    "exponential": _exponential,
    "matern32": _matern32,
    "matern52": _matern52,
    "rational_quadratic": _rational_quadratic,
    "rbf": _rbf,
    "polynomial": _polynomial,
}
KERNELS = tuple(_NAMED)


def _named_moments(kernel, tau, gamma, params):
    check_keywords(f"the kernel {kernel!r}", _NAMED[kernel], params)
    b = 0.5 if gamma is None else require_scale(gamma, tau)
    try:
        parts = _NAMED[kernel](b, **params)
    except OverflowError:
        parts = (math.inf,)
    if not all(map(math.isfinite, parts)):
        given = "".join(f", {name}={value!r}" for name, value in params.items())
        raise ValueError(f"The kernel {kernel!r} overflows at gamma * tau = {b:.3g}{given}.")
    linear, quadratic, variance = parts
    return KernelMoments(tau, linear / math.sqrt(tau), quadratic / tau, variance)


def kernel_moments(
    kernel: str | RadialKernel | InnerProductKernel | Activation | Callable,
    tau: float,
    *,
    gamma: float | None = None,
    **kernel_params: float,
) -> KernelMoments:
    """Compute the moments of any target kernel.

    Parameters
    ----------
    kernel : str, RadialKernel, InnerProductKernel, Activation or callable
        A callable is an activation, as in :func:`activation_moments`. A name is one of the
        activations there or, with ``d = ||x - y||`` and the length scale l of
        ``gamma = 1 / (2 l^2)``, so that the radial ones agree with the classes of the same name in
        :mod:`sklearn.gaussian_process.kernels`:

        - ``"rbf"``: ``exp(-gamma d^2)``
        - ``"exponential"``: ``exp(-d / l)``, the Laplace kernel of the Euclidean distance
        - ``"matern32"``: ``(1 + v) exp(-v)`` with ``v = sqrt(3) d / l``
        - ``"matern52"``: ``(1 + v + v^2 / 3) exp(-v)`` with ``v = sqrt(5) d / l``
        - ``"rational_quadratic"``: ``(1 + gamma d^2 / alpha)^(-alpha)`` (`alpha` = 1)
        - ``"polynomial"``: ``(gamma x.y + coef0)^degree`` (`degree` = 3, `coef0` = 1) as in
          :func:`sklearn.metrics.pairwise.polynomial_kernel`, on rows of squared norm tau
    tau : float
        Mean squared norm of the centred samples. Positive.
    gamma : float, default=None
        Inverse squared length of a kernel, positive; None is ``1 / (2 tau)``, that is
        ``l^2 = tau``. Only for named kernels: activations and kernel objects carry their own scale.
    **kernel_params : float
        Further parameters of a named kernel or activation.

    Returns
    -------
    KernelMoments
        The moments at `tau`.

    Raises
    ------
    ValueError
        If the name or a parameter is unknown, `tau` or `gamma` is not positive, ``gamma * tau`` is
        not between 1e-100 and 1e100, or the kernel is not positive definite.
    TypeError
        If `kernel` is none of the accepted kinds, a class instead of an object of it, or a function
        that does not act elementwise on arrays.

    See Also
    --------
    solve_ternary : The ternary activation with the same d1 and d2.

    References
    ----------
    .. [1] Z. Liao, R. Couillet, "On inner-product kernels of high dimensional data", CAMSAP 2019.
           arXiv:1909.06788.

    Examples
    --------
    >>> from skrmt.theory import kernel_moments
    >>> moments = kernel_moments("rbf", tau=4.0, gamma=0.125)
    >>> round(moments.ratio, 12), round(moments.variance, 6)
    (1.0, 0.632121)
    """
    tau = require_positive("tau", tau)
    if isinstance(kernel, str) and kernel in KERNELS:
        return _named_moments(kernel, tau, gamma, kernel_params)
    if isinstance(kernel, str) and kernel not in ACTIVATIONS:
        raise ValueError(
            f"kernel must be a kernel ({', '.join(KERNELS)}), an activation "
            f"({', '.join(ACTIVATIONS)}), a RadialKernel, an InnerProductKernel, an Activation or "
            f"a callable, got {kernel!r}."
        )
    if gamma is not None:
        raise ValueError(
            f"gamma={gamma!r} is for the kernels {', '.join(KERNELS)} only; {kernel!r} carries its "
            "own scale."
        )
    if isinstance(kernel, RadialKernel | InnerProductKernel | Activation):
        if kernel_params:
            raise ValueError(f"Unknown parameter {min(kernel_params)!r}: {kernel!r} takes none.")
        return kernel.moments(tau)
    if isinstance(kernel, type) or not (isinstance(kernel, str) or callable(kernel)):
        raise TypeError(
            "kernel must be a name, an object of RadialKernel, InnerProductKernel or Activation "
            f"(not the class), or a function of arrays, got {kernel!r}."
        )
    if "activation" in kernel_params:  # the one name that would reach another parameter
        raise ValueError(f"Unknown parameter 'activation' of {kernel!r}.")
    return activation_moments(kernel, tau, **kernel_params)
