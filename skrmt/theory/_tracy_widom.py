# SPDX-License-Identifier: BSD-3-Clause
r"""The Tracy-Widom law of real symmetric matrices (beta = 1).

Its distribution function is a Fredholm determinant (P. L. Ferrari, H. Spohn, "A determinantal
formula for the GOE Tracy-Widom distribution", J. Phys. A 38, 2005)::

    F1(s) = det(I - B_s),    B_s(x, y) = Ai(x + y + s) on (0, infinity)

A Gauss-Legendre rule makes it a determinant of a matrix (F. Bornemann, "On the numerical evaluation
of Fredholm determinants", Math. Comp. 79, 2010). From its eigenvalues both tails keep their digits,
``1 - F1 = -expm1(sum log(1 - b))``, and what is tabulated is ``log(F1 / (1 - F1))``, as a Chebyshev
series. Beyond the table: on the right ``1 - F1`` is half the integral of Ai from s, up to its
square; on the left the known expansion of log F1, with its constant from the end of the table.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicHermiteSpline
from scipy.special import airy, airye, expit, logit

from skrmt.theory._frozen_law import FrozenLaw, as_points, as_probabilities, by_entry
from skrmt.theory._parameter_checks import as_number, require_positive

_LEFT, _RIGHT = -7.0, 11.0
_N_NODES = 56
_DEGREE = 80
# Beyond these the probability underflows.
_FAR_LEFT, _FAR_RIGHT = -40.0, 150.0
# To the digits of F. Bornemann, Math. Comp. 79 (2010), table 4.
_MEAN, _VARIANCE = -1.2065335745820, 1.6077810345810


@cache
def _rule():
    return np.polynomial.legendre.leggauss(_N_NODES)


def _log_odds_of_determinant(s):
    # Ai(x + y + s) has fallen below 1e-16 of its largest value where x + s is 12.
    length = 12.0 - min(s, 0.0)
    nodes, weights = _rule()
    nodes, weights = length * (nodes + 1) / 2, np.sqrt(length * weights / 2)
    kernel = weights[:, None] * airy(nodes[:, None] + nodes + s)[0] * weights
    log_cdf = math.fsum(np.log1p(-np.linalg.eigvalsh(kernel)))
    return log_cdf - math.log(-math.expm1(log_cdf))


@cache
def _table():
    """Chebyshev series of the log odds on the middle interval."""
    degrees = np.arange(_DEGREE + 1)
    points = np.cos(math.pi * (degrees + 0.5) / (_DEGREE + 1))
    values = [
        _log_odds_of_determinant(_LEFT + (_RIGHT - _LEFT) * (point + 1) / 2) for point in points
    ]
    fitted = np.polynomial.chebyshev.chebfit(points, values, _DEGREE)
    return np.polynomial.Chebyshev(fitted, domain=(_LEFT, _RIGHT))


def _left_expansion(s):
    """Expansion of log F1 as s goes to minus infinity, up to a constant.

    F1^2 is F2 exp(-integral of q), each with its expansion, q that of Hastings and McLeod.
    """
    t = -s
    exponent = t**3 / 24 + t**1.5 / (3 * math.sqrt(2)) + t**-1.5 / (24 * math.sqrt(2))
    return -exponent - np.log(t) / 16 + np.log1p(3 / (64 * t**3)) / 2


def _left_slope(s):
    t = -s
    root = np.sqrt(t)
    leading = t**2 / 8 + root / (2 * math.sqrt(2)) - 1 / (16 * math.sqrt(2) * t**2 * root)
    return leading + 1 / (16 * t) + 9 / (2 * t * (64 * t**3 + 3))


def _zeta(s):
    return 2 / 3 * s**1.5


def _log_tail(s):
    """Log of half the integral of Ai from s on, for large s."""
    nodes, weights = _rule()
    # Relative to Ai(s), Ai(s + u) is below exp(-sqrt(s) u).
    half = 20 / np.sqrt(s)[:, None]
    u = s[:, None] + half * (nodes + 1)
    values = airye(u)[0] * np.exp(_zeta(s)[:, None] - _zeta(u))
    return np.log((half * weights * values).sum(axis=1) / 2) - _zeta(s)


@cache
def _tail_shifts():
    """Constants that join the expansions of both tails to the table."""
    ends = _table()(np.array([_LEFT, _RIGHT]))
    right = ends[1] + _log_tail(np.array([_RIGHT]))[0]
    return ends[0] - _left_expansion(np.float64(_LEFT)), right


def _log_odds(s):
    """Log of F1 / (1 - F1), for a one-dimensional array."""
    result = np.empty_like(s)
    left, right = s < _LEFT, s > _RIGHT
    middle = ~(left | right)
    result[middle] = _table()(s[middle])
    # In both tails the smaller probability is so small that its log is the log odds, in size.
    left_shift, right_shift = _tail_shifts()
    result[left] = _left_expansion(s[left]) + left_shift
    result[right] = right_shift - _log_tail(s[right])
    return result


def _slope_of_log_odds(s):
    """Derivative of `_log_odds`."""
    result = np.empty_like(s)
    left, right = s < _LEFT, s > _RIGHT
    middle = ~(left | right)
    result[middle] = _slope_table()(s[middle])
    result[left] = _left_slope(s[left])
    far = s[right]
    result[right] = airye(far)[0] * np.exp(-_zeta(far) - _log_tail(far)) / 2
    return result


@cache
def _slope_table():
    return _table().deriv()


@cache
def _inverse():
    """Interpolation of s in the log odds, from where to begin."""
    s = np.r_[np.arange(_FAR_LEFT, _RIGHT, 0.1), np.arange(_RIGHT, _FAR_RIGHT + 1, 0.5)]
    return CubicHermiteSpline(_log_odds(s), s, 1 / _slope_of_log_odds(s))


def _at_log_odds(targets):
    """Points of given log odds, for a one-dimensional array; the ends of the line at infinity."""
    result = np.where(targets < 0, -np.inf, np.inf)
    finite = np.isfinite(targets)
    s = _inverse()(targets[finite])
    for _ in range(10):
        step = (targets[finite] - _log_odds(s)) / _slope_of_log_odds(s)
        s += step
        if np.all(np.abs(step) <= 1e-10 * (1 + np.abs(s))):  # the next would be its square
            break
    result[finite] = s
    return result


def _probability(x, sign):
    # Far outside both tails underflow; the expansions need not reach there.
    return expit(sign * _log_odds(np.clip(x, -1e3, 1e3)))


def _density(x):
    inside = (x > -1e3) & (x < 1e3)
    density = np.zeros_like(x)
    s = x[inside]
    odds = _log_odds(s)
    density[inside] = expit(odds) * expit(-odds) * _slope_of_log_odds(s)
    return density


@cache
def _standard_moment(order):
    """Moment of the standard law, by a Gauss rule."""
    nodes, weights = np.polynomial.legendre.leggauss(1000)
    half = (_FAR_RIGHT - _FAR_LEFT) / 2
    x = _FAR_LEFT + half * (nodes + 1)
    return float(half * weights @ (x**order * _density(x)))


def tracy_widom_cdf(x: ArrayLike) -> NDArray[np.float64] | float:
    """Distribution function F1 of the Tracy-Widom law, beta = 1.

    Parameters
    ----------
    x : array-like of any shape
        Where to evaluate it.

    Returns
    -------
    float or ndarray of float64, shape of `x`
        Probability of a value up to `x`, to about 1e-13, and with relative error below 1e-5 in the
        left tail.

    Raises
    ------
    ValueError
        If `x` holds nan.

    See Also
    --------
    tracy_widom_sf : The other tail, with its digits.

    Examples
    --------
    >>> from skrmt.theory import tracy_widom_cdf
    >>> tracy_widom_cdf([-3.0, -1.0, 1.0]).round(6)
    array([0.0696  , 0.58379 , 0.951421])
    """
    return by_entry(lambda s: _probability(s, 1), as_points("x", x))


def tracy_widom_sf(x: ArrayLike) -> NDArray[np.float64] | float:
    """Survival function ``1 - F1`` of the Tracy-Widom law, beta = 1.

    Parameters
    ----------
    x : array-like of any shape
        Where to evaluate it.

    Returns
    -------
    float or ndarray of float64, shape of `x`
        Probability of a value above `x`, with relative error of about 1e-12 down to underflow.

    Raises
    ------
    ValueError
        If `x` holds nan.

    See Also
    --------
    tracy_widom_cdf : The other tail.

    Examples
    --------
    >>> from skrmt.theory import tracy_widom_sf
    >>> round(tracy_widom_sf(2.0234), 5)
    0.01
    """
    return by_entry(lambda s: _probability(s, -1), as_points("x", x))


def tracy_widom_ppf(q: ArrayLike) -> NDArray[np.float64] | float:
    """Quantile of the Tracy-Widom law, beta = 1.

    Parameters
    ----------
    q : array-like of any shape
        Probabilities, between 0 and 1.

    Returns
    -------
    float or ndarray of float64, shape of `q`
        The values below which a share `q` of the law lies; infinite at 0 and 1.

    Raises
    ------
    ValueError
        If a probability is not in [0, 1].

    Examples
    --------
    >>> from skrmt.theory import tracy_widom_ppf
    >>> tracy_widom_ppf([0.95, 0.99]).round(4)
    array([0.9793, 2.0234])
    """
    return by_entry(lambda p: _at_log_odds(logit(p)), as_probabilities("q", q))


@dataclass(frozen=True)
class TracyWidom(FrozenLaw):
    """The Tracy-Widom law of beta = 1, moved and scaled.

    Law of the largest eigenvalue of a large symmetric matrix, or of a sample covariance of white
    noise, in its units. Methods as of SciPy's frozen distributions.

    Parameters
    ----------
    loc : float, default=0.0
        What is added.
    scale : float, default=1.0
        What it is multiplied with first, positive.

    Raises
    ------
    ValueError
        If a parameter is not finite or `scale` not positive.

    See Also
    --------
    tracy_widom_cdf : Distribution function of the law that is not moved.

    Notes
    -----
    The distribution function is exact to about 1e-13, and `sf` has a relative error of about 1e-12
    down to underflow; the left tail of `cdf` and `pdf` one below 1e-5. No gamma law approximates
    it, as is common.

    Examples
    --------
    >>> from skrmt.theory import TracyWidom
    >>> law = TracyWidom(loc=4.0, scale=0.1)
    >>> round(law.isf(0.01), 4), round(law.mean(), 5), round(law.std(), 5)
    (4.2023, 3.87935, 0.1268)
    """

    loc: float = 0.0
    scale: float = 1.0

    def __post_init__(self):
        loc = as_number(self.loc)
        if not math.isfinite(loc):
            raise ValueError(f"loc must be a finite number, got {self.loc!r}.")
        object.__setattr__(self, "loc", loc)
        object.__setattr__(self, "scale", require_positive("scale", self.scale))

    def _standard(self, x):
        return (x - self.loc) / self.scale

    def _pdf(self, x):
        return _density(self._standard(x)) / self.scale

    def _cdf(self, x):
        return _probability(self._standard(x), 1)

    def _sf(self, x):
        return _probability(self._standard(x), -1)

    def _ppf(self, q):
        return self.loc + self.scale * _at_log_odds(logit(q))

    def _isf(self, q):
        return self.loc + self.scale * _at_log_odds(-logit(q))

    def _ends(self):
        return -math.inf, math.inf

    def _raw_moment(self, order):
        known = {0: 1.0, 1: _MEAN, 2: _VARIANCE + _MEAN**2}
        return sum(
            math.comb(order, k)
            * self.loc ** (order - k)
            * self.scale**k
            * (known[k] if k in known else _standard_moment(k))
            for k in range(order + 1)
        )

    def _var(self):
        return self.scale**2 * _VARIANCE
