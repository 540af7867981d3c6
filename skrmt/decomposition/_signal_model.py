# SPDX-License-Identifier: BSD-3-Clause
r"""What the sample components tell of the population: signal, noise, angles.

Component k has singular value s and sample variance ``lam = s^2 / n``. Behind it are a signal of
variance t (of the features, along the true axis v), the squared cosine c^2 of the sample axis with
v, that of the scores with the true ones, and the variance w of the noise along the sample axis. All
that the estimator says follows from these. With weights on the score y of a sample:

* a new sample's score has variance ``t c^2 + w``, where the training one had lam;
* the best weight on it is ``t c^2 / (t c^2 + w)``;
* the best weight on a training score is ``sqrt(n t) c c~ / s``.

In white noise ``w = sigma^2`` and the rest is in closed form (:mod:`skrmt.theory`). In other noise
t, c and c~ come from the singular values that are left (R. R. Nadakuditi, "OptShrink", IEEE Trans.
Inf. Theory 60, 2014), and w from the column variances that are left (ours).
"""

from dataclasses import dataclass

import numpy as np

from skrmt.theory import (
    new_sample_weights,
    noise_variance,
    spike_backward,
    spike_squared_cosine,
    spikes_in_general_noise,
    training_weights,
)

# Differences of squares that are smaller, relative to these, have lost their digits.
_CANCELLED = 1e-8


@dataclass(frozen=True, eq=False)
class SignalModel:
    """Signal and noise behind the sample components.

    Attributes
    ----------
    noise_variance : float
        Mean variance of a feature's noise, sigma^2.
    signal_variance : ndarray of shape (n_components,)
        t; 0 where the component cannot be told from noise.
    squared_cosines : ndarray of shape (n_components,)
        c^2.
    noise_along : ndarray of shape (n_components,)
        w.
    score_squared_cosines : ndarray of shape (n_components,)
        That of the training scores with the true ones.
    training_weights : ndarray of shape (n_components,)
        Best weights on training scores.
    left_out : float
        Variance of the signal in components that were found and not kept.
    """

    noise_variance: float
    signal_variance: np.ndarray
    squared_cosines: np.ndarray
    noise_along: np.ndarray
    score_squared_cosines: np.ndarray
    training_weights: np.ndarray
    left_out: float = 0.0

    @property
    def population_variance(self):
        """Variance of the population along the true axes."""
        return self.signal_variance + self.noise_variance

    @property
    def new_score_variance(self):
        """Variance of a new sample along the sample axes."""
        return self.signal_variance * self.squared_cosines + self.noise_along

    @property
    def new_sample_weights(self):
        """Best weights on the scores of new samples."""
        signal = self.signal_variance * self.squared_cosines
        whole = self.new_score_variance
        return np.divide(signal, whole, out=np.zeros_like(signal), where=whole > 0)

    def training_error(self, n_samples, n_features):
        """Mean squared error of a denoised training sample.

        Parameters
        ----------
        n_samples, n_features : int
            Shape of the data.

        Returns
        -------
        error : float
            Sum over the features, of the best weights; with the noise of the mean.
        """
        lost = 1 - self.squared_cosines * self.score_squared_cosines
        # The signal's own mean over the samples is in the mean, and right.
        signal = (float(self.signal_variance @ lost) + self.left_out) * (n_samples - 1) / n_samples
        return signal + n_features * self.noise_variance / n_samples

    def new_sample_error(self, n_samples, n_features):
        """Mean squared error of a denoised new sample.

        Parameters
        ----------
        n_samples, n_features : int
            Shape of the training data.

        Returns
        -------
        error : float
            Sum over the features, of the best weights; with the noise of the mean.
        """
        weights, along = self.new_sample_weights, self.squared_cosines
        # Off the axes, along them, and the noise that the weights let through: no differences.
        off = float(self.signal_variance @ (1 - along)) + self.left_out
        kept = float((1 - weights) ** 2 @ (along * self.signal_variance))
        passed = float(weights**2 @ self.noise_along)
        # The mean's error is not seen along the axes as far as the weights go.
        mean = n_features * self.noise_variance + off
        mean += float((1 - weights) ** 2 @ self.new_score_variance) - float(self.noise_along.sum())
        return off + kept + passed + max(mean, 0.0) / n_samples


def without_noise(variances):
    """Signal alone: data of low rank.

    Parameters
    ----------
    variances : ndarray of shape (n_components,)
        Sample variances.

    Returns
    -------
    model : SignalModel
        Nothing to correct.
    """
    ones = np.ones_like(variances)
    return SignalModel(0.0, variances, ones, np.zeros_like(variances), ones, ones)


def in_white_noise(values, rank, n_signal, rest, n_effective, n_features):
    """Spikes in noise that has the same variance in each direction.

    Parameters
    ----------
    values : ndarray of shape (at least max(rank, n_signal),)
        Singular values, descending.
    rank : int
        Number of components to describe.
    n_signal : int
        Number of components that are not noise.
    rest : float
        Sum of the squares of all singular values but the first `n_signal`.
    n_effective : int
        Degrees of freedom of the covariance.
    n_features : int
        Number of features that are not constant.

    Returns
    -------
    model : SignalModel
        Units of the data.
    """
    gamma = n_features / n_effective
    variances = values**2 / n_effective
    sigma2 = noise_variance(variances[:n_signal], rest / n_effective, n_effective, n_features)
    # Below rounding, squared: nothing.
    if sigma2 <= np.finfo(float).eps ** 2 * variances.sum():
        return without_noise(variances[:rank])
    # The wrapper tells a value inside the noise by nan: no more than noise there.
    l = np.atleast_1d(spike_backward(variances / sigma2, gamma))  # noqa: E741
    l = np.where(np.isnan(l), 1.0, l)  # noqa: E741
    left_out = float((l[rank:n_signal] - 1).sum()) * sigma2
    l = l[:rank]  # noqa: E741
    return SignalModel(
        sigma2,
        (l - 1) * sigma2,
        np.atleast_1d(spike_squared_cosine(l, gamma)),
        np.full(len(l), sigma2),
        # A new sample's best weight is the squared cosine of the scores (see the theory's module).
        np.atleast_1d(new_sample_weights(l, gamma)),
        np.atleast_1d(training_weights(l, gamma)),
        left_out,
    )


def in_general_noise(values, rank, n_signal, Vt, column_squares, edge, n_effective, n_features):
    """Components in noise whose variances differ.

    Parameters
    ----------
    values : ndarray of shape (min(n_samples, n_features),)
        All singular values, descending.
    rank : int
        Number of components to describe.
    n_signal : int
        Number of components that are not noise.
    Vt : ndarray of shape (at least max(rank, n_signal), n_features)
        Sample axes.
    column_squares : ndarray of shape (n_features,)
        Sums of squares of the centred columns.
    edge : float
        Largest singular value of the noise, by its law. What is above it and was not taken for
        signal is single entries: in the sum over the noise it would count as if it were its edge.
    n_effective : int
        Degrees of freedom of the covariance.
    n_features : int
        Number of features that are not constant.

    Returns
    -------
    model : SignalModel
        Units of the data.
    """
    p = n_features
    k = max(rank, n_signal)
    s, Vt = values[:k], Vt[:k].astype(np.float64)
    noise_values = np.minimum(values[n_signal : min(n_effective, p)], edge)
    strengths, left, right = spikes_in_general_noise(s, noise_values, n_effective, p)
    signal = strengths**2 / n_effective
    sigma2, along = _noise_of_columns(s, strengths, right, noise_values, Vt, column_squares, p)
    weights = np.divide(strengths * np.sqrt(left * right), s, out=np.zeros_like(s), where=s > 0)
    return SignalModel(
        sigma2 / n_effective,
        signal[:rank],
        right[:rank],
        along[:rank] / n_effective,
        left[:rank],
        weights[:rank],
        float(signal[rank:].sum()),
    )


def _noise_of_columns(s, strengths, right, noise_values, Vt, column_squares, p):
    """Mean square of the noise in a column, and that along each axis."""
    outside = float(noise_values @ noise_values)
    # What components hold of the noise; far above it, its limit in place of a difference.
    held = s**2 - strengths**2
    limit = outside * (1 / max(1, len(noise_values)) + 1 / max(1, p - len(s)))
    held = np.where((strengths > 0) & (held < _CANCELLED * s**2), limit, held)
    total = outside + float(held[strengths > 0].sum())
    # The true axis has the share c^2 along the sample axis, the rest anywhere.
    axes = right[:, np.newaxis] * Vt**2 + (1 - right)[:, np.newaxis] / p
    columns = np.maximum(column_squares - strengths**2 @ axes, 0.0)
    if total <= _CANCELLED * column_squares.sum():
        # Nothing is known of how it is spread over columns.
        return total / p, np.full(len(s), total / p)
    return total / p, Vt**2 @ (columns * (total / columns.sum()))
