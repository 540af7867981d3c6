# SPDX-License-Identifier: BSD-3-Clause
"""Isolated eigenvalues of inner-product kernels that carry no class.

A function f with a quadratic part, ``a2 = E[(xi^2 - 1) f(xi)] / sqrt(2)``, sees the norms of the
samples: with ``s_i = ||x_i||^2 / p - 1``, of variance ``(kurtosis - 1) / p``, the mean of an entry
given the norms is ``a2 (s_i + s_j) / sqrt(2 p)``. This matrix of rank two has the eigenvalues
``±(a2 / c) sqrt((kurtosis - 1) / 2)``; like any perturbation of low rank it makes an isolated
eigenvalue where its reciprocal is ``-m(z)`` outside the bulk.
"""

import math

from skrmt.theory._inner_kernel import bulk_of
from skrmt.theory._parameter_checks import as_number


def spurious_eigenvalues(
    quadratic: float, kurtosis: float, c: float, linear: float, variance: float
) -> tuple[float, ...]:
    """Isolated eigenvalues that carry no class, of kernels that are not odd.

    The quadratic part of f sees the fluctuations of the norms of the samples, a perturbation of
    rank two with eigenvalues ``-1 / m`` for ``m = ±c sqrt(2 / (kurtosis - 1)) / a2``. It makes the
    isolated eigenvalue z(m) wherever ``dz/dm > 0`` (R. Couillet, Z. Liao, "Random Matrix Methods
    for Machine Learning", section 4.3).

    Parameters
    ----------
    quadratic : float
        Coefficient ``a2`` of the kernel function; zero for odd functions.
    kurtosis : float
        Fourth moment of the standardised features, at least 1; 3 for Gaussian ones.
    c : float
        Features per sample, ``p / n``, positive.
    linear : float
        Coefficient ``a1`` of the kernel function.
    variance : float
        Variance ``nu`` of the kernel function, at least ``a1^2 + a2^2``.

    Returns
    -------
    tuple of float
        The eigenvalues, ascending: none, one or two.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    Rows scaled to the same norm have none, whatever the function.

    Examples
    --------
    >>> import math
    >>> from skrmt.theory import hermite_coefficients, spurious_eigenvalues
    >>> h = hermite_coefficients(abs, breakpoints=(0.0,))
    >>> found = spurious_eigenvalues(h.quadratic, 5.0, 0.5, h.linear, h.variance)
    >>> [round(value, 3) for value in found]
    [-2.051, 2.051]
    """
    bulk = bulk_of(c, linear, variance)
    a1, a2, k4 = float(linear), as_number(quadratic), as_number(kurtosis)
    explained = a1 * a1 + a2 * a2
    if not explained <= variance * (1 + 1e-9):
        raise ValueError(
            f"quadratic must be finite, and linear^2 + quadratic^2 not above variance={variance!r},"
            f" got quadratic={quadratic!r} and linear={linear!r}."
        )
    if not 1 <= k4 < math.inf:
        raise ValueError(f"kurtosis must be a finite number of at least 1, got {kurtosis!r}.")
    if a2 == 0 or k4 == 1:
        return ()
    found = []
    rest = bulk.rest * bulk.scale**2
    for d in (math.sqrt(2 / (k4 - 1)) / a2, -math.sqrt(2 / (k4 - 1)) / a2):
        pole = 1 + a1 * d
        if pole == 0:
            continue
        if rest * d * d + (a1 * d / pole) ** 2 < 1 / bulk.c:
            found.append(-1 / (bulk.c * d) - a1 * a1 * d / pole - rest * d)
    return tuple(sorted(found))
