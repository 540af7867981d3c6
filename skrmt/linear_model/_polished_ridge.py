# SPDX-License-Identifier: BSD-3-Clause
r"""Ridge regression to many digits, from coefficients that are nearly right.

Conjugate gradients on ``(A'A + alpha I) beta = A'y`` in float64, a penalty for each target. With a
good approximate inverse a few steps are enough, each of which reads X once. The error in the norm
of the problem, ``e' (A'A + alpha I) e``, is judged by the gradient g as ``g' M g``, M the
approximate inverse.
"""

import numpy as np

MOST_STEPS = 60
# Error relative to the solution, both in the norm of the problem.
TOLERANCE = 1e-8


def polished(rows, targets, alphas, coefs, inverse, most_steps=MOST_STEPS):
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
    inverse : callable
        Approximate inverse of ``A'A + alpha``, symmetric and positive.
    most_steps : int, default=60
        Limit of the steps.

    Returns
    -------
    coefs : ndarray of shape (n_features, n_targets)
        Solutions.
    residuals : ndarray of shape (n_samples, n_targets)
        ``y - A coefs``.
    n_steps : int
        Times that X was read.
    converged : bool
        Whether the tolerance was reached.
    """
    residuals, back = rows.sweep(coefs, targets)
    np.negative(residuals, out=residuals)
    gradient = -back - alphas * coefs
    direction, before = np.zeros_like(coefs), np.ones(len(alphas))
    for step in range(most_steps):
        change = inverse(gradient)
        now = np.sum(gradient * change, axis=0)
        size = np.sum((targets - residuals) ** 2, axis=0) + alphas * np.sum(coefs**2, axis=0)
        active = now > TOLERANCE**2 * size
        if not active.any():
            return coefs, residuals, step + 1, True
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
    return coefs, residuals, most_steps + 1, False
