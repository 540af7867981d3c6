# SPDX-License-Identifier: BSD-3-Clause
"""The matrix that a random-feature kernel is equivalent to when samples and features are many.

With X centred (rows x_i), ``delta_i = ||x_i||^2 - tau``, weights of mean 0 and variance 1 with
``kappa = E w_i^4`` and ``c = E w_i^2 w_j^2``, and P the centring of rows and columns,
``||P (K - K~) P|| -> 0`` for ::

    K~ = d1 X X^T + d2 C,   diagonal replaced by d1 ||x_i||^2 + d0
    C  = delta delta^T + (c - 1) n n^T + 2 c (X X^T)∘(X X^T) + (kappa - 3 c) (X∘X)(X∘X)^T

where ``n_i = ||x_i||^2`` and ``∘`` is the entrywise product. C is the covariance over w of the
quadratic features ``(w.x_i)^2 - tau``, exactly, whatever the law of w (with independent signs).

The paper states the limit class by class for weights that are i.i.d., where c = 1, and without the
kappa term: the law of w does drop out of the linear part, but not out of the quadratic part once
classes differ in the variances of single coordinates.
"""

import math

import numpy as np

from skrmt.theory._gaussian_moments import KernelMoments, explained_variance


def _check_n_nonzero(n_features, n_nonzero):
    if not 1 <= n_nonzero <= n_features:
        raise ValueError(
            f"n_nonzero must be between 1 and n_features={n_features!r}, got {n_nonzero!r}."
        )


def sparse_weight_kurtosis(n_features: int, n_nonzero: float) -> float:
    """Fourth moment of sparse weights of unit variance.

    The nonzero weights are ``+-sqrt(p / k)`` and each occurs with probability k / p, so that
    ``kappa = E w_i^4 = p / k``, for exactly k nonzero weights a row and for k on average.

    Parameters
    ----------
    n_features : int
        Number p of coordinates.
    n_nonzero : float
        Number k of nonzero weights in a row, or its expectation for independent weights (no integer
        then), between 1 and `n_features`.

    Returns
    -------
    float
        *kappa*: 1 for dense signs, 3 (as Gaussian weights) for one third of nonzero weights.

    Raises
    ------
    ValueError
        If `n_nonzero` is out of range.

    See Also
    --------
    sparse_weight_comoment : The other moment that the quadratic part sees.

    Examples
    --------
    >>> from skrmt.theory import sparse_weight_kurtosis
    >>> sparse_weight_kurtosis(n_features=300, n_nonzero=100)
    3.0
    """
    _check_n_nonzero(n_features, n_nonzero)
    return n_features / n_nonzero


def sparse_weight_comoment(n_features: int, n_nonzero: int) -> float:
    """Moment ``E w_i^2 w_j^2`` of weights with exactly `n_nonzero` nonzero signs a row.

    Positions drawn without replacement repel each other: ``c = p (k - 1) / (k (p - 1))``, below the
    value 1 of independent weights by ``(kappa - 1) / (p - 1)``, and 0 for a single nonzero weight.

    Parameters
    ----------
    n_features : int
        Number p of coordinates.
    n_nonzero : int
        Number k of nonzero weights in each row, between 1 and `n_features`.

    Returns
    -------
    float
        *c*, between 0 and 1 (1 for ``p = 1`` too, where there is no pair).

    Raises
    ------
    ValueError
        If `n_nonzero` is out of range.

    See Also
    --------
    sparse_weight_kurtosis : The moment ``E w_i^4``.

    Examples
    --------
    >>> from skrmt.theory import sparse_weight_comoment
    >>> sparse_weight_comoment(n_features=9, n_nonzero=3)
    0.75
    """
    _check_n_nonzero(n_features, n_nonzero)
    if n_features == 1:
        return 1.0
    return n_features * (n_nonzero - 1) / (n_nonzero * (n_features - 1))


def equivalent_kernel(
    X: np.ndarray,
    moments: KernelMoments,
    *,
    weight_kurtosis: float = 3.0,
    weight_comoment: float = 1.0,
    mean: np.ndarray | None = None,
) -> np.ndarray:
    """Large-dimensional equivalent of a random-feature or target kernel.

    It agrees with the kernel up to a rank-one part that centring removes: compare after centring
    rows and columns. Takes ``O(n^2 p)`` operations and about three ``n x n`` arrays.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The samples, dense.
    moments : KernelMoments
        Moments of the activation or target, at the tau of the population or of `X`.
    weight_kurtosis : float, default=3.0
        *kappa*, fourth moment of the unit-variance weights, at least 1. 3 for Gaussian weights and
        for target kernels; see :func:`sparse_weight_kurtosis`.
    weight_comoment : float, default=1.0
        *c*, ``E w_i^2 w_j^2``. 1 for independent weights; see :func:`sparse_weight_comoment`.
    mean : array-like of shape (n_features,), default=None
        Mean to subtract from the samples; None takes the mean of the rows of `X`.

    Returns
    -------
    ndarray of shape (n_samples, n_samples)
        The matrix K~, in float64.

    Raises
    ------
    ValueError
        If `X` is not a finite matrix, `mean` does not fit it, or the weight moments are impossible.

    References
    ----------
    .. [1] H. Tiomoko Ali, Z. Liao, R. Couillet, "Random matrices in service of ML footprint:
           ternary random features with no performance loss", ICLR 2022. arXiv:2110.01899.
    .. [2] Z. Liao, R. Couillet, "On the spectrum of random features maps of high dimensional
           data", ICML 2018. arXiv:1805.11916.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import equivalent_kernel, kernel_moments
    >>> X = np.random.default_rng(0).standard_normal((100, 400)) / 20
    >>> K = equivalent_kernel(X, kernel_moments("rbf", tau=1.0, gamma=0.5))
    >>> exact = np.exp(-0.5 * ((X[:, None] - X[None]) ** 2).sum(axis=-1))
    >>> P = np.eye(100) - 1 / 100
    >>> bool(np.linalg.norm(P @ (K - exact) @ P, 2) < 0.05 * np.linalg.norm(P @ exact @ P, 2))
    True
    """
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or not np.isfinite(X).all():
        raise ValueError(f"X must be a matrix of finite numbers, got shape {X.shape}.")
    mean = X.mean(axis=0) if mean is None else np.asarray(mean, dtype=np.float64)
    if mean.shape != X.shape[1:] or not np.isfinite(mean).all():
        raise ValueError(
            f"mean must be finite numbers of shape {X.shape[1:]} for X of shape {X.shape}, got "
            f"shape {mean.shape}."
        )
    if not (weight_kurtosis >= 1 and math.isfinite(weight_kurtosis)):
        raise ValueError(
            "weight_kurtosis must be finite and at least 1 (unit variance), got "
            f"{weight_kurtosis!r}."
        )
    if not 0 <= weight_comoment <= weight_kurtosis:
        raise ValueError(
            "weight_comoment must be between 0 and weight_kurtosis="
            f"{weight_kurtosis!r}, got {weight_comoment!r}."
        )
    X = X - mean
    squares = X**2
    norms = squares.sum(axis=1)
    delta = norms - moments.tau

    gram = X @ X.T
    quadratic = 2 * weight_comoment * gram**2
    quadratic += (weight_kurtosis - 3 * weight_comoment) * (squares @ squares.T)
    quadratic += np.outer(delta, delta) + (weight_comoment - 1) * np.outer(norms, norms)
    kernel = moments.d1 * gram + moments.d2 * quadratic
    np.fill_diagonal(kernel, moments.d1 * norms + moments.d0)
    return kernel


def ridge_shift(target: KernelMoments, features: KernelMoments) -> float:
    """Extra ridge penalty that features carry in comparison with their target kernel.

    Features that match d1 and d2 of a target but have another variance give, once centred, the
    target's kernel matrix plus ``dV I``. A kernel ridge regression with penalty ``alpha`` (added to
    the diagonal of the kernel) is therefore reproduced with ``alpha - dV``, and cannot be
    reproduced when ``alpha < dV``.

    Parameters
    ----------
    target, features : KernelMoments
        Moments of the target and of the features, at the same tau.

    Returns
    -------
    float
        ``dV``, variance of the features minus variance of the target.

    Raises
    ------
    ValueError
        If the two are at different tau.

    Examples
    --------
    >>> from skrmt.theory import kernel_moments, ridge_shift, solve_ternary
    >>> target = kernel_moments("rbf", tau=1.0, gamma=0.5)
    >>> round(ridge_shift(target, solve_ternary(target).moments(1.0)), 4)
    0.0549
    """
    if target.tau != features.tau:
        raise ValueError(
            f"target and features must be at the same tau, got {target.tau!r} and {features.tau!r}."
        )
    return features.variance - target.variance


def matched_share(moments: KernelMoments) -> float:
    """Share of the variance that the linear and quadratic parts of a kernel carry.

    That share, ``(tau d1 + tau^2 m2^2 / 2) / V``, is what features that match d1 and d2 can
    reproduce of the kernel off its diagonal; the rest of the variance is on the diagonal only. Near
    zero, the kernel matrix is close to a multiple of the identity and its features are noise.

    Parameters
    ----------
    moments : KernelMoments
        Moments of the target kernel.

    Returns
    -------
    float
        Between 0 and 1, by Bessel's inequality; 1 for a linear or quadratic kernel.

    Raises
    ------
    ValueError
        If the variance is zero: a constant kernel has no parts.

    See Also
    --------
    solve_ternary : Features that match d1 and d2.

    Examples
    --------
    >>> from skrmt.theory import kernel_moments, matched_share
    >>> round(matched_share(kernel_moments("rbf", tau=1.0, gamma=0.5)), 4)
    0.873
    >>> round(matched_share(kernel_moments("rbf", tau=1.0, gamma=5.0)), 4)
    0.0027
    """
    if moments.variance == 0:
        raise ValueError("The kernel is constant (variance=0): it has no share to match.")
    # Bessel's inequality holds up to rounding.
    return min(1.0, explained_variance(moments) / moments.variance)


def kernel_standard_error(moments: KernelMoments, n_components: int) -> float:
    """Predict the standard error of an off-diagonal entry of a centred random-feature kernel.

    Two different samples have nearly independent projections when the dimension is large, so that
    the product of two centred features has variance V^2, and the mean of N of them ``V / sqrt(N)``.

    Parameters
    ----------
    moments : KernelMoments
        Moments of the features.
    n_components : int
        Number N of independent features, at least 1.

    Returns
    -------
    float
        Standard deviation of the entry, in units of the kernel.

    Raises
    ------
    ValueError
        If `n_components` is below 1.

    Notes
    -----
    Orthogonal rows (a Hadamard projection) do better, but less so where the dimension is just above
    a power of two, because the rows then lose their orthogonality with the padding. Features with a
    random offset do slightly worse, see :func:`phase_standard_error`.

    Examples
    --------
    >>> from skrmt.theory import activation_moments, kernel_standard_error
    >>> kernel_standard_error(activation_moments("sign", 1.0), 10_000)
    0.01
    """
    if not n_components >= 1:
        raise ValueError(f"n_components must be at least 1, got {n_components!r}.")
    return moments.variance / math.sqrt(n_components)
