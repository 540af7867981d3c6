# SPDX-License-Identifier: BSD-3-Clause
"""Data on which a sketched ridge regression is set beside the exact one, and what exact means."""

from dataclasses import replace

import numpy as np
from ridge_designs import make_design
from scipy.fft import dct
from sklearn.linear_model import Ridge

from skrmt.linear_model import SketchedRidgeCV

GRID = np.logspace(1, 4, 13)


def noisy_design():
    """A design whose noise makes the best penalty one that small sketches reach."""
    drawn = make_design(400, 360, seed=0)
    noise = 3 * np.random.default_rng(0).standard_normal(400)
    return replace(drawn, y=drawn.y + noise)


def model(alphas="auto", **options):
    """SketchedRidgeCV with a small sketch and accurate coefficients."""
    return SketchedRidgeCV(alphas, **{"sketch_size": 60, "tol": 1e-8, "random_state": 0, **options})


def power_law(n, p, share, seed=0, n_test=2000):
    """Rows with spectrum 1 / j in a rotated basis; `share` of the variance of y is signal."""
    rng = np.random.default_rng(seed)
    X = dct(rng.standard_normal((n + n_test, p)) / np.sqrt(np.arange(1, p + 1)), norm="ortho")
    signal = X @ rng.standard_normal(p)
    noise = rng.standard_normal(n + n_test)
    y = np.sqrt(share) * signal / signal.std() + np.sqrt(1 - share) * noise
    return X[:n], y[:n], X[n:], y[n:]


def assert_exact(fitted, X, y, w=None, *, rtol=1e-6):
    """Coefficients and intercept are those of ridge regression at the penalty chosen."""
    exact = Ridge(fitted.alpha_).fit(X, y, sample_weight=w)
    size = np.linalg.norm(exact.coef_)
    np.testing.assert_allclose(fitted.coef_, exact.coef_, rtol=0, atol=rtol * size)
    assert fitted.coef_.shape == exact.coef_.shape
    np.testing.assert_allclose(fitted.intercept_, exact.intercept_, atol=rtol * (1 + size))
