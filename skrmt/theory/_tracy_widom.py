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
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import airy, airye, expit

from skrmt.theory._spectrum import as_array, as_result

_LEFT, _RIGHT = -7.0, 11.0
_N_NODES = 56
_DEGREE = 80
# Beyond this the probability underflows.
_FAR_RIGHT = 150.0


def _log_odds_of_determinant(s):
    # Ai(x + y + s) has fallen below 1e-16 of its largest value where x + s is 12.
    length = 12.0 - min(s, 0.0)
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
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


def _zeta(s):
    return 2 / 3 * s**1.5


def _log_tail(s):
    """Log of half the integral of Ai from s on, for large s."""
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
    # Relative to Ai(s), Ai(s + u) is below exp(-sqrt(s) u).
    half = 20 / np.sqrt(s)[:, None]
    u = s[:, None] + half * (nodes + 1)
    values = airye(u)[0] * np.exp(_zeta(s)[:, None] - _zeta(u))
    return np.log((half * weights * values).sum(axis=1) / 2) - _zeta(s)


def _log_odds(s):
    """Log of F1 / (1 - F1), for a one-dimensional array."""
    result = np.empty_like(s)
    left, right = s < _LEFT, s > _RIGHT
    middle = ~(left | right)
    result[middle] = _table()(s[middle])
    ends = _table()(np.array([_LEFT, _RIGHT]))
    # In both tails the smaller probability is so small that its log is the log odds, in size.
    shift = ends[0] - _left_expansion(np.float64(_LEFT))
    result[left] = _left_expansion(s[left]) + shift
    result[right] = ends[1] - (_log_tail(s[right]) - _log_tail(np.array([_RIGHT])))
    return result


def _of_log_odds(name, x, sign):
    values = as_array(name, x)
    # Far outside both tails underflow; the expansions need not reach there.
    inner = np.clip(values.ravel(), -1e3, 1e3)
    return as_result(expit(sign * _log_odds(inner)).reshape(values.shape))


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
        If `x` is not finite.

    See Also
    --------
    tracy_widom_sf : The other tail, with its digits.

    Examples
    --------
    >>> from skrmt.theory import tracy_widom_cdf
    >>> tracy_widom_cdf([-3.0, -1.0, 1.0]).round(6)
    array([0.0696  , 0.58379 , 0.951421])
    """
    return _of_log_odds("x", x, 1)


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
        If `x` is not finite.

    See Also
    --------
    tracy_widom_cdf : The other tail.

    Examples
    --------
    >>> from skrmt.theory import tracy_widom_sf
    >>> round(tracy_widom_sf(2.0234), 5)
    0.01
    """
    return _of_log_odds("x", x, -1)


def tracy_widom_quantile(q: ArrayLike) -> NDArray[np.float64] | float:
    """Quantile of the Tracy-Widom law, beta = 1.

    Parameters
    ----------
    q : array-like of any shape
        Probabilities, between 0 and 1, both excluded.

    Returns
    -------
    float or ndarray of float64, shape of `q`
        The values below which a share `q` of the law lies.

    Raises
    ------
    ValueError
        If a probability is not in (0, 1).

    Examples
    --------
    >>> from skrmt.theory import tracy_widom_quantile
    >>> tracy_widom_quantile([0.95, 0.99]).round(4)
    array([0.9793, 2.0234])
    """
    values = as_array("q", q)
    if not ((values > 0) & (values < 1)).all():
        bad = values[(values <= 0) | (values >= 1)].flat[0]
        raise ValueError(f"q must be between 0 and 1, both excluded, got {float(bad)!r}.")
    targets = (np.log(values) - np.log1p(-values)).ravel()

    def quantile(target):
        return brentq(
            lambda s: float(_log_odds(np.array([s]))[0]) - target, -40.0, _FAR_RIGHT, xtol=1e-13
        )

    return as_result(np.array([quantile(t) for t in targets]).reshape(values.shape))
