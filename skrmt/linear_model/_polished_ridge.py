# SPDX-License-Identifier: BSD-3-Clause
r"""Ridge regression to many digits, from coefficients that are nearly right.

Conjugate gradients on ``(A'A + alpha I) beta = A'y`` in float64, a penalty for each target. With a
good approximate inverse a few steps are enough, each of which reads X once. The error d of the
coefficients has in the norm of the problem the square ``e^2 = d' (A'A + alpha I) d``, which is
judged by the gradient g as ``g' M g``, M the approximate inverse.
"""

import numpy as np

MOST_STEPS = 60
# Relative error of the squared residuals that is allowed, whatever the accuracy of coefficients.
RISK_ERROR = 1e-3


def risk_errors(alphas, coef_squares, residual_squares, errors):
    r"""Bounds of the relative errors of squared residuals.

    With the best residual r and coefficients b the squared residual of b + d is
    ``|r|^2 - 2 alpha b'd + |A d|^2``, and so is off by at most ``2 sqrt(alpha) |b| e + e^2``.

    Parameters
    ----------
    alphas : ndarray of shape (k,)
        Penalties.
    coef_squares, residual_squares : ndarray of shape (k,)
        ``|b|^2`` and ``|r|^2``, about.
    errors : ndarray of shape (k,)
        Squares e^2.

    Returns
    -------
    bounds : ndarray of shape (k,)
        The change of ``|r|^2`` over it, at most; 0 without an error.
    """
    change = 2 * np.sqrt(alphas * coef_squares * errors) + errors
    return change / np.maximum(residual_squares, np.finfo(np.float64).tiny)


def polished(rows, targets, alphas, coefs, inverse, tol, most_steps=MOST_STEPS):
    """Solve ridge regressions from a start.

    Parameters
    ----------
    rows : RowSweeps
        A, with products in float64.
    targets : ndarray of shape (n_samples, n_targets)
        Targets y, in the unit of A.
    alphas : ndarray of shape (n_targets,)
        Penalties in the unit of A'A, positive.
    coefs : ndarray of shape (n_features, n_targets) and dtype float64
        Start.
    inverse : LowRankInverse
        Approximate inverses of ``A'A + alpha``.
    tol : float
        Error relative to the solution, both in the norm of the problem.
    most_steps : int, default=60
        Limit of the steps.

    Returns
    -------
    coefs : ndarray of shape (n_features, n_targets)
        Solutions.
    residuals : ndarray of shape (n_samples, n_targets)
        ``y - A coefs``.
    converged : bool
        Whether the tolerance was reached, and the squared residuals are right to a thousandth.
    """
    residuals, back = rows.sweep(coefs, targets)
    np.negative(residuals, out=residuals)
    gradient = -back - alphas * coefs
    direction, before = np.zeros_like(coefs), np.ones(len(alphas))
    for step in range(most_steps):
        change = inverse(gradient, alphas)
        now = np.sum(gradient * change, axis=0)
        squares = np.sum(coefs**2, axis=0)
        size = np.sum((targets - residuals) ** 2, axis=0) + alphas * squares
        risk = risk_errors(alphas, squares, np.sum(residuals**2, axis=0), now)
        active = (now > tol**2 * size) | (risk > RISK_ERROR)
        if not active.any():
            return coefs, residuals, True
        direction = change + now / before * direction if step else change
        image, back = rows.sweep(direction)
        back += alphas * direction
        length = np.sum(direction * back, axis=0)
        # A target that is done stays where it is.
        along = np.where(active & (length > 0), now / np.where(length > 0, length, 1), 0)
        coefs = coefs + along * direction
        residuals -= along * image
        gradient -= along * back
        before = np.where(now > 0, now, 1)
    return coefs, residuals, False
