# SPDX-License-Identifier: BSD-3-Clause
"""Exact ridge regression on given features, for a path of penalties.

With centred features Z (n x N) and targets Y, the coefficients are ``Z' (Z Z' + alpha I)^-1 Y``,
equal to ``(Z' Z + alpha I)^-1 Z' Y``; the smaller of the two matrices is made once, in float64, and
factorised for each penalty.
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve


def ridge_path(Z, Y, alphas, Z_new):
    """Predict with an unpenalised intercept, for each penalty.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_components)
        Features of the training rows.
    Y : ndarray of shape (n_samples, n_targets)
        Targets.
    alphas : sequence of float
        Penalties of ``||Y - Z W||^2 + alpha ||W||^2``.
    Z_new : ndarray of shape (n_new, n_components)
        Features of the rows to predict.

    Yields
    ------
    prediction : ndarray of shape (n_new, n_targets)
        For one penalty after another.
    """
    centre, level = Z.mean(axis=0, dtype=np.float64), Y.mean(axis=0)
    Z = Z - centre
    dual = Z.shape[0] <= Z.shape[1]
    gram = Z @ Z.T if dual else Z.T @ Z
    wanted = Y - level if dual else Z.T @ (Y - level)
    for alpha in alphas:
        penalised = gram.copy()
        penalised.flat[:: len(gram) + 1] += alpha
        factor = cho_factor(penalised, lower=True, overwrite_a=True, check_finite=False)
        solution = cho_solve(factor, wanted, check_finite=False)
        coefficients = Z.T @ solution if dual else solution
        intercept = level - centre @ coefficients
        yield Z_new @ coefficients.astype(Z_new.dtype) + intercept


class OneHotTargets:
    """Targets of a ridge classifier: a column per class, the largest prediction wins.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Classes of the training rows.
    """

    def __init__(self, y):
        self.classes = np.unique(y)
        self.Y = self.encode(y)

    def encode(self, y):
        """Code classes as columns."""
        return (y[:, np.newaxis] == self.classes).astype(np.float64)

    def error(self, prediction, y):
        """Share of misclassified rows."""
        return float(np.mean(self.classes[prediction.argmax(axis=1)] != y))


class RealTarget:
    """One real target, standardised.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Targets of the training rows.
    """

    def __init__(self, y):
        y = y.astype(np.float64)
        self.mean, self.deviation = y.mean(), y.std()
        self.Y = self.encode(y)

    def encode(self, y):
        """Standardise by the training rows."""
        return ((y - self.mean) / self.deviation)[:, np.newaxis]

    def error(self, prediction, y):
        """Share of variance left unexplained, 1 - R2."""
        residual = y - (self.mean + self.deviation * prediction[:, 0])
        return float(np.mean(residual**2) / np.var(y, dtype=np.float64))
