# SPDX-License-Identifier: BSD-3-Clause
"""Generalized Gaussian moments of an activation.

A random feature ``sigma(w.x)`` of data whose squared norms concentrate around tau sees, at each
sample, nearly a Gaussian ``z ~ N(0, tau)``. The limit of its kernel depends on sigma through three
numbers only, the coefficients of its expansion in Hermite polynomials of z::

    m1 = E sigma'(z)  = E[z sigma(z)] / tau               linear part,     d1 = m1^2
    m2 = E sigma''(z) = E[(z^2 - tau) sigma(z)] / tau^2   quadratic part,  d2 = m2^2 / 4
    V  = Var sigma(z),                                    the rest on the diagonal, d0 = V - tau d1

The expectations on the right exist for discontinuous sigma too and are the definition used here.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from skrmt.theory._gaussian_quadrature import moments_by_quadrature
from skrmt.theory._parameter_checks import check_keywords, require_positive

# Bessel's inequality may be violated by this much, relatively, before moments are refused: room for
# the rounding of closed forms and for derivatives taken numerically, not for a wrong kernel.
_BESSEL_TOLERANCE = 1e-6


@dataclass(frozen=True)
class KernelMoments:
    """The three numbers that determine the limit of a kernel.

    Holds the Gaussian moments of an activation, or those of the activation that a radial or
    inner-product kernel is equivalent to.

    Parameters
    ----------
    tau : float
        Mean squared norm of the centred samples, positive (unit of ``x^2``).
    m1 : float
        Linear moment, ``E sigma'(z)`` for ``z ~ N(0, tau)`` (unit of ``sigma / x``).
    m2 : float
        Quadratic moment, ``E sigma''(z)`` (unit of ``sigma / x^2``).
    variance : float
        ``V = Var sigma(z)``; not below ``tau m1^2 + tau^2 m2^2 / 2`` (Bessel's inequality).

    Attributes
    ----------
    d0 : float
        Diagonal coefficient ``V - tau d1``.
    d1 : float
        Linear coefficient ``m1^2``.
    d2 : float
        Quadratic coefficient ``m2^2 / 4``.
    ratio : float
        Quadratic part over linear part, ``r = |m2| sqrt(tau) / |m1|``; without unit, infinite when
        ``m1 = 0`` and nan when both vanish.

    Raises
    ------
    ValueError
        If `tau` is not positive, a moment is not finite, or Bessel's inequality fails: no
        activation, hence no positive definite kernel, has such moments.

    References
    ----------
    .. [1] H. Tiomoko Ali, Z. Liao, R. Couillet, "Random matrices in service of ML footprint:
           ternary random features with no performance loss", ICLR 2022. arXiv:2110.01899.

    Examples
    --------
    >>> from skrmt.theory import KernelMoments
    >>> moments = KernelMoments(tau=2.0, m1=0.5, m2=0.25, variance=1.0)
    >>> moments.d1, moments.d2, moments.d0
    (0.25, 0.015625, 0.5)
    """

    tau: float
    m1: float
    m2: float
    variance: float

    def __post_init__(self):
        require_positive("tau", self.tau)
        for name in ("m1", "m2", "variance"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be finite, got {getattr(self, name)!r}.")
        explained = self.tau * self.m1**2 + (self.tau * self.m2) ** 2 / 2
        if not self.variance >= explained * (1 - _BESSEL_TOLERANCE):
            raise ValueError(
                f"variance={self.variance!r} is below tau m1^2 + tau^2 m2^2 / 2 = {explained!r}: "
                f"these are not the moments of a positive definite kernel at tau={self.tau!r}."
            )

    @property
    def d0(self) -> float:
        """Diagonal coefficient ``V - tau d1``."""
        return self.variance - self.tau * self.d1

    @property
    def d1(self) -> float:
        """Linear coefficient ``m1^2``."""
        return self.m1**2

    @property
    def d2(self) -> float:
        """Quadratic coefficient ``m2^2 / 4``."""
        return self.m2**2 / 4

    @property
    def ratio(self) -> float:
        """Quadratic part over linear part, ``|m2| sqrt(tau) / |m1|``."""
        if self.m1 == 0:
            return math.nan if self.m2 == 0 else math.inf
        return abs(self.m2) * math.sqrt(self.tau) / abs(self.m1)


def concatenated_moments(*moments: KernelMoments) -> KernelMoments:
    """Compute the moments of features put side by side, whose kernels add.

    The coefficients d1, d2 and the variance are additive; the signs of the moments, which no kernel
    shows, are lost. For a sum of functions, ``sigma_1 + sigma_2`` in one feature, the moments m1
    and m2 themselves add and the variance has to be computed anew.

    Parameters
    ----------
    *moments : KernelMoments
        At least one, all at the same tau.

    Returns
    -------
    KernelMoments
        Moments of the sum of the kernels, with nonnegative m1 and m2.

    Raises
    ------
    ValueError
        If no moments are given or their tau differ.

    Examples
    --------
    The pair (cos, sin) of random Fourier features is the Gaussian kernel:

    >>> from skrmt.theory import activation_moments, concatenated_moments, kernel_moments
    >>> pair = concatenated_moments(activation_moments("cos", 1.0), activation_moments("sin", 1.0))
    >>> rbf = kernel_moments("rbf", 1.0, gamma=0.5)
    >>> bool(abs(pair.d1 - rbf.d1) < 1e-15 and abs(pair.d2 - rbf.d2) < 1e-15)
    True
    """
    if not moments:
        raise ValueError("concatenated_moments needs at least one KernelMoments, got none.")
    taus = sorted({part.tau for part in moments})
    if len(taus) > 1:
        raise ValueError(f"All moments must be at the same tau, got tau in {taus}.")
    return KernelMoments(
        tau=taus[0],
        m1=math.hypot(*(part.m1 for part in moments)),
        m2=math.hypot(*(part.m2 for part in moments)),
        variance=math.fsum(part.variance for part in moments),
    )


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


def _polynomial(tau, *, coefficients=(0.0, 1.0)):
    coefficients = tuple(float(c) for c in coefficients)
    if not 1 <= len(coefficients) <= 4:
        raise ValueError(
            "coefficients of the activation 'polynomial' must be 1 to 4 numbers, constant first, "
            f"got {coefficients!r}; pass a polynomial of higher degree as a callable."
        )
    _, c1, c2, c3 = coefficients + (0.0,) * (4 - len(coefficients))
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


def _exp(tau):
    root = math.sqrt(1 + 2 * tau)
    # 1/root - 1/(1 + tau), with (1 + tau)^2 - root^2 = tau^2.
    return 0.0, -((1 + tau) ** -1.5), tau**2 / ((1 + tau + root) * (1 + tau) * root)


# Smooth activations without closed form. Their bend has a fixed width in z, so that panels graded
# on that scale resolve them however large tau is.
_BEND = (0.0, *(sign * 2.0**i for sign in (-1, 1) for i in range(-1, 7)))


def _tanh(tau):
    return moments_by_quadrature(np.tanh, tau, _BEND)


def _sigmoid(tau):
    return moments_by_quadrature(expit, tau, _BEND)


def _gelu(tau):
    return moments_by_quadrature(lambda t: t * ndtr(t), tau, _BEND)


_NAMED = {
    "abs": _abs,
    "cos": _cos,
    "erf": _erf,
    "exp": _exp,
    "gelu": _gelu,
    "leaky_relu": _leaky_relu,
    "polynomial": _polynomial,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "sign": _sign,
    "sin": _sin,
    "step": _step,
    "tanh": _tanh,
}
ACTIVATIONS = tuple(_NAMED)


def _check_breakpoints(breakpoints):
    points = np.asarray(breakpoints, dtype=np.float64)
    if points.ndim != 1 or not np.isfinite(points).all():
        raise ValueError(f"breakpoints must be a sequence of finite numbers, got {breakpoints!r}.")
    return points


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
        - ``"polynomial"``: ``c0 + c1 t + c2 t^2 + c3 t^3`` (`coefficients` = (0, 1), constant
          first, at most four)
        - ``"cos"``, ``"sin"``: ``cos(frequency t)``, ``sin(frequency t)`` (`frequency` = 1)
        - ``"erf"``: the error function
        - ``"exp"``: the Gaussian bump ``exp(-t^2 / 2)``
        - ``"tanh"``, ``"sigmoid"``, ``"gelu"``: these three by quadrature
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
        If `tau` is not positive, the name or a parameter is unknown, breakpoints are given with a
        name, or the callable returns something else than finite numbers that vary.

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
        check_keywords(f"the activation {activation!r}", _NAMED[activation], params)
        for name, value in params.items():
            if not np.isfinite(np.asarray(value, dtype=np.float64)).all():
                raise ValueError(f"{name} of {activation!r} must be finite, got {value!r}.")
        m1, m2, variance = _NAMED[activation](tau, **params)
    return KernelMoments(tau, float(m1), float(m2), float(variance))
