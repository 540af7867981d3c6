# SPDX-License-Identifier: BSD-3-Clause
r"""The Marchenko-Pastur law of features with any population covariance.

The law's Stieltjes transform solves Silverstein's equation; with the w of
:mod:`skrmt.theory._silverstein_equation`, the density is ``Im(-1 / w) / (pi gamma)``, and the
distribution function needs no integration either [ours]: as ``dz`` is explicit in w, the integral
of ``-1 / w dz`` is a sum of logarithms, and ::

    pi gamma (1 - F) = (1 - gamma + gamma h_0) arg w
                       + gamma sum_k h_k (arg(w - t_k) - t_k Im w / |w - t_k|^2)

with h_0 the weight of a zero eigenvalue. Between two intervals of the support lies a gap of the
population: their masses are sums of its weights (Z. D. Bai, J. W. Silverstein, "Exact separation of
eigenvalues of large dimensional sample covariance matrices", Annals of Probability 27, 1999).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._frozen_law import FrozenLaw
from skrmt.theory._increasing_root import increasing_root
from skrmt.theory._parameter_checks import require_positive
from skrmt.theory._silverstein_support import SilversteinSupport
from skrmt.theory._spectrum import as_nonnegative


@dataclass(frozen=True, eq=False, repr=False)
class GeneralMarchenkoPastur(FrozenLaw):
    r"""Law of the eigenvalues of the sample covariance of features with a known covariance.

    The limit for n samples of p features, ``gamma = p / n``, with the given eigenvalues of the
    population covariance. Methods as of SciPy's frozen distributions, without an integral or a
    fixed-point iteration behind them.

    Parameters
    ----------
    eigenvalues : array-like of shape (m,)
        Eigenvalues of the population covariance, not negative, not all zero.
    gamma : float
        Features per sample, ``p / n``, positive.
    weights : array-like of shape (m,), default=None
        Share of each eigenvalue, or anything proportional; None is the same for each.

    Attributes
    ----------
    edges : ndarray of float64, shape (n_intervals, 2)
        Ends of the intervals of the continuous part, ascending.
    masses : ndarray of float64, shape (n_intervals,)
        Share of the eigenvalues in each of them.
    atom : float
        Share of the eigenvalues that are zero.

    Raises
    ------
    ValueError
        If an eigenvalue or a weight is negative or not finite, all are zero, their numbers differ
        or `gamma` is not positive.

    See Also
    --------
    MarchenkoPastur : The law of one eigenvalue, with more digits in its tails.

    Notes
    -----
    Time and memory of an evaluation are proportional to the number of different eigenvalues times
    the number of points. `cdf` and `sf` have an absolute error of about 1e-14. A gap that is
    narrower than rounding is not seen. `pdf` leaves out the atom, and is infinite at zero where
    ``1 / gamma`` is the share of positive eigenvalues.

    Examples
    --------
    >>> from skrmt.theory import GeneralMarchenkoPastur
    >>> law = GeneralMarchenkoPastur([1.0, 7.0], 0.1, weights=[0.7, 0.3])
    >>> law.edges.round(3)
    array([[0.516, 1.553],
           [4.87 , 9.715]])
    >>> law.masses.round(6)
    array([0.7, 0.3])
    >>> law.cdf([1.0, 3.0, 7.0]).round(4)
    array([0.3994, 0.7   , 0.8491])
    """

    eigenvalues: NDArray[np.float64]
    gamma: float
    weights: NDArray[np.float64] | None = None

    def __post_init__(self):
        values = as_nonnegative("eigenvalues", self.eigenvalues, 1).copy()
        if not values.any():
            raise ValueError("eigenvalues must not be all zero, or none; the law is an atom then.")
        weights = np.ones_like(values) if self.weights is None else self.weights
        weights = as_nonnegative("weights", weights, 1)
        if weights.shape != values.shape:
            raise ValueError(
                f"weights must have one value for each of eigenvalues, got shapes {weights.shape} "
                f"and {values.shape}."
            )
        if not (weights[values > 0] > 0).any():
            raise ValueError("weights must not be zero for all positive eigenvalues.")
        weights = weights / weights.max()
        self.__setstate__((values, require_positive("gamma", self.gamma), weights / weights.sum()))

    def __getstate__(self):
        return self.eigenvalues, self.gamma, self.weights

    def __setstate__(self, state):
        for name, value in zip(("eigenvalues", "gamma", "weights"), state, strict=True):
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)

    def __repr__(self):
        values, weights = (
            np.array2string(array, separator=", ", threshold=6, edgeitems=2)
            for array in (self.eigenvalues, self.weights)
        )
        name = type(self).__name__
        return f"{name}(eigenvalues={values}, gamma={self.gamma!r}, weights={weights})"

    def _key(self):
        return self.eigenvalues.tobytes(), self.gamma, self.weights.tobytes()

    def __eq__(self, other):
        if not isinstance(other, GeneralMarchenkoPastur):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self):
        return hash(self._key())

    @cached_property
    def _support(self):
        return SilversteinSupport(self.eigenvalues, self.weights, self.gamma)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Ends of the intervals of the continuous part.

        Returns
        -------
        ndarray of float64, shape (n_intervals, 2)
            Lower and upper edge of each, ascending.
        """
        return self._support.unit * self._support.x

    @property
    def masses(self) -> NDArray[np.float64]:
        """Share of the eigenvalues in each interval.

        Returns
        -------
        ndarray of float64, shape (n_intervals,)
            The shares; with the atom, of sum 1.
        """
        most, least = self._support.survivors.T
        return most - least

    @property
    def atom(self) -> float:
        """Share of the eigenvalues that are zero.

        Returns
        -------
        float
            The larger of the population's share and ``1 - 1 / gamma``.
        """
        return self._support.atom

    def _ends(self):
        edges = self.edges
        return (0.0 if self.atom else float(edges[0, 0])), float(edges[-1, 1])

    def _located(self, x):
        """Points in units of the support, their interval, and which are inside of it."""
        scaled = x / self._support.unit
        lows, highs = self._support.x.T
        interval = np.clip(np.searchsorted(lows, scaled, side="right") - 1, 0, None)
        return scaled, interval, (lows[interval] < scaled) & (scaled < highs[interval])

    def _pdf(self, x):
        scaled, interval, inside = self._located(x)
        density = np.where((x == 0) & (self._support.u[0, 0] == 0), np.inf, 0.0)
        w = self._support.at_point(scaled[inside], interval[inside])
        density[inside] = self._support.density(*w) / self._support.unit
        return density

    def _masses(self, x):
        """Masses up to the points and above them."""
        support = self._support
        scaled, interval, inside = self._located(x)
        end = np.where(scaled <= support.x[interval, 0], 0, 1)
        upto, above = support.levels[interval, end], support.survivors[interval, end]
        w = support.at_point(scaled[inside], interval[inside])
        most, least = support.survivors[interval[inside]].T
        above[inside] = np.clip(support.mass_above(*w), least, most)
        upto[inside] = np.clip(
            support.mass_upto(above[inside]), *support.levels[interval[inside]].T
        )
        return np.where(x < 0, 0.0, upto), np.where(x < 0, 1.0, above)

    def _cdf(self, x):
        return self._masses(x)[0]

    def _sf(self, x):
        return self._masses(x)[1]

    def _quantile(self, above, interval, top, atom):
        """Points with a mass above them, of known interval, and known where end or atom."""
        support = self._support
        result = support.x[interval, np.where(top, 1, 0)]
        inside = ~top & ~atom & (above < support.survivors[interval, 0])
        result[inside] = support.at_survivors(above[inside], interval[inside])
        return np.where(atom, 0.0, support.unit * result)

    def _ppf(self, q):
        below = self._support.levels[:, 1]
        interval = np.searchsorted(below, q)
        atom = (q <= self.atom) & (self.atom > 0)
        return self._quantile(1 - q, interval, q == below[interval], atom)

    def _isf(self, q):
        least = self._support.survivors[:, 1]
        interval = np.searchsorted(-least, -q)
        atom = (q >= self._support.share) & (self.atom > 0)
        return self._quantile(q, interval, q == least[interval], atom)

    def _raw_moment(self, order):
        # The companion is a free compound Poisson law: its free cumulants are gamma E[t^k].
        t = self.eigenvalues / self._support.unit
        cumulants = [self.gamma * float(self.weights @ t**k) for k in range(1, order + 1)]
        moments = [1.0]
        for n in range(1, order + 1):
            series, power, total = np.array(moments), np.ones(1), 0.0
            for k in range(1, n + 1):
                power = np.convolve(power, series)[:n]
                total += cumulants[k - 1] * power[n - k]
            moments.append(total)
        return self._support.unit**order * moments[-1] / self.gamma

    def _var(self):
        mean = float(self.weights @ self.eigenvalues)
        spread = float(self.weights @ (self.eigenvalues - mean) ** 2)
        return spread + self.gamma * mean**2

    def stieltjes(self, z: ArrayLike) -> NDArray | complex | float:
        """The Stieltjes transform, the mean of ``1 / (x - z)`` under the law.

        Parameters
        ----------
        z : array-like of any shape, real or complex
            Where to evaluate it; real points must be outside the support.

        Returns
        -------
        float, complex or ndarray of float64 or complex128, shape of `z`
            The transform, real for real `z`.

        Raises
        ------
        ValueError
            If a point is not finite, or real and in the support.

        Examples
        --------
        >>> from skrmt.theory import GeneralMarchenkoPastur
        >>> law = GeneralMarchenkoPastur([1.0, 3.0], 0.5)
        >>> round(law.stieltjes(0.0), 6), round(law.stieltjes(20.0), 6)
        (1.333333, -0.056135)
        """
        points = np.asarray(z)
        if points.dtype.kind not in "biufc" or not np.isfinite(points).all():
            raise ValueError(f"z must be finite numbers, got {z!r}.")
        support = self._support
        flat = points.ravel().astype(complex) / support.unit
        w = np.empty_like(flat)
        real = flat.imag == 0
        w[real] = self._real_solution(flat.real[real])
        above = flat.real[~real] + 1j * np.abs(flat.imag[~real])
        solution = support.equation.above(above)
        w[~real] = np.where(flat.imag[~real] > 0, solution, solution.conj())
        sums = np.empty_like(w)
        for block in support.equation.blocks(w.size):
            sums[block] = (1 / (w[block, None] - support.equation.t)) @ support.h
        if support.excess > 0 and not support.zero:  # z / w, known also where both are zero
            result = -sums / (support.excess + self.gamma * w * sums)
        else:
            result = -(support.zero + w * sums) / flat
        result = (result / support.unit).reshape(points.shape)
        if points.dtype.kind != "c":
            result = result.real
        return result if result.ndim else result.item()

    def _real_solution(self, x):
        support = self._support
        lows, highs = support.x.T
        below = np.searchsorted(lows, x, side="right")
        inside = (below > 0) & (x <= highs[np.maximum(below - 1, 0)])
        inside |= (x == 0) & (support.atom > 0)
        if inside.any():
            bad = float(support.unit * x[inside][0])
            raise ValueError(
                f"z = {bad!r} is in the support of the law; add a small imaginary part."
            )
        equation = support.equation
        ends = np.r_[-np.inf, support.u.ravel(), np.inf].reshape(-1, 2)
        centre = x - equation.shift
        low = np.maximum(ends[below, 0], centre - equation.radius)
        high = np.minimum(ends[below, 1], centre + equation.radius)
        return increasing_root(
            lambda u, _: equation.z_of_real(u), x, low, high, low + (high - low) / 2
        )
