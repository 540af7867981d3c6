# SPDX-License-Identifier: BSD-3-Clause
"""SpikedCovariance: white noise, and a few directions that stand out of it."""

from numbers import Real

import numpy as np

from skrmt.covariance._base import EigenvalueShrinkage
from skrmt.exceptions import TheoryWarning
from skrmt.theory import (
    SHRINKAGE_LOSSES,
    median_noise_variance,
    noise_variance,
    shrink_eigenvalues,
    spike_backward,
    spike_squared_cosine,
    spiked_covariance_loss,
)
from skrmt.utils._user_warning import warn_user
from skrmt.utils._validation import Interval, StrOptions

# Above this share of the eigenvalues, and number of them, the spikes cannot be few.
_MANY, _AT_LEAST = 0.25, 4


class SpikedCovariance(EigenvalueShrinkage):
    """Covariance of white noise and a few directions of larger variance, shrunk optimally.

    The model has one variance for all directions but a few, the spikes. With p features and n
    samples of the same order the sample eigenvalues of the spikes are too large, their eigenvectors
    point elsewhere in part, and the eigenvalues of the noise spread over an interval. This
    estimator finds the level of the noise, takes for spikes the eigenvalues above its interval, and
    gives each the value that is optimal for a loss [1]_, which is a different one for each loss;
    all other directions get the variance of the noise.

    It is the better choice where the noise is close to white: the inverse above all is more
    accurate than that of :class:`AnalyticalShrinkage`, which makes no such assumption and is the
    better choice elsewhere.

    Parameters
    ----------
    loss : {"frobenius", "operator", "stein"}, default="frobenius"
        What is to be small. "frobenius": the Frobenius error of the covariance matrix, and with the
        same values what is lost of the likelihood of new Gaussian samples. "operator": its spectral
        norm error, with the debiased variances for eigenvalues. "stein":
        ``tr(Sigma^-1 A - I) - log det(Sigma^-1 A)`` of an estimate A, and with the same values the
        Frobenius error of the inverse.
    noise_variance : float, default=None
        Variance of the noise, positive. None finds the spikes by the median of the eigenvalues,
        takes it from what is left without the variance of their signal [2]_, and drops spikes that
        do not stand out of that.
    assume_centered : bool, default=False
        Whether the mean is known to be 0, and is not taken out.
    store_precision : bool, default=True
        Whether to store the inverse.

    Attributes
    ----------
    covariance_ : ndarray of shape (n_features, n_features)
        Estimated covariance matrix, in the float type of X; rows and columns of constant columns
        are zero.
    precision_ : ndarray of shape (n_features, n_features) or None
        Its inverse; zero where that is zero. None with ``store_precision=False``.
    location_ : ndarray of shape (n_features,)
        Estimated mean; zeros with `assume_centered`.
    noise_variance_ : float
        Variance of the noise.
    n_spikes_ : int
        Number of spikes.
    spikes_ : ndarray of shape (`n_spikes_`,)
        Variances of the population along the spikes, descending, in the units of the data: the
        sample eigenvalues without their bias.
    cosines_ : ndarray of shape (`n_spikes_`,)
        Expected cosine of the angle between the sample eigenvector of each spike and the
        population's.
    predicted_loss_ : float
        Loss that theory predicts for spikes as estimated: the Frobenius norm of the error
        ("frobenius"), its spectral norm ("operator"), both in the units of the covariance, or
        Stein's loss. It leaves out the error of the noise variance.
    eigenvalues_ : ndarray of shape (n_features,)
        Eigenvalues of the sample covariance matrix, ascending.
    shrunk_eigenvalues_ : ndarray of shape (n_features,)
        What took their place, in the same order.
    n_samples_seen_ : int or float
        Sum of the weights so far.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has string column names.

    Raises
    ------
    ValueError
        If a parameter is out of range, X has missing or infinite values, or there are fewer than
        two samples.

    Warns
    -----
    skrmt.exceptions.TheoryWarning
        More than a quarter of the eigenvalues are above the interval of the noise: it is not white.

    See Also
    --------
    AnalyticalShrinkage : For any spectrum.
    sklearn.covariance.LedoitWolf : Linear shrinkage.
    skrmt.theory.shrink_eigenvalues : The optimal values.

    Notes
    -----
    The edge of the noise is that of the limit. In samples its largest eigenvalue falls short of the
    edge on average, but passes it in one draw of five or so, and then counts as a spike. Such a
    spike has a cosine near 0, and is shrunk to about the variance of the noise, except for
    ``loss="operator"``, whose optimal rule jumps at the edge. It takes a share of about
    ``1 / sqrt(n p)`` from the variance of the noise, which has no other bias.

    Numbers are computed in float64 whatever X is. With fewer samples than features no n_features x
    n_features matrix is decomposed. Columns without variance, and directions in which samples do
    not vary although there are enough of them, are left out of the model and get variance 0.

    Dask arrays are summed where their blocks are, and equal the same samples in memory; no more
    rows than columns are ever brought together. Estimators of parts of the samples can be merged.

    References
    ----------
    .. [1] D. Donoho, M. Gavish, I. Johnstone, "Optimal shrinkage of eigenvalues in the spiked
           covariance model", Annals of Statistics 46, 2018.
    .. [2] S. Kritchman, B. Nadler, "Determining the number of components in a factor model from
           limited noisy data", Chemometrics and Intelligent Laboratory Systems 94, 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.covariance import SpikedCovariance
    >>> variances = np.append([20.0, 8.0, 4.0], np.ones(97))
    >>> X = np.random.default_rng(0).standard_normal((200, 100)) * np.sqrt(variances)
    >>> model = SpikedCovariance().fit(X)
    >>> model.n_spikes_, round(model.noise_variance_, 2)
    (3, 1.0)
    >>> model.eigenvalues_[:-4:-1].round(1), model.spikes_.round(1)
    (array([18.8,  7.9,  4.3]), array([18.3,  7.3,  3.6]))
    """

    _parameter_constraints: dict = {
        **EigenvalueShrinkage._parameter_constraints,
        "loss": [StrOptions(set(SHRINKAGE_LOSSES))],
        "noise_variance": [Interval(Real, 0, None, closed="neither"), None],
    }
    _solved_names = (
        *EigenvalueShrinkage._solved_names,
        "noise_variance_",
        "n_spikes_",
        "spikes_",
        "cosines_",
        "predicted_loss_",
    )

    def __init__(
        self,
        *,
        loss="frobenius",
        noise_variance=None,
        assume_centered=False,
        store_precision=True,
    ):
        super().__init__(assume_centered=assume_centered, store_precision=store_precision)
        self.loss = loss
        self.noise_variance = noise_variance

    def _shrink(self, sample, parameters):
        lam, p, loss = sample.eigenvalues, sample.n_directions, parameters["loss"]
        noise = parameters["noise_variance"]
        if not len(lam):
            return lam, 0.0, _attributes(0.0 if noise is None else float(noise), lam, lam, 0.0)
        # Where samples are repeated, the different ones count.
        n = min(sample.n_samples, len(lam)) if len(lam) < p else sample.n_samples
        gamma = p / n
        if noise is None:
            noise, standing_out = _noise_and_spikes(sample.padded(lam), lam, n, p)
        else:
            noise, standing_out = float(noise), _above_edge(lam, noise, gamma)
        in_units = np.where(standing_out, lam, 0.0) / noise
        spikes = spike_backward(in_units[standing_out], gamma)[::-1]
        if len(spikes) >= _AT_LEAST and len(spikes) > _MANY * len(lam):
            level = "" if parameters["noise_variance"] is None else f" of variance {noise:g}"
            warn_user(
                f"{len(spikes)} of {len(lam)} eigenvalues are above the edge of white noise{level}:"
                " the noise is not white, and these are no spikes. Use AnalyticalShrinkage"
                f"{', or another noise_variance' if level else ''}.",
                TheoryWarning,
            )
        values = noise * shrink_eigenvalues(in_units, gamma, loss)
        predicted = spiked_covariance_loss(spikes, gamma, loss, n_samples=n)
        if loss != "stein":
            predicted *= noise
        cosines = np.sqrt(spike_squared_cosine(spikes, gamma))
        return values, noise, _attributes(noise, noise * spikes, cosines, predicted)


def _above_edge(lam, noise, gamma):
    return ~np.isnan(spike_backward(lam / noise, gamma))


def _noise_and_spikes(everything, lam, n, p):
    """Find the variance of the noise, and which eigenvalues are not of it.

    The median decides what stands out, whatever that is; but it has the scatter of single
    eigenvalues, and takes half of each spike for noise. The trace of the rest has neither fault.
    What does not stand out of the noise by that is a spike no more; as none comes in its place,
    this ends.
    """
    noise = float(median_noise_variance(everything, n, p))
    standing_out = _above_edge(lam, noise, p / n)
    while standing_out.sum() < min(n, p):
        noise = noise_variance(lam[standing_out][::-1], float(lam[~standing_out].sum()), n, p)
        still = standing_out & _above_edge(lam, noise, p / n)
        if still.sum() == standing_out.sum():
            break
        standing_out = still
    return noise, standing_out


def _attributes(noise, spikes, cosines, predicted):
    return {
        "noise_variance_": noise,
        "n_spikes_": len(spikes),
        "spikes_": spikes,
        "cosines_": cosines,
        "predicted_loss_": predicted,
    }
