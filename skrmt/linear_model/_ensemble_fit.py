# SPDX-License-Identifier: BSD-3-Clause
"""Fit an ensemble: path, choice of the penalty, coefficients.

Plain functions from a problem and a plan to an :class:`EnsembleFit`; the estimators store it.
"""

from dataclasses import dataclass

import numpy as np

from skrmt.linear_model import _penalty_grid as grid
from skrmt.linear_model._ensemble_path import EnsemblePath, ensemble_path, joined
from skrmt.linear_model._selection import choose, scorer_values
from skrmt.theory import risk_components


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
    classes : ndarray or None
        Labels, where the scorer judges a classifier.
    """

    alphas: object
    criterion: str
    negative_alphas: object
    per_target: bool
    scorer: object = None
    classes: np.ndarray | None = None

    @property
    def automatic(self):
        """Whether the grid is ours to extend."""
        return isinstance(self.alphas, str)

    @property
    def single(self):
        """Whether there is nothing to choose."""
        return not self.automatic and np.ndim(self.alphas) == 0


@dataclass(frozen=True, eq=False)
class EnsembleFit:
    """A path and what was chosen on it.

    Attributes
    ----------
    alphas : ndarray of shape (L,)
        Penalties N * ridge.
    path : EnsemblePath
        Sums over the members at these.
    residuals : ndarray of shape (n_samples, n_targets, L)
        Corrected residuals of the ensemble, each row left out as a whole.
    components : dict
        Mean products of corrected residuals (:func:`skrmt.theory.risk_components`), of shape
        (n_targets, L).
    risk : ndarray of shape (n_targets, L)
        Estimated risk of this ensemble.
    scores : ndarray of shape (n_targets or 1, L)
        What was maximised.
    chosen : ndarray of shape (n_targets,) and dtype int
        Index of each target's penalty.
    """

    alphas: np.ndarray
    path: EnsemblePath
    residuals: np.ndarray
    components: dict
    risk: np.ndarray
    scores: np.ndarray
    chosen: np.ndarray

    @property
    def coefs(self):
        """Theta of each member at the chosen penalties, of shape (sketch_size, n_targets)."""
        targets = np.arange(len(self.chosen))
        return [coef[:, targets, self.chosen] for coef in self.path.coefs]

    @property
    def chosen_residuals(self):
        """Corrected residuals at the chosen penalties, of shape (n_samples, n_targets)."""
        return self.residuals[:, np.arange(len(self.chosen)), self.chosen]


def _judge(problem, plan, path, settings, y):
    """Corrected residuals, risk and scores of a path."""
    K, N = plan.n_members, problem.total
    feasible, scale = path.feasible, np.full(len(path.ridges), float(K))
    if settings.criterion == "gcv":
        feasible = feasible & (path.free_share > 1e-10 * K)
        scale = np.where(feasible, path.free_share, 1.0)
    residuals = path.residuals / scale
    judged = residuals if path.unit_residuals is None else path.unit_residuals / scale
    w = 1.0 if problem.weights is None else problem.weights[:, None, None]
    risk = np.sum(w * judged**2, axis=0) / N
    correction = (K / scale) ** 2
    components = risk_components(
        path.member_products * correction,
        path.group_products * correction,
        risk * K**2,
        plan.group_sizes,
    )
    risk = np.where(feasible, risk, np.inf)
    if settings.scorer is None:
        scores = -risk
    else:
        usable = np.where(feasible, judged, 0.0)
        scores = scorer_values(
            settings.scorer,
            problem.Y[:, :, None] - usable,
            y,
            problem.weights,
            classes=settings.classes,
            per_target=settings.per_target,
        )
    return residuals, components, risk, scores, feasible


def _refuse_indefinite(alpha, path, total):
    """A single negative penalty must leave every member positive definite."""
    limit = path.smallest_eigenvalue * total
    if alpha < 0 and alpha <= -limit:
        raise ValueError(
            f"alphas={alpha!r} must be larger than {-limit!r}, minus the smallest eigenvalue of the "
            "sketched Gram matrices."
        )


def fit_ensemble(problem, plan, settings, y, *, n_jobs=None, finished=None):
    """Evaluate an ensemble over its penalties and choose.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    settings : Settings
        Penalties and criterion.
    y : ndarray
        Targets for the scorer: as given, without rows of weight 0.
    n_jobs : int or None, default=None
        Groups of members at a time.
    finished : callable or None, default=None
        Called after each group of the first pass.

    Returns
    -------
    fit : EnsembleFit
        The path and the choice.

    Raises
    ------
    ValueError
        If no penalty is feasible, or a single negative one is too low.
    """
    N = problem.total
    unit = N * problem.total_variance / plan.sketch_size
    alphas = grid.automatic_grid(unit) if settings.automatic else grid.given_grid(settings.alphas)

    def evaluated(alphas, before=None):
        # Progress counts the groups once: whether a second pass comes, nobody knows in advance.
        progress = finished if before is None else None
        path = ensemble_path(
            problem, plan, alphas / N, settings.criterion, n_jobs=n_jobs, finished=progress
        )
        if before is not None:
            path = joined(before, path)
        residuals, components, risk, scores, feasible = _judge(problem, plan, path, settings, y)
        every = path.ridges * N
        if settings.single:
            _refuse_indefinite(float(every[0]), path, N)
            index = np.zeros(1, int)
        else:
            index = choose(scores, feasible, per_target=settings.per_target)
        chosen = np.broadcast_to(index, problem.n_targets)
        return EnsembleFit(every, path, residuals, components, risk, scores, chosen)

    fit = evaluated(alphas)
    if settings.automatic:
        for _ in range(grid.MOST_EXTENSIONS):
            more = grid.extension(fit.alphas, fit.alphas[fit.chosen])
            if not len(more):
                break
            fit = evaluated(more, fit.path)
    asked = settings.negative_alphas
    wanted = asked is True or (asked == "auto" and np.any(fit.alphas[fit.chosen] == 0))
    if wanted and not settings.single:
        more = grid.negative_grid(N * fit.path.smallest_eigenvalue)
        if len(more):
            fit = evaluated(more, fit.path)
    return fit
