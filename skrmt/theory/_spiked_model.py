# SPDX-License-Identifier: BSD-3-Clause
r"""The spiked covariance model: where population eigenvalues are seen, and how far to trust them.

Noise of variance 1, a few directions of variance l > 1, n samples of p features, ``gamma = p / n``.
With the excess ``x = l - 1``, a spike is seen if ``x > sqrt(gamma)``, and then at ::

    lam = (x + 1)(x + gamma) / x = (1 + sqrt(gamma))^2 + (x - sqrt(gamma))^2 / x

along a sample eigenvector whose squared cosine with the population's is (J. Baik, G. Ben Arous,
S. Peche, Annals of Probability 33, 2005; D. Paul, Statistica Sinica 17, 2007) ::

    c^2 = (x^2 - gamma) / (x (x + gamma)),

and whose scores have, with the true ones, over the samples ::

    c~^2 = (x^2 - gamma) / (x (x + 1)).

A new sample's score along the sample eigenvector has the variance ``1 + x c^2 = lam r^2``, smaller
than the variance lam of those it was found with by the square of ``r = x / (x + gamma)``. In mean
square the best multiple of the score, as an estimate of the signal without the noise, is therefore
``x c^2 / (1 + x c^2) = c~^2`` on a new sample and ``r c~^2`` on those it was found with. [The two
identities are ours.]

Every formula here is a product of factors that are exact at the transition, so that nothing cancels
near it, and of ratios, so that nothing overflows.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._parameter_checks import require_positive
from skrmt.theory._spectrum import as_nonnegative, as_result


def upper_edge(gamma: float) -> float:
    """Upper edge of the noise eigenvalues.

    Parameters
    ----------
    gamma : float
        Features per sample.

    Returns
    -------
    float
        ``(1 + sqrt(gamma))^2``.
    """
    return (1 + math.sqrt(gamma)) ** 2


def population_excess(
    l: ArrayLike,  # noqa: E741
    gamma: float,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], float]:
    """Check population eigenvalues, and take their excess over the noise.

    Parameters
    ----------
    l : array-like of any shape
        Population eigenvalues, not negative.
    gamma : float
        Features per sample, positive.

    Returns
    -------
    excess : ndarray of float64, shape of `l`
        ``l - 1``, where it is above ``sqrt(gamma)``, and else ``sqrt(gamma)``.
    seen : ndarray of bool, shape of `l`
        Where it is above.
    gamma : float
        The checked gamma.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """
    gamma = require_positive("gamma", gamma)
    excess, root = as_nonnegative("l", l) - 1, math.sqrt(gamma)
    return np.maximum(excess, root), excess > root, gamma


def sample_excess(
    lam: ArrayLike, gamma: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_], float]:
    """Check sample eigenvalues, and find the excess of the population eigenvalues behind them.

    Parameters
    ----------
    lam : array-like of any shape
        Sample eigenvalues, not negative.
    gamma : float
        Features per sample, positive.

    Returns
    -------
    excess : ndarray of float64, shape of `lam`
        ``l - 1`` where lam is above the edge, and else ``sqrt(gamma)``.
    seen : ndarray of bool, shape of `lam`
        Where it is above.
    gamma : float
        The checked gamma.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """
    gamma = require_positive("gamma", gamma)
    beyond = np.maximum(as_nonnegative("lam", lam) - upper_edge(gamma), 0)
    return excess_beyond_edge(beyond, gamma), beyond > 0, gamma


def excess_beyond_edge(beyond: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    """Solve ``(x - sqrt(gamma))^2 / x = beyond`` for ``x >= sqrt(gamma)``.

    Parameters
    ----------
    beyond : ndarray of float64
        Distances of sample eigenvalues from the edge, not negative.
    gamma : float
        Features per sample, positive.

    Returns
    -------
    ndarray of float64
        The excess x.
    """
    root = math.sqrt(gamma)
    return root + (beyond / 2 + np.sqrt(beyond) * np.sqrt(beyond + 4 * root) / 2)


def squared_cosine_of_excess(x: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    """Squared cosine ``c^2`` of a seen spike.

    Parameters
    ----------
    x : ndarray of float64
        Excess, at least ``sqrt(gamma)``.
    gamma : float
        Features per sample, positive.

    Returns
    -------
    ndarray of float64
        ``(x^2 - gamma) / (x (x + gamma))``.
    """
    root = math.sqrt(gamma)
    return (x - root) / x * ((x + root) / (x + gamma))


def spike_forward(
    l: ArrayLike,  # noqa: E741
    gamma: float,
) -> NDArray[np.float64] | float:
    """Limit of the sample eigenvalue of a spike.

    Parameters
    ----------
    l : array-like of any shape
        Population eigenvalues in units of the noise variance, not negative.
    gamma : float
        Features per sample, ``p / n``, positive.

    Returns
    -------
    float or ndarray of float64, shape of `l`
        ``l (1 + gamma / (l - 1))`` above the transition ``1 + sqrt(gamma)``. NaN up to it: no
        sample eigenvalue stands for such a spike, the largest is at the edge of the noise.

    Raises
    ------
    ValueError
        If gamma is not positive, or an eigenvalue is negative, not finite or no number.

    See Also
    --------
    spike_backward : The inverse.
    spike_squared_cosine : How well the sample eigenvector points.

    Examples
    --------
    >>> from skrmt.theory import spike_forward
    >>> spike_forward([1.5, 4.0, 10.0], 0.5).round(4)
    array([    nan,  4.6667, 10.5556])
    """
    x, seen, gamma = population_excess(l, gamma)
    root = math.sqrt(gamma)
    lam = upper_edge(gamma) + (x - root) * ((x - root) / x)
    return as_result(np.where(seen, lam, np.nan))


def spike_backward(lam: ArrayLike, gamma: float) -> NDArray[np.float64] | float:
    """Population eigenvalue that a sample eigenvalue stands for.

    Parameters
    ----------
    lam : array-like of any shape
        Sample eigenvalues in units of the noise variance, not negative.
    gamma : float
        Features per sample, ``p / n``, positive.

    Returns
    -------
    float or ndarray of float64, shape of `lam`
        The l with ``spike_forward(l, gamma)`` at the sample eigenvalue. NaN where that is not above
        the edge ``(1 + sqrt(gamma))^2`` of the noise: it stands for nothing.

    Raises
    ------
    ValueError
        If gamma is not positive, or an eigenvalue is negative, not finite or no number.

    See Also
    --------
    spike_forward : The inverse.

    Notes
    -----
    Just above the edge the answer changes with the square root of the distance from it.

    Examples
    --------
    >>> from skrmt.theory import spike_backward
    >>> spike_backward([2.0, 14 / 3], 0.5).round(10)
    array([nan,  4.])
    """
    x, seen, _ = sample_excess(lam, gamma)
    return as_result(np.where(seen, 1 + x, np.nan))


def spike_squared_cosine(
    l: ArrayLike,  # noqa: E741
    gamma: float,
) -> NDArray[np.float64] | float:
    """Squared cosine between the sample and the population eigenvector of a spike.

    Parameters
    ----------
    l : array-like of any shape
        Population eigenvalues in units of the noise variance, not negative.
    gamma : float
        Features per sample, ``p / n``, positive.

    Returns
    -------
    float or ndarray of float64, shape of `l`
        The squared cosine, between 0 and 1; 0 up to the transition ``1 + sqrt(gamma)``.

    Raises
    ------
    ValueError
        If gamma is not positive, or an eigenvalue is negative, not finite or no number.

    Notes
    -----
    On the side of the samples, the squared correlation of the scores with the true ones is
    :func:`new_sample_weights`.

    Examples
    --------
    >>> from skrmt.theory import spike_squared_cosine
    >>> spike_squared_cosine([1.5, 4.0, 10.0], 0.5).round(4)
    array([0.    , 0.8095, 0.9415])
    """
    x, _, gamma = population_excess(l, gamma)
    return as_result(squared_cosine_of_excess(x, gamma))


def score_shrinkage(
    l: ArrayLike,  # noqa: E741
    gamma: float,
) -> NDArray[np.float64] | float:
    """Standard deviation of a new sample's score in units of that of the training scores.

    Parameters
    ----------
    l : array-like of any shape
        Population eigenvalues in units of the noise variance, not negative.
    gamma : float
        Features per sample, ``p / n``, positive.

    Returns
    -------
    float or ndarray of float64, shape of `l`
        ``(l - 1) / (l + gamma - 1)`` above the transition ``1 + sqrt(gamma)``. Up to it the score
        is noise at the edge, ``1 / (1 + sqrt(gamma))``.

    Raises
    ------
    ValueError
        If gamma is not positive, or an eigenvalue is negative, not finite or no number.

    Examples
    --------
    >>> from skrmt.theory import score_shrinkage
    >>> score_shrinkage([1.5, 4.0, 10.0], 0.5).round(4)
    array([0.5858, 0.8571, 0.9474])
    """
    x, _, gamma = population_excess(l, gamma)
    return as_result(x / (x + gamma))


def new_sample_weights(
    l: ArrayLike,  # noqa: E741
    gamma: float,
) -> NDArray[np.float64] | float:
    """Weigh scores so as to denoise a new sample best in mean square.

    Parameters
    ----------
    l : array-like of any shape
        Population eigenvalues in units of the noise variance, not negative.
    gamma : float
        Features per sample, ``p / n``, positive.

    Returns
    -------
    float or ndarray of float64, shape of `l`
        ``(l - 1) c^2 / (1 + (l - 1) c^2)`` with the squared cosine ``c^2``; 0 up to the transition
        ``1 + sqrt(gamma)``.

    Raises
    ------
    ValueError
        If gamma is not positive, or an eigenvalue is negative, not finite or no number.

    See Also
    --------
    training_weights : For the samples that the eigenvectors come from.

    Examples
    --------
    >>> from skrmt.theory import new_sample_weights
    >>> new_sample_weights([1.5, 4.0, 10.0], 0.5).round(4)
    array([0.    , 0.7083, 0.8944])
    """
    x, _, gamma = population_excess(l, gamma)
    root = math.sqrt(gamma)
    return as_result((x - root) / x * ((x + root) / (x + 1)))


def training_weights(
    l: ArrayLike,  # noqa: E741
    gamma: float,
) -> NDArray[np.float64] | float:
    """Weigh scores so as to denoise the training samples best in mean square.

    Smaller than those of a new sample: the eigenvectors have adapted to the noise of the samples
    that they come from.

    Parameters
    ----------
    l : array-like of any shape
        Population eigenvalues in units of the noise variance, not negative.
    gamma : float
        Features per sample, ``p / n``, positive.

    Returns
    -------
    float or ndarray of float64, shape of `l`
        The shrunk singular value in units of the one seen; 0 up to the transition
        ``1 + sqrt(gamma)``.

    Raises
    ------
    ValueError
        If gamma is not positive, or an eigenvalue is negative, not finite or no number.

    See Also
    --------
    new_sample_weights : For new samples.
    shrink_singular_values : The shrunk singular values.

    Examples
    --------
    >>> from skrmt.theory import training_weights
    >>> training_weights([1.5, 4.0, 10.0], 0.5).round(4)
    array([0.    , 0.6071, 0.8474])
    """
    x, _, gamma = population_excess(l, gamma)
    root = math.sqrt(gamma)
    return as_result((x - root) / (x + 1) * ((x + root) / (x + gamma)))
