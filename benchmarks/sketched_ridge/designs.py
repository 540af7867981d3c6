# SPDX-License-Identifier: BSD-3-Clause
"""Synthetic rows with known answers."""

from dataclasses import dataclass

import numpy as np
from scipy import fft, sparse


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to learn from and to judge by."""

    X: object
    y: np.ndarray
    X_test: object
    y_test: np.ndarray


class PowerLaw:
    """Gaussian rows with eigenvalues 1 / j in the basis of cosines, and isotropic coefficients.

    Parameters
    ----------
    p : int
        Columns.
    attainable : float
        R² of the true coefficients.
    rng : Generator
        Source of the coefficients.
    """

    def __init__(self, p, attainable, rng):
        self.eigenvalues = 1 / np.arange(1.0, p + 1)
        self.beta = rng.standard_normal(p)
        signal = (self.eigenvalues * self.beta**2).sum()
        self.noise = np.sqrt(signal * (1 - attainable) / attainable)

    def draw(self, n, rng, dtype="float64"):
        """Draw rows, in the dtype, and targets."""
        Z = rng.standard_normal((n, len(self.beta)), dtype)
        Z *= np.sqrt(self.eigenvalues).astype(dtype)
        y = Z @ self.beta + self.noise * rng.standard_normal(n)
        return fft.idct(Z, axis=1, norm="ortho", overwrite_x=True), y


def power_law(n_train, p, attainable, *, n_test=5000, dtype="float64", seed=0):
    """Rows of a `PowerLaw`.

    Parameters
    ----------
    n_train, p, n_test : int
        Rows and columns.
    attainable : float
        R² of the true coefficients.
    dtype : str, default="float64"
        Float type of the rows.
    seed : int, default=0
        Source of the draw.

    Returns
    -------
    rows : Rows
        Drawn in the dtype.
    """
    rng = np.random.default_rng(seed)
    law = PowerLaw(p, attainable, rng)
    return Rows(*law.draw(n_train, rng, dtype), *law.draw(n_test, rng, dtype))


def zipf_text(n_train, p, *, words=75, n_test=2000, attainable=0.6, seed=0):
    """Sparse rows of unit length: logarithms of word counts by Zipf's law, rare words weighted up.

    Parameters
    ----------
    n_train, p, n_test : int
        Documents and words of the vocabulary.
    words : int, default=75
        Mean length of a document.
    attainable : float, default=0.6
        R² of the true coefficients.
    seed : int, default=0
        Source of the draw.

    Returns
    -------
    rows : Rows
        With CSR matrices.
    """
    rng = np.random.default_rng(seed)
    share = 1 / (np.arange(p) + 10.0)
    lengths = 1 + rng.poisson(words - 1, n_train + n_test)
    drawn = rng.choice(p, size=lengths.sum(), p=share / share.sum())
    document = np.repeat(np.arange(len(lengths)), lengths)
    X = sparse.csr_matrix((np.ones(len(drawn)), (document, drawn)), shape=(len(lengths), p))
    X.sum_duplicates()
    documents_with = np.bincount(X.indices, minlength=p)
    X.data = (1 + np.log(X.data)) * (1 + np.log(len(lengths) / (1 + documents_with)))[X.indices]
    X = sparse.csr_matrix(X.multiply(1 / np.sqrt(X.multiply(X).sum(axis=1))))
    X.sort_indices()
    truth = X @ rng.standard_normal(p)
    noise = truth.std() * np.sqrt((1 - attainable) / attainable)
    y = truth + noise * rng.standard_normal(len(truth))
    return Rows(X[:n_train], y[:n_train], X[n_train:], y[n_train:])


def soft_threshold(n_train, p, *, n_test=20000, seed=0):
    """The soft threshold at 1 of a Gaussian with variance about 1, a linear function of X.

    The design of the prediction intervals of P. Patil, D. LeJeune, ICLR 2024, arXiv:2310.04357.

    Parameters
    ----------
    n_train, p, n_test : int
        Rows and columns.
    seed : int, default=0
        Source of the draw.

    Returns
    -------
    rows : Rows
        Without noise.
    """
    rng = np.random.default_rng(seed)
    beta = rng.standard_normal(p) / np.sqrt(p)

    def draw(n):
        X = rng.standard_normal((n, p))
        linear = X @ beta
        return X, np.sign(linear) * np.maximum(np.abs(linear) - 1, 0)

    return Rows(*draw(n_train), *draw(n_test))


class DecayingDesign:
    """Independent columns of decaying variance; the first tenth has coefficients.

    Parameters
    ----------
    n, p : int
        Rows and columns.
    seed : int
        Source of the draw.
    heavy_tails : bool, default=False
        Whether each row has a random length, with the same covariance: the square root of 3 over a
        chi-squared variable of 5 degrees of freedom.

    Attributes
    ----------
    spectrum, beta : ndarray of shape (p,)
        Variances and coefficients. The intercept and the variance of the noise are 1.
    X, y : ndarray
        Training rows.
    """

    intercept = noise_variance = 1.0

    def __init__(self, n, p, seed, *, heavy_tails=False):
        rng = np.random.default_rng(seed)
        self.spectrum = 2 / (1 + 30 * np.linspace(0, 1, p))
        self.beta = np.zeros(p)
        self.beta[: p // 10] = 1.5 * rng.standard_normal(p // 10) / np.sqrt(p / 10)
        self.X = rng.standard_normal((n, p)) * np.sqrt(self.spectrum)
        if heavy_tails:
            self.X *= np.sqrt(3 / rng.chisquare(5, size=(n, 1)))
        noise = rng.standard_normal(n)
        self.y = self.intercept + self.X @ self.beta + noise

    def risk(self, model):
        """Expected squared error of a fitted linear model at a new row."""
        wrong = self.beta - model.coef_
        bias = (self.spectrum * wrong**2).sum() + (self.intercept - model.intercept_) ** 2
        return float(bias + self.noise_variance)
