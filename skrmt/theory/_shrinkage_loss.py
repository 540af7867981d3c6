# SPDX-License-Identifier: BSD-3-Clause
r"""The loss of a shrunk covariance matrix, from the sample eigenvalues alone [ours].

``S = sum lam u u'`` is the sample covariance matrix of n samples, ``A = sum d u u'`` has its
eigenvectors and other eigenvalues ``d = d(lam)``. For any A that depends on S, ::

    E|A - Sigma|^2 = E|A - S|^2 - E|S - Sigma|^2 + 2 E tr A (S - Sigma),

since S is unbiased. For Gaussian samples integration by parts (C. Stein) makes of the last term a
sum over pairs of eigenvalues, as the derivative of a function of a matrix is a matrix of divided
differences; with ``d`` in the place of ``u' Sigma u``, which it estimates, ::

    E tr A (S - Sigma) = (1/n) E sum_{i,j} d_i lam_j (d_i - d_j) / (lam_i - lam_j)
                       + (1/n) E sum_i d_i lam_i d'(lam_i).

With all divided differences 1 the sum estimates ``E|S - Sigma|^2``, which can be had without such
substitution, and for samples that are not Gaussian: where they have lengths of their own, S is
noisier, and the last term grows about as much. So the mean of the divided differences, with the
weights that they have in the sum, is multiplied by an estimate of ``E|S - Sigma|^2``. This is exact
for ``A = S``, and unbiased for ``A = a I + b S``.
"""

import numpy as np
from numpy.typing import ArrayLike

from skrmt.theory._parameter_checks import as_number
from skrmt.theory._spectrum import as_nonnegative

_BLOCK = 2**20


def gaussian_sample_loss(eigenvalues: ArrayLike, n_samples: float) -> float:
    """Unbiased estimate of ``E|S - Sigma|^2`` in Frobenius norm, for Gaussian samples.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_features,)
        Eigenvalues of S.
    n_samples : float
        Its degrees of freedom, above 1.

    Returns
    -------
    float
        The squared error, total over the matrix.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """
    lam, n = as_nonnegative("eigenvalues", eigenvalues, 1), _more_than_one(n_samples)
    trace, squares = lam.sum(), lam @ lam
    # E|S|^2 = |Sigma|^2 (1 + 1/n) + tr(Sigma)^2 / n and E tr(S)^2 = tr(Sigma)^2 + 2 |Sigma|^2 / n.
    return float(((n - 2) * squares + n * trace**2) / ((n - 1) * (n + 2)))


def shrinkage_loss(
    eigenvalues: ArrayLike,
    shrunk: ArrayLike,
    n_samples: float,
    sample_loss: float | None = None,
) -> float:
    """Estimate of ``E|A - Sigma|^2`` for a covariance matrix A with shrunk eigenvalues.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_features,)
        Eigenvalues of the sample covariance matrix, all of them.
    shrunk : array-like of shape (n_features,)
        The eigenvalues that A has in their places; a single value for all that were zero.
    n_samples : float
        Degrees of freedom of the sample covariance matrix, above 1.
    sample_loss : float, default=None
        ``E|S - Sigma|^2`` of the sample covariance matrix itself. None: that of Gaussian samples,
        estimated from its eigenvalues.

    Returns
    -------
    float
        Squared Frobenius norm, total over the matrix. 0 where the estimate is below: the loss is
        then smaller than can be seen.

    Raises
    ------
    ValueError
        If a parameter is out of range, or zeros have different new values.

    See Also
    --------
    nonlinear_shrinkage : Eigenvalues that make it small.

    Examples
    --------
    The sample covariance matrix itself loses what it loses:

    >>> from skrmt.theory import shrinkage_loss
    >>> lam = [0.5, 1.0, 2.5]
    >>> loss = shrinkage_loss(lam, lam, 50)
    >>> loss > shrinkage_loss(lam, [0.8, 1.1, 2.2], 50)
    True
    """
    lam, d = as_nonnegative("eigenvalues", eigenvalues, 1), as_nonnegative("shrunk", shrunk, 1)
    if lam.shape != d.shape:
        raise ValueError(
            f"shrunk must have one value for each of eigenvalues, got shapes {d.shape} and "
            f"{lam.shape}."
        )
    gaussian = gaussian_sample_loss(lam, n_samples)
    if sample_loss is None:
        sample_loss = gaussian
    if gaussian == 0:
        return float(d @ d)
    moved = float(((d - lam) ** 2).sum())
    weight = float(d.sum() * lam.sum() + d @ lam)
    share = _sum_of_slopes(lam, d) / weight if weight else 0.0
    return max(moved + (2 * share - 1) * sample_loss, 0.0)


def _sum_of_slopes(lam, d):
    """Sum over pairs of divided differences with their weights."""
    zero = lam == 0
    weights = np.ones(len(lam))
    if zero.any():
        null = d[zero][0]
        if (d[zero] != null).any():
            raise ValueError("shrunk must have one value for all eigenvalues that are zero.")
        lam, d = np.append(lam[~zero], 0.0), np.append(d[~zero], null)
        weights = np.append(np.ones(len(lam) - 1), zero.sum())
    order = np.argsort(lam, kind="stable")
    lam, d, weights = lam[order], d[order], weights[order]
    # The difference of equal eigenvalues, and of one from itself, says nothing of the slope there.
    scale = np.divide(d, lam, out=np.zeros_like(d), where=lam > 0)
    total, rows = 0.0, max(1, _BLOCK // len(lam))
    for start in range(0, len(lam), rows):
        at = slice(start, start + rows)
        slopes = _divided(d[at, np.newaxis] - d, lam[at, np.newaxis] - lam, scale)
        total += (weights[at] * d[at]) @ (slopes @ (weights * lam))
    total -= d @ (scale * lam)
    own = scale
    if len(lam) > 1:
        side = _divided(np.diff(d), np.diff(lam), scale[1:])
        own = (np.append(side, side[-1]) + np.insert(side, 0, side[0])) / 2
    # The sum over pairs has them once, and they come once more by themselves.
    return float(total + 2 * d @ (lam * own))


def _divided(rise, run, otherwise):
    out = np.broadcast_to(otherwise, rise.shape).copy()
    return np.divide(rise, run, out=out, where=run != 0)


def _more_than_one(n_samples):
    n = as_number(n_samples)
    if not (1 < n < np.inf):
        raise ValueError(f"n_samples must be a finite number above 1, got {n_samples!r}.")
    return n
