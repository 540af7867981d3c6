# SPDX-License-Identifier: BSD-3-Clause
"""Isolated eigenvalues of inner-product kernels: where they lie and what they tell.

Samples ``x_i = ±mu + z_i`` with signal-to-noise ratio ``rho = ||mu||^2``; kernel, c, a1 and nu as
in the law of the noise, ``kappa = nu / a1^2 >= 1``. An eigenvalue leaves the bulk where rho is
above the root gamma of ``1 / c = 1 / gamma^2 + (kappa - 1) / (1 + gamma)^2``. It then lies at ::

    G(rho) = a1 (1 + rho) / c + a1 / rho + (nu - a1^2) / (a1 (1 + rho))

and its eigenvector has the squared correlation alpha with the class labels ::

    alpha = rho / (1 + rho) * (1 - c (1 / rho^2 + (kappa - 1) / (1 + rho)^2))

so that its signs err with probability ``Q(sqrt(alpha / (1 - alpha)))``, Q the Gaussian tail
(Z. Liao, R. Couillet, M. W. Mahoney, "Sparse Quantized Spectral Clustering", ICLR 2021,
arXiv:2010.01376, theorem and corollaries in other symbols). For several classes each population
eigenvalue rho of the class means acts by itself [ours]. The p-values and the inverse of G are ours.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from skrmt.theory._inner_kernel import (
    bulk_of,
    distance_to_poles,
    edge_scale,
    edge_shift,
    inner_kernel_edges,
)
from skrmt.theory._parameter_checks import as_number, require_positive
from skrmt.theory._spectrum import as_array, as_count, as_nonnegative, as_result
from skrmt.theory._tracy_widom import tracy_widom_sf


def _require_kappa(kappa):
    number = as_number(kappa)
    if not 1 <= number < math.inf:
        raise ValueError(
            f"kappa must be a finite number of at least 1, got {kappa!r}; it is variance / "
            "linear^2, and infinite for functions without linear part, which see no classes."
        )
    return number


def _require_linear(linear):
    number = as_number(linear)
    if not 0 < number < math.inf:
        raise ValueError(
            f"linear must be a positive finite number, got {linear!r}; a kernel without linear "
            "part sees no classes, and for a negative one take -f."
        )
    return number


def phase_transition(c: float, kappa: float = 1.0) -> float:
    """Signal-to-noise ratio from which on the classes show in the spectrum.

    The largest root of ``x^4 + 2 x^3 + (1 - c kappa) x^2 - 2 c x - c`` (the paper's F).

    Parameters
    ----------
    c : float
        Features per sample, ``p / n``, positive.
    kappa : float, default=1.0
        ``nu / a1^2`` of the kernel function, at least 1; 1 is the linear kernel.

    Returns
    -------
    float
        The transition gamma; ``sqrt(c)`` for the linear kernel.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> from skrmt.theory import phase_transition
    >>> round(phase_transition(0.5), 4), round(phase_transition(0.5, 2.276), 4)
    (0.7071, 0.7901)
    """
    c, kappa = require_positive("c", c), _require_kappa(kappa)
    root = math.sqrt(kappa)
    return distance_to_poles(c, 1 / root, (kappa - 1) / kappa) * root


def spike_eigenvalue(
    snr: ArrayLike, c: float, linear: float, variance: float
) -> NDArray[np.float64] | float:
    """Limit of the eigenvalue that belongs to a signal.

    Parameters
    ----------
    snr : array-like of any shape
        Signal-to-noise ratios rho, not negative.
    c : float
        Features per sample, ``p / n``, positive.
    linear : float
        Coefficient ``a1`` of the kernel function, positive.
    variance : float
        Variance ``nu`` of the kernel function, at least ``a1^2``.

    Returns
    -------
    float or ndarray of float64, shape of `snr`
        ``G(rho)`` above the transition, the upper edge of the bulk up to it.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    See Also
    --------
    spike_strength : The inverse.

    Examples
    --------
    >>> from skrmt.theory import spike_eigenvalue
    >>> spike_eigenvalue([0.1, 3.0], 0.5, 1.0, 1.0).round(4)
    array([4.8284, 8.3333])
    """
    rho, a1 = as_nonnegative("snr", snr), _require_linear(linear)
    bulk = bulk_of(c, linear, variance)
    edge, _, distance = bulk.edge()
    gamma = distance / bulk.ratio
    above = np.maximum(rho, gamma)
    rest = bulk.rest * bulk.scale**2 / a1
    with np.errstate(over="ignore"):
        value = a1 * (1 + above) / bulk.c + a1 / above + rest / (1 + above)
    if not np.isfinite(value).all():
        raise ValueError(f"snr={float(rho.max())!r} is so large that the eigenvalue overflows.")
    return as_result(np.where(rho > gamma, np.maximum(value, edge), edge))


def spike_strength(
    eigenvalue: ArrayLike, c: float, linear: float, variance: float
) -> NDArray[np.float64] | float:
    """Signal-to-noise ratio that an isolated eigenvalue stands for.

    Parameters
    ----------
    eigenvalue : array-like of any shape
        Eigenvalues of the kernel matrix.
    c : float
        Features per sample, ``p / n``, positive.
    linear : float
        Coefficient ``a1`` of the kernel function, positive.
    variance : float
        Variance ``nu`` of the kernel function, at least ``a1^2``.

    Returns
    -------
    float or ndarray of float64, shape of `eigenvalue`
        The rho with ``G(rho)`` at the eigenvalue; 0 where it is not above the edge of the bulk.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    See Also
    --------
    spike_eigenvalue : The inverse.

    Notes
    -----
    Just above the edge the answer changes with the square root of the distance from it.

    Examples
    --------
    >>> from skrmt.theory import spike_eigenvalue, spike_strength
    >>> value = spike_eigenvalue(3.0, 0.5, 0.8, 1.0)
    >>> round(spike_strength(value, 0.5, 0.8, 1.0), 10)
    3.0
    """
    values, a1 = as_array("eigenvalue", eigenvalue), _require_linear(linear)
    bulk = bulk_of(c, linear, variance)
    edge, _, distance = bulk.edge()
    gamma = distance / bulk.ratio
    isolated = values > edge
    target = values[isolated] / a1
    excess = bulk.rest / bulk.ratio**2
    # G is convex and the start is right of the root: Newton's steps fall to it and never pass it.
    rho = np.maximum(bulk.c * target - 1, gamma)
    for _ in range(100):
        value = (1 + rho) / bulk.c + 1 / rho + excess / (1 + rho) - target
        slope = 1 / bulk.c - 1 / rho**2 - excess / (1 + rho) ** 2
        step = np.divide(value, slope, out=np.zeros_like(rho), where=(slope > 0) & (value > 0))
        updated = np.maximum(rho - step, gamma)
        if (updated == rho).all():
            break
        rho = updated
    strength = np.zeros(values.shape)
    strength[isolated] = rho
    return as_result(strength)


def _split_alignment(snr, c, kappa):
    """Return alpha and 1 - alpha, the latter with its digits."""
    rho = as_nonnegative("snr", snr)
    gamma, c, kappa = phase_transition(c, kappa), float(c), float(kappa)
    above = rho > gamma
    x = np.where(above, rho, 1.0)
    loss = c * ((1 / x) ** 2 + (kappa - 1) / (1 + x) / (1 + x))
    alpha = np.where(above, np.clip(x / (1 + x) * (1 - loss), 0, 1), 0.0)
    rest = np.where(above, np.clip((1 + x * loss) / (1 + x), 0, 1), 1.0)
    return alpha, rest


def spike_alignment(snr: ArrayLike, c: float, kappa: float = 1.0) -> NDArray[np.float64] | float:
    """Squared correlation of the leading eigenvector with the class labels.

    Parameters
    ----------
    snr : array-like of any shape
        Signal-to-noise ratios rho, not negative.
    c : float
        Features per sample, ``p / n``, positive.
    kappa : float, default=1.0
        ``nu / a1^2`` of the kernel function, at least 1; 1 is the linear kernel.

    Returns
    -------
    float or ndarray of float64, shape of `snr`
        Squared correlation alpha, between 0 and 1; 0 up to the transition.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    See Also
    --------
    misclassification_rate : The error of the signs.

    Examples
    --------
    >>> from skrmt.theory import spike_alignment
    >>> spike_alignment([0.5, 3.0], 0.5).round(4)
    array([0.    , 0.7083])
    """
    return as_result(_split_alignment(snr, c, kappa)[0])


def misclassification_rate(
    snr: ArrayLike, c: float, kappa: float = 1.0
) -> NDArray[np.float64] | float:
    """Share of samples that the signs of the leading eigenvector put into the wrong class.

    For two balanced classes with the means ±mu.

    Parameters
    ----------
    snr : array-like of any shape
        Signal-to-noise ratios ``rho = ||mu||^2``, not negative.
    c : float
        Features per sample, ``p / n``, positive.
    kappa : float, default=1.0
        ``nu / a1^2`` of the kernel function, at least 1; 1 is the linear kernel.

    Returns
    -------
    float or ndarray of float64, shape of `snr`
        The error, 0.5 up to the transition.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> import math
    >>> from skrmt.theory import misclassification_rate
    >>> misclassification_rate([0.5, 3.0, 6.0], 0.5, math.pi / 2).round(4)
    array([0.5   , 0.0656, 0.0109])
    """
    alpha, rest = _split_alignment(snr, c, kappa)
    return as_result(np.asarray(ndtr(-np.sqrt(alpha / rest))))


def edge_pvalues(
    eigenvalues: ArrayLike,
    n_samples: int,
    c: float,
    linear: float,
    variance: float,
    fourth: float,
) -> NDArray[np.float64] | float:
    """Probability that the largest eigenvalue of noise alone is as large.

    The Tracy-Widom law at the upper edge, moved by :func:`edge_shift`, in units of
    ``edge_scale * n^(-2/3)``.

    Parameters
    ----------
    eigenvalues : array-like of any shape
        Eigenvalues of the kernel matrix.
    n_samples : int
        Number of samples n.
    c : float
        Features per sample, ``p / n``, positive.
    linear : float
        Coefficient ``a1`` of the kernel function.
    variance : float
        Variance ``nu`` of the kernel function, at least ``a1^2``.
    fourth : float
        Centred fourth moment of the kernel function, at least ``nu^2``.

    Returns
    -------
    float or ndarray of float64, shape of `eigenvalues`
        The p-values.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> from skrmt.theory import edge_pvalues
    >>> edge_pvalues([4.9, 5.1], 1000, 0.5, 1.0, 1.0, 3.0).round(4)
    array([0.0211, 0.    ])
    """
    values, n = as_array("eigenvalues", eigenvalues), as_count("n_samples", n_samples)
    edge = inner_kernel_edges(c, linear, variance)[1]
    edge += edge_shift(c, linear, variance, fourth, n)
    return tracy_widom_sf((values - edge) / (edge_scale(c, linear, variance) * n ** (-2 / 3)))
