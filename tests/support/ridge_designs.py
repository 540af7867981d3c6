# SPDX-License-Identifier: BSD-3-Clause
"""Linear models with a known risk, for tests."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Design:
    """Rows, targets and the model behind them: ``y = 1 + X beta + noise`` of variance 1.

    The features are independent with variances `variances`.
    """

    X: np.ndarray
    y: np.ndarray
    beta: np.ndarray
    variances: np.ndarray

    def risk(self, coef, intercept):
        """Mean squared error at a new row."""
        return self.variances @ (self.beta - coef) ** 2 + (1 - intercept) ** 2 + 1


def make_design(n_samples, n_features, seed, *, heavy_tails=False):
    """Draw a design whose variances fall from 2 to 2/31, with the signal in the first tenth.

    With heavy tails each row has a factor of its own, of the t distribution with 5 degrees.
    """
    rng = np.random.default_rng(seed)
    variances = 2 / (1 + 30 * np.linspace(0, 1, n_features))
    X = rng.standard_normal((n_samples, n_features)) * np.sqrt(variances)
    if heavy_tails:
        X *= np.sqrt(3 / rng.chisquare(5, n_samples))[:, None]
    n_signal = n_features // 10
    beta = np.zeros(n_features)
    beta[:n_signal] = 1.5 * rng.standard_normal(n_signal) / np.sqrt(n_signal)
    return Design(X, 1 + X @ beta + rng.standard_normal(n_samples), beta, variances)
