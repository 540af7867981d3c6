# SPDX-License-Identifier: BSD-3-Clause
"""Fitted attributes of a ridge regression tuned by sketched leverages."""

import numpy as np

from skrmt.linear_model._ensemble_results import ensemble_results, stored_path

# What an unsketched ensemble of one member shows that a ridge regression shows, too.
SHARED = (
    "alpha_",
    "mu_",
    "alphas_",
    "mus_",
    "df_path_",
    "risk_path_",
    "best_risk_",
    "best_score_",
    "corrected_residuals_",
    "sketch_",
    "sketch_size_",
    "n_members_",
)


def exact_results(fit, problem, plan, settings, *, one_target):
    """Attributes of a ridge regression from a decomposition of X.

    Parameters
    ----------
    fit : EnsembleFit
        The path and the choice, without sketch.
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        No sketch.
    settings : Settings
        How the penalty was chosen.
    one_target : bool
        Whether y has one dimension.

    Returns
    -------
    attributes : dict
        Name to value, with ``cv_results_`` where the path is to be stored.
    """
    results = ensemble_results(fit, problem, plan, settings, one_target=one_target)
    attributes = {name: results[name] for name in SHARED}
    attributes["n_iter_"] = 0
    if settings.store_path:
        attributes["cv_results_"] = stored_path(fit, problem, settings, one_target=one_target)
    return attributes


def leverage_results(fit, problem, settings, given, *, one_target):
    """Attributes of a ridge regression from sketched leverages.

    Parameters
    ----------
    fit : LeverageFit
        The fit.
    problem : RidgeProblem
        The data.
    settings : Settings
        How the penalty was chosen.
    given : ndarray of shape (n_alphas,) or None
        Penalties of the user; what was out of reach has risk inf and nan for the rest.
    one_target : bool
        Whether y has one dimension.

    Returns
    -------
    attributes : dict
        Name to value, with ``cv_results_`` where the path is to be stored.
    """
    choice, q = fit.choice, problem.n_targets
    targets, chosen = np.arange(q), choice.chosen
    alphas = np.sort(fit.alphas) if given is None else given
    # where each penalty of the fit is among those shown
    if given is None:
        place = np.argsort(np.argsort(fit.alphas, kind="stable"), kind="stable")
    else:
        place = np.flatnonzero(np.isin(given, fit.alphas))

    def shown(array, fill=np.nan):
        full = np.full((*array.shape[:-1], len(alphas)), fill)
        full[..., place] = array
        return full

    per_target = settings.per_target and not one_target
    one = chosen if per_target else chosen[0]
    risks = choice.risk[targets, chosen]
    best = choice.scores[np.arange(len(choice.scores)), chosen[: len(choice.scores)]]
    residuals = choice.residuals[:, targets, chosen].astype(np.float64, copy=False)
    risk = shown(choice.risk, np.inf)
    attributes = {
        "alpha_": fit.alphas[one],
        "mu_": fit.alphas[one] / problem.total,
        "alphas_": alphas,
        "mus_": alphas / problem.total,
        "df_path_": shown(fit.degrees_of_freedom),
        "risk_path_": risk[0] if one_target else risk,
        "best_risk_": risks if per_target else float(risks.mean()),
        "best_score_": best if per_target else float(best.mean()),
        "corrected_residuals_": residuals[:, 0] if one_target else residuals,
        "sketch_": fit.plan.kind,
        "sketch_size_": fit.plan.sketch_size,
        "n_members_": fit.plan.n_members,
        "n_iter_": fit.n_steps,
    }
    if settings.store_path:
        stored = shown(_cv_results(choice.residuals, problem, settings))
        attributes["cv_results_"] = stored[:, 0] if one_target else stored
    return attributes


def _cv_results(residuals, problem, settings):
    """Weighted squares of the residuals, or predictions where a scorer judged them."""
    if settings.scorer is not None:
        return problem.Y[:, :, None] - residuals
    w = 1.0 if problem.weights is None else problem.weights[:, None, None]
    return w * np.square(residuals, dtype=np.float64)
