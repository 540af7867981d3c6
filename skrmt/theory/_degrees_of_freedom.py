# SPDX-License-Identifier: BSD-3-Clause
"""Degrees of freedom of ridge regression, and the correction of its residuals that they give.

A linear smoother ``y_hat = L y`` has ``df = tr L``. Generalised cross-validation divides its
residuals by ``1 - df / N``; for a mean of smoothers, df is the mean of theirs, and the corrected
residuals then estimate the ensemble's risk whatever the sketches are, as long as they were drawn
without a look at the data.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._parameter_checks import require_positive
from skrmt.theory._spectrum import Spectrum, as_array, as_nonnegative, as_result


def degrees_of_freedom(
    eigenvalues: ArrayLike,
    ridge: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    intercept: bool = False,
) -> NDArray[np.float64] | float:
    """Count the degrees of freedom of ridge regression, ``sum s / (s + ridge)``.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_eigenvalues,)
        Eigenvalues s of ``Z'Z / N``, centred where there is an intercept; zeros may be left out.
    ridge : array-like of any shape
        Penalty alpha / N, above ``-min s`` over the positive s. A zero eigenvalue counts for
        nothing at any ridge.
    weights : array-like of shape (n_eigenvalues,), default=None
        Multiplicities of the eigenvalues; None is 1 each.
    intercept : bool, default=False
        Whether to count the intercept, by 1.

    Returns
    -------
    float or ndarray of float64, shape of `ridge`
        Trace of the smoother.

    Raises
    ------
    ValueError
        If an eigenvalue or weight is negative, or the ridge is not above ``-min s``.

    Examples
    --------
    >>> from skrmt.theory import degrees_of_freedom
    >>> degrees_of_freedom([0.0, 1.0, 3.0], [0.0, 1.0], intercept=True)
    array([3.  , 2.25])
    """
    spectrum = Spectrum(eigenvalues, weights)
    ridges = as_array("ridge", ridge)
    smallest = spectrum.values.min(initial=np.inf)
    if ridges.size and ridges.min() <= -smallest:
        raise ValueError(
            f"ridge must be above {-smallest:.6g}, minus the least positive eigenvalue, got "
            f"{float(ridges.min())!r}."
        )
    df = [spectrum.freedom(float(value))[0] + bool(intercept) for value in ridges.flat]
    return as_result(np.array(df).reshape(ridges.shape))


def gcv_factor(df: ArrayLike, n_samples: float) -> NDArray[np.float64] | float:
    """Correction of residuals by generalised cross-validation, ``1 / (1 - df / N)``.

    A residual times the factor stands for the error on a new sample; squared errors take its
    square.

    Parameters
    ----------
    df : array-like of any shape
        Degrees of freedom with the intercept's, mean over the members of an ensemble.
    n_samples : float
        Number N of samples, or the sum of their weights.

    Returns
    -------
    float or ndarray of float64, shape of `df`
        The factor, at least 1.

    Raises
    ------
    ValueError
        If `df` is negative or not below `n_samples`: such a fit interpolates, and its residuals
        say nothing.

    Examples
    --------
    >>> from skrmt.theory import gcv_factor
    >>> gcv_factor([0, 50, 75], n_samples=100)
    array([1., 2., 4.])
    """
    n_samples = require_positive("n_samples", n_samples)
    df = as_nonnegative("df", df)
    if df.size and df.max() >= n_samples:
        raise ValueError(
            f"df={float(df.max())!r} is not below n_samples={n_samples!r}: the fit interpolates. "
            "Take a larger ridge or a smaller sketch; with sample weights, rescale them to mean 1."
        )
    return as_result(np.asarray(n_samples / (n_samples - df)))
