# SPDX-License-Identifier: BSD-3-Clause
"""What every law with fixed parameters can do, under the names of SciPy's frozen distributions."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._parameter_checks import as_number
from skrmt.theory._spectrum import as_result

Numbers = NDArray[np.float64] | float


def as_points(name: str, values: object) -> NDArray[np.float64]:
    """Convert points of the real line, its ends included, to float64.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    values : array-like
        What was given.

    Returns
    -------
    ndarray of float64
        The points.

    Raises
    ------
    ValueError
        If one is nan or no number.
    """
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, got {values!r}.") from error
    if np.isnan(array).any():
        raise ValueError(f"{name} must not be nan; leave such values out.")
    return array


def as_probabilities(name: str, values: object) -> NDArray[np.float64]:
    """Convert probabilities to float64.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    values : array-like
        What was given.

    Returns
    -------
    ndarray of float64
        The probabilities.

    Raises
    ------
    ValueError
        If one is not between 0 and 1.
    """
    array = as_points(name, values)
    if not ((array >= 0) & (array <= 1)).all():
        bad = array[(array < 0) | (array > 1)].flat[0]
        raise ValueError(f"{name} must be between 0 and 1, got {float(bad)!r}.")
    return array


def by_entry(function: Callable, array: NDArray[np.float64]) -> Numbers:
    """Apply a function of one-dimensional arrays to an array of any shape.

    Parameters
    ----------
    function : callable
        Takes and returns an array of shape (n,).
    array : ndarray of float64
        Its argument.

    Returns
    -------
    float or ndarray of float64, shape of `array`
        The values.
    """
    return as_result(np.asarray(function(array.ravel())).reshape(array.shape))


class FrozenLaw(ABC):
    """A law on the real line with fixed parameters.

    A subclass gives the five functions below on one-dimensional arrays, the support and the
    moments; the rest follows.
    """

    @abstractmethod
    def _pdf(self, x):
        """Density of the continuous part."""

    @abstractmethod
    def _cdf(self, x):
        """Probability of a value up to x."""

    @abstractmethod
    def _ppf(self, q):
        """Smallest x with a probability of q up to it."""

    def _sf(self, x):
        return 1 - self._cdf(x)

    def _isf(self, q):
        return self._ppf(1 - q)

    @abstractmethod
    def _raw_moment(self, order):
        """Moment about zero of an order of at least 1."""

    @abstractmethod
    def _ends(self):
        """Ends of the support."""

    @abstractmethod
    def _var(self):
        """Variance."""

    def pdf(self, x: ArrayLike) -> Numbers:
        """Density of the continuous part of the law.

        Parameters
        ----------
        x : array-like of any shape
            Where to evaluate it.

        Returns
        -------
        float or ndarray of float64, shape of `x`
            The density; an atom is left out.

        Raises
        ------
        ValueError
            If `x` holds nan.
        """
        return by_entry(self._pdf, as_points("x", x))

    def logpdf(self, x: ArrayLike) -> Numbers:
        """Logarithm of the density.

        Parameters
        ----------
        x : array-like of any shape
            Where to evaluate it.

        Returns
        -------
        float or ndarray of float64, shape of `x`
            The logarithm; minus infinity where the density is zero.

        Raises
        ------
        ValueError
            If `x` holds nan.
        """
        with np.errstate(divide="ignore"):
            return as_result(np.log(np.asarray(self.pdf(x))))

    def cdf(self, x: ArrayLike) -> Numbers:
        """Distribution function.

        Parameters
        ----------
        x : array-like of any shape
            Where to evaluate it.

        Returns
        -------
        float or ndarray of float64, shape of `x`
            Probability of a value up to `x`.

        Raises
        ------
        ValueError
            If `x` holds nan.
        """
        return by_entry(self._cdf, as_points("x", x))

    def sf(self, x: ArrayLike) -> Numbers:
        """Survival function, ``1 - cdf``.

        Parameters
        ----------
        x : array-like of any shape
            Where to evaluate it.

        Returns
        -------
        float or ndarray of float64, shape of `x`
            Probability of a value above `x`.

        Raises
        ------
        ValueError
            If `x` holds nan.
        """
        return by_entry(self._sf, as_points("x", x))

    def ppf(self, q: ArrayLike) -> Numbers:
        """Quantiles.

        Parameters
        ----------
        q : array-like of any shape
            Probabilities, between 0 and 1.

        Returns
        -------
        float or ndarray of float64, shape of `q`
            Smallest values with a probability of `q` up to them; at 0 and 1 the ends of the
            support.

        Raises
        ------
        ValueError
            If a probability is not in [0, 1].
        """
        return by_entry(self._ppf, as_probabilities("q", q))

    def isf(self, q: ArrayLike) -> Numbers:
        """Upper quantiles.

        Parameters
        ----------
        q : array-like of any shape
            Probabilities, between 0 and 1.

        Returns
        -------
        float or ndarray of float64, shape of `q`
            Values with a probability of `q` above them.

        Raises
        ------
        ValueError
            If a probability is not in [0, 1].
        """
        return by_entry(self._isf, as_probabilities("q", q))

    def median(self) -> float:
        """Median of the law.

        Returns
        -------
        float
            ``ppf(0.5)``.
        """
        return self.ppf(0.5)

    def mean(self) -> float:
        """Mean of the law.

        Returns
        -------
        float
            The mean.
        """
        return self._raw_moment(1)

    def var(self) -> float:
        """Variance of the law.

        Returns
        -------
        float
            The variance.
        """
        return self._var()

    def std(self) -> float:
        """Standard deviation of the law.

        Returns
        -------
        float
            The standard deviation.
        """
        return math.sqrt(self._var())

    def moment(self, order: int) -> float:
        """Moment about zero.

        Parameters
        ----------
        order : int
            The power, not negative.

        Returns
        -------
        float
            Mean of ``X^order``, atoms included.

        Raises
        ------
        ValueError
            If `order` is not an integer of at least 0.
        """
        number = math.nan if isinstance(order, str | bytes | bool) else as_number(order)
        if not (number >= 0 and math.isfinite(number) and number == int(number)):
            raise ValueError(f"order must be an integer of at least 0, got {order!r}.")
        return self._raw_moment(int(number)) if number else 1.0

    def support(self) -> tuple[float, float]:
        """Least and largest point of the law.

        Returns
        -------
        lower, upper : float
            The ends, an atom included.
        """
        return self._ends()

    def interval(self, confidence: float) -> tuple[float, float]:
        """Interval with the same probability on either side.

        Parameters
        ----------
        confidence : float
            Probability inside, between 0 and 1.

        Returns
        -------
        lower, upper : float
            Its ends.

        Raises
        ------
        ValueError
            If `confidence` is not in [0, 1].
        """
        outside = (1 - as_probabilities("confidence", confidence)) / 2
        return self.ppf(outside), self.isf(outside)

    def rvs(
        self,
        size: int | tuple[int, ...] | None = None,
        random_state: int | np.random.Generator | np.random.RandomState | None = None,
    ) -> Numbers:
        """Independent draws, by inversion of the distribution function.

        Parameters
        ----------
        size : int or tuple of int, default=None
            Shape of the result; None is a single number.
        random_state : int, Generator, RandomState or None, default=None
            Source of the random numbers; an integer makes them reproducible.

        Returns
        -------
        float or ndarray of float64 of shape `size`
            The draws.
        """
        if not isinstance(random_state, np.random.Generator | np.random.RandomState):
            random_state = np.random.default_rng(random_state)
        return self.ppf(random_state.uniform(size=size))
