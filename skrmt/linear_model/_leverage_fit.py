# SPDX-License-Identifier: BSD-3-Clause
"""Ridge regression tuned by leave-one-out, with exact residuals and sketched leverages.

A sketch has leverages down to a level mu. The first is small, and is doubled where the best penalty
lies near that end, up to half of the smaller side of X: beyond, leverages of rows that are nearly
interpolated are no longer those of ridge regression, and a decomposition of X costs little more.
"""

from dataclasses import dataclass

import numpy as np

from skrmt.linear_model import _penalty_grid as grid
from skrmt.linear_model._leverage_choice import Choice
from skrmt.linear_model._leverage_search import LeverageSearch
from skrmt.linear_model._sketched_leverages import SketchedLeverages

# A choice below this multiple of the lowest level in reach asks for a larger sketch.
NEAR_LOWEST = 1.6
# Rounding counts as the limit where it lifts the lowest level by this factor.
ROUNDING_LIMITS = 1.05
STEPS_PER_DECADE = 7


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


def penalties_in_reach(given, lowest):
    """Penalties of a user that the sketches reach, and some between their reach and those.

    Parameters
    ----------
    given : ndarray of shape (n_alphas,)
        Penalties.
    lowest : float
        The lowest in reach.

    Returns
    -------
    between : ndarray of shape (k,)
        Ascending, in steps of a seventh of a decade at most; empty where all or none are in reach.
        Whether the best of those in reach is better than what is left out is told by these.
    alphas : ndarray of shape (L,)
        The penalties in reach, in their order.
    """
    alphas = given[given >= lowest]
    if len(alphas) in (0, len(given)):
        return np.empty(0), alphas
    steps = int(np.ceil(np.log10(alphas.min() / lowest) * STEPS_PER_DECADE))
    return np.geomspace(lowest, alphas.min(), steps + 1)[:-1], alphas


def _among(given, alphas, choice, only):
    """Choice among the given penalties in reach; None where one out of reach may be the best."""
    best, own = alphas[choice.chosen], alphas[only]
    # The risk is about a parabola of the logarithm near its minimum: the nearest is the best.
    candidates = given[given > 0]
    distance = np.abs(np.log(candidates) - np.log(best)[:, None])
    nearest = candidates[np.argmin(distance, axis=1)]
    inside = best < own.min()
    if np.any(inside & (nearest < own.min())):
        return None
    chosen = np.where(inside, np.argmin(own), choice.chosen - only.start)
    return Choice(
        choice.residuals[:, :, only], choice.risk[:, only], choice.scores[:, only], chosen
    )


def _choose_extending(search, leverages, alphas, shares, low, guess, *, extend):
    """Choose; where wanted, extend the penalties upwards while the largest is the best."""
    for extensions_left in reversed(range(grid.MOST_EXTENSIONS + 1 if extend else 1)):
        choice = search.choose(leverages, alphas, shares, low, guess)
        if not extensions_left:
            break
        more = grid.extension(alphas, alphas[choice.chosen])
        more = more[more > alphas.max()]
        if not len(more):
            break
        alphas = np.concatenate([alphas, more])
        shares = np.hstack([shares, leverages.at(more / search.problem.total)])
    return alphas, shares, choice


def fit_by_leverages(problem, plan_of, judge, given, *, tol, max_dimension, n_jobs=None):
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
    tol : float
        Relative accuracy of the coefficients.
    max_dimension : int
        Of what is kept of the products with X, at most.
    n_jobs : int or None, default=None
        Members at a time.

    Returns
    -------
    fit : LeverageFit or None
        The fit; None where only a decomposition of X can tell.
    """
    N, doublings, plan, search, leverages = problem.total, 0, plan_of(0), None, None
    while plan is not None:
        if leverages is None:
            leverages = SketchedLeverages(problem, plan, np.float32, n_jobs=n_jobs)
        lowest = leverages.lowest_level()
        low = N * NEAR_LOWEST * lowest
        if given is None:
            between, alphas = np.empty(0), automatic_penalties(problem, leverages)
        else:
            between, alphas = penalties_in_reach(given, N * lowest)
        if len(alphas):
            search = search or LeverageSearch(problem, judge, tol, max_dimension)
            alphas = np.concatenate([between, alphas])
            shares = leverages.at(alphas / N)
            guess = search.guess(leverages, alphas, shares).min()
            if guess >= low:
                alphas, shares, choice = _choose_extending(
                    search, leverages, alphas, shares, low, guess, extend=given is None
                )
                if alphas[choice.chosen].min() >= low:
                    only = slice(len(between), None)
                    choice = _among(given, alphas, choice, only) if len(between) else choice
                    alphas, shares = alphas[only], shares[:, only]
                    if choice is not None:
                        residuals, coef = search.solution(alphas[choice.chosen])
                        choice = judge.corrected(choice, residuals, shares)
                        df = problem.n_samples - shares.sum(axis=0, dtype=np.float64)
                        return LeverageFit(alphas, df, choice, coef, plan, search.n_steps)
                if search.out_of_room:
                    return None
        unrounded = leverages.lowest_level_without_rounding()
        if lowest > ROUNDING_LIMITS * unrounded and not leverages.refined:
            leverages.refine()
        else:
            doublings += 1
            plan, leverages = plan_of(doublings), None
    return None
