# SPDX-License-Identifier: BSD-3-Clause
"""Search for the best penalty: residuals that become exact, leverages from sketches.

Residuals at all penalties come from a space of coefficients that grows until those of the best are
right to three digits, in float32; at the best one from a few conjugate gradients more, in float64.
The sketches also give the approximate inverses that make the steps few, and a first guess.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import issparse

from skrmt.linear_model._factorised_ridge import FactorisedRidge, golden_section
from skrmt.linear_model._galerkin_ridge import GalerkinRidge
from skrmt.linear_model._low_rank_inverse import LowRankInverse, worthwhile_rank
from skrmt.linear_model._polished_ridge import polished
from skrmt.linear_model._row_sweeps import RowSweeps

# Bounds of the errors of the risk that end a search, at the best penalty and at a share of it.
BEST_ERROR, LOWER_ERROR, LOWER = 1e-3, 3e-3, 10**-0.5
# Penalties of the first directions, in units of the guess: it is rather too large than too small.
FIRST_DIRECTIONS, FIRST_RANGE = 6, (1e-2, 10)
# Time of a column of a wide product, in units of that of a step.
DENSE_COLUMN, SPARSE_COLUMN = 1 / 50, 1 / 6
# Up to this smaller side of X a factorisation takes no longer than a few steps.
FEW = 100
# A rank that is worth its columns grows by this factor at least.
MORE_RANK = 1.5


class LeverageSearch:
    """State of a search: the space stays while sketches and penalties change.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    judge : Judge
        What decides on a penalty.
    tol : float
        Relative accuracy of the coefficients.
    max_dimension : int
        Of the space and of the approximate inverse, at most.
    """

    def __init__(self, problem, judge, tol, max_dimension):
        self.problem, self._judge, self._tol, self._most = problem, judge, tol, max_dimension
        # Three digits of the residuals are enough to choose.
        self._rows = RowSweeps(problem, np.float32)
        # The unit of the targets goes, so that float32 holds them.
        size = np.linalg.norm(problem.scaled_targets, axis=0)
        self._size = np.where(size > 0, size, 1.0)
        self._targets = problem.scaled_targets / self._size
        in_range = np.all((self._size > 1e-18) & (self._size < 1e18))
        self._unit = self._size.astype(np.float32) if in_range else self._size
        self._inverse, self._galerkin = LowRankInverse(self._rows), None
        self._factorised, self._asked, self.n_steps = None, 0, 0

    @property
    def out_of_room(self):
        """Whether the limit of the space was reached before it was good enough."""
        return self._factorised is not None

    def guess(self, leverages, alphas, shares):
        """Best penalties by the residuals of sketched coefficients, which cost no look at X.

        Parameters
        ----------
        leverages : SketchedLeverages
            The sketches.
        alphas : ndarray of shape (L,)
            Penalties.
        shares : ndarray of shape (n_samples, L)
            1 - h at these.

        Returns
        -------
        best : ndarray of shape (n_targets,)
            Larger than the best, if anything: directions that a sketch lacks count as noise.
        """
        residuals = leverages.residuals(self._targets, alphas / self.problem.total)
        return alphas[self._judge(residuals * self._size[:, None], shares).chosen]

    def _adapt(self, leverages, alpha):
        """Extend the approximate inverse to what is worthwhile at a penalty."""
        inverse, targets, image = self._inverse, self._targets.astype(self._rows.dtype), None
        cost = SPARSE_COLUMN if issparse(self.problem.X) else DENSE_COLUMN
        eigenvalues = leverages.eigenvalues
        rank = worthwhile_rank(eigenvalues, alpha / self._rows.scale**2, cost, self._tol)
        rank = min(rank, self._most)
        if rank >= MORE_RANK * max(self._asked, 1):
            self._asked = rank
            left = leverages.left_vectors(inverse.rank, rank).astype(targets.dtype)
            image = inverse.extend(left, None if self._galerkin else targets)
        if self._galerkin is None:
            image = self._rows.transposed_dot(targets) if image is None else image
            self._galerkin = GalerkinRidge(self._rows, self._targets, image)

    def _start(self, units, guess):
        """First directions: approximate solutions at penalties about the guess."""
        q = self.problem.n_targets
        ends = np.log10(np.clip(np.multiply(guess, FIRST_RANGE), units.min(), units.max()))
        starts = np.unique(np.logspace(*ends, max(2, FIRST_DIRECTIONS // q)))
        gradients = self._galerkin.gradients(np.empty((0, q)), np.ones(q))
        directions = self._inverse(np.repeat(gradients, len(starts), 1), np.tile(starts, q))
        self._galerkin.add(directions)

    def choose(self, leverages, alphas, shares, low, guess):
        """Take steps until the best of some penalties is known, or known to be low.

        Parameters
        ----------
        leverages : SketchedLeverages
            The sketches.
        alphas : ndarray of shape (L,)
            Penalties, positive.
        shares : ndarray of shape (n_samples, L)
            1 - h at these.
        low : float
            A best penalty below this is found no further: short of steps, risks of small penalties
            are too large, so that with more the best is as low or lower.
        guess : float
            About the smallest of the best.

        Returns
        -------
        choice : Choice
            The choice.
        """
        q = self.problem.n_targets
        targets = np.tile(np.arange(q), 2)
        allowed = np.repeat([BEST_ERROR, LOWER_ERROR], q)
        units = alphas / self._rows.scale**2
        self._adapt(leverages, guess)
        galerkin = self._galerkin
        if not galerkin.dimension:
            self._start(units, guess / self._rows.scale**2)
        while True:
            residuals = galerkin.residuals(galerkin.solve(units)) * self._unit[:, None]
            choice = self._judge(residuals, shares)
            if alphas[choice.chosen].min() < low:
                return choice
            looked_at = np.outer([1, LOWER], units[choice.chosen]).ravel()
            inner = galerkin.solve(looked_at)[:, targets, np.arange(2 * q)]
            gradients = galerkin.gradients(inner, looked_at, targets)
            self._adapt(leverages, alphas[choice.chosen].min())
            directions = self._inverse(gradients, looked_at)
            error = np.sum(gradients * directions, axis=0, dtype=np.float64)
            error = galerkin.risk_errors(inner, looked_at, error, targets)
            if np.all(error <= allowed):
                return choice
            if galerkin.dimension >= self._most:
                return self._by_factorisation(alphas, shares, residuals)
            unsettled = np.any((error > allowed).reshape(2, q), axis=0)
            if not galerkin.add(directions[:, np.tile(unsettled, 2)]):
                return choice

    def _by_factorisation(self, alphas, shares, residuals):
        """Exact residuals at a few penalties; elsewhere `residuals`, from incomplete bases."""
        ridge = self._factorised = self._factorised or FactorisedRidge(self.problem)
        per_target = self._judge.per_target and self.problem.n_targets > 1

        def badness(index):
            residuals[:, :, index], _ = ridge(alphas[index])
            one = self._judge(residuals[:, :, [index]], shares[:, [index]])
            return -one.scores.mean()

        order = np.argsort(alphas, kind="stable")
        candidates = order[self._judge.feasible(shares)[order]]
        best = candidates[golden_section(lambda i: badness(candidates[i]), len(candidates))]
        choice = self._judge(residuals, shares)
        if per_target:
            return choice
        return replace(choice, chosen=np.full(self.problem.n_targets, best))

    def solution(self, alphas):
        """Exact ridge regression at the penalties that were chosen last.

        Parameters
        ----------
        alphas : ndarray of shape (n_targets,)
            These penalties.

        Returns
        -------
        residuals : ndarray of shape (n_samples, n_targets)
            In the unit of the targets, times sqrt(w).
        coef : ndarray of shape (n_features, n_targets)
            In the dtype of X.
        """
        problem = self.problem
        self.n_steps = self._rows.n_reads
        few = min(problem.n_observations, problem.n_features) <= FEW
        if self._factorised is None and not few:
            rows, units = RowSweeps(problem, np.float64), alphas / self._rows.scale**2
            start = self._galerkin.coefs(np.einsum("ktt->kt", self._galerkin.solve(units)))
            coef, residuals, good = polished(
                rows, self._targets, units, start, self._inverse, self._tol
            )
            self.n_steps += rows.n_reads
            if good:
                coef = coef * (self._size / rows.scale)
                return residuals * self._size, coef.astype(problem.X.dtype)
        ridge = self._factorised or FactorisedRidge(problem)
        residuals, coef = np.empty_like(self._targets), np.empty((problem.n_features, len(alphas)))
        for alpha in np.unique(alphas):
            t = np.flatnonzero(alphas == alpha)
            every = ridge(alpha)
            residuals[:, t], coef[:, t] = every[0][:, t], every[1][:, t]
        return residuals, coef.astype(problem.X.dtype)
