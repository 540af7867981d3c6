# SPDX-License-Identifier: BSD-3-Clause
r"""Optimal shrinkage of the eigenvalues of a spiked covariance matrix.

Which new eigenvalues eta suit the sample eigenvectors best depends on the loss (D. Donoho,
M. Gavish, I. Johnstone, "Optimal shrinkage of eigenvalues in the spiked covariance model", Annals
of Statistics 46, 2018). In the limit every spike acts by itself, in the plane of its population
and its sample eigenvector: with the squared cosine ``c^2`` of the two and ``s^2 = 1 - c^2``, the
loss is between ::

    Sigma = [ l  0 ]      A = I + (eta - 1) [ c^2  c s ]
            [ 0  1 ]                        [ c s  s^2 ]

and is smallest, with the excess ``x = l - 1``, at ::

    loss         of Sigma and A                                         eta - 1
    frobenius    ||A - Sigma||_F                                        x c^2
                 tr(A^-1 Sigma - I) - log det(A^-1 Sigma)               x c^2
    operator     ||A - Sigma||_2                                        x
    stein        tr(Sigma^-1 A - I) - log det(Sigma^-1 A)               x c^2 / (c^2 + l s^2)
                 ||A^-1 - Sigma^-1||_F                                  x c^2 / (c^2 + l s^2)

The entropy loss in the second line is twice the Kullback-Leibler divergence of N(0, A) from
N(0, Sigma), what is lost of the likelihood of new Gaussian samples; its derivative in eta,
``1/eta - (1 + x c^2) / eta^2``, vanishes at the variance of a new sample along the sample
eigenvector, which also is the best eta for the Frobenius norm. A^-1 is affine in 1/eta, and the
best value for Sigma^-1 along the eigenvector is ``1 - (x/l) c^2 = (c^2 + l s^2) / l``.

The losses left are ``x^2 s^2 (1 + c^2)``, squared, ``x s`` and ``log(1 + x s^2) - (x/l) s^2``; a
spike that is not seen has c = 0 in them.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._parameter_checks import require_positive
from skrmt.theory._spectrum import as_nonnegative, as_result
from skrmt.theory._spiked_model import (
    population_excess,
    sample_excess,
    squared_cosine_of_excess,
)

SHRINKAGE_LOSSES = ("frobenius", "operator", "stein")


def _check_loss(loss):
    if not (isinstance(loss, str) and loss in SHRINKAGE_LOSSES):
        raise ValueError(f"loss must be one of {SHRINKAGE_LOSSES}, got {loss!r}.")
    return loss


def shrink_eigenvalues(
    lam: ArrayLike, gamma: float, loss: str = "frobenius"
) -> NDArray[np.float64] | float:
    """Replace sample eigenvalues by those that suit the sample eigenvectors best.

    Parameters
    ----------
    lam : array-like of any shape
        Sample eigenvalues in units of the noise variance, not negative.
    gamma : float
        Features per sample, ``p / n``, positive.
    loss : {"frobenius", "operator", "stein"}, default="frobenius"
        What is to be small. "frobenius": the Frobenius error of the covariance matrix, and also
        the entropy loss ``tr(A^-1 Sigma - I) - log det(A^-1 Sigma)`` of an estimate A, that is the
        likelihood of new Gaussian samples. "operator": its spectral norm error. "stein":
        ``tr(Sigma^-1 A - I) - log det(Sigma^-1 A)``, and also the Frobenius error of the inverse.

    Returns
    -------
    float or ndarray of float64, shape of `lam`
        New eigenvalues in units of the noise variance; 1 up to the edge
        ``(1 + sqrt(gamma))^2`` of the noise.

    Raises
    ------
    ValueError
        If gamma is not positive, an eigenvalue is negative, not finite or no number, or the loss
        is unknown.

    See Also
    --------
    spiked_covariance_loss : What is left of the loss.

    Examples
    --------
    >>> from skrmt.theory import shrink_eigenvalues
    >>> for loss in ("frobenius", "operator", "stein"):
    ...     print(shrink_eigenvalues([1.0, 14 / 3], 0.5, loss).round(4))
    [1.     3.4286]
    [1. 4.]
    [1.     2.5455]
    """
    loss = _check_loss(loss)
    x, seen, gamma = sample_excess(lam, gamma)
    if loss == "operator":
        eta = 1 + x
    elif loss == "frobenius":
        eta = x * ((x + 1) / (x + gamma))
    else:
        eta = (x + 1) * ((x + gamma) / (x + gamma * (x + 2)))
    # At the edge the first and last are 1 up to rounding; no new eigenvalue is below the noise.
    return as_result(np.where(seen, np.maximum(eta, 1.0), 1.0))


def spiked_covariance_loss(
    l: ArrayLike,  # noqa: E741
    gamma: float,
    loss: str = "frobenius",
    *,
    n_samples: float | None = None,
) -> float:
    """Predict the loss of the covariance estimate with optimally shrunk eigenvalues.

    Parameters
    ----------
    l : array-like of any shape
        Population eigenvalues of the spikes in units of the noise variance, not negative; those up
        to the transition count with the loss of leaving them out.
    gamma : float
        Features per sample, ``p / n``, positive.
    loss : {"frobenius", "operator", "stein"}, default="frobenius"
        The loss, and the rule that minimises it, see :func:`shrink_eigenvalues`.
    n_samples : float, default=None
        Degrees of freedom of the sample covariance, for the part of the Frobenius loss that
        vanishes as they grow; None leaves it out. The other losses have no use for it.

    Returns
    -------
    float
        Total over the spikes. "frobenius": the norm, root of the sum of the squares. "operator":
        the largest. "stein": the sum. The norms are in units of the noise variance.

    Raises
    ------
    ValueError
        If gamma or `n_samples` is not positive, an eigenvalue is negative, not finite or no number,
        the loss is unknown, or an eigenvalue is 0 and the loss "stein", which needs the inverse.

    See Also
    --------
    shrink_eigenvalues : The rule.

    Notes
    -----
    The limit for n and p to infinity at the same gamma. In a sample each spike also moves about its
    limit, which adds about ``2 l^2 / n`` to the squared Frobenius norm; this is what `n_samples`
    adds. [Ours; 20, 8, 4 at n = 200, p = 100: 5.43 becomes 5.86, and 5.96 is seen.]

    Examples
    --------
    >>> from skrmt.theory import spiked_covariance_loss
    >>> round(spiked_covariance_loss([20.0, 8.0, 4.0], 0.5), 4)
    5.4322
    """
    loss = _check_loss(loss)
    at_least, seen, gamma = population_excess(l, gamma)
    l = as_nonnegative("l", l)  # noqa: E741
    x = np.where(seen, at_least, l - 1)
    c2 = np.where(seen, squared_cosine_of_excess(at_least, gamma), 0.0)
    s2 = np.where(seen, gamma / at_least * (l / (at_least + gamma)), 1.0)
    if loss == "frobenius":
        limit = float(np.linalg.norm((x * np.sqrt(s2 * (1 + c2))).ravel()))
        if n_samples is None:
            return limit
        moved = l[seen] * math.sqrt(2 / require_positive("n_samples", n_samples))
        return math.hypot(limit, float(np.linalg.norm(moved)))
    if loss == "operator":
        return float((np.abs(x) * np.sqrt(s2)).max(initial=0.0))
    if (l == 0).any():
        raise ValueError(
            'l must be positive for loss="stein", got 0.0: the covariance has no inverse.'
        )
    return float((np.log1p(x * s2) - x / l * s2).sum())
