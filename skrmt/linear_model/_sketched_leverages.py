# SPDX-License-Identifier: BSD-3-Clause
r"""Leverages of ridge regression from sketched features.

The leverage of a row in ridge regression on ``Z = X S`` at the ridge a is that in ridge regression
on X at the implicit ridge mu(a), to first order: both are the same resolvent between fixed vectors
(P. Patil, D. LeJeune, ICLR 2024, arXiv:2310.04357; the use for leverages is ours). With
``Z'Z / N = V s V'`` a member has, at any ridge, in the place of 1 - h_i

    1 - h_i(a) = 1 - sum_j (Z V)_ij^2 / (s_j + a) / N - w_i / N.

To have it at a wanted mu, the ridge of each member is the root of mu(a) = mu, and members are
averaged. The ridge 0 is the lower end: a sketch cannot act below its mu(0).
"""

from dataclasses import dataclass, replace

import numpy as np
from joblib import effective_n_jobs
from scipy.linalg import eigh
from scipy.optimize.elementwise import find_root
from scipy.sparse import issparse
from sklearn.utils import gen_batches
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

from skrmt.linear_model._ensemble_path import member_implicit_ridge
from skrmt.linear_model._problem import row_batches
from skrmt.linear_model._rows import DenseRows
from skrmt.sketching import CosineSketch, CountSketch, HadamardSketch

# Smallest ridge in units of the largest eigenvalue: ten times the rounding of a Gram matrix. With
# that of rows in float32 in float64 the rounding of the rows is left, which is squared.
SMALLEST_RIDGE = {np.dtype(np.float32): 5e-7, np.dtype(np.float64): 1e-13}
SMALLEST_REFINED = 1e-12
# Entries of a block of rows on its way to float32.
BLOCK_ENTRIES = 1 << 20
# Laws whose draw is cheap beside the products of some rows with it.
CHEAP_TO_DRAW = (CosineSketch, HadamardSketch, CountSketch)


@dataclass(frozen=True, eq=False)
class MemberLeverages:
    """Leverages of one member at any ridge.

    Attributes
    ----------
    eigenvalues : ndarray of shape (m,) and dtype float64
        Eigenvalues s of Z'Z / N, rounding below 0 set to 0.
    products : ndarray of shape (n_samples, m)
        Z V.
    constant : ndarray of shape (n_samples, 1) or float
        What the intercept takes of 1 - h.
    total : float
        Sum of the weights, N.
    law : law of skrmt.sketching
        Distribution of the sketch.
    spectrum : ndarray or None
        Eigenvalues of S S', where the law asks for them.
    rounding : float
        Smallest ridge in units of the largest eigenvalue.
    """

    eigenvalues: np.ndarray
    products: np.ndarray
    constant: object
    total: float
    law: object
    spectrum: np.ndarray | None
    rounding: float

    @property
    def smallest_ridge(self):
        """Smallest ridge that rounding allows."""
        return self.rounding * self.eigenvalues[-1]

    def implicit_ridges(self, ridges):
        """Level mu at each ridge.

        Parameters
        ----------
        ridges : ndarray of shape (L,)
            Ridges in the unit of the eigenvalues.

        Returns
        -------
        mus : ndarray of shape (L,)
            The levels.
        """
        return member_implicit_ridge(self.law, self.eigenvalues, ridges, self.spectrum)

    def ridges_of(self, mus):
        """Ridge at each level mu.

        Parameters
        ----------
        mus : ndarray of shape (L,)
            Levels in the unit of the eigenvalues.

        Returns
        -------
        ridges : ndarray of shape (L,)
            The ridges; nan where the member does not reach so low.
        """
        ridges = np.full(len(mus), np.nan)
        lowest = self.smallest_ridge
        # a relative slack, so that the level of a ridge is one that has a ridge
        reached = mus >= self.implicit_ridges(np.array([lowest]))[0] * (1 - 1e-12)
        wanted = np.log(mus[reached])
        if len(wanted):
            found = find_root(
                lambda log_ridge, log_mu: np.log(self.implicit_ridges(np.exp(log_ridge))) - log_mu,
                (
                    np.full(len(wanted), np.log(lowest) - 1e-9),
                    np.maximum(wanted, np.log(lowest)) + 1,
                ),
                args=(wanted,),
                tolerances={"xatol": 1e-9, "xrtol": 1e-12},
            )
            ridges[reached] = np.where(found.success, np.exp(found.x), lowest)
        return ridges

    def free_shares(self, ridges):
        """Share of each row that is free, 1 - h.

        Parameters
        ----------
        ridges : ndarray of shape (L,)
            Ridges in the unit of the eigenvalues.

        Returns
        -------
        shares : ndarray of shape (n_samples, L)
            In the dtype of `products`.
        """
        (n, m), dtype = self.products.shape, self.products.dtype
        inverse = 1 / (self.total * (self.eigenvalues[:, None] + ridges))
        inverse, shares = inverse.astype(dtype), np.empty((n, len(ridges)), dtype)
        for rows in gen_batches(n, max(1, BLOCK_ENTRIES // m)):
            shares[rows] = np.square(self.products[rows]) @ inverse
        return 1 - self.constant - shares

    def residuals(self, targets, ridges):
        """Residuals of ridge regression on the sketched features.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_targets)
            Centred, times sqrt(w).
        ridges : ndarray of shape (L,)
            Ridges in the unit of the eigenvalues.

        Returns
        -------
        residuals : ndarray of shape (n_samples, n_targets, L)
            In the dtype of `products`.
        """
        (n, m), q, L = self.products.shape, targets.shape[1], len(ridges)
        image = self.products.T @ targets.astype(self.products.dtype)
        inner = image[:, :, None] / (self.total * (self.eigenvalues[:, None, None] + ridges))
        fitted = self.products @ inner.reshape(m, q * L).astype(self.products.dtype)
        return targets[:, :, None].astype(fitted.dtype) - fitted.reshape(n, q, L)

    def left_vectors(self, first, last):
        """Directions of the rows, from those of the largest eigenvalues on.

        Parameters
        ----------
        first, last : int
            Which of them, as for a slice.

        Returns
        -------
        vectors : ndarray of shape (n_samples, last - first)
            Orthonormal but for rounding, in the dtype of `products`.
        """
        vectors = self.products[:, ::-1][:, first:last]
        size = np.linalg.norm(vectors, axis=0)
        return vectors / np.where(size > 0, size, 1)


def _member_leverages(Z, problem, law, spectrum):
    """Decompose the Gram matrix of a member; Z is overwritten."""
    rows = DenseRows(Z, problem.root_weights, centre=problem.fit_intercept)
    N = problem.total
    gram = (rows.gram() / N).astype(Z.dtype, copy=False)
    s, V = eigh(gram, driver="evd", overwrite_a=True, check_finite=False)
    s = np.maximum(s.astype(np.float64), 0.0)
    for block, dot in rows.blocks():
        Z[block] = dot(V)
    constant = 0.0
    if problem.fit_intercept:
        w = np.float64(1) if problem.weights is None else problem.weights[:, None]
        constant = (w / N).astype(Z.dtype)
    return MemberLeverages(s, Z, constant, N, law, spectrum, SMALLEST_RIDGE[Z.dtype])


def _refined(member):
    """The same with the Gram matrix in float64."""
    P, dtype = member.products, member.products.dtype
    gram = np.zeros((P.shape[1], P.shape[1]))
    for rows in row_batches(*P.shape):
        block = P[rows].astype(np.float64)
        gram += block.T @ block
    s, V = eigh(gram / member.total, driver="evd", overwrite_a=True, check_finite=False)
    V = V.astype(dtype)
    for rows in row_batches(*P.shape):
        P[rows] = P[rows] @ V
    return replace(member, eigenvalues=np.maximum(s, 0.0), rounding=SMALLEST_REFINED)


def _one_thread_leverages(*args):
    with threadpool_limits(limits=1, user_api="blas"):
        return _member_leverages(*args)


def _sketched(problem, sketch, scale, dtype):
    """Rows of X / scale, sketched in the dtype; no copy of X in it where drawing is cheap."""
    X = problem.X
    offset = problem.x_mean if problem.fit_intercept else None
    if issparse(X) or not isinstance(sketch.law, CHEAP_TO_DRAW) or X.dtype == dtype:
        Z = sketch.apply(X, offset=offset)
        Z /= scale
        return Z.astype(dtype, copy=False)
    Z = np.empty((X.shape[0], sketch.n_columns), dtype)
    for rows in gen_batches(X.shape[0], max(1, BLOCK_ENTRIES // X.shape[1])):
        # centred before digits are cut
        block = X[rows] if offset is None else X[rows] - offset
        small = np.empty(block.shape, dtype)
        np.multiply(block, 1 / scale, out=small, casting="same_kind")
        Z[rows] = sketch.apply(small)
    return Z


class SketchedLeverages:
    """Mean leverages of the members of a plan.

    Parameters
    ----------
    problem : RidgeProblem
        The data; its targets do not matter.
    plan : EnsemblePlan
        The sketches, with at most half as many columns as there are rows.
    dtype : dtype
        Float type of the sketched features; float32 gives leverages to 1e-4.
    n_jobs : int or None, default=None
        Members at a time.
    """

    def __init__(self, problem, plan, dtype, *, n_jobs=None):
        self.plan, self.dtype = plan, np.dtype(dtype)
        # Of order 1 whatever the unit of X: the range of float32 is enough for all.
        self._scale = np.sqrt(problem.total_variance / problem.n_features) or 1.0
        self._members, m = [], plan.sketch_size
        alone = n_jobs is None and effective_n_jobs(None) == 1
        for group in range(plan.n_groups):
            sketch, spectrum = plan.sketch(group), plan.sketch_spectrum(group)
            Z = _sketched(problem, sketch, self._scale, self.dtype)
            parts = [Z]
            if sketch.n_members > 1:
                parts = [np.array(Z[:, k * m : (k + 1) * m]) for k in range(sketch.n_members)]
            del Z
            if alone:
                self._members += [_member_leverages(Z, problem, plan.law, spectrum) for Z in parts]
                continue
            tasks = (delayed(_one_thread_leverages)(Z, problem, plan.law, spectrum) for Z in parts)
            with threadpool_limits(limits=1, user_api="blas"):
                self._members += Parallel(n_jobs=n_jobs, prefer="threads")(tasks)

    @property
    def refined(self):
        """Whether :meth:`refine` would change nothing."""
        return self.dtype == np.float64 or self._members[0].rounding == SMALLEST_REFINED

    def refine(self):
        """Decompose in float64 what was in float32, where rounding is the limit of the reach."""
        self._members = [_refined(member) for member in self._members]

    def lowest_level(self):
        """Smallest mu that every member reaches, rounding respected."""
        return self._level(lambda member: member.smallest_ridge)

    def lowest_level_without_rounding(self):
        """Smallest mu that every member would reach in exact arithmetic."""
        return self._level(lambda member: 0.0)

    def _level(self, ridge):
        levels = [member.implicit_ridges(np.array([ridge(member)]))[0] for member in self._members]
        return max(levels) * self._scale**2

    def at(self, mus):
        """Mean of 1 - h over the members.

        Parameters
        ----------
        mus : ndarray of shape (L,)
            Levels, in the scale of alpha / N.

        Returns
        -------
        shares : ndarray of shape (n_samples, L)
            Mean of 1 - h; nan where a member does not reach so low.
        """
        return self._mean(mus, MemberLeverages.free_shares)

    def residuals(self, targets, mus):
        """Mean residuals of the members, of sketched coefficients: a first guess.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_targets)
            Centred, times sqrt(w); of order 1.
        mus : ndarray of shape (L,)
            Levels, in the scale of alpha / N.

        Returns
        -------
        residuals : ndarray of shape (n_samples, n_targets, L)
            Mean residuals; nan where a member does not reach so low.
        """
        return self._mean(mus, lambda member, ridges: member.residuals(targets, ridges))

    def _mean(self, mus, of_member):
        ridges = [member.ridges_of(mus / self._scale**2) for member in self._members]
        parts = (of_member(member, a) for member, a in zip(self._members, ridges, strict=True))
        return sum(parts) / len(self._members)

    @property
    def eigenvalues(self):
        """Eigenvalues of the first member's Gram matrix of scaled rows, about those of X'X."""
        return self._members[0].eigenvalues[::-1] * self._members[0].total

    def left_vectors(self, first, last):
        """Directions of the rows, from those of the first member's largest eigenvalues on.

        Parameters
        ----------
        first, last : int
            Which of them, as for a slice.

        Returns
        -------
        vectors : ndarray of shape (n_samples, last - first)
            See :meth:`MemberLeverages.left_vectors`.
        """
        return self._members[0].left_vectors(first, last)
