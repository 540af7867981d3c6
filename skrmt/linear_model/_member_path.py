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

What has a row for each sample, and the eigenvectors, stay in the library and on the device of the
rows; eigenvalues, theta and what is decided from them are NumPy's.

``h`` is the leverage of a whole row. Leaving out one of r equal rows, that the row stands for,
divides by ``1 - h / r`` instead. Residuals are in the unit of the targets (not times sqrt(w)).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from skrmt.linear_model._moment_digits import scale_ratio
from skrmt.linear_model._row_spectrum import WIDE_SPECTRUM, dual_spectrum, primal_spectrum
from skrmt.utils._arrays import (
    at_least,
    beside,
    cast,
    divided,
    empty_beside,
    namespace_of,
    on_host,
    put_rows,
)

# Variances of columns that are this far apart: the small ones may be what the targets depend on.
# For products in float64; in a coarser type they are lost earlier.
WIDE_COLUMNS = 1e-8
# A leave-one-out residual divides by 1 - h: below this there is no digit left in it.
SMALLEST_SHARE = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-4}
# The same for generalised cross-validation, where N minus the degrees of freedom is a difference.
SMALLEST_FREE_SHARE = 1e-10
# With float32 rows, directions below this share of the largest eigenvalue are noise, unless a ridge
# covers them.
SMALLEST_FLOAT32_RIDGE = 1e-6
# Interpolation is computed at this share of the smallest eigenvalue instead of at 0: as accurate
# as the share, and directions without data keep their part where rows are repeated.
VANISHING = 1e-8
# Leverages are the one product of size n m^2 besides Z'Z. Beyond this size it is made in float32 if
# the condition number of Z'Z / N + a is below a limit, at which the error of 1 - h stays below
# 1e-5: residuals, coefficients and degrees of freedom remain those of float64.
LARGE_PRODUCT, WELL_CONDITIONED = 2e9, 1e4
# With a negative ridge a member needs this share of its smallest eigenvalue to be left.
SAFE_SHARE = 0.05
# Sums of weights are equal to numbers of rows up to this: weights that were divided by their mean.
ROUNDING_OF_WEIGHTS = 1e-9


@dataclass(frozen=True, eq=False)
class MemberPath:
    """What one member contributes, for L ridges.

    Attributes
    ----------
    eigenvalues : ndarray of shape (m,)
        All eigenvalues of Z'Z / N, zeros included.
    smallest_eigenvalue : float
        What a negative ridge may take away; 0 where Z'Z is singular.
    coef : ndarray of shape (m, n_targets, L)
        theta.
    residuals : array of shape (n_samples, n_targets, L)
        Leave-one-out residuals, or plain ones for GCV; where the rows are.
    unit_residuals : array of shape (n_samples, n_targets, L) or None
        Residuals with one repetition left out; None where they are `residuals`.
    free_share : ndarray of shape (L,)
        Share of the degrees of freedom that is left, 1 - tr(L) / N.
    vanishing : ndarray of shape (L,) and dtype bool
        Where plain residuals and free share both vanish as the ridge does, and are given divided
        by it (times a scale that all members share): only their ratio counts.
    degrees_of_freedom : ndarray of shape (L,)
        tr(L), with the intercept's.
    feasible : ndarray of shape (L,) and dtype bool
        Where the numbers mean something.
    """

    eigenvalues: np.ndarray
    smallest_eigenvalue: float
    coef: np.ndarray
    residuals: object
    unit_residuals: object
    free_share: np.ndarray
    vanishing: np.ndarray
    degrees_of_freedom: np.ndarray
    feasible: np.ndarray


def null_tolerance(eigenvalues, shape, dtype):
    """Size below which an eigenvalue of a Gram matrix is rounding.

    Parameters
    ----------
    eigenvalues : ndarray of shape (m,)
        Eigenvalues of the Gram matrix, ascending.
    shape : tuple of int
        Rows and columns of the matrix whose Gram matrix it is.
    dtype : dtype
        Float type in which it was computed.

    Returns
    -------
    tolerance : float
        In the unit of the eigenvalues; 0 where there are none.
    """
    largest = max(float(eigenvalues[-1]), 0.0) if len(eigenvalues) else 0.0
    return 10 * np.finfo(dtype).eps * np.sqrt(max(shape)) * largest


def smallest_eigenvalue(eigenvalues, shape, dtype):
    """Smallest eigenvalue, 0.0 where it is rounding: ridges must lie above minus this.

    Parameters
    ----------
    eigenvalues : ndarray of shape (m,)
        Eigenvalues of the Gram matrix, ascending.
    shape : tuple of int
        Rows and columns of the matrix whose Gram matrix it is.
    dtype : dtype
        Float type in which it was computed.

    Returns
    -------
    smallest : float
        Not negative.
    """
    if not len(eigenvalues) or eigenvalues[0] <= null_tolerance(eigenvalues, shape, dtype):
        return 0.0
    return float(eigenvalues[0])


def positive_definite(ridges, smallest):
    """Whether enough of the smallest eigenvalue is left, for each ridge.

    Parameters
    ----------
    ridges : ndarray of shape (L,)
        Ridges a.
    smallest : float
        Smallest eigenvalue of Z'Z / N, not negative.

    Returns
    -------
    definite : ndarray of shape (L,) and dtype bool
        True for every ridge that is not negative.
    """
    return (ridges >= 0) | (ridges + smallest > SAFE_SHARE * smallest)


def _resolved(ridges, s, kept, dtype):
    """Whether float32 rows still tell the smallest direction, for each ridge."""
    if dtype != np.float32 or not kept.any():
        return np.ones(len(ridges), bool)
    return s[kept][0] + ridges >= SMALLEST_FLOAT32_RIDGE * s[-1]


def _small_end_counts(problem, ridges):
    """Whether directions that vary little matter: small columns, or ridges that let them count."""

    def counts(largest, wide):
        positive = np.abs(ridges[ridges != 0])
        if positive.size and positive.min() < wide * largest:
            return True
        far_apart = WIDE_COLUMNS * (wide / WIDE_SPECTRUM)
        return scale_ratio(problem.column_variances, problem.x_mean) < far_apart

    return counts


def is_primal(n_samples, n_columns):
    """Whether the smaller matrix is Z'Z; with as many columns as rows a fit interpolates.

    Parameters
    ----------
    n_samples : int
        Rows of Z.
    n_columns : int
        Columns of Z.

    Returns
    -------
    primal : bool
        Whether :func:`primal_path` serves, rather than :func:`dual_path`.
    """
    return n_columns < n_samples - 1


def primal_path(rows, problem, ridges, *, leave_one_out, found=None):
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
    found : dict, default=None
        Decompositions of these rows so far; those that are made are added.

    Returns
    -------
    path : MemberPath
        The path.
    """
    (n, m), N, Y = rows.shape, problem.total, problem.scaled_targets
    q, L = Y.shape[1], len(ridges)
    s, V, kept = primal_spectrum(rows, N, _small_end_counts(problem, ridges), found)
    smallest = float(s[0]) if kept.all() else 0.0
    feasible = positive_definite(ridges, smallest) & _resolved(ridges, s, kept, rows.dtype)
    # Where a ridge is not feasible any finite number will do.
    shifted = s[:, None] + np.where(ridges > -smallest, ridges, np.abs(ridges))
    inverse = np.divide(1.0, shifted, out=np.zeros_like(shifted), where=kept[:, None])
    xp = namespace_of(Y)
    b = V.T @ cast(rows.transposed_dot(Y) / N, np.float64)
    in_basis = xp.reshape(b[:, :, None] * beside(inverse, Y)[:, None, :], (m, q * L))
    coef = cast(V @ in_basis, rows.dtype)
    df = inverse.T @ s + problem.fit_intercept

    # In units of the largest eigenvalue, so that float32 neither over- nor underflows.
    unit = s[-1] if s[-1] > 0 else 1.0
    condition = s[-1] * inverse[:, feasible].max(initial=0.0)
    in_single = float(n) * m**2 > LARGE_PRODUCT and condition < WELL_CONDITIONED
    dtype = np.dtype(np.float32) if in_single else rows.dtype
    V = cast(V / sqrt(unit), dtype)
    in_basis = cast(in_basis * sqrt(unit), dtype)
    weighting = beside((inverse * (unit / N)).astype(dtype, copy=False), Y)
    residuals = empty_beside((n, q, L), rows.dtype, Y)
    shares = empty_beside((n, L), rows.dtype, Y) if leave_one_out else None
    constant = 1 / N if problem.fit_intercept else 0.0
    for block, dot in rows.blocks():
        if leave_one_out:
            P = dot(V)
            fitted = P @ in_basis if dtype == rows.dtype else dot(coef)
            w = 1.0 if problem.weights is None else problem.weights[block, None]
            P *= P
            put_rows(shares, block, 1 - P @ weighting - constant * w)
        else:
            fitted = dot(coef)
        put_rows(residuals, block, Y[block, :, None] - xp.reshape(fitted, (-1, q, L)))
    if problem.weights is not None:
        residuals = divided(residuals, problem.root_weights[:, None, None])
    one_left = None
    if leave_one_out:
        limit, r = SMALLEST_SHARE[rows.dtype], problem.repeats
        if r is not None:
            left = 1 - (1 - shares) / r[:, None]
            one_left = residuals / at_least(left, limit)[:, None, :]
            residuals = xp.where((shares < limit)[:, None, :], np.inf, residuals)
        else:
            left = shares
        feasible &= on_host(xp.min(left, axis=0)) >= limit
        residuals = divided(residuals, at_least(shares, limit)[:, None, :])
    else:
        feasible &= 1 - df / N > SMALLEST_FREE_SHARE
    return MemberPath(
        eigenvalues=s,
        smallest_eigenvalue=smallest,
        coef=on_host(coef).reshape(m, q, L),
        residuals=residuals,
        unit_residuals=one_left,
        free_share=1 - df / N,
        vanishing=np.zeros(L, bool),
        degrees_of_freedom=df,
        feasible=feasible,
    )


def dual_path(rows, problem, ridges, *, leave_one_out, found=None):
    """Path of a member with at least as many columns as free rows.

    Parameters
    ----------
    rows : DenseRows or SparseRows
        Rows Z of the member, of shape (n_samples, m).
    problem : RidgeProblem
        Targets and weights.
    ridges : ndarray of shape (L,)
        Ridges a.
    leave_one_out : bool
        Whether to divide the residuals by 1 - h.
    found : dict, default=None
        Decompositions of these rows so far; those that are made are added.

    Returns
    -------
    path : MemberPath
        The path.
    """
    (n, m), N, Y = rows.shape, problem.total, problem.scaled_targets
    q, L = Y.shape[1], len(ridges)
    xp, u = namespace_of(Y), None
    if problem.fit_intercept:
        root = beside(np.ones(n), Y) if problem.weights is None else problem.root_weights
        u = root / sqrt(float(root @ root))
    s, U, kept = dual_spectrum(rows, N, _small_end_counts(problem, ridges), u, found)
    feasible = (ridges >= 0) & _resolved(ridges, s, kept, rows.dtype)
    # All eigenvalues of Z'Z / N: those of ZZ' / N, and zeros.
    spectrum = np.zeros(m)
    spectrum[-min(m, len(s)) :] = s[-min(m, len(s)) :]
    smallest = s[kept][0] if kept.any() else 1.0
    a = np.where(ridges == 0, VANISHING * smallest, np.abs(ridges))

    b = U.T @ Y
    shifted = s[:, None] + np.abs(ridges)
    # Coefficients have their limit at 0 by themselves, where directions without data stay out.
    inverse = np.divide(1.0, shifted, out=np.zeros_like(shifted), where=kept[:, None])
    coef_basis = xp.reshape(b[:, :, None] * beside(inverse, Y)[:, None, :], (-1, q * L))
    coef = on_host(rows.transposed_dot(U @ coef_basis / N)).reshape(m, q, L)
    remaining = a / (s[:, None] + a)  # of each direction, what is not fitted
    free_share = (N - n + remaining.sum(axis=0)) / N
    roots = 1.0 if problem.weights is None else problem.root_weights[:, None, None]

    def expanded(shares):
        """U diag(shares) U'Y, for each column of shares."""
        parts = xp.reshape(b[:, :, None] * beside(shares, Y)[:, None, :], (-1, q * L))
        return xp.reshape(U @ parts, (n, q, L))

    one_left, vanishing, df = None, np.zeros(L, bool), (1 - free_share) * N
    if leave_one_out:
        # c and d in units of the largest eigenvalue, which cancel in the ratio.
        scaled = (s.max() if s.max() > 0 else 1.0) / (s[:, None] + a)
        c, d = expanded(scaled), (U * U) @ beside(scaled, Y)
        # Without a free direction left in a row there is nothing to divide by: d is then 0.
        least = on_host(xp.min(d, axis=0))
        feasible &= least > SMALLEST_SHARE[rows.dtype] * scaled.min(axis=0)
        safe = xp.where(d > 0, d, 1.0)[:, None, :]
        residuals = c / safe / roots
        if problem.repeats is not None:
            r = problem.repeats[:, None, None]
            # 1 - h / r; a row that stands for itself has the limit above
            share = (U * U) @ beside(remaining, Y)
            left = xp.where(r == 1, 1.0, (r - 1 + share[:, None, :]) / r)
            plain = xp.where(r == 1, residuals, expanded(remaining) / roots)
            one_left = plain / left
    elif abs(N - n) <= ROUNDING_OF_WEIGHTS * n and kept.all():
        # Both vanish with the ridge. Divided by it, in a unit that all members share:
        unit = problem.total_variance
        scaled = unit / shifted
        residuals, free_share = expanded(scaled) / roots, scaled.sum(axis=0) / N
        vanishing = np.ones(L, bool)
    else:
        residuals = expanded(remaining) / roots
        feasible &= free_share > SMALLEST_FREE_SHARE
    return MemberPath(spectrum, 0.0, coef, residuals, one_left, free_share, vanishing, df, feasible)


def member_path(rows, problem, ridges, *, leave_one_out, found=None):
    """Path of a member by the smaller of the two matrices.

    Parameters
    ----------
    rows : DenseRows or SparseRows
        Rows Z of the member, of shape (n_samples, m).
    problem : RidgeProblem
        Targets and weights.
    ridges : ndarray of shape (L,)
        Ridges a.
    leave_one_out : bool
        Whether to divide the residuals by 1 - h.
    found : dict, default=None
        Decompositions of these rows so far; those that are made are added.

    Returns
    -------
    path : MemberPath
        The path.
    """
    path = primal_path if is_primal(*rows.shape) else dual_path
    return path(rows, problem, ridges, leave_one_out=leave_one_out, found=found)
