# SPDX-License-Identifier: BSD-3-Clause
"""Odd maps that make the entries of a kernel matrix sparse or few-valued, and their coefficients.

For t standard Gaussian, with thresholds ``0 = t_0 < t_1 < ... < t_k`` and the level ``l_i`` on
``t_i < |t| <= t_(i+1)``, the masses ``P_i = erfc(t_i / sqrt 2) - erfc(t_(i+1) / sqrt 2)`` give ::

    a1 = sqrt(2 / pi) (l_0 + sum over i >= 1 of (l_i - l_(i-1)) exp(-t_i^2 / 2))
    nu = sum of P_i l_i^2,     E f^4 = sum of P_i l_i^4

and, for the map that keeps t where ``|t| > T``, with ``s = T / sqrt 2`` ::

    a1 = nu = erfc(s) + 2 s exp(-s^2) / sqrt(pi)
    E f^4 = 3 erfc(s) + sqrt(2 / pi) (T^3 + 3 T) exp(-s^2)

These are f1, f2 and f3 of Z. Liao, R. Couillet, M. W. Mahoney, "Sparse Quantized Spectral
Clustering", ICLR 2021, arXiv:2010.01376; the Lloyd-Max levels and the fourth moments are ours.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcinv

from skrmt.theory._hermite import HermiteCoefficients
from skrmt.theory._lloyd_max import lloyd_max_half, lloyd_max_levels
from skrmt.theory._parameter_checks import as_number, require_positive
from skrmt.theory._spectrum import as_array, as_count

_SQRT2 = math.sqrt(2)


def _as_floating(t):
    t = np.asarray(t)
    if t.dtype.kind not in "biuf":
        raise TypeError(f"The entries must be real numbers, got dtype {t.dtype}.")
    return t if t.dtype.kind == "f" else t.astype(np.float64)


def _threshold_of(density):
    share = as_number(density)
    if not 0 < share <= 1:
        raise ValueError(f"density must be in (0, 1], got {density!r}.")
    return _SQRT2 * float(erfcinv(share))


def _odd_coefficients(linear, variance, fourth, description):
    if not variance > 0:
        raise ValueError(f"{description} is zero to rounding everywhere; lower its thresholds.")
    return HermiteCoefficients(0.0, linear, 0.0, variance, fourth)


@dataclass(frozen=True)
class OddQuantizer:
    """Odd map with finitely many values.

    Its value at t is ``sign(t)`` times the level of ``|t|``: the first level up to the first
    threshold, the second one beyond it, and so on; 0 at t = 0.

    Parameters
    ----------
    thresholds : sequence of float
        Positive thresholds, ascending; may be empty. In units of the standard deviation of t.
    levels : sequence of float
        Levels, one more than thresholds; not negative and not all zero.

    Attributes
    ----------
    density : float
        Probability of a value that is not zero, for standard Gaussian t.
    coefficients : HermiteCoefficients
        The Hermite coefficients, in closed form.
    kappa : float
        ``nu / a1^2``.

    Raises
    ------
    ValueError
        If the thresholds do not ascend from above zero, or the levels do not fit.

    See Also
    --------
    HardThreshold : The map that keeps the values of large entries.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import OddQuantizer
    >>> OddQuantizer([1.0], [0.0, 2.0])(np.array([-3.0, 0.5, 1.0, 1.5]))
    array([-2.,  0.,  0.,  2.])
    >>> round(OddQuantizer.lloyd_max(2).kappa, 4)
    1.1331
    """

    thresholds: tuple[float, ...]
    levels: tuple[float, ...]

    def __post_init__(self):
        thresholds = as_array("thresholds", self.thresholds, 1)
        levels = as_array("levels", self.levels, 1)
        if not (np.diff(thresholds, prepend=0.0) > 0).all():
            raise ValueError(
                f"thresholds must be positive and strictly ascending, got {self.thresholds!r}."
            )
        if levels.size != thresholds.size + 1:
            raise ValueError(
                f"levels must have one value more than thresholds, got {levels.size} levels and "
                f"{thresholds.size} thresholds."
            )
        if not ((levels >= 0).all() and levels.any()):
            raise ValueError(
                f"levels must not be negative and not all be zero, got {self.levels!r}."
            )
        object.__setattr__(self, "thresholds", tuple(thresholds.tolist()))
        object.__setattr__(self, "levels", tuple(levels.tolist()))

    @classmethod
    def sign(cls) -> "OddQuantizer":
        """Make the sign function, one bit.

        Returns
        -------
        OddQuantizer
            Values -1 and 1.
        """
        return cls((), (1.0,))

    @classmethod
    def ternary(cls, density: float | None = None) -> "OddQuantizer":
        """Make the map to -1, 0, 1 that keeps the signs of the largest entries.

        Parameters
        ----------
        density : float, default=None
            Share of entries that are kept, in (0, 1]; None is the share of the least kappa,
            0.5405, at which the map is the Lloyd-Max quantizer of three levels up to its scale.

        Returns
        -------
        OddQuantizer
            The map; :meth:`sign` at density 1.

        Raises
        ------
        ValueError
            If `density` is not in (0, 1].
        """
        threshold = lloyd_max_half(3)[0][0] if density is None else _threshold_of(density)
        return cls((threshold,), (0.0, 1.0)) if threshold > 0 else cls.sign()

    @classmethod
    def lloyd_max(cls, n_bits: int) -> "OddQuantizer":
        """Make the map of least kappa with ``2^n_bits`` levels.

        Parameters
        ----------
        n_bits : int
            Number of bits, 1 to 8.

        Returns
        -------
        OddQuantizer
            The map with the levels of :func:`lloyd_max_levels`.
        """
        return cls(*lloyd_max_levels(n_bits))

    @classmethod
    def uniform(cls, n_bits: int, s: float) -> "OddQuantizer":
        """Make the quantizer f2 of the paper: equal steps up to a clipping point, ±1 beyond.

        Parameters
        ----------
        n_bits : int
            Number of bits M, 2 to 16; the map has ``2^(M - 1) + 2`` levels.
        s : float
            Clipping point in units of sqrt(2), positive.

        Returns
        -------
        OddQuantizer
            The map.

        Raises
        ------
        ValueError
            If a parameter is out of range.
        """
        bits, s = as_count("n_bits", n_bits), require_positive("s", s)
        if not 2 <= bits <= 16:
            raise ValueError(f"n_bits must be 2 to 16, got {n_bits!r}; for one bit use sign().")
        steps = 2 ** (bits - 2)
        thresholds = tuple(_SQRT2 * s * k / steps for k in range(1, steps + 1))
        return cls(thresholds, (*((k + 0.5) / steps for k in range(steps)), 1.0))

    def _masses(self):
        """Probability of each level, both signs together."""
        tails = [*(math.erfc(t / _SQRT2) for t in (0.0, *self.thresholds)), 0.0]
        return [above - beyond for above, beyond in pairwise(tails)]

    @property
    def density(self) -> float:
        """Probability of a value that is not zero."""
        pairs = zip(self._masses(), self.levels, strict=True)
        return min(1.0, math.fsum(mass for mass, level in pairs if level))

    @property
    def coefficients(self) -> HermiteCoefficients:
        """Hermite coefficients, in closed form."""
        steps = np.diff(self.levels, prepend=0.0)
        heights = [math.exp(-(t**2) / 2) for t in (0.0, *self.thresholds)]
        linear = math.sqrt(2 / math.pi) * math.fsum(
            a * b for a, b in zip(steps, heights, strict=True)
        )
        masses = self._masses()
        moments = [
            math.fsum(m * v**order for m, v in zip(masses, self.levels, strict=True))
            for order in (2, 4)
        ]
        return _odd_coefficients(linear, *moments, repr(self))

    @property
    def kappa(self) -> float:
        """Variance over squared linear coefficient."""
        return self.coefficients.kappa

    def __call__(self, t: ArrayLike) -> NDArray:
        """Apply the map to the entries `t`, elementwise; float32 stays float32."""
        t = _as_floating(t)
        # Rounded as the entries are, lest the search convert all of them to float64.
        cells = np.searchsorted(np.array(self.thresholds, dtype=t.dtype), np.abs(t))
        return np.sign(t) * np.array(self.levels, dtype=t.dtype)[cells]


@dataclass(frozen=True)
class HardThreshold:
    """Map that keeps the entries above a threshold in absolute value and sets the others to zero.

    Parameters
    ----------
    threshold : float
        The threshold T, not negative, in units of the standard deviation of the entries.

    Attributes
    ----------
    density : float
        Probability that a standard Gaussian entry is kept.
    coefficients : HermiteCoefficients
        The Hermite coefficients, in closed form; `linear` and `variance` are equal.
    kappa : float
        ``nu / a1^2``.

    Raises
    ------
    ValueError
        If the threshold is negative or not finite.

    See Also
    --------
    OddQuantizer : Maps with few values.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import HardThreshold
    >>> HardThreshold(1.0)(np.array([-3.0, 0.5, 1.0, 1.5]))
    array([-3. ,  0. ,  0. ,  1.5])
    >>> round(HardThreshold.of_density(0.1).kappa, 4)
    2.2764
    """

    threshold: float

    def __post_init__(self):
        threshold = as_number(self.threshold)
        if not 0 <= threshold < math.inf:
            raise ValueError(
                f"threshold must be a finite number, not negative, got {self.threshold!r}."
            )
        object.__setattr__(self, "threshold", threshold)

    @classmethod
    def of_density(cls, density: float) -> "HardThreshold":
        """Make the map that keeps this share of the entries.

        Parameters
        ----------
        density : float
            Share of entries that are kept, in (0, 1].

        Returns
        -------
        HardThreshold
            The map; the identity at density 1.

        Raises
        ------
        ValueError
            If `density` is not in (0, 1].
        """
        return cls(_threshold_of(density))

    @property
    def density(self) -> float:
        """Probability that an entry is kept."""
        return math.erfc(self.threshold / _SQRT2)

    @property
    def coefficients(self) -> HermiteCoefficients:
        """Hermite coefficients, in closed form."""
        t = self.threshold
        height = math.sqrt(2 / math.pi) * math.exp(-t * t / 2)
        linear = self.density + t * height
        fourth = 3 * self.density + t * (t * t + 3) * height
        return _odd_coefficients(linear, linear, fourth, repr(self))

    @property
    def kappa(self) -> float:
        """Variance over squared linear coefficient."""
        return self.coefficients.kappa

    def __call__(self, t: ArrayLike) -> NDArray:
        """Apply the map to the entries `t`, elementwise; float32 stays float32."""
        t = _as_floating(t)
        return np.where(np.abs(t) <= t.dtype.type(self.threshold), t.dtype.type(0), t)
