# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian mixtures with given means, covariances and proportions.

Sample i of class a is x_i = mu_a + C_a^(1/2) z_i, with z_i standard normal.
"""

from numbers import Integral, Real

import numpy as np
from scipy.linalg import toeplitz
from sklearn.utils import check_array, check_random_state

from skrmt.datasets._float_dtype import check_float_dtype
from skrmt.utils._validation import Interval, StrOptions, validate_params

# A matrix counts as symmetric, or as positive semi-definite, up to this fraction of its norm.
TOLERANCE = 1e-10


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "means": ["array-like"],
        "covariances": ["array-like", Interval(Real, 0, None, closed="left"), None],
        "weights": ["array-like", None],
        "exact_proportions": ["boolean"],
        "shuffle": ["boolean"],
        "dtype": "no_validation",
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_gaussian_mixture(
    n_samples=100,
    *,
    means,
    covariances=None,
    weights=None,
    exact_proportions=False,
    shuffle=True,
    dtype=np.float64,
    random_state=None,
):
    """Draw a labelled sample from a mixture of Gaussian laws.

    Unlike :func:`sklearn.datasets.make_blobs`, each class may have any covariance, and its
    proportion may be met exactly, so that the laws of large random matrices for mixtures
    can be compared with data.

    Parameters
    ----------
    n_samples : int, default=100
        Number of samples.

    means : array-like of shape (n_classes, n_features)
        The mean of each class. A zero array of that shape gives centred classes.

    covariances : float, array-like or None, default=None
        The covariance of the classes, in squared units of the data.

        - None: the identity, for each class;
        - float: this multiple of the identity, for each class;
        - sequence of length `n_classes`, one entry per class: a number (multiple of the
          identity), a vector of length `n_features` (the diagonal), or a symmetric
          positive semi-definite matrix of shape `(n_features, n_features)`. The kinds may
          be mixed. An array of shape `(n_classes, n_features)` thus holds diagonals.

    weights : array-like of shape (n_classes,), default=None
        Probability of each class, non-negative with sum 1. None means equal weights.

    exact_proportions : bool, default=False
        If True, class a has `n_samples * weights[a]` samples, rounded by the method of
        largest remainders so that the counts add up; a class may then be empty. If False,
        each label is drawn independently.

    shuffle : bool, default=True
        Whether the classes come in random order. If False, they come one after the other.

    dtype : {numpy.float64, numpy.float32}, default=numpy.float64
        Type of the data. The draws are made in double precision and then rounded, so that
        both types give the same sample.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws; an int makes the sample reproducible.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The samples, of type `dtype`.

    y : ndarray of shape (n_samples,)
        The class of each sample, an int from 0 to `n_classes - 1`.

    Raises
    ------
    ValueError
        If shapes do not agree, a covariance is not symmetric positive semi-definite, the
        weights are no probabilities, or anything is not finite.

    See Also
    --------
    make_high_dimensional_mixture : Two named mixtures that are hard in high dimension.
    make_spiked_covariance : A sample of one class, with a few strong directions.

    Notes
    -----
    O(n_samples * n_features) for scalars and diagonals. Each full covariance adds one
    eigendecomposition, O(n_features^3), and O(n_features^2) for each of its samples.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.datasets import make_gaussian_mixture
    >>> X, y = make_gaussian_mixture(
    ...     6, means=[[0, 0], [9, 9]], covariances=[1.0, [0.5, 0.0]],
    ...     weights=[1 / 3, 2 / 3], exact_proportions=True, shuffle=False, random_state=0,
    ... )
    >>> y
    array([0, 0, 1, 1, 1, 1])
    >>> X[y == 1, 1]  # no variance in this direction
    array([9., 9., 9., 9.])
    """
    dtype = check_float_dtype(dtype)
    means = check_array(means, dtype=np.float64, input_name="means")
    n_classes, n_features = means.shape
    roots = [
        _square_root(covariance, f"covariances[{a}]", n_features)
        for a, covariance in enumerate(_one_per_class(covariances, n_classes))
    ]
    weights = _check_weights(weights, n_classes)

    rng = check_random_state(random_state)
    if exact_proportions:
        y = np.repeat(np.arange(n_classes), _largest_remainders(n_samples, weights))
    else:
        y = np.sort(rng.choice(n_classes, size=n_samples, p=weights))
    if shuffle:
        rng.shuffle(y)
    X = rng.standard_normal((n_samples, n_features))
    for a, (mean, root) in enumerate(zip(means, roots, strict=True)):
        members = y == a
        Z = X[members]
        X[members] = mean + (Z @ root if np.ndim(root) == 2 else Z * root)
    return X.astype(dtype, copy=False), y


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 2, None, closed="left")],
        "case": [StrOptions({"mixed", "orthogonal"})],
        "exact_proportions": ["boolean"],
        "shuffle": ["boolean"],
        "dtype": "no_validation",
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_high_dimensional_mixture(
    n_samples=512,
    n_features=256,
    *,
    case="mixed",
    exact_proportions=True,
    shuffle=True,
    dtype=np.float64,
    random_state=None,
):
    r"""Draw one of two mixtures whose classes are hard to tell apart in high dimension.

    Both have two classes of equal weight, at a distance that stays of the order at which
    classification is neither impossible nor trivial as `n_features` (p) grows:

    - `"mixed"`: means :math:`4e_1` and :math:`4e_2`; covariances :math:`I_p` and
      :math:`(1 + 4/\sqrt p)\,T`, with :math:`T_{ij} = 0.4^{|i-j|}`. Means, traces and
      shapes of the covariances all differ.
    - `"orthogonal"`: zero means; diagonal covariances, 4 on the first half of the
      coordinates and 1 on the rest, against 1 and 4. Only the variances of the single
      coordinates differ: this is what a random feature sees through the fourth moment of
      its weights, and what a random rotation of the data hides from it. (With an odd
      number of features, the first half is the smaller one.)

    Parameters
    ----------
    n_samples : int, default=512
        Number of samples.

    n_features : int, default=256
        Number of features p, at least 2.

    case : {"mixed", "orthogonal"}, default="mixed"
        Which of the two.

    exact_proportions : bool, default=True
        Whether the classes have the same number of samples (up to one); otherwise each
        label is drawn independently.

    shuffle : bool, default=True
        Whether the classes come in random order. If False, they come one after the other.

    dtype : {numpy.float64, numpy.float32}, default=numpy.float64
        Type of the data.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws; an int makes the sample reproducible.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The samples, of type `dtype`.

    y : ndarray of shape (n_samples,)
        The class of each sample, 0 or 1.

    See Also
    --------
    make_gaussian_mixture : Any other mixture.

    References
    ----------
    .. [1] Z. Liao, R. Couillet, "On the spectrum of random features maps of high
       dimensional data", ICML 2018.
    .. [2] H. Tiomoko Ali, Z. Liao, R. Couillet, "Random matrices in service of ML
       footprint: ternary random features with no performance loss", ICLR 2022.

    Examples
    --------
    >>> from skrmt.datasets import make_high_dimensional_mixture
    >>> X, y = make_high_dimensional_mixture(4000, 10, case="orthogonal", random_state=0)
    >>> X[y == 0].var(axis=0).round()
    array([4., 4., 4., 4., 4., 1., 1., 1., 1., 1.])
    """
    p = n_features
    means = np.zeros((2, p))
    if case == "mixed":
        means[0, 0] = means[1, 1] = 4.0
        covariances = [1.0, (1 + 4 / np.sqrt(p)) * toeplitz(0.4 ** np.arange(p))]
    else:
        first = np.where(np.arange(p) < p // 2, 4.0, 1.0)
        covariances = [first, 5.0 - first]
    return make_gaussian_mixture(
        n_samples,
        means=means,
        covariances=covariances,
        exact_proportions=exact_proportions,
        shuffle=shuffle,
        dtype=dtype,
        random_state=random_state,
    )


def _one_per_class(covariances, n_classes):
    if covariances is None:
        return [1.0] * n_classes
    if isinstance(covariances, Real):
        return [covariances] * n_classes
    if len(covariances) != n_classes:
        raise ValueError(
            f"covariances must be a number or have one entry for each of the {n_classes} rows of "
            f"means, got {len(covariances)} entries."
        )
    return list(covariances)


def _square_root(covariance, name, n_features):
    """Return R with R^T R = C: a number, a diagonal, or a symmetric matrix."""
    C = check_array(
        covariance, dtype=np.float64, ensure_2d=False, ensure_min_samples=0, input_name=name
    )
    if C.ndim == 0 or C.shape == (n_features,):
        if np.any(C < 0):
            raise ValueError(f"{name} must be non-negative variances, got {C.min()}.")
        return np.sqrt(C)
    if C.shape != (n_features, n_features):
        raise ValueError(
            f"{name} must be a number, a vector of length {n_features} (the diagonal) or a matrix "
            f"of shape ({n_features}, {n_features}), got shape {C.shape}."
        )
    if np.abs(C - C.T).max() > TOLERANCE * np.abs(C).max():
        raise ValueError(f"{name} must be symmetric; it differs from its transpose.")
    eigenvalues, V = np.linalg.eigh(C)
    if eigenvalues[0] < -TOLERANCE * np.abs(eigenvalues).max():
        raise ValueError(
            f"{name} must be positive semi-definite, its smallest eigenvalue is {eigenvalues[0]:g}."
        )
    return (V * np.sqrt(np.maximum(eigenvalues, 0))) @ V.T


def _check_weights(weights, n_classes):
    if weights is None:
        return np.full(n_classes, 1 / n_classes)
    weights = check_array(weights, dtype=np.float64, ensure_2d=False, input_name="weights")
    if weights.shape != (n_classes,):
        raise ValueError(
            f"weights must have one entry for each of the {n_classes} rows of means, got shape "
            f"{weights.shape}."
        )
    if np.any(weights < 0) or abs(weights.sum() - 1) > 1e-8:
        raise ValueError(f"weights must be non-negative with sum 1, got {weights}.")
    return weights / weights.sum()


def _largest_remainders(n_samples, weights):
    """Round `n_samples * weights` to integers with sum `n_samples`."""
    shares = n_samples * weights
    # A share such as 1/3 + 1/3 + 1/3 of 3 may miss its integer by a rounding error.
    counts = np.floor(shares + 1e-9).astype(np.intp)
    left_over = n_samples - counts.sum()
    counts[np.argsort(counts - shares, kind="stable")[:left_over]] += 1
    return counts
