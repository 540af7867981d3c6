# SPDX-License-Identifier: BSD-3-Clause
r"""Analytical nonlinear shrinkage: each sample eigenvalue has a better value of its own.

n samples of p features, ``c = p / n``, sample eigenvalues lam. Of all matrices with the sample
eigenvectors u, the one with the eigenvalues ``u' Sigma u`` is closest to the population's Sigma in
Frobenius norm. In the limit these are a function of lam, of the density f of the sample eigenvalues
and of its Hilbert transform H, both of which a kernel estimates (O. Ledoit, M. Wolf, "Analytical
nonlinear shrinkage of large-dimensional covariance matrices", Annals of Statistics 48, 2020)::

    d = lam / ((pi c lam f)^2 + (1 - c - pi c lam H)^2)        p <= n,
    d = 1 / (pi^2 lam (f^2 + H^2))                             p > n, lam > 0,
    d_0 = 1 / (pi (c - 1) H_0)                                 p > n, lam = 0.

The kernel is Epanechnikov's with a bandwidth that goes with the eigenvalue, ``lam_j n^(-1/3)``.
With ``u = sqrt(5) / x``, it and its Hilbert transform are ::

    k(x) = 3 / (4 sqrt(5)) max(1 - x^2 / 5, 0),
    K(x) = -3 x / (10 pi) + 3 / (4 sqrt(5) pi) (1 - x^2 / 5) log|(sqrt(5) - x) / (sqrt(5) + x)|
         = -3 / (sqrt(5) pi) sum_k u^(2k + 1) / ((2k + 1) (2k + 3))                    |u| < 1.

Two additions are ours. The series: far from an eigenvalue the first form of K loses all its digits,
which is what makes the method look unstable where the least eigenvalues are tiny, as for p close to
n. And isotonic regression of d along the order of the eigenvalues, which keeps the trace.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression

from skrmt.theory._parameter_checks import require_positive
from skrmt.theory._spectrum import as_count, as_nonnegative

# H_0 exists while sqrt(5) n^(-1/3) < 1.
FEWEST_SAMPLES = 12
_ROOT = math.sqrt(5)
# From here on nine terms of the series are exact to rounding, and below the other form is to 1e-13.
_FAR = 22.0
_TERMS = [1 / ((2 * k + 1) * (2 * k + 3)) for k in range(9)]
# Entries of a block of the matrix of distances.
_BLOCK = 2**20


def effective_samples(rank: int, n_features: int, n_samples: float) -> float:
    """Sample size to use, where the rank says otherwise.

    Parameters
    ----------
    rank : int
        Number of sample eigenvalues that are not zero.
    n_features : int
        Number p of all eigenvalues.
    n_samples : float
        Degrees of freedom of the sample covariance matrix.

    Returns
    -------
    float
        The rank, where it is below both p and the degrees of freedom: samples are repeated. Else a
        whole number below p, or the degrees of freedom. ``p - 1`` for p, and less than a half
        above: the least eigenvalue is then so close to 0 that it is better counted among the null
        ones.
    """
    if rank < min(n_features, math.floor(n_samples)):
        return rank
    if abs(n_samples - n_features) < 0.5:
        return n_features - 1
    return math.floor(n_samples) if n_samples < n_features else n_samples


def _hilbert_kernel(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """K(x)."""
    far = np.abs(x) > _FAR
    near = np.where(far, 0.0, x)
    distance, sum_ = np.abs(_ROOT - near), np.abs(_ROOT + near)
    # At the ends of the support the logarithm is multiplied by 0.
    inside = (distance > 0) & (sum_ > 0)
    logs = np.log(np.where(inside, distance, 1.0) / np.where(inside, sum_, 1.0))
    values = -3 * near / (10 * math.pi)
    values += 3 / (4 * _ROOT * math.pi) * (1 - near * near / 5) * logs
    u = _ROOT / x[far]
    series, squares = np.full_like(u, _TERMS[-1]), u * u
    for term in _TERMS[-2::-1]:
        series = series * squares + term
    values[far] = -3 / (_ROOT * math.pi) * u * series
    return values


def _density_and_transform(lam, bandwidth):
    """Estimate f and H at each eigenvalue."""
    widths = bandwidth * lam
    density, transform = np.empty_like(lam), np.empty_like(lam)
    rows = max(1, _BLOCK // len(lam))
    for start in range(0, len(lam), rows):
        at = slice(start, start + rows)
        x = (lam[at, np.newaxis] - lam) / widths
        kernel = 3 / (4 * _ROOT) * np.maximum(1 - x * x / 5, 0.0)
        density[at] = (kernel / widths).mean(axis=1)
        transform[at] = (_hilbert_kernel(x) / widths).mean(axis=1)
    return density, transform


def nonlinear_shrinkage(
    eigenvalues: ArrayLike, n_samples: float, *, rank: int | None = None
) -> NDArray[np.float64]:
    """Better eigenvalues for the sample eigenvectors, from the sample eigenvalues alone.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_features,)
        Eigenvalues of the sample covariance matrix, ascending, with those that are zero.
    n_samples : float
        Its degrees of freedom: the number of samples, less one where their mean was taken out. At
        least 12 where there are more features. Where it is larger than the number of eigenvalues
        above zero although features are left, samples are repeated, and that number takes its
        place.
    rank : int, default=None
        How many eigenvalues are not zero. None: those above ``n_features`` times the machine
        precision times the largest, up to which an eigensolver leaves zeros.

    Returns
    -------
    ndarray of shape (n_features,) and dtype float64
        The new eigenvalues, ascending too; positive, also for zeros, unless all are zero.

    Raises
    ------
    ValueError
        If an eigenvalue is negative or not finite, they are not ascending, there are too few
        samples, or `rank` is not the number of some eigenvalues above 0.

    See Also
    --------
    shrinkage_loss : How far the matrix with the new eigenvalues is from the truth.
    shrink_eigenvalues : For white noise and a few directions that stand out of it.

    Examples
    --------
    All variances are 1; with 400 samples of 200 features the eigenvalues spread.

    >>> import numpy as np
    >>> from skrmt.theory import nonlinear_shrinkage
    >>> X = np.random.default_rng(0).standard_normal((400, 200))
    >>> eigenvalues = np.linalg.eigvalsh(X.T @ X / 400)
    >>> eigenvalues[[0, 100, 199]].round(2)
    array([0.09, 0.84, 2.87])
    >>> nonlinear_shrinkage(eigenvalues, 400)[[0, 100, 199]].round(2)
    array([0.84, 0.99, 1.28])
    """
    lam = as_nonnegative("eigenvalues", eigenvalues, 1)
    n_samples = require_positive("n_samples", n_samples)
    if (np.diff(lam) < 0).any():
        raise ValueError("eigenvalues must be ascending; sort them.")
    p = len(lam)
    largest = lam[-1] if p else 0.0
    if largest == 0:
        return np.zeros(p)
    lam = lam / largest
    if rank is None:
        rank = int((lam > p * np.finfo(np.float64).eps).sum())
    elif not 1 <= as_count("rank", rank) <= (lam > 0).sum():
        raise ValueError(
            f"rank must be at most the number of eigenvalues above 0, {(lam > 0).sum()}, got "
            f"{rank!r}."
        )
    if p == 1:  # nothing to share
        return largest * lam
    n = effective_samples(rank, p, n_samples)
    if n < min(p, FEWEST_SAMPLES):
        raise ValueError(
            f"{n:g} samples of {p} features are too few for nonlinear shrinkage: with more "
            f"features than samples it needs at least {FEWEST_SAMPLES}. Shrink linearly."
        )
    r = min(p, rank, math.floor(n))
    bandwidth, c, lam = n ** (-1 / 3), p / n, lam[p - r :]
    f, H = _density_and_transform(lam, bandwidth)
    if p <= n:
        shrunk = lam / ((math.pi * c * lam * f) ** 2 + (1 - c - math.pi * c * lam * H) ** 2)
        return largest * isotonic_regression(shrunk).x
    at_zero = _hilbert_kernel(np.array([-1 / bandwidth]))[0] / bandwidth * (1 / lam).mean()
    null = 1 / (math.pi * (c - 1) * at_zero)
    shrunk = np.append(null, 1 / (math.pi**2 * lam * (f**2 + H**2)))
    counts = np.append(p - r, np.ones(r))
    shrunk = isotonic_regression(shrunk, weights=counts).x
    return largest * np.repeat(shrunk, counts.astype(int))
