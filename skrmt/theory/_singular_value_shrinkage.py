# SPDX-License-Identifier: BSD-3-Clause
r"""Denoising a matrix by its singular values.

A signal of low rank plus noise with independent entries of variance ``v / n``, n x p, with
``gamma = p / n``; the singular values of the noise end at ``sqrt(v) (1 + sqrt(gamma))``. A singular
value ``sqrt(v x)`` of the signal is seen if ``x > sqrt(gamma)``, and then at s with ::

    s^2 = v (x + 1)(x + gamma) / x

along singular vectors with the squared cosines ``c^2`` (features) and ``c~^2`` (samples) with the
signal's, those of the spiked covariance model at ``l = 1 + x``. In mean square the best multiple of
their product is (M. Gavish, D. Donoho, "Optimal shrinkage of singular values", IEEE Trans. Inf.
Theory 63, 2017) ::

    eta(s) = sqrt(v x) c c~ = sqrt((s^2 - v (1 + gamma))^2 - 4 gamma v^2) / s,

and what it leaves of the signal is ``v x (1 - c^2 c~^2)``. Keeping s as it is pays only above the
hard threshold (M. Gavish, D. Donoho, "The optimal hard threshold for singular values is 4/sqrt(3)",
IEEE Trans. Inf. Theory 60, 2014), where s is twice eta.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._marchenko_pastur import marchenko_pastur_median
from skrmt.theory._parameter_checks import require_positive
from skrmt.theory._spectrum import as_nonnegative, as_result
from skrmt.theory._spiked_model import population_excess


def shrink_singular_values(
    singular_values: ArrayLike, variance: float = 1.0, gamma: float = 1.0
) -> NDArray[np.float64] | float:
    """Shrink the singular values of a signal of low rank in noise, best in mean square.

    The shrunk value is below the signal's own, because the vectors seen are not the signal's.

    Parameters
    ----------
    singular_values : array-like of any shape
        Singular values s that are seen, or moduli of eigenvalues of a symmetric matrix.
    variance : float, default=1.0
        Variance v of the noise: that of an entry times the number n of rows, so that the largest
        singular value of the noise is ``sqrt(v) (1 + sqrt(gamma))``. For the singular values of a
        data matrix over ``sqrt(n)`` it is the variance of an entry of the data.
    gamma : float, default=1.0
        Columns per row, ``p / n``, positive; 1 is a square matrix, with ``sqrt(s^2 - 4 v)``.

    Returns
    -------
    float or ndarray of float64, shape of `singular_values`
        Shrunk values; 0 for s up to the edge of the noise.

    Raises
    ------
    ValueError
        If a singular value or the variance is negative, not finite or no number, or gamma is not
        positive.

    See Also
    --------
    kronecker_spectrum : The signal and the noise of a Kronecker graph.
    training_weights : The same in units of s, from the population eigenvalue.
    denoising_loss : What is left of the signal.

    Examples
    --------
    >>> from skrmt.theory import shrink_singular_values
    >>> shrink_singular_values([2.5, 2.0, 0.1], 1.0)
    array([1.5, 0. , 0. ])
    >>> shrink_singular_values([2.5, 2.0, 0.1], 1.0, gamma=0.25).round(4)
    array([1.9596, 1.2809, 0.    ])
    """
    s = as_nonnegative("singular_values", singular_values)
    noise = math.sqrt(float(as_nonnegative("variance", variance, 0)))
    root = math.sqrt(require_positive("gamma", gamma))
    edge, lower = (1 + root) * noise, abs(1 - root) * noise
    # As a product, so that nothing cancels at the edge or overflows.
    above = np.maximum(s - edge, 0)
    share = np.divide(lower, s, out=np.zeros_like(s), where=above > 0)
    return as_result(np.sqrt(above) * np.sqrt(s + edge) * np.sqrt((1 - share) * (1 + share)))


def hard_threshold(gamma: float, *, noise: str = "unknown") -> float:
    """Singular value from which on keeping it as it is makes the error smaller.

    A rule for the error of what is kept, not for the rank: real but weak spikes are below it.

    Parameters
    ----------
    gamma : float
        Columns per row, ``p / n``, positive.
    noise : {"unknown", "known"}, default="unknown"
        Whether the variance of the noise is known.

    Returns
    -------
    float
        The threshold: if the noise is unknown, in units of the median of the ``min(n, p)`` singular
        values, and the same for the transposed matrix; if it is known, in units of
        ``sqrt(n)`` times the standard deviation of an entry of the noise, n the number of rows.

    Raises
    ------
    ValueError
        If gamma is not positive, or `noise` is neither of the two.

    See Also
    --------
    shrink_singular_values : Better in mean square than any threshold.

    Examples
    --------
    >>> from skrmt.theory import hard_threshold
    >>> round(hard_threshold(1.0), 6), round(hard_threshold(1.0, noise="known"), 6)
    (2.858362, 2.309401)
    """
    gamma = require_positive("gamma", gamma)
    if not (isinstance(noise, str) and noise in ("unknown", "known")):
        raise ValueError(f'noise must be "unknown" or "known", got {noise!r}.')
    long = noise == "unknown" and gamma > 1
    gamma = 1 / gamma if long else gamma
    # As ratios, so that nothing overflows; the square root is of (gamma + 1)^2 + 12 gamma.
    total = gamma + 1
    share = 8 * (gamma / total) / (1 + math.sqrt(1 + 12 * (gamma / total / total)))
    known = math.sqrt(2 * total + share)
    return known if noise == "known" else known / math.sqrt(marchenko_pastur_median(gamma))


def denoising_loss(
    l: ArrayLike,  # noqa: E741
    gamma: float,
) -> NDArray[np.float64] | float:
    """Predict the squared error of a matrix denoised with optimally shrunk singular values.

    Parameters
    ----------
    l : array-like of any shape
        Population eigenvalues of the spikes in units of the noise variance, at least 1: 1 plus the
        squared singular value of the signal in units of n times the noise variance.
    gamma : float
        Features per sample, ``p / n``, positive.

    Returns
    -------
    float or ndarray of float64, shape of `l`
        Squared Frobenius error of each component, in units of the noise variance times the number
        of samples n; the error of the whole matrix is their sum. Up to the transition
        ``1 + sqrt(gamma)`` it is the component itself, ``l - 1``; for large l it goes to
        ``1 + gamma``, the share of the noise in n + p directions.

    Raises
    ------
    ValueError
        If gamma is not positive, or an eigenvalue is below 1, not finite or no number.

    See Also
    --------
    shrink_singular_values : The rule.

    Examples
    --------
    >>> from skrmt.theory import denoising_loss
    >>> denoising_loss([1.5, 4.0, 1e9], 0.5).round(4)
    array([0.5   , 1.2798, 1.5   ])
    """
    x, seen, gamma = population_excess(l, gamma)
    below = np.asarray(l, dtype=float) - 1
    if (below < 0).any():
        raise ValueError(
            f"l must be at least 1, got {float(below.min() + 1)!r}; it is 1 without a signal."
        )
    # x - (x^2 - gamma)^2 / (x (x + 1)(x + gamma)), divided out.
    rest = 1 + gamma + gamma / x * (3 - gamma / x / x)
    return as_result(np.where(seen, rest / (1 + 1 / x) / (1 + gamma / x), below))
