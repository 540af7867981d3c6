# SPDX-License-Identifier: BSD-3-Clause
"""Noise of many kinds, alone or around a signal that is known."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from skrmt.decomposition._centred_matrix import CentredMatrix
from skrmt.decomposition._singular_spectrum import SingularSpectrum

# Far enough from 0 that a forgotten mean would be the largest component by far.
OFFSET = 5.0


def white(rng, n, p):
    return rng.standard_normal((n, p))


def gamma_columns(rng, n, p):
    """Column variances of mean 1, with the shape parameter 3."""
    return rng.standard_normal((n, p)) * np.sqrt(rng.gamma(3, 1 / 3, p))


def exponential_rows(rng, n, p):
    return rng.standard_normal((n, p)) * np.sqrt(rng.exponential(size=(n, 1)))


def student4(rng, n, p):
    """Student's t with 4 degrees of freedom, of variance 1; its fourth moment is infinite."""
    return rng.standard_t(4, (n, p)) / np.sqrt(2)


def student3(rng, n, p):
    """Student's t with 3 degrees of freedom, of variance 1."""
    return rng.standard_t(3, (n, p)) / np.sqrt(3)


def uniform(rng, n, p):
    return rng.uniform(-np.sqrt(3), np.sqrt(3), (n, p))


def signs(rng, n, p):
    return rng.choice([-1.0, 1.0], (n, p))


def skewed(rng, n, p):
    """Exponential entries less their mean: variance 1, fourth moment 9."""
    return rng.exponential(size=(n, p)) - 1


def sparse(rng, n, p):
    """Normal entries, 98 percent of them zero; variance 1, fourth moment 150."""
    return rng.standard_normal((n, p)) * (rng.random((n, p)) < 0.02) / np.sqrt(0.02)


@dataclass(frozen=True, eq=False)
class Planted:
    """Data of which the signal is known.

    ``data = scores * sqrt(spikes) @ axes + noise + OFFSET``, scores of variance 1, axes orthonormal
    rows; spikes are variances that the signal adds to the noise.
    """

    data: np.ndarray
    axes: np.ndarray
    scores: np.ndarray
    spikes: np.ndarray
    noise: np.ndarray

    @property
    def signal(self):
        return (self.scores * np.sqrt(self.spikes)) @ self.axes + OFFSET


def planted(seed, n, p, spikes=(), noise=white):
    """Draw a signal along random axes, and noise."""
    rng = np.random.default_rng(seed)
    spikes = np.array(spikes, dtype=float)
    axes = np.linalg.qr(rng.standard_normal((p, spikes.size)))[0].T
    scores = rng.standard_normal((n, spikes.size))
    entries = noise(rng, n, p)
    data = (scores * np.sqrt(spikes)) @ axes + entries + OFFSET
    return Planted(data, axes, scores, spikes, entries)


def spectrum_of(X, solver="covariance_eigh", seed=0):
    """Spectrum of the centred X, as the rules take it."""
    return SingularSpectrum(CentredMatrix(X), solver, check_random_state(seed))
