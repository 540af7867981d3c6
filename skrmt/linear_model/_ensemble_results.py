# SPDX-License-Identifier: BSD-3-Clause
"""Fitted attributes of an ensemble, from the path and the choice."""

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skrmt.linear_model._penalty_grid import on_edge
from skrmt.utils._arrays import beside, is_numpy, namespace_of
from skrmt.utils._user_warning import warn_user


def _values(array, *, one_target):
    """Array over targets: without that axis where y has one dimension."""
    return array[0] if one_target else array


def _order(path, settings):
    """Order of the penalties that the user sees: ascending, or as given."""
    return np.argsort(path.alphas, kind="stable") if settings.automatic else slice(None)


def ensemble_results(fit, problem, plan, settings, *, one_target):
    """Attributes that an ensemble shows of its path.

    Parameters
    ----------
    fit : EnsembleFit
        The path and the choice.
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    settings : Settings
        Penalties and criterion.
    one_target : bool
        Whether y has one dimension.

    Returns
    -------
    attributes : dict
        Name to value; `corrected_residuals_` where the rows are, the others of NumPy.
    """
    path, chosen, parts = fit.path, fit.chosen, fit.path.components
    order, targets = _order(path, settings), np.arange(problem.n_targets)
    # A single penalty may have been asked for at which no row can be left out.
    feasible = path.feasible[chosen]
    member = np.where(feasible, parts["member"][targets, chosen], np.inf)
    between = np.full(problem.n_targets, np.nan)
    if parts["between"] is not None:
        between = np.where(feasible, parts["between"][targets, chosen], np.inf)
    if plan.law is None:  # without sketch all members are one and the same
        between = member
    per_target = settings.per_target and not one_target
    one = chosen if per_target else chosen[0]
    risks = path.risk[targets, chosen]
    scores = path.scores
    best = scores[np.arange(len(scores)), chosen[: len(scores)]]
    return {
        "alpha_": path.alphas[one],
        "mu_": path.implicit_ridges[one],
        "alphas_": path.alphas[order],
        "mus_": path.implicit_ridges[order],
        "df_path_": path.degrees_of_freedom[order],
        "risk_path_": _values(path.risk[:, order], one_target=one_target),
        "best_risk_": risks if per_target else float(risks.mean()),
        "best_score_": best if per_target else float(best.mean()),
        "corrected_residuals_": fit.residuals[:, 0] if one_target else fit.residuals,
        "risk_1_": _values(member, one_target=one_target),
        "risk_inf_": _values(between, one_target=one_target),
        "sketch_": plan.kind,
        "sketch_size_": plan.sketch_size,
        "n_members_": plan.n_members,
        "_components": {
            name: None if part is None else _values(part[:, order], one_target=one_target)
            for name, part in parts.items()
        },
        "_group_size": plan.group_capacity,
        "_feasible": path.feasible[order],
    }


def stored_path(fit, problem, settings, *, one_target):
    """What ``store_cv_results=True`` keeps, in the form of scikit-learn's RidgeCV.

    Parameters
    ----------
    fit : EnsembleFit
        The path and the choice.
    problem : RidgeProblem
        The data.
    settings : Settings
        Penalties and criterion.
    one_target : bool
        Whether y has one dimension.

    Returns
    -------
    cv_results : array of shape (n_samples, n_alphas) or (n_samples, n_targets, n_alphas)
        Weighted squared corrected residuals; corrected predictions where a scorer judged. Where
        the rows are.
    """
    residuals, order = fit.path.residuals, _order(fit.path, settings)
    if is_numpy(residuals):
        residuals = residuals[:, :, order]
    elif settings.automatic:
        residuals = namespace_of(residuals).take(residuals, beside(order, residuals), axis=2)
    if settings.scorer is not None:
        values = problem.Y[:, :, None] - residuals
    else:
        w = 1.0 if problem.weights is None else problem.weights[:, None, None]
        values = w * residuals**2
    return values[:, 0, :] if one_target else values


def warn_edge(fit, settings):
    """Say that the best of a user's grid lies on its edge.

    Parameters
    ----------
    fit : EnsembleFit or LeverageFit
        The path and the choice.
    settings : Settings
        Penalties and criterion.
    """
    if settings.automatic:
        return
    given = np.atleast_1d(np.asarray(settings.alphas, float))
    edge = on_edge(given, fit.chosen_alphas)
    if edge is not None:
        further = "larger" if edge == "largest" else "smaller"
        warn_user(
            f"The best of alphas is the {edge} one; add {further} values, or use alphas='auto', "
            "which extends itself.",
            ConvergenceWarning,
        )
