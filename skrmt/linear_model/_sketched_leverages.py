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

from dataclasses import dataclass

import numpy as np
from joblib import effective_n_jobs
from scipy.linalg import eigh
from scipy.optimize.elementwise import find_root
from scipy.sparse import issparse
from sklearn.utils import gen_batches
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

from skrmt.linear_model._ensemble_path import member_implicit_ridge
from skrmt.linear_model._rows import DenseRows
from skrmt.sketching import CosineSketch, CountSketch, HadamardSketch

# Smallest ridge in units of the largest eigenvalue: ten times the rounding of a Gram matrix.
SMALLEST_RIDGE = {np.dtype(np.float32): 5e-7, np.dtype(np.float64): 1e-13}
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
    squares : ndarray of shape (n_samples, m)
        (Z V)^2.
    constant : ndarray of shape (n_samples, 1) or float
        What the intercept takes of 1 - h.
    total : float
        Sum of the weights, N.
    law : law of skrmt.sketching
        Distribution of the sketch.
    spectrum : ndarray or None
        Eigenvalues of S S', where the law asks for them.
    """

    eigenvalues: np.ndarray
    squares: np.ndarray
    constant: object
    total: float
    law: object
    spectrum: np.ndarray | None

    @property
    def smallest_ridge(self):
        """Smallest ridge that rounding allows."""
        return SMALLEST_RIDGE[self.squares.dtype] * self.eigenvalues[-1]

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
            In the dtype of `squares`.
        """
        inverse = 1 / (self.total * (self.eigenvalues[:, None] + ridges))
        return 1 - self.constant - self.squares @ inverse.astype(self.squares.dtype)


def _member_leverages(Z, problem, law, spectrum):
    """Decompose the Gram matrix of a member; Z is overwritten."""
    rows = DenseRows(Z, problem.root_weights, centre=problem.fit_intercept)
    N = problem.total
    gram = (rows.gram() / N).astype(Z.dtype, copy=False)
    s, V = eigh(gram, driver="evd", overwrite_a=True, check_finite=False)
    for block, dot in rows.blocks():
        np.square(dot(V), out=Z[block])
    constant = 0.0
    if problem.fit_intercept:
        w = np.float64(1) if problem.weights is None else problem.weights[:, None]
        constant = (w / N).astype(Z.dtype)
    return MemberLeverages(np.maximum(s.astype(np.float64), 0.0), Z, constant, N, law, spectrum)


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
        total = 0.0
        for member in self._members:
            ridges = member.ridges_of(mus / self._scale**2)
            total = total + member.free_shares(ridges)
        return total / len(self._members)
