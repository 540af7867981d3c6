# SPDX-License-Identifier: BSD-3-Clause
"""An ensemble at its penalties, judged: risk, scores, and what is needed once one is chosen."""

from dataclasses import dataclass, replace

import numpy as np

from skrmt.linear_model._ensemble_path import ensemble_path, mean_square
from skrmt.linear_model._selection import scorer_values
from skrmt.theory import risk_components
from skrmt.utils._arrays import beside, empty_beside, is_numpy, namespace_of

# Arrays of the size of the residual path that are held at a time.
RESIDUAL_ARRAYS = 3


@dataclass(frozen=True, eq=False)
class JudgedPath:
    """An ensemble at L penalties.

    Attributes
    ----------
    alphas : ndarray of shape (L,)
        Penalties, in the scale of scikit-learn's Ridge.
    degrees_of_freedom, implicit_ridges : ndarray of shape (L,)
        Means over the members.
    feasible : ndarray of shape (L,) and dtype bool
        Where the numbers mean something.
    smallest_eigenvalue : float
        Smallest eigenvalue of a member's Z'Z: penalties must stay above minus this.
    coefs : tuple of ndarray of shape (sketch_size, n_targets, L)
        theta of each member.
    components : dict
        Mean products of corrected residuals (:func:`skrmt.theory.risk_components`), of shape
        (n_targets, L).
    risk : ndarray of shape (n_targets, L)
        Estimated risk of the ensemble; inf where not feasible.
    scores : ndarray of shape (n_targets or 1, L)
        What is maximised.
    residuals : array of shape (n_samples, n_targets, L) or None
        Corrected residuals of the ensemble, each row left out as a whole; where the rows are. None
        where they would not fit in memory.
    """

    alphas: np.ndarray
    degrees_of_freedom: np.ndarray
    implicit_ridges: np.ndarray
    feasible: np.ndarray
    smallest_eigenvalue: float
    coefs: tuple
    components: dict
    risk: np.ndarray
    scores: np.ndarray
    residuals: object


def _concatenated(first, second, axis):
    """Concatenate arrays, or dicts of them; None with None is None."""
    if first is None:
        return None
    if isinstance(first, dict):
        return {name: _concatenated(first[name], second[name], axis) for name in first}
    return namespace_of(first).concat([first, second], axis=axis)


def joined(first, second):
    """The same ensemble at the penalties of both.

    Parameters
    ----------
    first, second : JudgedPath
        Two paths of one ensemble.

    Returns
    -------
    path : JudgedPath
        The penalties of the first, then those of the second.
    """
    names = (
        "alphas",
        "degrees_of_freedom",
        "implicit_ridges",
        "feasible",
        "components",
        "risk",
        "scores",
        "residuals",
    )
    both = {n: _concatenated(getattr(first, n), getattr(second, n), -1) for n in names}
    pairs = zip(first.coefs, second.coefs, strict=True)
    return JudgedPath(
        smallest_eigenvalue=first.smallest_eigenvalue,
        coefs=tuple(np.concatenate(pair, axis=-1) for pair in pairs),
        **both,
    )


def judge_sums(path, total_products, plan, N, settings, *, Y, y, weights):
    """Risk and scores from sums over the members and the rows.

    Parameters
    ----------
    path : EnsemblePath
        Sums over the members.
    total_products : ndarray of shape (n_targets, L)
        Mean square of the sum of all members' residuals, before the division of GCV.
    plan : EnsemblePlan
        The sketches.
    N : float
        Sum of the weights.
    settings : Settings
        Criterion and scorer.
    Y : array of shape (n_samples, n_targets)
        Targets of the rows of the path, where its residuals are.
    y, weights : array
        Targets and weights for the scorer.

    Returns
    -------
    path : JudgedPath
        With its residuals, if the sums came with residuals.
    """
    K, feasible = plan.n_members, path.feasible
    scale = np.full(len(path.ridges), float(K))
    if settings.criterion == "gcv":
        # The mean residual over the mean free share: the two means have the same K.
        feasible = feasible & (path.free_share > 0)
        scale = np.where(feasible, path.free_share, 1.0)
    squares = (path.member_products, path.group_products, total_products)
    components = risk_components(*(s * (K / scale) ** 2 for s in squares), plan.group_sizes)
    risk = np.where(feasible, total_products / scale**2, np.inf)
    scores = -risk
    if settings.scorer is not None:
        judged = path.residuals if path.unit_residuals is None else path.unit_residuals
        scores = scorer_values(
            settings.scorer,
            Y[:, :, None] - _where(feasible, judged / beside(scale, judged), 0.0),
            y,
            weights,
            labels=settings.labels,
            per_target=settings.per_target,
            feasible=feasible,
        )
    return JudgedPath(
        path.ridges * N,
        path.degrees_of_freedom / K,
        path.implicit_ridges / K,
        feasible,
        path.smallest_eigenvalue * N,
        path.coefs,
        components,
        risk,
        scores,
        None if path.residuals is None else path.residuals / beside(scale, path.residuals),
    )


def _where(condition, array, other):
    """Array where a condition of NumPy holds, else a number."""
    return namespace_of(array).where(beside(condition, array), array, other)


def judge(path, problem, plan, settings, y):
    """Corrected residuals, risk and scores of a path.

    Parameters
    ----------
    path : EnsemblePath
        Sums over the members.
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    settings : Settings
        Criterion and scorer.
    y : array
        Targets for the scorer.

    Returns
    -------
    path : JudgedPath
        With its residuals.
    """
    judged = path.residuals if path.unit_residuals is None else path.unit_residuals
    total_products = mean_square(judged, problem)
    return judge_sums(
        path,
        total_products,
        plan,
        problem.total,
        settings,
        Y=problem.Y,
        y=y,
        weights=problem.weights,
    )


def _of_all_targets(parts):
    """One path from those of slices of the targets, without residuals."""
    first = parts[0]
    components = first.components
    for part in parts[1:]:
        components = _concatenated(components, part.components, 0)
    members = zip(*(part.coefs for part in parts), strict=True)
    return JudgedPath(
        first.alphas,
        first.degrees_of_freedom,
        first.implicit_ridges,
        np.all([part.feasible for part in parts], axis=0),
        first.smallest_eigenvalue,
        tuple(np.concatenate(coefs, axis=1) for coefs in members),
        components,
        np.concatenate([part.risk for part in parts]),
        np.concatenate([part.scores for part in parts]),
        None,
    )


def target_slices(problem, n_alphas, max_memory):
    """Slices of the targets whose residual paths fit in memory.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    n_alphas : int
        Number of penalties.
    max_memory : float
        Bytes.

    Returns
    -------
    slices : list of slice
        One if all fit.
    """
    bytes_per_target = RESIDUAL_ARRAYS * 8 * problem.n_samples * n_alphas
    size = max(1, int(max_memory // bytes_per_target))
    q = problem.n_targets
    return [slice(start, min(start + size, q)) for start in range(0, q, size)]


def judged_path(problem, plan, alphas, settings, y, **options):
    """Evaluate an ensemble at penalties and judge it.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    alphas : ndarray of shape (L,)
        Penalties.
    settings : Settings
        Criterion, scorer and memory.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets for the scorer.
    **options
        `n_jobs`, `finished`, `known` and `spectra` of :func:`ensemble_path`.

    Returns
    -------
    path : JudgedPath
        Without residuals where those of all targets together would not fit in the memory that the
        settings allow: the targets are then taken in slices, with a factorisation for each.
    """
    N, options = problem.total, {**options, "max_memory": settings.max_memory}
    slices = target_slices(problem, len(alphas), settings.max_memory)
    if len(slices) == 1 or settings.needs_residuals:
        path = ensemble_path(problem, plan, alphas / N, settings.criterion, **options)
        return replace(judge(path, problem, plan, settings, y), alphas=alphas)
    parts = []
    for targets in slices:
        some = problem.only_targets(targets)
        path = ensemble_path(
            some, plan, alphas / N, settings.criterion, **{**options, "finished": None}
        )
        part = judge(path, some, plan, settings, y)
        parts.append(part)
    return replace(_of_all_targets(parts), alphas=alphas)


def residuals_at(problem, plan, chosen_alphas, settings, **options):
    """Corrected residuals at one penalty for each target.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    chosen_alphas : ndarray of shape (n_targets,)
        Penalties.
    settings : Settings
        Criterion and memory.
    **options
        `n_jobs` and `spectra` of :func:`ensemble_path`.

    Returns
    -------
    residuals : array of shape (n_samples, n_targets)
        What the path would have held.
    """
    residuals = empty_beside(tuple(problem.Y.shape), np.float64, problem.Y)
    for alpha in np.unique(chosen_alphas):
        where = np.flatnonzero(chosen_alphas == alpha)
        some = problem.only_targets(where)
        ridges = np.array([alpha]) / problem.total
        path = ensemble_path(
            some, plan, ridges, settings.criterion, max_memory=settings.max_memory, **options
        )
        found = judge(path, some, plan, settings, None).residuals[:, :, 0]
        if is_numpy(residuals):
            residuals[:, where] = found
            continue
        for column, target in enumerate(where.tolist()):
            residuals[:, target] = found[:, column]
    return residuals
