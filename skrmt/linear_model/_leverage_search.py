# SPDX-License-Identifier: BSD-3-Clause
r"""Ridge regression tuned by leave-one-out, with exact residuals and sketched leverages.

Residuals at all penalties come from a bidiagonalisation in float32, at the best one from a few
conjugate gradients more, in float64; leverages come from sketches, which reach down to a level mu.
A search starts from a small sketch and doubles it where the best penalty lies near that end, up to
half of the smaller side of X: beyond, leverages of rows that are nearly interpolated are no longer
those of ridge regression, and a decomposition of X costs little more.
"""

from dataclasses import dataclass, replace

import numpy as np

from skrmt.linear_model import _penalty_grid as grid
from skrmt.linear_model._bidiagonalization import Bidiagonalization
from skrmt.linear_model._factorised_ridge import FactorisedRidge, golden_section
from skrmt.linear_model._leverage_choice import Choice
from skrmt.linear_model._polished_ridge import polished
from skrmt.linear_model._row_sweeps import RowSweeps
from skrmt.linear_model._sketched_leverages import SketchedLeverages

# A choice below this multiple of the lowest level in reach asks for a larger sketch.
NEAR_LOWEST = 1.6
# Rounding counts as the limit where it lifts the lowest level by this factor.
ROUNDING_LIMITS = 1.05
STEPS_PER_DECADE = 7
# Relative changes from step to step that end the steps: of the risk, and of the coefficients.
RISK_CHANGE, COEF_CHANGE = 1e-3, 5e-2
MOST_DIMENSIONS = 640


@dataclass(frozen=True, eq=False)
class LeverageFit:
    """A tuned ridge regression.

    Attributes
    ----------
    alphas : ndarray of shape (L,)
        Penalties.
    degrees_of_freedom : ndarray of shape (L,)
        Trace of the smoother.
    choice : Choice
        Residuals, risk and the choice.
    coef : ndarray of shape (n_features, n_targets)
        At the chosen penalties.
    plan : EnsemblePlan
        The sketches.
    n_steps : int
        Times that X was read.
    """

    alphas: np.ndarray
    degrees_of_freedom: np.ndarray
    choice: Choice
    coef: np.ndarray
    plan: object
    n_steps: int

    @property
    def chosen_alphas(self):
        """Penalty of each target."""
        return self.alphas[self.choice.chosen]


class LeverageSearch:
    """State of a search: the bases stay while sketches and penalties change.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    judge : Judge
        What decides on a penalty.
    seed : int
        For the bases.
    max_dimension : int
        Of the bases, at most.
    """

    def __init__(self, problem, judge, seed, max_dimension):
        self.problem, self._judge, self._most = problem, judge, max_dimension
        # Three digits of the residuals are enough to choose.
        self._rows = RowSweeps(problem, np.float32)
        self._krylov = Bidiagonalization(self._rows, problem.scaled_targets, seed)
        self._factorised, self.n_steps = None, 0

    @property
    def out_of_room(self):
        """Whether the limit of the bases was reached before they were good enough."""
        return self._factorised is not None

    def choose(self, alphas, shares, low):
        """Take steps until the best of some penalties is known, or known to be low.

        Parameters
        ----------
        alphas : ndarray of shape (L,)
            Penalties, positive.
        shares : ndarray of shape (n_samples, L)
            1 - h at these.
        low : float
            A best penalty below this is found no further: short of steps, risks of small penalties
            are too large, so that with more the best is as low or lower.

        Returns
        -------
        choice : Choice
            The choice.
        """
        krylov, before, targets = self._krylov, None, np.arange(self.problem.n_targets)
        while True:
            krylov.advance()
            inner, outer = krylov.solve(alphas / self._rows.scale**2)
            choice = self._judge(krylov.residuals(outer), shares)
            now = (
                choice.chosen,
                choice.risk[targets, choice.chosen],
                inner[:, targets, choice.chosen],
            )
            done = before is not None and (
                _settled(before, now) or alphas[choice.chosen].min() < low
            )
            if done or krylov.exhausted:
                self._inner = now[2]
                return choice
            if krylov.dimension >= self._most:
                return self._by_factorisation(alphas, shares, krylov.residuals(outer))
            before = now

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
        problem, krylov, targets = self.problem, self._krylov, self.problem.scaled_targets
        self.n_steps = krylov.n_steps
        if self._factorised is None:
            rows, units = RowSweeps(problem, np.float64), alphas / self._rows.scale**2
            start, inverse = krylov.coefs(self._inner), krylov.inverse(units)
            coef, residuals, n_steps, good = polished(rows, targets, units, start, inverse)
            self.n_steps += n_steps
            if good:
                return residuals, (coef / rows.scale).astype(problem.X.dtype)
        ridge = self._factorised or FactorisedRidge(problem)
        residuals, coef = np.empty_like(targets), np.empty((problem.n_features, len(alphas)))
        for alpha in np.unique(alphas):
            t = np.flatnonzero(alphas == alpha)
            every = ridge(alpha)
            residuals[:, t], coef[:, t] = every[0][:, t], every[1][:, t]
        return residuals, coef.astype(problem.X.dtype)


def _settled(before, now):
    """Whether choice, risk and coefficients stay from one look to the next."""
    (chosen, risk, coefs), (chosen_now, risk_now, coefs_now) = before, now
    if np.any(chosen != chosen_now):
        return False
    moved = coefs_now.copy()
    moved[: len(coefs)] -= coefs
    moved, size = np.linalg.norm(moved, axis=0), np.linalg.norm(coefs_now, axis=0)
    return bool(
        np.all(np.abs(risk_now - risk) <= RISK_CHANGE * risk_now)
        and np.all(moved <= COEF_CHANGE * size)
    )


def automatic_penalties(problem, leverages):
    """Penalties from the lowest in reach of the sketches to the highest of the automatic grid.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    leverages : SketchedLeverages
        Leverages from sketches.

    Returns
    -------
    alphas : ndarray of shape (L,)
        Ascending, in steps of a seventh of a decade.
    """
    N = problem.total
    unit = N * problem.total_variance / leverages.plan.sketch_size
    # Points that do not depend on the digits of the lowest level, which are few.
    first = np.ceil(np.log10(N * leverages.lowest_level() / unit) * STEPS_PER_DECADE)
    points = np.arange(first, grid.HIGHEST_DECADE * STEPS_PER_DECADE + 1)
    return unit * 10 ** (points / STEPS_PER_DECADE)


def _choose_extending(search, leverages, alphas, low):
    """Choose; extend the penalties upwards while the largest is the best."""
    N = search.problem.total
    shares = leverages.at(alphas / N)
    for extensions_left in reversed(range(grid.MOST_EXTENSIONS + 1)):
        choice = search.choose(alphas, shares, low)
        if not extensions_left:
            break
        more = grid.extension(alphas, alphas[choice.chosen])
        more = more[more > alphas.max()]
        if not len(more):
            break
        alphas = np.concatenate([alphas, more])
        shares = np.hstack([shares, leverages.at(more / N)])
    return alphas, shares, choice


def fit_by_leverages(problem, plan_of, judge, given, *, seed, max_dimension, n_jobs=None):
    """Tune a ridge regression with leverages from sketches.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    plan_of : callable
        Makes the plan of the sketches after a number of doublings; None where there is none.
    judge : Judge
        What decides on a penalty.
    given : ndarray of shape (n_alphas,) or None
        Penalties; None for the automatic grid. Those below the reach of the sketches are left out.
    seed : int
        For the bases of the bidiagonalisation.
    max_dimension : int
        Of these bases, at most.
    n_jobs : int or None, default=None
        Members at a time.

    Returns
    -------
    fit : LeverageFit or None
        The fit; None where only a decomposition of X can tell.
    """
    N, dtype, doublings = problem.total, np.dtype(np.float32), 0
    plan, search = plan_of(0), None
    while plan is not None:
        leverages = SketchedLeverages(problem, plan, dtype, n_jobs=n_jobs)
        lowest = leverages.lowest_level()
        unrounded = leverages.lowest_level_without_rounding()
        if given is None:
            alphas, missing = automatic_penalties(problem, leverages), False
        else:
            alphas = given[given >= N * lowest]
            missing = len(alphas) < len(given)
        if len(alphas):
            # With penalties left out, the least that is in is at the end as well.
            low = N * max(NEAR_LOWEST * unrounded, ROUNDING_LIMITS * lowest)
            if missing:
                low = max(low, np.nextafter(alphas.min(), np.inf))
            search = search or LeverageSearch(problem, judge, seed, max_dimension)
            if given is None:
                alphas, shares, choice = _choose_extending(search, leverages, alphas, low)
            else:
                shares = leverages.at(alphas / N)
                choice = search.choose(alphas, shares, low)
            best = alphas[choice.chosen]
            if best.min() >= low:
                residuals, coef = search.solution(best)
                choice = judge.corrected(choice, residuals, shares)
                df = problem.n_samples - shares.sum(axis=0, dtype=np.float64)
                return LeverageFit(alphas, df, choice, coef, plan, search.n_steps)
            if search.out_of_room:
                return None
        rounded = lowest > ROUNDING_LIMITS * unrounded
        if dtype == np.float32 and problem.X.dtype == np.float64 and rounded:
            dtype = np.dtype(np.float64)
        else:
            doublings += 1
            plan = plan_of(doublings)
    return None
