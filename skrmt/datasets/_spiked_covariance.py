# SPDX-License-Identifier: BSD-3-Clause
"""The spiked covariance model: a few strong directions in white noise."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch, check_array, check_random_state

from skrmt.datasets._float_dtype import check_float_dtype
from skrmt.utils._validation import Interval, validate_params


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "spikes": ["array-like"],
        "noise_variance": [Interval(Real, 0, None, closed="left")],
        "dtype": "no_validation",
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_spiked_covariance(
    n_samples=100,
    n_features=20,
    *,
    spikes,
    noise_variance=1.0,
    dtype=np.float64,
    random_state=None,
):
    r"""Draw Gaussian data with a few strong directions in white noise.

    The samples are centred Gaussian with covariance

    .. math:: \Sigma = \sigma^2 I_p + \sum_k \ell_k\, v_k v_k^\top ,

    where the :math:`v_k` are orthonormal with uniform (Haar) law. The model separates what
    principal component analysis can see from what it cannot: with
    :math:`c = p/n`, spike :math:`\ell_k` leaves the bulk of the sample eigenvalues if and
    only if :math:`\ell_k > \sigma^2 \sqrt c` [2]_.

    Parameters
    ----------
    n_samples : int, default=100
        Number of samples n.

    n_features : int, default=20
        Number of features p.

    spikes : array-like of shape (n_components,)
        The variances :math:`\ell_k \geq 0` that the strong directions add to the noise, in
        squared units of the data; at most `n_features` of them, possibly none.

    noise_variance : float, default=1.0
        The variance :math:`\sigma^2` of the noise in each direction; 0 gives data of rank
        `n_components`.

    dtype : {numpy.float64, numpy.float32}, default=numpy.float64
        Type of `data`. The draws are made in double precision and then rounded, so that
        both types give the same sample.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws; an int makes the sample reproducible.

    Returns
    -------
    sample : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        data : ndarray of shape (n_samples, n_features)
            The samples, of type `dtype`.
        components : ndarray of shape (n_components, n_features)
            The directions :math:`v_k` as orthonormal rows, in the order of `spikes`.
        spikes : ndarray of shape (n_components,)
            The parameter, as float64.
        eigenvalues : ndarray of shape (n_components,)
            The eigenvalues of :math:`\Sigma` that belong to `components`, that is
            `spikes + noise_variance`; all others are `noise_variance`.
        noise_variance : float
            The parameter.

    Raises
    ------
    ValueError
        If `spikes` is not a vector of at most `n_features` finite non-negative numbers.

    See Also
    --------
    make_gaussian_mixture : Several classes with given covariances.

    Notes
    -----
    O(n_samples * n_features * n_components) time, and twice the size of `data` in memory;
    the covariance matrix is never formed.

    References
    ----------
    .. [1] I. M. Johnstone, "On the distribution of the largest eigenvalue in principal
       components analysis", Annals of Statistics 29, 2001.
    .. [2] J. Baik, G. Ben Arous, S. Péché, "Phase transition of the largest eigenvalue for
       nonnull complex sample covariance matrices", Annals of Probability 33, 2005.

    Examples
    --------
    >>> from skrmt.datasets import make_spiked_covariance
    >>> sample = make_spiked_covariance(5000, 10, spikes=[8.0, 3.0], random_state=0)
    >>> along = sample.data @ sample.components.T
    >>> along.var(axis=0).round(1), sample.eigenvalues
    (array([8.9, 3.9]), array([9., 4.]))
    """
    dtype = check_float_dtype(dtype)
    spikes = check_array(
        spikes, dtype=np.float64, ensure_2d=False, ensure_min_samples=0, input_name="spikes"
    )
    if spikes.ndim != 1 or len(spikes) > n_features:
        raise ValueError(
            f"spikes must be a vector of at most n_features = {n_features} numbers, got shape "
            f"{spikes.shape}."
        )
    if np.any(spikes < 0):
        raise ValueError(f"spikes must be non-negative variances, got {spikes.min()}.")

    rng = check_random_state(random_state)
    components = _orthonormal_rows(len(spikes), n_features, rng)
    scores = rng.standard_normal((n_samples, len(spikes))) * np.sqrt(spikes)
    data = rng.standard_normal((n_samples, n_features))
    data *= np.sqrt(noise_variance)
    data += scores @ components
    return Bunch(
        data=data.astype(dtype, copy=False),
        components=components,
        spikes=spikes,
        eigenvalues=spikes + noise_variance,
        noise_variance=float(noise_variance),
    )


def _orthonormal_rows(n_rows, n_columns, rng):
    """Draw orthonormal rows with the Haar law."""
    Q, R = np.linalg.qr(rng.standard_normal((n_columns, n_rows)))
    # The signs of R depend on the algorithm; without them the law would not be Haar.
    return (Q * np.where(np.diag(R) < 0, -1.0, 1.0)).T
