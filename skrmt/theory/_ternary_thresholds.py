# SPDX-License-Identifier: BSD-3-Clause
"""From the moments of a target kernel to the thresholds of a ternary activation.

The ternary activation with thresholds ``s = sqrt(tau) u`` and scale a is ::

    sigma(t) = a (1{t > s+} + c 1{t < s-}),   c = -1 (odd family) or c = +1 (even family)

Write ``P+ = Q(u+)`` and ``P- = Phi(u-)`` for its two probabilities under ``t ~ N(0, tau)``. Then ::

    A = sqrt(tau) m1 / a = phi(u+) - c phi(u-)
    B = tau m2 / a       = u+ phi(u+) - c u- phi(u-)
    V / a^2              = P+ (1 - P+) + P- (1 - P-) - 2 c P+ P-

The paper fixes ``a = 1``, and then most targets have no solution. With a free, every pair
``(M1, M2) = (|m1| sqrt(tau), |m2| tau)`` is reached and one degree of freedom is left; it is spent
on the smallest variance, that is, on the best kernel at a finite number of features.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from skrmt.theory._gaussian_moments import KernelMoments
from skrmt.theory._parameter_checks import require_positive

ODD, EVEN = -1, 1
# The families cross at r = M2 / M1 = 1.5783; far from there only one of them needs a search.
_ODD_BELOW, _EVEN_ABOVE = 2.5, 0.5
_N_GRID = 60
# How far from where the cost seems to be least its slope is searched for a root.
_POLISHED = 1e-5
# Below this part of the variance, squared, the two moments are rounding errors.
_NEGLIGIBLE = 1e-24


def _phi(u):
    return math.exp(-u * u / 2) / math.sqrt(2 * math.pi)


def _below(u):
    return math.erfc(-u / math.sqrt(2)) / 2


def _above(u):
    return math.erfc(u / math.sqrt(2)) / 2


def _linear(lower, upper, family):
    return _phi(upper) - family * _phi(lower)


def _quadratic(lower, upper, family):
    return upper * _phi(upper) - family * lower * _phi(lower)


def _variance(lower, upper, family):
    # Complements by the other tail: nothing cancels even when both thresholds are far out.
    plus, minus = _above(upper), _below(lower)
    spread = plus * _below(upper) + minus * _above(lower)
    return spread - 2 * family * plus * minus


@dataclass(frozen=True)
class TernaryActivation:
    """Activation with three values, in units of the standard deviation of its argument.

    Its value is `scale` above ``upper sqrt(tau)``, ``family * scale`` below ``lower sqrt(tau)`` and
    0 between. Both thresholds may have the same sign.

    Parameters
    ----------
    family : {-1, 1}
        -1 for values -a, 0, a (odd), 1 for values 0, a (even).
    lower, upper : float
        Thresholds *u-* and *u+*, in units of ``sqrt(tau)``; `lower` is not above `upper`.
    scale : float
        *a*, positive. With N features, the kernel is ``a^2 / N`` times the Gram matrix of the
        unscaled features.

    Attributes
    ----------
    mean : float
        Expectation under ``t ~ N(0, tau)``, the same for every tau.

    Raises
    ------
    ValueError
        If the family is another number, the thresholds are not ordered finite numbers, or the scale
        is not positive.

    See Also
    --------
    solve_ternary : Choose the parameters for a target kernel.

    Examples
    --------
    >>> from skrmt.theory import TernaryActivation
    >>> activation = TernaryActivation(family=-1, lower=-0.5, upper=0.5, scale=2.0)
    >>> activation([-3.0, 0.0, 0.9, 3.0], tau=4.0)
    array([-2.,  0.,  0.,  2.])
    """

    family: int
    lower: float
    upper: float
    scale: float

    def __post_init__(self):
        _check_ternary(self.lower, self.upper, self.scale, self.family)

    @property
    def mean(self) -> float:
        """Expectation under ``t ~ N(0, tau)``, the same for every tau."""
        return self.scale * (_above(self.upper) + self.family * _below(self.lower))

    def moments(self, tau: float) -> KernelMoments:
        """Compute the Gaussian moments at tau.

        Parameters
        ----------
        tau : float
            Variance of the argument, positive.

        Returns
        -------
        KernelMoments
            The moments, as :func:`ternary_moments` computes them.
        """
        return ternary_moments(self.lower, self.upper, self.scale, self.family, tau)

    def __call__(self, t, tau):
        """Apply the activation to `t`, elementwise."""
        t = np.asarray(t)
        root = math.sqrt(require_positive("tau", tau))
        above, below = t > root * self.upper, t < root * self.lower
        return self.scale * (above.astype(np.float64) + self.family * below)


def _check_ternary(lower, upper, scale, family):
    if family not in (ODD, EVEN):
        raise ValueError(f"family must be -1 (odd) or 1 (even), got {family!r}.")
    if not (math.isfinite(lower) and math.isfinite(upper) and lower <= upper):
        raise ValueError(
            f"lower and upper must be finite with lower <= upper, got {lower!r} and {upper!r}."
        )
    require_positive("scale", scale)


def ternary_moments(
    lower: float, upper: float, scale: float, family: int, tau: float
) -> KernelMoments:
    """Compute the Gaussian moments of a ternary activation.

    Parameters
    ----------
    lower, upper : float
        Thresholds *u-* and *u+* in units of ``sqrt(tau)``, ``lower <= upper``.
    scale : float
        *a*, positive.
    family : {-1, 1}
        -1 for values -a, 0, a (odd), 1 for values 0, a (even).
    tau : float
        Variance of the argument, positive.

    Returns
    -------
    KernelMoments
        ``m1 = a A / sqrt(tau)``, ``m2 = a B / tau`` and V.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Examples
    --------
    With both thresholds at zero, the odd activation is the sign:

    >>> from skrmt.theory import activation_moments, ternary_moments
    >>> ternary_moments(0.0, 0.0, 1.0, -1, tau=2.0) == activation_moments("sign", 2.0)
    True
    """
    _check_ternary(lower, upper, scale, family)
    tau = require_positive("tau", tau)
    return KernelMoments(
        tau,
        scale * _linear(lower, upper, family) / math.sqrt(tau),
        scale * _quadratic(lower, upper, family) / tau,
        scale**2 * _variance(lower, upper, family),
    )


def _odd_partner(r, upper):
    """Lower threshold with ``B = r A``: root of ``h(u-) = -h(u+)``, ``h(u) = (u - r) phi(u)``.

    On the interval searched h rises from its minimum to zero, and the minimum is deeper than any
    positive value of h, so there is always exactly one root.
    """
    target = -(upper - r) * _phi(upper)
    left = (r - math.sqrt(r * r + 4)) / 2
    return brentq(lambda u: (u - r) * _phi(u) - target, left, r, xtol=1e-15, rtol=1e-15)


def _even_partner(q, upper):
    """Lower threshold with ``A = q B``: root of ``k(u-) = k(u+)``, ``k(u) = (1 - q u) phi(u)``.

    Left of its maximum k decreases to zero; None when the root lies beyond -12, where the lower
    value occurs less than once in 1e32.
    """
    target = (1 - q * upper) * _phi(upper)
    right = -2 * q / (1 + math.sqrt(1 + 4 * q * q))
    if (1 + 12 * q) * _phi(12) >= target:
        return None
    return brentq(lambda u: (1 - q * u) * _phi(u) - target, -12, right, xtol=1e-15, rtol=1e-15)


def _cost_slope(lower, upper, family, slope_of):
    """Slope of ``V / size^2`` along the curve of its constraint, times ``size^3``.

    `slope_of` is the derivative of the function whose values at both thresholds the constraint
    ties together, h or -k.
    """
    # h(u-) = -h(u+) for the odd family, k(u-) = k(u+) for the even one
    step = family * slope_of(upper) / slope_of(lower)
    plus, minus = _above(upper), _below(lower)
    variance = _variance(lower, upper, family)
    d_variance = -_phi(upper) * (_below(upper) - plus - 2 * family * minus)
    d_variance += _phi(lower) * step * (_above(lower) - minus - 2 * family * plus)
    if family == ODD:
        size = _linear(lower, upper, family)
        d_size = -upper * _phi(upper) + family * lower * _phi(lower) * step
    else:
        size = _quadratic(lower, upper, family)
        d_size = (1 - upper**2) * _phi(upper) - family * (1 - lower**2) * _phi(lower) * step
    return d_variance * size - 2 * variance * d_size


def _smallest_variance(
    family: int,
    lower_of: Callable,
    slope_of: Callable,
    size_of: Callable,
    interval: tuple[float, float],
) -> tuple[float, float, float]:
    """Minimise ``V / size^2`` over the upper threshold; return the minimum and both thresholds."""

    def cost(upper):
        lower = lower_of(upper)
        if lower is None:
            return math.inf
        return _variance(lower, upper, family) / size_of(lower, upper, family) ** 2

    start, stop = interval
    step = (stop - start) / (_N_GRID + 1)
    grid = [start + i * step for i in range(1, _N_GRID + 1)]
    costs = [cost(upper) for upper in grid]
    best = int(np.argmin(costs))
    # The ends of the bracket are never evaluated, so it may reach the open ends of the interval.
    bracket = (grid[best] - step, grid[best] + step)
    result = minimize_scalar(cost, bounds=bracket, method="bounded", options={"xatol": 1e-9})
    upper = float(result.x) if result.fun <= costs[best] else grid[best]
    # Near a minimum the cost is flat: its values tell the place to half of the digits, its slope to
    # nearly all of them.
    near = max(upper - _POLISHED, start + 1e-3 * step), min(upper + _POLISHED, stop - 1e-3 * step)
    if near[0] < near[1] and None not in (lower_of(near[0]), lower_of(near[1])):

        def slope(upper):
            return _cost_slope(lower_of(upper), upper, family, slope_of)

        if slope(near[0]) < 0 < slope(near[1]):
            upper = brentq(slope, *near, xtol=1e-15, rtol=1e-15)
    return cost(upper), lower_of(upper), upper


def solve_ternary(moments: KernelMoments) -> TernaryActivation:
    """Find the ternary activation with the d1 and d2 of a target and the smallest variance.

    The thresholds depend on the target through ``r = |m2| sqrt(tau) / |m1|`` alone: odd activations
    for r < 1.5783, even ones above. Both equations hold to 1e-14 of the larger of the two parts,
    ``|m1| sqrt(tau)`` and ``|m2| tau``; hence each to 1e-11 of its own part for r between 1e-4 and
    1e4, and the smaller part to fewer digits outside. The variance is the smallest that a ternary
    activation can have, 22 to 54 % above ``tau m1^2 + tau^2 m2^2 / 2``. Deterministic, a few
    milliseconds.

    Parameters
    ----------
    moments : KernelMoments
        The target, from :func:`kernel_moments`. Its variance plays no part in the matching.

    Returns
    -------
    TernaryActivation
        The activation; its moments m1 and m2 have the absolute values of the target's.

    Raises
    ------
    ValueError
        If the target has neither linear nor quadratic part, the only case without solution.

    See Also
    --------
    ridge_shift : What the different variance does downstream.

    References
    ----------
    .. [1] H. Tiomoko Ali, Z. Liao, R. Couillet, "Random matrices in service of ML footprint:
           ternary random features with no performance loss", ICLR 2022. arXiv:2110.01899.

    Examples
    --------
    >>> from skrmt.theory import kernel_moments, solve_ternary
    >>> activation = solve_ternary(kernel_moments("rbf", tau=1.0, gamma=0.5))
    >>> activation.family, round(activation.lower, 4), round(activation.upper, 4)
    (-1, 0.7747, 1.63)
    """
    linear, quadratic = abs(moments.m1) * math.sqrt(moments.tau), abs(moments.m2) * moments.tau
    if linear**2 + quadratic**2 / 2 <= _NEGLIGIBLE * moments.variance:
        raise ValueError(
            "The target kernel has no linear or quadratic part that ternary features could match "
            f"at tau={moments.tau:.6g}: m1={moments.m1:.3g}, m2={moments.m2:.3g}, "
            f"variance={moments.variance:.3g}. Use a smoother kernel (a smaller gamma); for "
            "activations and kernels without gamma, rescale X or change their own parameters (such "
            "as frequency, coefficients or coef0)."
        )
    ratio = moments.ratio
    found = []
    if ratio <= _ODD_BELOW:
        cost, lower, upper = _smallest_variance(
            ODD,
            lambda u: _odd_partner(ratio, u),
            lambda u: (1 - (u - ratio) * u) * _phi(u),
            _linear,
            (ratio, ratio + 3.5),
        )
        found.append((cost * linear**2, ODD, lower, upper))
    if ratio >= _EVEN_ABOVE:
        inverse = 1 / ratio
        cost, lower, upper = _smallest_variance(
            EVEN,
            lambda u: _even_partner(inverse, u),
            lambda u: (inverse + (1 - inverse * u) * u) * _phi(u),
            _quadratic,
            (0.0, min(4.0, ratio)),
        )
        found.append((cost * quadratic**2, EVEN, lower, upper))
    _, family, lower, upper = min(found)
    if family == ODD:
        scale = linear / _linear(lower, upper, family)
    else:
        scale = quadratic / _quadratic(lower, upper, family)
    return TernaryActivation(family, lower, upper, scale)
