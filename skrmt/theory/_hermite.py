# SPDX-License-Identifier: BSD-3-Clause
"""Hermite coefficients of a function of a standard Gaussian.

With ``xi ~ N(0, 1)`` and the first three normalised Hermite polynomials::

    a0 = E f(xi),   a1 = E[xi f(xi)],   a2 = E[(xi^2 - 1) f(xi)] / sqrt(2),   nu = Var f(xi)

Bessel's inequality makes ``kappa = nu / a1^2`` at least 1, with equality for linear functions only;
1 / kappa is the squared correlation of f(xi) with xi. Spectral clustering with the kernel f depends
on f through kappa alone (Z. Liao, R. Couillet, M. W. Mahoney, "Sparse Quantized Spectral
Clustering", ICLR 2021, arXiv:2010.01376).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from skrmt.theory._gaussian_quadrature import gaussian_rules, moments_by_quadrature
from skrmt.theory._parameter_checks import as_number, callable_name
from skrmt.theory._spectrum import as_array

# Room for the rounding of closed forms; a variance below a1^2 by more is an error of the caller.
_BESSEL_TOLERANCE = 1e-9


@dataclass(frozen=True)
class HermiteCoefficients:
    """What the limit of an inner-product kernel depends on.

    Parameters
    ----------
    mean : float
        ``a0 = E f(xi)`` for a standard Gaussian xi.
    linear : float
        ``a1 = E[xi f(xi)]``.
    quadratic : float
        ``a2 = E[(xi^2 - 1) f(xi)] / sqrt(2)``; zero for odd functions.
    variance : float
        ``nu = Var f(xi)``, positive and not below ``a1^2 + a2^2``.
    fourth : float
        ``E (f(xi) - a0)^4``, not below ``nu^2``.

    Attributes
    ----------
    kappa : float
        ``nu / a1^2``, infinite where `linear` is zero.
    efficiency : float
        ``1 / kappa``, between 0 and 1.

    Raises
    ------
    ValueError
        If a value is not finite, or no function has such coefficients.

    See Also
    --------
    hermite_coefficients : Compute them for any function.

    Examples
    --------
    >>> from skrmt.theory import HermiteCoefficients
    >>> HermiteCoefficients(0.0, 1.0, 0.0, variance=2.0, fourth=5.0).kappa
    2.0
    """

    mean: float
    linear: float
    quadratic: float
    variance: float
    fourth: float

    def __post_init__(self):
        for name in ("mean", "linear", "quadratic", "variance", "fourth"):
            value = getattr(self, name)
            if not math.isfinite(as_number(value)):
                raise ValueError(f"{name} must be a finite number, got {value!r}.")
        explained = self.linear**2 + self.quadratic**2
        if not (self.variance > 0 and self.variance >= explained * (1 - _BESSEL_TOLERANCE)):
            raise ValueError(
                f"variance={self.variance!r} must be positive and not below "
                f"linear^2 + quadratic^2 = {explained!r}: no function has such coefficients."
            )
        if not self.fourth >= self.variance**2 * (1 - _BESSEL_TOLERANCE):
            raise ValueError(
                f"fourth={self.fourth!r} must not be below variance^2 = {self.variance**2!r}: no "
                "function has such moments."
            )

    @property
    def kappa(self) -> float:
        """Variance over squared linear coefficient, ``nu / a1^2``."""
        square = self.linear**2
        return max(1.0, self.variance / square) if square else math.inf

    @property
    def efficiency(self) -> float:
        """Squared correlation of f(xi) with xi, ``1 / kappa``."""
        return min(1.0, self.linear**2 / self.variance)


def hermite_coefficients(f: Callable, *, breakpoints: Sequence[float] = ()) -> HermiteCoefficients:
    """Compute the Hermite coefficients of a function by quadrature.

    Parameters
    ----------
    f : callable
        The function, elementwise on arrays.
    breakpoints : sequence of float, default=()
        Where f or its slope jumps. With none, Gauss-Hermite quadrature, exact for smooth functions;
        with some, Gauss-Legendre quadrature between them.

    Returns
    -------
    HermiteCoefficients
        The coefficients, to about 1e-12 relative to ``sqrt(nu)`` where the breakpoints are
        complete.

    Raises
    ------
    TypeError
        If `f` is not callable or does not act on arrays.
    ValueError
        If `f` is constant or not finite, or a breakpoint is not finite.

    Warns
    -----
    UserWarning
        If two quadrature rules disagree by more than 1e-4: breakpoints are missing.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import hermite_coefficients
    >>> coefficients = hermite_coefficients(np.sign, breakpoints=(0.0,))
    >>> round(coefficients.linear, 6), round(coefficients.kappa, 6)
    (0.797885, 1.570796)
    """
    if not callable(f):
        raise TypeError(f"f must be a function of an array, got {f!r}.")
    cuts = as_array("breakpoints", list(breakpoints), 1)
    linear, second, variance = moments_by_quadrature(f, 1.0, cuts, "function")
    # The same rule as above, for the two expectations that it does not give.
    nodes, weights = gaussian_rules(cuts)[-1]
    values = np.asarray(f(nodes), dtype=np.float64)
    mean = float(weights @ values)
    with np.errstate(over="ignore"):
        fourth = float(weights @ (values - mean) ** 4)
    if not math.isfinite(fourth):
        raise ValueError(
            f"The fourth moment of {callable_name(f)} is not finite; take a function that grows "
            "slower."
        )
    return HermiteCoefficients(
        mean, float(linear), float(second) / math.sqrt(2), float(variance), fourth
    )
