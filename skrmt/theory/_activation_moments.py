# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian moments of an activation: closed forms of the named ones, quadrature for the rest."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import ndtr

from skrmt.theory._gaussian_moments import KernelMoments
from skrmt.theory._gaussian_quadrature import moments_by_quadrature
from skrmt.theory._parameter_checks import check_keywords, require_positive

# Closed forms: (m1, m2, V) at tau. Each is written so that nothing cancels as tau -> 0.


def _density_at_zero(tau):
    return 1 / math.sqrt(2 * math.pi * tau)


def _leaky_relu(tau, *, positive_slope=1.0, negative_slope=0.01):
    total, change = positive_slope + negative_slope, positive_slope - negative_slope
    variance = (positive_slope**2 + negative_slope**2) * tau / 2 - change**2 * tau / (2 * math.pi)
    return total / 2, change * _density_at_zero(tau), variance


def _relu(tau):
    return _leaky_relu(tau, negative_slope=0.0)


def _abs(tau):
    return _leaky_relu(tau, negative_slope=-1.0)


def _sign(tau):
    return 2 * _density_at_zero(tau), 0.0, 1.0


def _step(tau):
    return _density_at_zero(tau), 0.0, 0.25


def _cubic(tau, *, coefficients=(0.0, 1.0)):
    if not 1 <= len(coefficients) <= 4:
        raise ValueError(
            "coefficients of the activation 'cubic' must be 1 to 4 numbers, constant first, "
            f"got {coefficients!r}; pass a polynomial of higher degree as a callable."
        )
    _, c1, c2, c3 = (*coefficients, *(0.0,) * (4 - len(coefficients)))
    # In Hermite form: odd part (c1 + 3 c3 tau) z + c3 (z^3 - 3 tau z), even part c2 (z^2 - tau).
    m1, m2 = 3 * c3 * tau + c1, 2 * c2
    return m1, m2, m1**2 * tau + m2**2 * tau**2 / 2 + 6 * c3**2 * tau**3


def _cos(tau, *, frequency=1.0):
    s = frequency**2 * tau
    return 0.0, -(frequency**2) * math.exp(-s / 2), math.expm1(-s) ** 2 / 2


def _sin(tau, *, frequency=1.0):
    s = frequency**2 * tau
    return frequency * math.exp(-s / 2), 0.0, -math.expm1(-2 * s) / 2


def _erf(tau):
    m1 = 2 / math.sqrt(math.pi * (1 + 2 * tau))
    return m1, 0.0, 2 / math.pi * math.asin(2 * tau / (1 + 2 * tau))


def _gaussian_bump(tau):
    root = math.sqrt(1 + 2 * tau)
    # 1/root - 1/(1 + tau), with (1 + tau)^2 - root^2 = tau^2.
    return 0.0, -((1 + tau) ** -1.5), tau / (1 + tau + root) * (tau / (1 + tau)) / root


# Smooth activations without closed form. Their bend has a fixed width in z, so that panels graded
# on that scale resolve them however large tau is.
_BEND = (0.0, *(sign * 2.0**i for sign in (-1, 1) for i in range(-1, 7)))


def _tanh(tau):
    return moments_by_quadrature(np.tanh, tau, _BEND)


def _logistic(tau):
    # 1 / (1 + exp(-t)) but for the constant 1/2, which would cost digits at small tau.
    return moments_by_quadrature(lambda t: np.tanh(t / 2) / 2, tau, _BEND)


def _gelu(tau):
    return moments_by_quadrature(lambda t: t * ndtr(t), tau, _BEND)


_NAMED = {
    "abs": _abs,
    "cos": _cos,
    "cubic": _cubic,
    "erf": _erf,
    "gaussian_bump": _gaussian_bump,
    "gelu": _gelu,
    "leaky_relu": _leaky_relu,
    "logistic": _logistic,
    "relu": _relu,
    "sign": _sign,
    "sin": _sin,
    "step": _step,
    "tanh": _tanh,
}
ACTIVATIONS = tuple(_NAMED)


def _check_breakpoints(breakpoints):
    points = _finite_array(breakpoints)
    if points is None or points.ndim != 1:
        raise ValueError(f"breakpoints must be a sequence of finite numbers, got {breakpoints!r}.")
    return points


def _finite_array(value):
    """Convert to an array of float64; None if that fails or a number is not finite."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return array if np.isfinite(array).all() else None


def _named_moments(name, tau, params):
    check_keywords(f"the activation {name!r}", _NAMED[name], params)
    numbers = {}
    for key, value in params.items():
        array = _finite_array(value)
        wanted = 1 if key == "coefficients" else 0
        if array is None or array.ndim != wanted:
            kind = "a sequence of finite numbers" if wanted else "finite"
            raise ValueError(f"{key} of {name!r} must be {kind}, got {value!r}.")
        numbers[key] = array.tolist()
    try:
        moments = _NAMED[name](tau, **numbers)
    except OverflowError:
        moments = (math.inf,)
    if not all(map(math.isfinite, moments)):
        given = "".join(f", {key}={value!r}" for key, value in params.items())
        raise ValueError(f"The activation {name!r} overflows at tau={tau!r}{given}; rescale X.")
    return moments


def activation_moments(
    activation: str | Callable, tau: float, *, breakpoints: Sequence[float] = (), **params: float
) -> KernelMoments:
    """Compute the Gaussian moments of an activation, in closed form or by quadrature.

    Parameters
    ----------
    activation : str or callable
        Either a function of an array, applied elementwise, or one of these names, with its
        parameters and their defaults:

        - ``"relu"``: ``max(t, 0)``
        - ``"leaky_relu"``: ``positive_slope t`` for ``t > 0`` and ``negative_slope t`` below
          (`positive_slope` = 1, `negative_slope` = 0.01)
        - ``"abs"``: ``|t|``
        - ``"sign"``, ``"step"``: ``sign(t)``, ``1{t > 0}``
        - ``"cubic"``: ``c0 + c1 t + c2 t^2 + c3 t^3`` (`coefficients` = (0, 1), constant first, at
          most four)
        - ``"cos"``, ``"sin"``: ``cos(frequency t)``, ``sin(frequency t)`` (`frequency` = 1)
        - ``"erf"``: the error function
        - ``"gaussian_bump"``: ``exp(-t^2 / 2)``
        - ``"logistic"``: ``1 / (1 + exp(-t))``, by quadrature
        - ``"tanh"``, ``"gelu"``: the hyperbolic tangent, ``t Phi(t)``; by quadrature
    tau : float
        Variance of the Gaussian, that is, mean squared norm of the centred samples. Positive.
    breakpoints : sequence of float, default=()
        Positions of the kinks, jumps or steep parts of a callable, in units of t. With it, the
        integral is split there (Gauss-Legendre panels); without, Gauss-Hermite quadrature with
        200 nodes, which is fast for smooth functions only.
    **params : float
        Parameters of the named activation.

    Returns
    -------
    KernelMoments
        The moments at `tau`.

    Raises
    ------
    ValueError
        If `tau` is not positive, the name or a parameter is unknown, a moment over- or underflows,
        breakpoints are given with a name, or the callable returns something else than finite
        numbers that vary.
    TypeError
        If the callable is a class, or does not act elementwise on arrays.

    Warns
    -----
    UserWarning
        If the quadrature is not accurate to 1e-4: give `breakpoints`.

    See Also
    --------
    kernel_moments : The same for kernels, and the one door to all targets.

    References
    ----------
    .. [1] H. Tiomoko Ali, Z. Liao, R. Couillet, "Random matrices in service of ML footprint:
           ternary random features with no performance loss", ICLR 2022. arXiv:2110.01899.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import activation_moments
    >>> activation_moments("relu", 1.0).m1
    0.5
    >>> numerical = activation_moments(lambda t: np.maximum(t, 0), 1.0, breakpoints=(0.0,))
    >>> bool(abs(numerical.m1 - 0.5) < 1e-14)
    True
    """
    tau = require_positive("tau", tau)
    points = _check_breakpoints(breakpoints)
    if isinstance(activation, type):
        raise TypeError(f"activation must be a function or a name, got the class {activation!r}.")
    if callable(activation):
        if params:
            raise ValueError(
                f"Unknown parameter {min(params)!r}: parameters belong to named activations, got a "
                "callable."
            )
        m1, m2, variance = moments_by_quadrature(activation, tau, points)
    else:
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"activation must be a callable or one of {', '.join(ACTIVATIONS)}, got "
                f"{activation!r}."
            )
        if len(points):
            raise ValueError(
                f"breakpoints are for callables only, got {breakpoints!r} with {activation!r}."
            )
        m1, m2, variance = _named_moments(activation, tau, params)
    return KernelMoments(tau, float(m1), float(m2), float(variance))
