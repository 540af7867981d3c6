# SPDX-License-Identifier: BSD-3-Clause
r"""The Marchenko-Pastur law: eigenvalues of the sample covariance of white noise.

For n samples of p independent features of variance s2, with ``gamma = p / n``, the eigenvalues of
``X'X / n`` fill ``s2 [(1 - sqrt gamma)^2, (1 + sqrt gamma)^2]``; where ``gamma > 1``, a share
``1 - 1 / gamma`` of them is zero and the others have the law of ``1 / gamma``, times gamma
(V. A. Marchenko, L. A. Pastur, "Distribution of eigenvalues for some sets of random matrices",
Math. USSR Sbornik 1, 1967).

For gamma up to 1, s2 = 1, and with ``x = 1 + gamma + 2 r cos s``, ``r = sqrt(gamma)`` from the
upper edge and ``r = -sqrt(gamma)`` from the lower, the mass between the edge and x is the integral
of ``(2 / pi) sin^2 s / (1 + gamma + 2 r cos s)``, in closed form [ours] ::

    (s - r sin s - (1 - gamma) (r sin s - theta) / gamma) / pi,    theta = arg(1 + r exp(i s))

which loses digits where r is small (a series in r serves there) and next to the edge (a Gauss rule
does, so that both tails keep theirs).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._frozen_law import FrozenLaw
from skrmt.theory._increasing_root import increasing_root
from skrmt.theory._parameter_checks import require_positive

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_SMALL = 0.25
# The powers of `_SMALL` after these are below rounding.
_N_TERMS = 30


def _slope(angle, r):
    """Density of the mass in the angle."""
    if r == -1:  # where the quotient is known, and its parts underflow
        return 2 / math.pi * np.cos(angle / 2) ** 2
    rest = (1 + r) ** 2 - 4 * r * np.sin(angle / 2) ** 2
    return 2 / math.pi * np.sin(angle) ** 2 / rest


def _mass(angle, r, gamma):
    """Mass between an edge and the point of an angle up to pi / 2."""
    result = np.empty_like(angle)
    # The integrand is analytic up to |log(-r)| from the lower edge, up to pi from the upper.
    near = angle < min(1.0, -math.log(-r) if r < 0 else 1.0)
    half = angle[near, None] / 2
    result[near] = (half * _WEIGHTS * _slope(half * (_NODES + 1), r)).sum(axis=1)
    s = angle[~near]
    sine = r * np.sin(s)
    if abs(r) < _SMALL:
        orders = np.arange(2, 2 + _N_TERMS)
        difference = np.sin(s[:, None] * orders) @ ((-r) ** (orders - 2) / orders)
    else:
        difference = (sine - np.arctan2(sine, 1 + r * np.cos(s))) / gamma
    result[~near] = (s - sine - (1 - gamma) * difference) / math.pi
    return result


def _angle(mass, r, gamma, largest):
    """Angle with this mass between it and the edge; `largest` is the mass at pi / 2."""
    result = np.zeros_like(mass)
    inside = (mass > 0) & (mass < largest)
    result[mass >= largest] = math.pi / 2
    target = mass[inside]
    # Of the law at the edge, or of gamma = 1, which has no such edge below.
    start = np.maximum(np.cbrt(1.5 * math.pi * (1 + r) ** 2 * target), math.pi / 2 * target)
    result[inside] = increasing_root(
        lambda angle, _: (_mass(angle, r, gamma), _slope(angle, r)),
        target,
        np.zeros_like(target),
        np.full_like(target, math.pi / 2),
        np.minimum(start, 1.5),
    )
    return result


@dataclass(frozen=True)
class MarchenkoPastur(FrozenLaw):
    r"""Law of the eigenvalues of the sample covariance of white noise.

    Methods as of SciPy's frozen distributions.

    Parameters
    ----------
    gamma : float
        Features per sample, ``p / n``, positive.
    variance : float, default=1.0
        Variance of the noise, positive.

    Attributes
    ----------
    edges : ndarray of float64, shape (1, 2)
        Ends of the continuous part,
        ``variance (1 - sqrt gamma)^2`` and ``variance (1 + sqrt gamma)^2``.
    atom : float
        Share of eigenvalues that are zero, ``max(0, 1 - 1 / gamma)``.

    Raises
    ------
    ValueError
        If a parameter is not a positive finite number.

    See Also
    --------
    GeneralMarchenkoPastur : The same where the features have different variances.
    marchenko_pastur_median : Its median, remembered.

    Notes
    -----
    `pdf` is the density of the continuous part, of mass ``1 - atom``; at ``gamma = 1`` it is
    infinite at 0. The distribution function is accurate to about 1e-15 in the angle of the
    module's substitution, and both tails, the atom aside, keep their relative digits.

    Examples
    --------
    >>> from skrmt.theory import MarchenkoPastur
    >>> law = MarchenkoPastur(0.5)
    >>> law.edges.round(4)
    array([[0.0858, 2.9142]])
    >>> round(law.median(), 6)
    0.830466
    >>> law.cdf([0.5, 1.0, 2.0]).round(4)
    array([0.3183, 0.576 , 0.8812])
    """

    gamma: float
    variance: float = 1.0

    def __post_init__(self):
        object.__setattr__(self, "gamma", require_positive("gamma", self.gamma))
        object.__setattr__(self, "variance", require_positive("variance", self.variance))

    @property
    def edges(self) -> NDArray[np.float64]:
        """Ends of the continuous part.

        Returns
        -------
        ndarray of float64, shape (1, 2)
            Lower and upper edge.
        """
        return self._scale * np.array([[self._lower, self._upper]])

    @property
    def atom(self) -> float:
        """Share of eigenvalues that are zero.

        Returns
        -------
        float
            ``max(0, 1 - 1 / gamma)``.
        """
        return max(0.0, 1 - 1 / self.gamma)

    # The continuous part is `_share` times the law of `_ratio`, which is at most 1, and `_scale`.

    @property
    def _ratio(self):
        return min(self.gamma, 1 / self.gamma)

    @property
    def _share(self):
        return min(1.0, 1 / self.gamma)

    @property
    def _scale(self):
        return self.variance * max(1.0, self.gamma)

    @property
    def _root(self):
        return math.sqrt(self._ratio)

    @property
    def _lower(self):
        return ((1 - self._ratio) / (1 + self._root)) ** 2

    @property
    def _upper(self):
        return (1 + self._root) ** 2

    def _ends(self):
        lower, upper = self.edges[0].tolist()
        return (0.0 if self.atom else lower), upper

    def _pdf(self, x):
        y = x / self._scale
        inside = (y > self._lower) & (y < self._upper)
        y = y[inside]
        density = np.where((x == 0) & (self._lower == 0), np.inf, 0.0)
        under = (y - self._lower) * (self._upper - y)
        factor = self._share / (2 * math.pi * self._ratio * self._scale)
        density[inside] = factor * np.sqrt(under) / y
        return density

    def _two_masses(self, x):
        """Where x is in the lower half of the angles, and the mass beyond it on its side."""
        y = np.clip(x / self._scale, self._lower, self._upper)
        low = y < 1 + self._ratio
        mass = np.empty_like(y)
        for side, r in ((low, -self._root), (~low, self._root)):
            distance = y[side] - self._lower if r < 0 else self._upper - y[side]
            sine = np.sqrt(np.minimum(distance / (4 * self._root), 0.5))
            mass[side] = self._share * _mass(2 * np.arcsin(sine), r, self._ratio)
        return low, mass

    def _cdf(self, x):
        low, mass = self._two_masses(x)
        return np.where(low, np.where(x < 0, 0.0, self.atom + mass), 1 - mass)

    def _sf(self, x):
        low, mass = self._two_masses(x)
        return np.where(low, np.where(x < 0, 1.0, self._share - mass), mass)

    def _quantile(self, below, above):
        """Point with these shares of the continuous part on its two sides."""
        r, gamma, right = self._root, self._ratio, np.array([math.pi / 2])
        middle = _mass(right, -r, gamma)[0]
        low = below < middle
        angles = _angle(below[low], -r, gamma, middle)
        y = np.empty_like(below)
        y[low] = self._lower + 4 * r * np.sin(angles / 2) ** 2
        angles = _angle(above[~low], r, gamma, _mass(right, r, gamma)[0])
        y[~low] = self._upper - 4 * r * np.sin(angles / 2) ** 2
        return self._scale * y

    def _ppf(self, q):
        share = self._share
        # Where there is an atom, q = 0 and all up to its mass is the atom.
        zero = (q <= self.atom) & (self.atom > 0)
        below = np.maximum(q - self.atom, 0.0) / share
        above = np.minimum((1 - q) / share, 1.0)
        # Next to 1 an atom leaves no digits for the rest, but the end of that is known.
        zero &= q < 1
        below[q == 1] = 1.0
        return np.where(zero, 0.0, self._quantile(below, above))

    def _isf(self, q):
        share = self._share
        zero = (q >= share) & (self.atom > 0)
        above = np.minimum(q / share, 1.0)
        below = np.maximum(share - q, 0.0) / share
        return np.where(zero, 0.0, self._quantile(below, above))

    def _raw_moment(self, order):
        # Narayana numbers.
        total = sum(
            math.comb(order, r) * math.comb(order - 1, r) * self.gamma**r / (r + 1)
            for r in range(order)
        )
        return self.variance**order * total

    def _var(self):
        return self.gamma * self.variance**2


def marchenko_pastur_cdf(
    x: ArrayLike, gamma: float, variance: float = 1.0
) -> NDArray[np.float64] | float:
    """Distribution function of the Marchenko-Pastur law.

    Parameters
    ----------
    x : array-like of any shape
        Where to evaluate it.
    gamma : float
        Features per sample, ``p / n``, positive.
    variance : float, default=1.0
        Variance of the noise, positive.

    Returns
    -------
    float or ndarray of float64, shape of `x`
        Share of eigenvalues up to `x`, the atom at zero included.

    Raises
    ------
    ValueError
        If `x` holds nan or a parameter is not a positive finite number.

    See Also
    --------
    MarchenkoPastur : The law as an object, with its density and quantiles.

    Examples
    --------
    >>> from skrmt.theory import marchenko_pastur_cdf
    >>> marchenko_pastur_cdf([0.0, 1.0, 9.0], 2.0).round(4)
    array([0.5   , 0.6592, 1.    ])
    """
    return MarchenkoPastur(gamma, variance).cdf(x)


@lru_cache(maxsize=1024)
def _median(gamma):
    return MarchenkoPastur(gamma).median()


def marchenko_pastur_median(gamma: float) -> float:
    """Median of the Marchenko-Pastur law of variance 1.

    The median eigenvalue of white noise, divided by this, estimates its variance.

    Parameters
    ----------
    gamma : float
        Features per sample, ``p / n``, positive.

    Returns
    -------
    float
        The median; zero from ``gamma = 2`` on, where half of the eigenvalues are zero.

    Raises
    ------
    ValueError
        If `gamma` is not a positive finite number.

    Examples
    --------
    >>> from skrmt.theory import marchenko_pastur_median
    >>> round(marchenko_pastur_median(0.5), 6), round(marchenko_pastur_median(1.0), 6)
    (0.830466, 0.652776)
    """
    return _median(require_positive("gamma", gamma))
