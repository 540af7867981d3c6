# SPDX-License-Identifier: BSD-3-Clause
"""Fit an ensemble: its path over the penalties, and the choice of one.

Plain functions from a problem and a plan to an :class:`EnsembleFit`; the estimators store it.
"""

from dataclasses import dataclass

import numpy as np

from skrmt.exceptions import TheoryWarning
from skrmt.linear_model import _penalty_grid as grid
from skrmt.linear_model._ensemble_path import mean_square
from skrmt.linear_model._judged_path import JudgedPath, joined, judged_path, residuals_at
from skrmt.linear_model._member_path import ROUNDING_OF_WEIGHTS, SAFE_SHARE
from skrmt.linear_model._selection import choose
from skrmt.utils._arrays import beside, is_numpy, namespace_of
from skrmt.utils._user_warning import warn_user

GIGABYTE = 1e9
# Scores that differ by less than this share are equal for the choice of a grid.
FLAT = 1e-3
# Residuals with one repetition left out that are this much smaller than with all of them.
MISLEADING = 0.5


@dataclass(frozen=True, eq=False)
class Settings:
    """What decides on a penalty.

    Attributes
    ----------
    alphas : "auto", float or array-like
        Penalties.
    criterion : {"loo", "gcv"}
        How residuals are corrected.
    negative_alphas : "auto" or bool
        Whether negative penalties are tried where the smallest eigenvalue allows.
    per_target : bool
        One penalty for each target.
    scorer : callable or None
        Judge of the corrected predictions; None takes the mean square.
    labels : DecisionLabels or None
        Labels of decision values, where the scorer judges a classifier.
    max_memory : float
        Bytes that residual paths, and decompositions kept between grids, may take each.
    store_path : bool
        Whether the residual path is kept for the user.
    """

    alphas: object = "auto"
    criterion: str = "loo"
    negative_alphas: object = "auto"
    per_target: bool = False
    scorer: object = None
    labels: object = None
    max_memory: float = GIGABYTE
    store_path: bool = False

    @property
    def automatic(self):
        """Whether the grid is ours to extend."""
        return isinstance(self.alphas, str)

    @property
    def single(self):
        """Whether there is nothing to choose."""
        return not self.automatic and np.ndim(self.alphas) == 0

    @property
    def needs_residuals(self):
        """Whether the residuals of all targets are needed at every penalty."""
        return self.store_path or self.scorer is not None


@dataclass(frozen=True, eq=False)
class EnsembleFit:
    """A path and what was chosen on it.

    Attributes
    ----------
    path : JudgedPath
        The ensemble at each penalty.
    chosen : ndarray of shape (n_targets,) and dtype int
        Index of each target's penalty.
    residuals : array of shape (n_samples, n_targets)
        Corrected residuals there, where the rows are.
    """

    path: JudgedPath
    chosen: np.ndarray
    residuals: object

    @property
    def chosen_alphas(self):
        """Penalty of each target."""
        return self.path.alphas[self.chosen]

    @property
    def coefs(self):
        """Theta of each member at the chosen penalties, of shape (sketch_size, n_targets)."""
        targets = np.arange(len(self.chosen))
        return [coef[:, targets, self.chosen] for coef in self.path.coefs]


def refuse_indefinite(alpha, smallest_eigenvalue):
    """Refuse a penalty that leaves a member not positive definite, or hardly.

    Parameters
    ----------
    alpha : float
        A single penalty.
    smallest_eigenvalue : float
        Of the members' Gram matrices.

    Raises
    ------
    ValueError
        If it is negative and takes more than 95 % of the smallest eigenvalue.
    """
    bound = -(1 - SAFE_SHARE) * smallest_eigenvalue if smallest_eigenvalue else 0.0
    if alpha < 0 and alpha <= bound:
        raise ValueError(
            f"alphas={alpha!r} must be larger than {bound!r}, minus 95 % of the smallest "
            "eigenvalue of the sketched Gram matrices (0 where a fit has as many columns as rows)."
        )


def refuse_small_weights(path, problem, settings):
    """Refuse generalised cross-validation where the weights count for fewer rows than are fitted.

    Parameters
    ----------
    path : JudgedPath
        The path.
    problem : RidgeProblem
        The data.
    settings : Settings
        The criterion.

    Raises
    ------
    ValueError
        If the degrees of freedom reach the sum of the weights at a penalty that is not negative.
    """
    if settings.criterion != "gcv" or problem.weights is None:
        return
    largest = np.max(path.degrees_of_freedom, where=path.alphas >= 0, initial=0.0)
    if largest > problem.total * (1 + ROUNDING_OF_WEIGHTS):
        raise ValueError(
            f"sample_weight sums to {problem.total:.6g}, which criterion='gcv' reads as a number "
            f"of rows, but {largest:.6g} degrees of freedom are fitted: rescale sample_weight to "
            "mean 1, or use criterion='loo'."
        )


def choose_on(path, settings, n_targets):
    """Index of the chosen penalty for each target.

    Parameters
    ----------
    path : JudgedPath
        The ensemble at each penalty.
    settings : Settings
        What decides.
    n_targets : int
        Number of targets.

    Returns
    -------
    chosen : ndarray of shape (n_targets,)
        Index into ``path.alphas``.
    """
    if settings.single:
        refuse_indefinite(float(path.alphas[0]), path.smallest_eigenvalue)
        return np.zeros(n_targets, int)
    index = choose(path.scores, path.feasible, per_target=settings.per_target)
    return np.broadcast_to(index, n_targets)


def _zero_is_an_edge(path):
    """Whether the score changes between 0 and the smallest positive penalty: something lies there.

    The unit of the grid is a mean eigenvalue; where one feature dwarfs the others, their
    eigenvalues are far below it.
    """
    positive = np.where(path.alphas > 0, path.alphas, np.inf)
    at_zero, above = path.scores[:, path.alphas == 0], path.scores[:, [positive.argmin()]]
    usable = path.feasible[positive.argmin()] and path.feasible[path.alphas == 0].all()
    return bool(usable and np.any(np.abs(above - at_zero) > FLAT * np.abs(at_zero)))


def select_penalty(evaluate, unit, settings, n_targets):
    """Evaluate the grid, extend it where the best lies on its edge, and choose.

    Parameters
    ----------
    evaluate : callable
        Gives the :class:`JudgedPath` at an array of penalties.
    unit : float
        Mean eigenvalue of a member's Gram matrix: the unit of the automatic grid.
    settings : Settings
        What decides.
    n_targets : int
        Number of targets.

    Returns
    -------
    path : JudgedPath
        All penalties that were tried.
    chosen : ndarray of shape (n_targets,)
        Index into ``path.alphas``.
    """
    alphas = grid.automatic_grid(unit) if settings.automatic else grid.given_grid(settings.alphas)
    path = evaluate(alphas)
    chosen = choose_on(path, settings, n_targets)
    if settings.automatic:
        for _ in range(grid.MOST_EXTENSIONS):
            more = grid.extension(path.alphas, path.alphas[chosen], _zero_is_an_edge(path))
            if not len(more):
                break
            path = joined(path, evaluate(more))
            chosen = choose_on(path, settings, n_targets)
    asked = settings.negative_alphas
    wanted = asked is True or (asked == "auto" and np.any(path.alphas[chosen] == 0))
    if wanted and not settings.single:
        more = grid.negative_grid(path.smallest_eigenvalue)
        if len(more):
            path = joined(path, evaluate(more))
            chosen = choose_on(path, settings, n_targets)
    return path, chosen


def warn_repetitions(problem, path, chosen, residuals):
    """Say that leaving out one of several equal rows says little about new rows.

    Parameters
    ----------
    problem : RidgeProblem
        The weights of the rows.
    path : JudgedPath
        The path.
    chosen : ndarray of shape (n_targets,)
        Index of each target's penalty.
    residuals : array of shape (n_samples, n_targets)
        Corrected residuals there, each row left out as a whole.
    """
    if problem.repeats is None:
        return
    whole = np.mean(mean_square(residuals[:, :, None], problem))
    single = np.mean(path.risk[np.arange(len(chosen)), chosen])
    if single < MISLEADING * whole:
        warn_user(
            "sample_weight holds whole numbers, which are read as repetitions: leaving out one of "
            f"several equal rows estimates a risk of {single:.3g}, leaving out all of them "
            f"{whole:.3g}. If they are precisions, divide them by their mean.",
            TheoryWarning,
        )


def _residuals_of(path, chosen):
    """Corrected residuals of each target at its penalty."""
    n, q, L = path.residuals.shape
    if is_numpy(path.residuals):
        return path.residuals[:, np.arange(q), chosen]
    xp, columns = namespace_of(path.residuals), np.arange(q) * L + chosen
    flat = xp.reshape(path.residuals, (n, q * L))
    return xp.take(flat, beside(columns, flat), axis=1)


def _room_for_spectra(problem, plan, settings):
    """Where decompositions wait for further grids of penalties; None where they would not fit."""
    side = min(problem.n_samples, plan.sketch_size)
    # Of the products and of the rows: one grid may ask for the one, the next for the other.
    for_each = 2 * 8 * side * (side + 2)
    if settings.single or plan.n_members * for_each > settings.max_memory:
        return None
    return {}


def fit_ensemble(
    problem, plan, settings, y, *, n_jobs=None, finished=None, kept=None, earlier=None
):
    """Evaluate an ensemble over its penalties and choose.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    settings : Settings
        Penalties and criterion.
    y : array
        Targets for the scorer: as given, without rows of weight 0.
    n_jobs : int or None, default=None
        Groups of members at a time.
    finished : callable or None, default=None
        Called after each group of the first pass.
    kept : dict or None, default=None
        Filled with the paths of the groups, by the bytes of their penalties.
    earlier : dict or None, default=None
        The same of an earlier fit to these data; used where they are there.

    Returns
    -------
    fit : EnsembleFit
        The path and the choice.

    Raises
    ------
    ValueError
        If no penalty is feasible, or a single negative one is too low.
    """
    progress, spectra = [finished], _room_for_spectra(problem, plan, settings)

    def evaluate(alphas):
        # Progress counts the groups once: whether a second pass comes, nobody knows in advance.
        options = {"n_jobs": n_jobs, "finished": progress.pop() if progress else None}
        options["spectra"] = spectra
        if kept is not None:
            key, groups = alphas.tobytes(), set(zip(plan.seeds, plan.group_sizes, strict=True))
            known = {} if earlier is None else earlier.get(key, {})
            kept[key] = {group: path for group, path in known.items() if group in groups}
            options["known"] = kept[key]
        path = judged_path(problem, plan, alphas, settings, y, **options)
        refuse_small_weights(path, problem, settings)
        return path

    unit = problem.total * problem.total_variance / plan.sketch_size
    path, chosen = select_penalty(evaluate, unit, settings, problem.n_targets)
    if path.residuals is None:
        options = {"n_jobs": n_jobs, "spectra": spectra}
        residuals = residuals_at(problem, plan, path.alphas[chosen], settings, **options)
    else:
        residuals = _residuals_of(path, chosen)
    if not settings.single:
        warn_repetitions(problem, path, chosen, residuals)
    infeasible = ~path.feasible[chosen]
    if infeasible.any():  # a single penalty was asked for, at which no row can be left out
        infeasible = beside(infeasible, residuals)
        residuals = namespace_of(residuals).where(infeasible, np.inf, residuals)
    return EnsembleFit(path, chosen, residuals)
