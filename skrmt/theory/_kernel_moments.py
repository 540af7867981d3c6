# SPDX-License-Identifier: BSD-3-Clause
"""The one door from a target kernel, by name or by function, to its moments.

The named radial kernels share one parameter, ``gamma = 1 / (2 l^2)`` with the length scale l, so
that they can be exchanged without a new choice of scale.
"""

import math
from collections.abc import Callable

import numpy as np

from skrmt.theory._gaussian_moments import ACTIVATIONS, KernelMoments, activation_moments
from skrmt.theory._parameter_checks import check_keywords, require_positive
from skrmt.theory._target_kernels import Activation, InnerProductKernel, RadialKernel

# Named kernels as (-f', f'', V) in the variable u = gamma d^2 or u = gamma x.y, at b = gamma tau.


def _rbf(b):
    g = math.exp(-2 * b)
    return g, g, -math.expm1(-2 * b)


def _exponential(b):
    v = 2 * math.sqrt(b)
    g = math.exp(-v)
    return g / v, g * (1 + v) / v**3, -math.expm1(-v)


def _matern32(b):
    v = math.sqrt(12 * b)
    g = math.exp(-v)
    return 3 * g, 9 * g / v, -math.expm1(-v) - v * g


def _matern52(b):
    v = math.sqrt(20 * b)
    g = math.exp(-v)
    return 5 / 3 * (1 + v) * g, 25 / 3 * g, -math.expm1(-v) - v * (1 + v / 3) * g


def _rational_quadratic(b, *, alpha=1.0):
    alpha = require_positive("alpha", alpha)
    log = math.log1p(2 * b / alpha)
    slope = math.exp(-(alpha + 1) * log)
    curvature = (1 + 1 / alpha) * math.exp(-(alpha + 2) * log)
    return slope, curvature, -math.expm1(-alpha * log)


def _polynomial_kernel(b, *, degree=3, coef0=1.0):
    if not (isinstance(degree, int | np.integer) and degree >= 1):
        raise ValueError(f"degree must be an integer of at least 1, got {degree!r}.")
    if not (coef0 >= 0 and math.isfinite(coef0)):
        raise ValueError(
            f"coef0 must be finite and not negative for a positive definite kernel, got {coef0!r}."
        )
    slope = degree * coef0 ** (degree - 1)
    curvature = degree * (degree - 1) * coef0 ** (degree - 2) if degree > 1 else 0.0
    return slope, curvature, (b + coef0) ** degree - coef0**degree


_RADIAL = {
    "exponential": _exponential,
    "matern32": _matern32,
    "matern52": _matern52,
    "rational_quadratic": _rational_quadratic,
    "rbf": _rbf,
}
_INNER_PRODUCT = {"polynomial_kernel": _polynomial_kernel}
KERNELS = (*_RADIAL, *_INNER_PRODUCT)


def _named_moments(kernel, tau, gamma, params):
    gamma = 1 / (2 * tau) if gamma is None else require_positive("gamma", gamma)
    radial = kernel in _RADIAL
    profile = _RADIAL[kernel] if radial else _INNER_PRODUCT[kernel]
    check_keywords(f"the kernel {kernel!r}", profile, params)
    slope, curvature, variance = profile(gamma * tau, **params)
    scale = 2 if radial else 1
    m1, m2 = math.sqrt(scale * gamma * slope), scale * gamma * math.sqrt(curvature)
    return KernelMoments(tau, m1, m2, variance)


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
        - ``"polynomial_kernel"``: ``(gamma x.y + coef0)^degree`` (`degree` = 3, `coef0` = 1), on
          rows of squared norm tau
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
        If the name or a parameter is unknown, `tau` or `gamma` is not positive, or the kernel is
        not positive definite.
    TypeError
        If `kernel` is none of the accepted kinds.

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
    if not (isinstance(kernel, str) or callable(kernel)):
        raise TypeError(
            "kernel must be a name, a RadialKernel, an InnerProductKernel, an Activation or a "
            f"callable, got {kernel!r}."
        )
    return activation_moments(kernel, tau, **kernel_params)
