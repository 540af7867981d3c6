# SPDX-License-Identifier: BSD-3-Clause
"""Small least squares problems over the unit cube, many at once."""

import numpy as np

__all__ = ["CONVERGED", "least_squares"]

# Largest change of a parameter in the last step.
CONVERGED = 1e-12
_STEPS = 500
# Keeps a flat direction from a division by 0.
_LEAST_DAMPING = 1e-12
# Step of the differences: central ones are then exact to 1e-9, second ones to 1e-5, which is plenty
# for a direction.
_DIFFERENCE = 1e-5


def least_squares(residuals, starts, tol=CONVERGED):
    """Minimise sums of squares over the unit cube, for many starting points at once.

    Newton steps with Levenberg's damping; a parameter at a bound stays while its gradient points
    outwards. The residuals of a wrong model do not vanish, and without their second derivatives
    the steps would shrink slowly.

    Parameters
    ----------
    residuals : callable
        ``residuals(parameters, rows)`` of shape (n_rows, n_residuals), for parameters of shape
        (n_rows, n_parameters) that belong to the problems `rows`.
    starts : ndarray of shape (n_problems, n_parameters)
        Starting points.
    tol : float, default=1e-12
        Largest change of a parameter in the last step.

    Returns
    -------
    parameters : ndarray of shape (n_problems, n_parameters)
        Minimisers.
    losses : ndarray of shape (n_problems,)
        Sums of squares there.
    """
    found = starts.copy()
    damping = np.full(len(starts), 1e-2)
    active = np.arange(len(starts))
    current = residuals(found, active)
    losses = np.square(current).sum(axis=1)
    for _ in range(_STEPS):
        at = found[active]
        gradient, gauss, newton = _derivatives(residuals, at, current, active)
        free = ~(((at <= 0) & (gradient > 0)) | ((at >= 1) & (gradient < 0)))
        trial = _trial(at, gradient, gauss, newton, free, damping[active])
        residual = residuals(trial, active)
        loss = np.square(residual).sum(axis=1)
        better = loss < losses[active]
        found[active[better]] = trial[better]
        losses[active[better]] = loss[better]
        current = np.where(better[:, None], residual, current)
        damping[active] = np.maximum(damping[active] * np.where(better, 0.1, 5.0), _LEAST_DAMPING)
        done = np.abs(trial - at).max(axis=1) < tol
        if done.all():
            break
        active, current = active[~done], current[~done]
    return found, losses


def _derivatives(residuals, at, current, rows):
    """Half the gradient of the sums of squares, J^T J, and half the second derivatives."""
    (n, n_parameters), h = at.shape, _DIFFERENCE
    first, second = np.triu_indices(n_parameters, 1)
    unit = h * np.eye(n_parameters)
    shifts = np.concatenate([unit, -unit, unit[first] + unit[second]])
    points = (at[None] + shifts[:, None]).reshape(-1, n_parameters)
    values = residuals(points, np.tile(rows, len(shifts))).reshape(len(shifts), n, -1)
    up, down, pairs = np.split(values, [n_parameters, 2 * n_parameters])
    jacobian = (up - down) / (2 * h)
    gradient = np.einsum("pbf,bf->bp", jacobian, current)
    gauss = np.einsum("pbf,qbf->bpq", jacobian, jacobian)
    newton = gauss.copy()
    p = np.arange(n_parameters)
    newton[:, p, p] += np.einsum("pbf,bf->bp", up + down - 2 * current, current) / h**2
    mixed = np.einsum("pbf,bf->bp", pairs - up[first] - up[second] + current, current) / h**2
    newton[:, first, second] += mixed
    newton[:, second, first] += mixed
    return gradient, gauss, newton


def _trial(at, gradient, gauss, newton, free, damping):
    """Next point of each problem; Gauss-Newton where the loss is not convex."""
    scale = np.einsum("bpp->bp", gauss)
    scale = np.maximum(scale, 1e-12 * scale.max(axis=1, keepdims=True))
    scale = np.where(free & (scale > 0), scale, 1.0)
    root = np.sqrt(scale)
    identity = np.eye(at.shape[1])

    def scaled(matrix):
        both = free[:, :, None] & free[:, None, :]
        return np.where(both, matrix, 0) / (root[:, :, None] * root[:, None, :]) + np.where(
            free[:, :, None], 0, identity
        )

    curvature = scaled(newton)
    convex = np.linalg.eigvalsh(curvature)[:, 0] > 1e-10
    curvature = np.where(convex[:, None, None], curvature, scaled(gauss))
    curvature += damping[:, None, None] * identity
    downhill = -np.where(free, gradient, 0) / root
    step = np.linalg.solve(curvature, downhill[..., None])[..., 0]
    trial = np.clip(at + step / root, 0.0, 1.0)
    # What is stopped by a bound stops there, and the others take their best step beside it.
    stopped = trial != at + step / root
    some = stopped.any(axis=1)
    if some.any():
        moved = np.where(stopped, (trial - at) * root, 0)[some]
        rest = ~stopped[some]
        left = downhill[some] - np.einsum("bpq,bq->bp", curvature[some], moved)
        inner = np.where(rest[:, :, None] & rest[:, None, :], curvature[some], identity)
        again = np.linalg.solve(inner, np.where(rest, left, 0)[..., None])[..., 0]
        trial[some] = np.clip(at[some] + (again + moved) / root[some], 0.0, 1.0)
    return trial
