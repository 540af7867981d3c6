# SPDX-License-Identifier: BSD-3-Clause
"""The three-level quantised Fourier feature ("phase"), right in every dimension.

With ``w ~ N(0, I)`` and a phase offset b uniform on the circle, let f be the distance of
``v = sqrt(2 gamma) w.x / (2 pi) + b`` to the nearest integer. The feature is +1 for f < 1/6, -1 for
f > 1/3 and 0 between: a cosine ``cos(2 pi v)`` rounded to three levels. Its Fourier coefficients
are those of a square wave without the harmonics that are multiples of two or three, so with
``s = gamma ||x - y||^2`` and the scale ``a = pi / sqrt(6)`` the kernel is ::

    K(s) = sum of exp(-m^2 s) / m^2 over m = 1, 5, 7, 11, 13, ...  =  exp(-s) + small terms

of which all but the first vanish unless s is small. At s = 0 it is pi^2 / 9 = 1.0966.
"""

import math

import numpy as np

from skrmt.theory._gaussian_moments import KernelMoments
from skrmt.theory._parameter_checks import require_positive, require_scale

PHASE_SCALE = math.pi / math.sqrt(6)

# By Poisson summation the sums over m are, up to terms exp(-pi^2 / (36 s)), elementary functions of
# s. Below this s those terms are under 1e-18, and above it 24 terms of the series suffice: both
# branches are exact to double precision.
_SMALL = 0.006
_HARMONICS = np.array([m for m in range(1, 84) if m % 2 and m % 3], dtype=np.float64)


def phase_kernel(squared_distance: np.ndarray | float, gamma: float) -> np.ndarray | np.float64:
    """Kernel that the phase features estimate.

    Parameters
    ----------
    squared_distance : array-like
        Squared Euclidean distances, not negative.
    gamma : float
        Parameter of the Gaussian kernel ``exp(-gamma d^2)`` that is approximated, positive.

    Returns
    -------
    ndarray of the shape of `squared_distance`, or float
        Values between 0 and ``pi^2 / 9``, to double precision.

    Raises
    ------
    ValueError
        If `gamma` is not positive or a squared distance is negative or nan.

    Notes
    -----
    At small distances the kernel is ``pi^2 / 9 - sqrt(pi gamma) d / 3``: rounding the cosine makes
    a cusp, as in the Laplace kernel. From ``gamma d^2 = 0.1`` on it differs from the Gaussian
    kernel by less than 0.0035.

    Examples
    --------
    >>> from skrmt.theory import phase_kernel
    >>> phase_kernel([0.0, 1.0, 4.0], gamma=1.0).round(6)
    array([1.096623, 0.367879, 0.018316])
    """
    gamma = require_positive("gamma", gamma)
    distances = np.asarray(squared_distance, dtype=np.float64)
    if not (distances >= 0).all():
        raise ValueError("squared_distance must not be negative or nan.")
    with np.errstate(over="ignore"):  # the kernel of an infinite distance is zero
        s = gamma * distances
    result = math.pi**2 / 9 - np.sqrt(math.pi * s) / 3
    large = s > _SMALL
    squares = _HARMONICS**2
    # Term by term, in place: the arrays may be whole kernel matrices.
    series = np.zeros_like(s[large])
    with np.errstate(over="ignore"):
        for square in squares[::-1]:
            series += np.exp(-square * s[large]) / square
    result = np.asarray(result)
    result[large] = series
    return result if result.ndim else result[()]


def phase_moments(tau: float, gamma: float) -> KernelMoments:
    """Compute the moments of the phase kernel, as a radial kernel at ``d^2 = 2 tau``.

    Those of the Gaussian kernel, with terms of order ``exp(-50 gamma tau)`` added to d1 and d2 and
    with a variance larger by 0.0966; the difference of the variances is the extra ridge penalty of
    phase features (:func:`ridge_shift`).

    Parameters
    ----------
    tau : float
        Mean squared norm of the centred samples, positive.
    gamma : float
        Parameter of the Gaussian kernel that is approximated, positive.

    Returns
    -------
    KernelMoments
        The moments at `tau`.

    Raises
    ------
    ValueError
        If `tau` or `gamma` is not positive, or their product is not between
        1e-100 and 1e100.

    Examples
    --------
    >>> from skrmt.theory import kernel_moments, phase_moments, ridge_shift
    >>> target = kernel_moments("rbf", tau=1.0, gamma=0.5)
    >>> round(ridge_shift(target, phase_moments(tau=1.0, gamma=0.5)), 6)
    0.096623
    """
    tau = require_positive("tau", tau)
    s = 2 * require_scale(gamma, tau)
    # The parts m1 sqrt(tau) = sqrt(-s K'(s)) and m2 tau = s sqrt(K''(s)) of a radial kernel.
    if s > _SMALL:
        squares = _HARMONICS**2
        weights = np.exp(-squares * s)
        linear = math.sqrt(s * float(weights.sum()))
        quadratic = s * math.sqrt(float((squares * weights).sum()))
        # sum of (1 - exp(-m^2 s)) / m^2: the tail that is cut off here is in the value at zero.
        variance = math.pi**2 / 9 - float((weights / squares).sum())
    else:
        variance = math.sqrt(math.pi * s) / 3
        linear, quadratic = math.sqrt(variance / 2), math.sqrt(variance / 4)
    return KernelMoments(tau, linear / math.sqrt(tau), quadratic / tau, variance)


def phase_standard_error(tau: float, gamma: float, n_components: int) -> float:
    """Predict the standard error of an off-diagonal entry of a centred phase kernel.

    Given its offset b, a feature has variance V(b) under ``w.x ~ N(0, tau)``; two samples with
    nearly independent projections share the offset, so the product of their centred features has
    variance ``E_b V(b)^2``. It exceeds the ``V^2`` of :func:`kernel_standard_error` by about
    ``exp(-4 gamma tau) / 2``, relatively, when gamma tau is not small.

    Parameters
    ----------
    tau : float
        Mean squared norm of the centred samples, positive.
    gamma : float
        Parameter of the Gaussian kernel that is approximated, positive.
    n_components : int
        Number N of independent features, at least 1.

    Returns
    -------
    float
        Standard deviation of the entry, in units of the kernel.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> from skrmt.theory import phase_standard_error
    >>> round(phase_standard_error(tau=1.0, gamma=0.5, n_components=10_000), 5)
    0.00749
    """
    b = require_scale(gamma, tau)
    if not n_components >= 1:
        raise ValueError(f"n_components must be at least 1, got {n_components!r}.")
    if b < 1e-3:
        # Standard deviation of v; the four jumps of the feature are 23 of them apart, or more, and
        # each contributes the integral of (Phi Q)^2, a spacing of four Gaussian order statistics.
        deviation = math.sqrt(2 * b) / (2 * math.pi)
        spacing = 12 / math.sqrt(math.pi) - 36 / math.pi**1.5 * math.atan(math.sqrt(2))
        mean_square = 4 * deviation * spacing / 6
    else:
        # Probabilities of +1 and -1 given b: indicator functions of one third of the circle,
        # smoothed by the Gaussian phase. Harmonic k of the latter is exp(-k^2 gamma tau).
        order = math.ceil(math.sqrt(40 / b))
        k = np.arange(1, order + 1)
        coefficients = np.sin(math.pi * k / 3) / (math.pi * k) * np.exp(-(k**2) * b)
        n_offsets = 4 * order + 4  # resolves V(b)^2, a trigonometric polynomial of order 4 order
        spectrum = np.zeros(n_offsets // 2 + 1)
        spectrum[0] = 1 / 3
        spectrum[1 : order + 1] = coefficients
        plus = np.fft.irfft(spectrum, n_offsets, norm="forward")
        spectrum[1 : order + 1] *= (-1.0) ** k
        minus = np.fft.irfft(spectrum, n_offsets, norm="forward")
        mean_square = float(np.mean((plus + minus - (plus - minus) ** 2) ** 2))
    return PHASE_SCALE**2 * math.sqrt(mean_square / n_components)
