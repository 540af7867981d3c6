# SPDX-License-Identifier: BSD-3-Clause
r"""The ridge path of one member: residuals, leverages and coefficients for every penalty at once.

Z (n x m) are centred rows times sqrt(w), Y (n x q) such targets, N the sum of the weights, ``a`` a
ridge in the scale of the paper (penalty / N). One symmetric eigendecomposition serves the path.

*Primal*, m < n - 1, with ``Z'Z / N = V s V'`` and ``b = V'Z'Y / N``::

    theta = V b / (s + a),   e = Y - Z theta,   h = ((Z V)^2 / (s + a)) / N + w / N

*Dual*, otherwise, with ``ZZ' / N = U s U'``. The direction sqrt(w), which centring has taken out,
is removed by a reflection. Residual and leverage come as multiples of a::

    e = a c,        c = U (U'Y) / (s + a)
    1 - h = a d,    d = U^2 (1 / (s + a))

so that the leave-one-out residual e / (1 - h) = c / d has a limit at a = 0, where both vanish.

``h`` is the leverage of a whole row. Leaving out one of r equal rows, that the row stands for,
divides by ``1 - h / r`` instead. Residuals are in the unit of the targets (not times sqrt(w)).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

# A leave-one-out residual divides by 1 - h: below this there is no digit left in it.
SMALLEST_SHARE = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-4}
# Penalties below this share of the largest eigenvalue are noise of a Gram matrix of float32 rows.
SMALLEST_FLOAT32_RIDGE = 1e-6
# Interpolation is computed at this share of the smallest eigenvalue instead of at 0: as accurate
# as the share, and directions without data keep their part where rows are repeated.
VANISHING = 1e-8
# With a negative ridge a member needs this share of its smallest eigenvalue to be left.
SAFE_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class MemberPath:
    """What one member contributes, for L ridges.

    Attributes
    ----------
    eigenvalues : ndarray of shape (m,)
        All eigenvalues of Z'Z / N, zeros included.
    coef : ndarray of shape (m, n_targets, L)
        theta.
    residuals : ndarray of shape (n_samples, n_targets, L)
        Leave-one-out residuals, or plain ones for GCV.
    unit_residuals : ndarray of shape (n_samples, n_targets, L) or None
        Residuals with one repetition left out; None where they are `residuals`.
    free_share : ndarray of shape (L,)
        Share of the degrees of freedom that is left, 1 - tr(L) / N.
    feasible : ndarray of shape (L,) and dtype bool
        Where the numbers mean something.
    """

    eigenvalues: np.ndarray
    coef: np.ndarray
    residuals: np.ndarray
    unit_residuals: np.ndarray | None
    free_share: np.ndarray
    feasible: np.ndarray


def null_tolerance(eigenvalues, shape, dtype):
    """Size below which an eigenvalue of a Gram matrix is rounding."""
    largest = max(float(eigenvalues[-1]), 0.0) if len(eigenvalues) else 0.0
    return 10 * np.finfo(dtype).eps * np.sqrt(max(shape)) * largest


def smallest_eigenvalue(eigenvalues, shape, dtype):
    """Smallest eigenvalue, 0.0 where it is rounding: ridges must lie above minus this."""
    if not len(eigenvalues) or eigenvalues[0] <= null_tolerance(eigenvalues, shape, dtype):
        return 0.0
    return float(eigenvalues[0])


def _feasible(ridges, eigenvalues, shape, dtype):
    """Which ridges the spectrum allows."""
    floor = smallest_eigenvalue(eigenvalues, shape, dtype)
    feasible = (ridges >= 0) | (ridges + floor > SAFE_SHARE * floor)
    if dtype == np.float32 and len(eigenvalues):
        feasible &= np.abs(ridges) >= SMALLEST_FLOAT32_RIDGE * eigenvalues[-1]
    return feasible


def is_primal(n_samples, n_columns):
    """Whether the smaller matrix is Z'Z; with as many columns as rows a fit interpolates."""
    return n_columns < n_samples - 1


def primal_path(rows, problem, ridges, *, leave_one_out):
    """Path of a member with fewer columns than rows.

    Parameters
    ----------
    rows : DenseRows or SparseRows
        Z.
    problem : RidgeProblem
        Targets and weights.
    ridges : ndarray of shape (L,)
        Ridges a.
    leave_one_out : bool
        Whether to divide the residuals by 1 - h.

    Returns
    -------
    path : MemberPath
        The path.
    """
    (n, m), N, Y = rows.shape, problem.total, problem.scaled_targets
    q, L = Y.shape[1], len(ridges)
    s, V = eigh(rows.gram() / N, driver="evd", overwrite_a=True, check_finite=False)
    feasible = _feasible(ridges, s, rows.shape, rows.dtype)
    kept = s > null_tolerance(s, rows.shape, rows.dtype)
    s = np.where(kept, s, 0.0)
    shifted = s[:, None] + np.where(feasible, ridges, np.abs(ridges))
    inverse = np.divide(1.0, shifted, out=np.zeros_like(shifted), where=kept[:, None])
    b = V.T @ (rows.transposed_dot(Y) / N).astype(np.float64, copy=False)
    in_basis = (b[:, :, None] * inverse[:, None, :]).reshape(m, q * L)
    coef = (V @ in_basis).astype(rows.dtype, copy=False)

    V = V.astype(rows.dtype, copy=False)
    in_basis, inverse_N = in_basis.astype(rows.dtype), (inverse / N).astype(rows.dtype)
    residuals = np.empty((n, q, L), rows.dtype)
    shares = np.empty((n, L), rows.dtype) if leave_one_out else None
    constant = 1 / N if problem.fit_intercept else 0.0
    for block, dot in rows.blocks():
        if leave_one_out:
            P = dot(V)
            fitted = P @ in_basis
            leverage = (
                constant if problem.weights is None else constant * problem.weights[block, None]
            )
            np.square(P, out=P)
            shares[block] = 1 - P @ inverse_N - leverage
        else:
            fitted = dot(coef)
        residuals[block] = Y[block, :, None] - fitted.reshape(-1, q, L)
    if problem.weights is not None:
        residuals /= problem.root_weights[:, None, None]
    df = inverse.T @ s + problem.fit_intercept
    unit = None
    if leave_one_out:
        feasible &= shares.min(axis=0) >= SMALLEST_SHARE[rows.dtype]
        shares = np.where(feasible, shares, 1)
        if problem.repeats is not None:
            unit = residuals / (1 - (1 - shares) / problem.repeats[:, None])[:, None, :]
        residuals /= shares[:, None, :]
    return MemberPath(s, coef.reshape(m, q, L), residuals, unit, 1 - df / N, feasible)


def _without_direction(G, u):
    """Reflect u to the first axis: the rest of G in the complement of u, and the way back.

    Parameters
    ----------
    G : ndarray of shape (n, n)
        Symmetric, with G u = 0 up to rounding.
    u : ndarray of shape (n,)
        Unit vector with positive entries.

    Returns
    -------
    rest : ndarray of shape (n - 1, n - 1)
        G in the complement.
    expand : callable
        Maps columns of length n - 1 to the complement in n dimensions, orthonormal to orthonormal.
    """
    v = u.copy()
    v[0] += 1.0
    v /= np.linalg.norm(v)  # the reflection I - 2 v v' takes u to minus the first axis
    Gv = G @ v
    G = G - 2 * np.outer(v, Gv) - 2 * np.outer(Gv, v) + 4 * (v @ Gv) * np.outer(v, v)

    def expand(U):
        full = np.vstack([np.zeros((1, U.shape[1])), U])
        return full - 2 * np.outer(v, v[1:] @ U)

    return G[1:, 1:], expand


def dual_path(rows, problem, ridges, *, leave_one_out):
    """Path of a member with at least as many columns as free rows.

    Parameters and result are those of :func:`primal_path`.
    """
    (n, m), N, Y = rows.shape, problem.total, problem.scaled_targets
    q, L = Y.shape[1], len(ridges)
    G = rows.outer() / N
    if problem.fit_intercept:
        root = np.ones(n) if problem.weights is None else problem.root_weights
        G, expand = _without_direction(G, root / np.sqrt(N))
        s, U = eigh(G, driver="evd", overwrite_a=True, check_finite=False)
        U = expand(U)
    else:
        s, U = eigh(G, driver="evd", overwrite_a=True, check_finite=False)
    kept = s > null_tolerance(s, rows.shape, rows.dtype)
    s = np.where(kept, s, 0.0)
    # All eigenvalues of Z'Z / N: those of the rest, and zeros.
    spectrum = np.zeros(m)
    if kept.any():
        spectrum[-min(m, len(s)) :] = s[-min(m, len(s)) :]
    feasible = _feasible(ridges, spectrum, rows.shape, rows.dtype)
    smallest = s[kept].min() if kept.any() else 1.0
    a = np.where(ridges == 0, VANISHING * smallest, np.abs(ridges))

    inverse = 1 / (s[:, None] + a)
    b = U.T @ Y
    c = (U @ (b[:, :, None] * inverse[:, None, :]).reshape(-1, q * L)).reshape(n, q, L)
    # Coefficients have their limit at 0 by themselves, where directions without data stay out.
    shifted = s[:, None] + np.abs(ridges)
    exact = np.divide(1.0, shifted, out=np.zeros_like(shifted), where=kept[:, None])
    coef_basis = (b[:, :, None] * exact[:, None, :]).reshape(-1, q * L)
    coef = rows.transposed_dot(U @ coef_basis / N).reshape(m, q, L)
    free_share = (N - n + (a * inverse).sum(axis=0)) / N
    roots = 1.0 if problem.weights is None else problem.root_weights[:, None, None]
    unit = None
    if not leave_one_out:
        residuals = a * c / roots
    else:
        d = (U * U) @ inverse
        # Without a free direction left in a row there is nothing to divide by: d is then 0.
        feasible &= d.min(axis=0) * (s.max(initial=0.0) + a) > SMALLEST_SHARE[rows.dtype]
        safe = np.where(d > 0, d, 1)[:, None, :]
        residuals = c / safe / roots
        if problem.repeats is not None:
            r = problem.repeats[:, None, None]
            # a c / (1 - h / r), where a row that stands for itself has the limit above
            denominator = np.where(r == 1, safe, (r - 1 + a * safe) / r)
            unit = np.where(r == 1, 1.0, a) * c / roots / denominator
    return MemberPath(spectrum, coef, residuals, unit, free_share, feasible)


def member_path(rows, problem, ridges, *, leave_one_out):
    """Path of a member by the smaller of the two matrices.

    Parameters and result are those of :func:`primal_path`.
    """
    path = primal_path if is_primal(*rows.shape) else dual_path
    return path(rows, problem, ridges, leave_one_out=leave_one_out)
