# SPDX-License-Identifier: BSD-3-Clause
r"""Spectrum of inner-product kernels of noise: its density and its edges.

The matrix is ``K_ij = f(x_i.x_j / sqrt p) / sqrt p`` off the diagonal and zero on it, for n samples
of p independent features of variance 1, with ``c = p / n``, ``a1 = E[xi f(xi)]`` and
``nu = Var f(xi)``. The Stieltjes transform m(z) of its limiting spectrum solves ::

    (1 + z m + w m^2) (c + a1 m) + a1^2 m^2 = 0,     w = (nu - a1^2) / c

(Z. Liao, R. Couillet, M. W. Mahoney, "Sparse Quantized Spectral Clustering", ICLR 2021,
arXiv:2010.01376; Z. Liao, R. Couillet, "Inner-product kernels are asymptotically equivalent to
binary discrete kernels", arXiv:1909.06788): the free sum of a1 times a Gram matrix without its
diagonal and a semicircle of variance w.

With ``r = a1 / sqrt(nu)`` and ``m = -c / (sqrt(nu) Y)`` the equation reads [ours] ::

    z / sqrt(nu) = H(Y) = Y / c + r^2 / (Y - r) + (1 - r^2) / Y

a cubic in Y. Edges are the values of H at its real critical points,
``1 / c = r^2 / (Y - r)^2 + (1 - r^2) / Y^2``: one beyond both poles on either side, and two between
the poles where ``(1 + (kappa - 1)^(1/3))^3 < 1 / c``, that is, where the support is split.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from skrmt.theory._parameter_checks import as_number, require_positive
from skrmt.theory._spectrum import as_array, as_count, as_result

# A linear function has variance a1^2; closed forms and sums miss it by their rounding.
_BESSEL_TOLERANCE = 1e-9


def _root(function, low, high):
    """Root in a bracket that may have closed to a point by rounding."""
    if not low < high or function(low) == 0:
        return low
    if function(low) * function(high) > 0:
        return min(low, high, key=lambda y: abs(function(y)))
    return brentq(function, low, high, xtol=1e-300, rtol=1e-15, maxiter=500)


def distance_to_poles(c: float, ratio: float, rest: float) -> float:
    """Distance D of the outer critical point of H from the larger pole.

    Solves ``1 = c A / D^2 + c B / (D + |r|)^2`` with A at the larger pole, B at the other.

    Parameters
    ----------
    c : float
        Features per sample.
    ratio : float
        ``r = a1 / sqrt(nu)``, of either sign.
    rest : float
        ``1 - r^2``.

    Returns
    -------
    float
        D, positive; zero only where the pole has no weight, at ``r = -1`` with c up to 1.
    """
    gap = abs(ratio)
    near, far = (ratio**2, rest) if ratio > 0 else (rest, ratio**2)
    if near == 0:
        return max(math.sqrt(c * far) - gap, 0.0)
    # The weights add to 1, and each term alone is at most 1.
    low = max(math.sqrt(c * near), math.sqrt(c * far) - gap)
    return _root(
        lambda d: c * near / d / d + c * far / (d + gap) ** 2 - 1, low, math.sqrt(c) * (1 + 1e-14)
    )


@dataclass(frozen=True)
class Bulk:
    """The limit law in the units of the module's docstring.

    Parameters
    ----------
    c : float
        Features per sample.
    ratio : float
        ``r``.
    rest : float
        ``1 - r^2``, with its digits where r is near 1.
    scale : float
        ``sqrt(nu)``.
    """

    c: float
    ratio: float
    rest: float
    scale: float

    def mirrored(self) -> "Bulk":
        """Law of -K.

        Returns
        -------
        Bulk
            The law.
        """
        return Bulk(self.c, -self.ratio, self.rest, self.scale)

    def edge(self) -> tuple[float, float, float]:
        """Upper edge and the critical point it belongs to.

        Returns
        -------
        value : float
            The edge.
        y, distance : float
            The critical point Y and ``Y - r``.
        """
        gap = distance_to_poles(self.c, self.ratio, self.rest)
        y, distance = (gap + self.ratio, gap) if self.ratio > 0 else (gap, gap + abs(self.ratio))
        value = y / self.c + self.ratio**2 / distance + (self.rest / y if self.rest else 0.0)
        return self.scale * value, y, distance

    def intervals(self) -> list[tuple[float, float]]:
        """Support of the density, without an atom.

        Returns
        -------
        list of tuple of float
            One or two intervals, ascending.
        """
        lower, upper = -self.mirrored().edge()[0], self.edge()[0]
        if not self.ratio:
            return [(lower, upper)]
        if self.ratio < 0:
            return [(-b, -a) for a, b in reversed(self.mirrored().intervals())]
        c, r, rest = self.c, self.ratio, self.rest
        # Least value of r^2 / (Y - r)^2 + rest / Y^2 between the poles, and where.
        root = math.cbrt(rest / r**2)
        if c * (1 + root) ** 3 >= 1:
            return [(lower, upper)]
        middle = r * root / (1 + root)

        def excess(y):
            return c * (r / (r - y)) ** 2 + (c * rest / y / y if rest else 0.0) - 1

        def value(y):
            return self.scale * (y / c - r * r / (r - y) + (rest / y if rest else 0.0))

        right = (value(_root(excess, middle, r * (1 - math.sqrt(c)) * (1 + 1e-14))), upper)
        if rest == 0:  # the left interval is an atom
            return [right]
        left = (lower, value(_root(excess, math.sqrt(c * rest) * (1 - 1e-14), middle)))
        return [left, right] if left[1] < right[0] else [(lower, upper)]


def bulk_of(c: float, linear: float, variance: float) -> Bulk:
    """Check the parameters of the law.

    Parameters
    ----------
    c : float
        Features per sample, positive.
    linear : float
        ``a1``, of either sign.
    variance : float
        ``nu``, positive and not below ``a1^2``.

    Returns
    -------
    Bulk
        The law.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """
    c, variance = require_positive("c", c), require_positive("variance", variance)
    linear_number = as_number(linear)
    if not math.isfinite(linear_number):
        raise ValueError(f"linear must be a finite number, got {linear!r}.")
    if linear_number**2 > variance * (1 + _BESSEL_TOLERANCE):
        raise ValueError(
            f"variance={variance!r} must not be below linear^2 = {linear_number**2!r}; estimate "
            "both from the same entries, or raise the variance to this value."
        )
    scale = math.sqrt(variance)
    rest = max(0.0, (variance - linear_number**2) / variance)
    if rest < 4e-16:  # rounding of a linear function
        rest = 0.0
    ratio = linear_number / scale if rest else math.copysign(1.0, linear_number)
    return Bulk(c, ratio, rest, scale)


def inner_kernel_density(
    x: ArrayLike, c: float, linear: float, variance: float
) -> NDArray[np.float64] | float:
    """Density of the eigenvalues of an inner-product kernel of noise.

    Parameters
    ----------
    x : array-like of any shape
        Where to evaluate it.
    c : float
        Features per sample, ``p / n``, positive.
    linear : float
        Coefficient ``a1`` of the kernel function.
    variance : float
        Variance ``nu`` of the kernel function, at least ``a1^2``.

    Returns
    -------
    float or ndarray of float64, shape of `x`
        The density; zero outside the support and at its edges.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    See Also
    --------
    inner_kernel_edges : Where it ends.

    Notes
    -----
    The density integrates to 1, except for linear functions (``nu = a1^2``) with ``c < 1``: then an
    atom of mass ``1 - c`` lies at ``-a1``, which this density leaves out. Mean 0, variance
    ``nu / c``.

    Examples
    --------
    >>> from skrmt.theory import inner_kernel_density
    >>> inner_kernel_density([-3.0, 0.0, 1.0], 0.5, 0.7979, 1.0).round(4)
    array([0.    , 0.2581, 0.1464])
    """
    values = as_array("x", x)
    bulk = bulk_of(c, linear, variance)
    inside = np.zeros(values.shape, dtype=bool)
    for low, high in bulk.intervals():
        inside |= (low < values) & (values < high)
    density = np.zeros(values.shape)
    zeta = values[inside] / bulk.scale
    # Y^3 - (r + c z) Y^2 + c (1 + r z) Y - c r (1 - r^2): one root real, two conjugate.
    companion = np.zeros((zeta.size, 3, 3))
    companion[:, 1, 0] = companion[:, 2, 1] = 1
    companion[:, 0, 2] = bulk.c * bulk.ratio * bulk.rest
    companion[:, 1, 2] = -bulk.c * (1 + bulk.ratio * zeta)
    companion[:, 2, 2] = bulk.ratio + bulk.c * zeta
    roots = np.linalg.eigvals(companion) if zeta.size else np.zeros((0, 3))
    y = np.take_along_axis(roots, roots.imag.argmax(axis=1)[:, None], axis=1)[:, 0]
    density[inside] = bulk.c * y.imag / (math.pi * bulk.scale * np.abs(y) ** 2)
    return as_result(density)


def inner_kernel_edges(c: float, linear: float, variance: float) -> tuple[float, float]:
    """Least and largest point of the spectrum of an inner-product kernel of noise.

    Parameters
    ----------
    c : float
        Features per sample, ``p / n``, positive.
    linear : float
        Coefficient ``a1`` of the kernel function.
    variance : float
        Variance ``nu`` of the kernel function, at least ``a1^2``.

    Returns
    -------
    lower, upper : float
        The outermost points of the support. Where it is split, the gap is between them; an atom
        (linear functions with ``c < 1``) counts as a point of the support.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    See Also
    --------
    edge_scale : How much the largest eigenvalue fluctuates.

    Examples
    --------
    >>> from skrmt.theory import OddQuantizer, inner_kernel_edges
    >>> sign = OddQuantizer.sign().coefficients
    >>> lower, upper = inner_kernel_edges(0.5, sign.linear, sign.variance)
    >>> round(lower, 3), round(upper, 3)
    (-2.215, 4.117)
    """
    bulk = bulk_of(c, linear, variance)
    return -bulk.mirrored().edge()[0], bulk.edge()[0]


def edge_scale(c: float, linear: float, variance: float) -> float:
    r"""Unit of the fluctuations of the largest eigenvalue, times ``n^(2/3)``.

    The largest eigenvalue of noise is the upper edge plus ``edge_scale * n^(-2/3)`` times a
    Tracy-Widom variable, where near the edge E the spectral density is
    ``sqrt((E - x) / edge_scale^3) / pi``. From the curvature of H [ours]:
    ``sqrt(nu) (Y / c) (1 + c r^3 / (Y - r)^3)^(1/3)`` at the critical point Y.

    Parameters
    ----------
    c : float
        Features per sample, ``p / n``, positive.
    linear : float
        Coefficient ``a1`` of the kernel function.
    variance : float
        Variance ``nu`` of the kernel function, at least ``a1^2``.

    Returns
    -------
    float
        The unit, positive; zero only for an atom (``a1 = -sqrt(nu)`` with ``c < 1``).

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> from skrmt.theory import edge_scale
    >>> round(edge_scale(0.5, 1.0, 1.0), 6)
    4.58018
    """
    bulk = bulk_of(c, linear, variance)
    _, y, distance = bulk.edge()
    return bulk.scale * y / bulk.c * math.cbrt(1 + bulk.c * (bulk.ratio / distance) ** 3)


def edge_shift(c: float, linear: float, variance: float, fourth: float, n: int) -> float:
    """Shift of the upper edge at a finite number of samples, from the kurtosis of the entries.

    A row with few entries that are not zero has a norm that fluctuates, which carries the edge
    outwards; no account for dense kernels. To first order in 1 / n the free energy of the spectrum
    gains ``-m^4 k / (4 c^2 n)`` and z its derivative by m [ours]. Here k is the fourth cumulant of
    an entry of f together with what leads from i to j through other samples, ``f + B t`` with
    ``B = -a1^2 m / (c + a1 m)``; the part of t that f does not explain is taken for independent,
    so that ``k = (E f^4 - 3 nu^2) h^4`` with ``h = 1 + B a1 / nu = 1 + r^3 / (Y - r)``. The shift
    is then, with e the excess kurtosis, ::

        e c sqrt(nu) h^3 (h + r^3 Y / (Y - r)^2) / (n Y^3)

    Parameters
    ----------
    c : float
        Features per sample, ``p / n``, positive.
    linear : float
        Coefficient ``a1`` of the kernel function.
    variance : float
        Variance ``nu`` of the kernel function, at least ``a1^2``.
    fourth : float
        Centred fourth moment of the kernel function, at least ``nu^2``.
    n : int
        Number of samples.

    Returns
    -------
    float
        The shift, for samples of the same norm; positive for sparse kernels, zero for the linear
        one, negative for the sign.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> from skrmt.theory import OddQuantizer, edge_shift
    >>> sparse = OddQuantizer.ternary(0.02).coefficients
    >>> shift = edge_shift(0.5, sparse.linear, sparse.variance, sparse.fourth, 1000)
    >>> round(shift, 4)
    0.0114
    """
    bulk = bulk_of(c, linear, variance)
    number, n = as_number(fourth), as_count("n", n)
    if not (math.isfinite(number) and number >= bulk.scale**4 * (1 - _BESSEL_TOLERANCE)):
        raise ValueError(
            f"fourth must be finite and not below variance^2 = {bulk.scale**4!r}, got {fourth!r}."
        )
    _, y, distance = bulk.edge()
    if y == 0:
        raise ValueError(
            f"The upper edge is an atom at c={c!r}, linear={linear!r}; no shift is defined there."
        )
    # Dividing twice, lest the square of a tiny variance underflow.
    excess = number / bulk.scale**2 / bulk.scale**2 - 3
    cube = bulk.ratio**3
    through = 1 + cube / distance
    factor = through**3 * (through + cube * y / distance**2)
    return excess * bulk.c * bulk.scale * factor / (n * y**3)
