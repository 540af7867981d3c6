# SPDX-License-Identifier: BSD-3-Clause
r"""The variance of white noise, and its largest eigenvalue, from the eigenvalues of a sample.

n samples of p features, k of whose eigenvalues are spikes. The trace of the sample covariance is
unbiased, and a spike of the population eigenvalue rho is seen at lambda above it, so that the
variance v of the noise solves (S. Kritchman, B. Nadler, "Determining the number of components in a
factor model from limited noisy data", Chemometrics and Intelligent Laboratory Systems 94, 2008) ::

    (p - k) v = sum_(j > k) lambda_j + sum_(j <= k) (lambda_j - rho_j),
    lambda = rho (1 + v g / (rho - v)),    g = (p - k) / n.

The right side is increasing and convex in v as long as all k eigenvalues are above the edge
``v (1 + sqrt(g))^2``, so that Newton's method started without the last sum rises to the least root
and never passes it. An eigenvalue which that would put inside the bulk is given the rho of the
transition, ``v (1 + sqrt(g))``, to which its rho has fallen when it gets there: the equation stays
continuous, is linear in such eigenvalues, and always has a root [ours; without this it may have
none].

The largest eigenvalue of noise alone follows the Tracy-Widom law, with centre and scale that are
right to second order (Z. Ma, "Accuracy of the Tracy-Widom limits for the extreme eigenvalues in
white Wishart matrices", Bernoulli 18, 2012).
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from skrmt.theory._marchenko_pastur import marchenko_pastur_median
from skrmt.theory._parameter_checks import as_number, require_positive
from skrmt.theory._spectrum import as_count, as_nonnegative
from skrmt.theory._spiked_model import excess_beyond_edge, upper_edge
from skrmt.theory._tracy_widom import TracyWidom


def _as_freedom(name, value):
    """Check a number of samples, which may have been summed from weights."""
    number = math.nan if isinstance(value, str | bytes | bool) else as_number(value)
    if not 1 <= number < math.inf:
        raise ValueError(f"{name} must be a finite number of at least 1, got {value!r}.")
    return number


def largest_eigenvalue_law(n_samples: float, n_features: int, variance: float = 1.0) -> TracyWidom:
    """Law of the largest eigenvalue of the sample covariance of white noise.

    Parameters
    ----------
    n_samples : float
        Degrees of freedom n: the number of samples, one less if they were centred.
    n_features : int
        Number of features p; after k components it is that of the others, ``p - k``.
    variance : float, default=1.0
        Variance of the noise, positive.

    Returns
    -------
    TracyWidom
        Law of the largest eigenvalue of ``X'X / n``.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> from skrmt.theory import largest_eigenvalue_law
    >>> law = largest_eigenvalue_law(300, 100)
    >>> round(law.ppf(0.995), 4)
    2.5999
    """
    n, p = _as_freedom("n_samples", n_samples), as_count("n_features", n_features)
    rows, columns = math.sqrt(n - 0.5), math.sqrt(p - 0.5)
    centre = (rows + columns) ** 2 / n
    scale = math.sqrt(centre / n) * (1 / rows + 1 / columns) ** (1 / 3)
    variance = require_positive("variance", variance)
    return TracyWidom(loc=variance * centre, scale=variance * scale)


def noise_variance(leading: ArrayLike, rest: float, n_samples: float, n_features: int) -> float:
    """Variance of the noise next to k spikes, without the bias of the mean of what is left.

    The spikes take a part of the noise with them, and the mean of the other eigenvalues is too
    small by it.

    Parameters
    ----------
    leading : array-like of shape (k,)
        The k largest eigenvalues of the sample covariance, descending; those of the spikes.
    rest : float
        Sum of all the other eigenvalues, or the trace without the leading ones.
    n_samples : float
        Degrees of freedom n: the number of samples, one less if they were centred.
    n_features : int
        Number of features p, smaller or larger than n.

    Returns
    -------
    float
        Variance of the noise, in the units of the eigenvalues; ``rest / p`` for k = 0, and never
        less than ``rest / (p - k)``.

    Raises
    ------
    ValueError
        If k is not smaller than n and p, a leading eigenvalue is smaller than the mean of the rest,
        or a parameter is out of range.

    See Also
    --------
    median_noise_variance : Without knowing k.

    Notes
    -----
    With more components than there are spikes, the superfluous ones count as spikes at the
    transition, and the estimate is too small by the share ``1 / sqrt(n p)`` for each or so.

    Examples
    --------
    >>> from skrmt.theory import noise_variance
    >>> round(noise_variance([14 / 3], 499 - 1 / 3, 1000, 500), 2)
    1.0
    """
    n, p = _as_freedom("n_samples", n_samples), as_count("n_features", n_features)
    values = as_nonnegative("leading", leading, 1)
    total = float(as_nonnegative("rest", rest, 0))
    k = values.size
    if k >= min(n, p):
        raise ValueError(
            f"leading must have fewer values than there are samples and features, got {k} at "
            f"n_samples={n_samples!r}, n_features={n_features!r}; nothing is left for the noise."
        )
    if (np.diff(values) > 0).any():
        raise ValueError("leading must be descending; sort it, the largest first.")
    mean = total / (p - k)
    if not k or not mean:
        return mean
    # Up to rounding: all eigenvalues may be the same.
    if values[-1] < mean * (1 - 1e-9):
        raise ValueError(
            f"leading must be the largest eigenvalues, got {float(values[-1])!r}, which is smaller "
            f"than {mean!r}, the mean of the others; rest is the sum of these."
        )
    with np.errstate(over="ignore"):
        return mean * _least_root(values / mean, p - k, (p - k) / n)


def _least_root(values, n_rest, ratio):
    """Least root in units of the mean of the rest, whose sum is `n_rest` in these."""
    edge, at_transition = upper_edge(ratio), 1 + math.sqrt(ratio)
    level = 1.0
    for outside in range(values.size, -1, -1):
        inside = values[outside:]
        # Up to this level the first `outside` values are above the edge.
        limit = values[outside - 1] / edge if outside else math.inf
        slope = n_rest + inside.size * at_transition
        constant = n_rest + float(inside.sum())
        while level < limit:
            over, growth = _excess_noise(values[:outside], level, ratio, edge)
            short, rise = constant + over - slope * level, slope - growth
            if short <= 0:
                return level
            if short >= rise * (limit - level):  # also where the rise is not positive
                break
            if level + short / rise <= level * (1 + 1e-15):
                return level
            level += short / rise
        level = max(level, limit)
    return level


def _excess_noise(values, level, ratio, edge):
    """Sum of ``lambda - rho``, and its derivative by the level of the noise."""
    x = excess_beyond_edge(values / level - edge, ratio)
    over = ratio * (1 + 1 / x)
    growth = over + ratio * (1 + 1 / x) * (1 + ratio / x) / (x - ratio / x)
    return level * float(over.sum()), float(growth.sum())


def median_noise_variance(eigenvalues: ArrayLike, n_samples: float, n_features: int) -> float:
    """Variance of the noise from the median eigenvalue, whatever a few spikes do.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_eigenvalues,)
        Eigenvalues of the sample covariance in any order: all p, or the ``min(n, p)`` largest. What
        is beyond these is zero for want of samples, and is left out.
    n_samples : float
        Degrees of freedom n: the number of samples, one less if they were centred.
    n_features : int
        Number of features p, smaller or larger than n; without constant ones.

    Returns
    -------
    float
        Median of the ``min(n, p)`` largest eigenvalues over that of the Marchenko-Pastur law, in
        the units of the eigenvalues.

    Raises
    ------
    ValueError
        If the eigenvalues are more than p or fewer than ``min(n, p)``, or a parameter is out of
        range.

    See Also
    --------
    noise_variance : More exact where the number of spikes is known.

    Notes
    -----
    k spikes push the median up by about k / 2 places, that is by a share of order k / min(n, p).

    Examples
    --------
    >>> from skrmt.theory import MarchenkoPastur, median_noise_variance
    >>> law = MarchenkoPastur(0.5, variance=3.0)
    >>> eigenvalues = law.ppf([(i + 0.5) / 100 for i in range(100)])
    >>> round(median_noise_variance(eigenvalues, 200, 100), 3)
    3.0
    """
    n, p = _as_freedom("n_samples", n_samples), as_count("n_features", n_features)
    values = as_nonnegative("eigenvalues", eigenvalues, 1)
    rank = min(math.floor(n), p)
    if not rank <= values.size <= p:
        raise ValueError(
            f"eigenvalues must be all {p} or the {rank} largest, got {values.size}; those of "
            "a partial decomposition do not show the median."
        )
    # The non-zero eigenvalues for p > n are those of the transposed data, times p / n.
    ratio = p / n
    median = marchenko_pastur_median(min(ratio, 1 / ratio)) * max(ratio, 1.0)
    return float(np.median(np.sort(values)[values.size - rank :])) / median
