# SPDX-License-Identifier: BSD-3-Clause
"""Generalized Gaussian moments: the three numbers that determine the limit of a kernel.

A random feature ``sigma(w.x)`` of data whose squared norms concentrate around tau sees, at each
sample, nearly a Gaussian ``z ~ N(0, tau)``. The limit of its kernel depends on sigma through three
numbers only, the coefficients of its expansion in Hermite polynomials of z::

    m1 = E sigma'(z)  = E[z sigma(z)] / tau               linear part,     d1 = m1^2
    m2 = E sigma''(z) = E[(z^2 - tau) sigma(z)] / tau^2   quadratic part,  d2 = m2^2 / 4
    V  = Var sigma(z),                                    the rest on the diagonal, d0 = V - tau d1

The expectations on the right exist for discontinuous sigma too and are the definition used here.
"""

import math
import sys
from dataclasses import dataclass

from skrmt.theory._parameter_checks import as_number, require_positive

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
        If `tau` is not positive, a moment or its square is not finite, the variance underflows, or
        Bessel's inequality fails: no activation, hence no positive definite kernel, has such
        moments.

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
        if not math.isfinite(as_number(self.variance)):
            raise ValueError(f"variance must be finite, got {self.variance!r}.")
        for name in ("m1", "m2"):
            value = as_number(getattr(self, name))
            if not math.isfinite(value * value):
                raise ValueError(
                    f"{name} must be finite, and its square too, got {getattr(self, name)!r}."
                )
        # The variance of a kernel that is not constant must not vanish by rounding alone.
        if (self.m1 or self.m2) and 0 <= self.variance < sys.float_info.min:
            raise ValueError(
                f"variance={self.variance!r} underflows at tau={self.tau!r}, where m1={self.m1!r} "
                f"and m2={self.m2!r}; rescale the data or the kernel."
            )
        explained = explained_variance(self)
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


def explained_variance(moments: KernelMoments) -> float:
    """Compute the variance of the linear and quadratic parts, ``tau m1^2 + tau^2 m2^2 / 2``.

    Parameters
    ----------
    moments : KernelMoments
        The moments.

    Returns
    -------
    float
        The variance, infinite where it overflows.
    """
    # Products, not powers: those raise where they overflow.
    linear = math.sqrt(moments.tau) * float(moments.m1)
    quadratic = float(moments.tau) * float(moments.m2)
    return linear * linear + quadratic * quadratic / 2


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
