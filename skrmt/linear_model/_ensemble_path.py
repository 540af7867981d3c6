# SPDX-License-Identifier: BSD-3-Clause
r"""The path of an ensemble: corrected residuals of the mean of its members, and what they say.

The residual of the ensemble is the mean of its members'. So is its exact leave-one-out residual,
because the sketches do not depend on the data: without row i every member would be refitted on its
own. Generalised cross-validation divides the mean residual by the mean share of free degrees.

Three sums of products of corrected residuals are kept, over single members, within groups and over
all: enough for the risk of an ensemble of any size (:func:`skrmt.theory.ensemble_risk`).
"""

from dataclasses import dataclass, replace

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

from skrmt.linear_model._member_path import member_path, smallest_eigenvalue
from skrmt.theory import implicit_ridge


@dataclass(frozen=True, eq=False)
class EnsemblePath:
    """Sums over the members of an ensemble (or of one group), at L ridges.

    Attributes
    ----------
    ridges : ndarray of shape (L,)
        Penalty / N.
    residuals : ndarray of shape (n_samples, n_targets, L)
        Sum of the corrected residuals (before the division of GCV).
    unit_residuals : ndarray of shape (n_samples, n_targets, L) or None
        The same where one unit of weight is left out; None where that is the whole row.
    member_products : ndarray of shape (n_targets, L)
        Sum over members of the mean squared residual.
    group_products : ndarray of shape (n_targets, L)
        Sum over groups of the mean square of a group's summed residuals.
    free_share, degrees_of_freedom, implicit_ridges : ndarray of shape (L,)
        Sums over the members.
    feasible : ndarray of shape (L,) and dtype bool
        Where every member's numbers mean something.
    coefs : tuple of ndarray of shape (sketch_size, n_targets, L)
        theta of each member.
    smallest_eigenvalue : float
        Smallest eigenvalue of a member's Z'Z / N: ridges must stay above minus this.
    """

    ridges: np.ndarray
    residuals: np.ndarray
    unit_residuals: np.ndarray | None
    member_products: np.ndarray
    group_products: np.ndarray
    free_share: np.ndarray
    degrees_of_freedom: np.ndarray
    implicit_ridges: np.ndarray
    feasible: np.ndarray
    coefs: tuple
    smallest_eigenvalue: float


ADDITIVE = (
    "residuals",
    "unit_residuals",
    "member_products",
    "group_products",
    "free_share",
    "degrees_of_freedom",
    "implicit_ridges",
)


def _sum(first, second):
    """Sums over the members of both."""
    sums = {}
    for name in ADDITIVE:
        a, b = getattr(first, name), getattr(second, name)
        sums[name] = None if a is None else a + b
    return replace(
        first,
        **sums,
        feasible=first.feasible & second.feasible,
        coefs=first.coefs + second.coefs,
        smallest_eigenvalue=min(first.smallest_eigenvalue, second.smallest_eigenvalue),
    )


def mean_square(residuals, problem):
    """Weighted mean square over the rows, in float64.

    Parameters
    ----------
    residuals : ndarray of shape (n_samples, n_targets, L)
        Residuals.
    problem : RidgeProblem
        The weights.

    Returns
    -------
    squares : ndarray of shape (n_targets, L)
        For each target and ridge.
    """
    w = 1.0 if problem.weights is None else problem.weights[:, None, None]
    return np.sum(w * np.square(residuals, dtype=np.float64), axis=0) / problem.total


def member_implicit_ridge(law, eigenvalues, ridges, sketch_spectrum=None):
    """Implicit ridge of a member, nan where the law has none or the ridge is out of range."""
    if law is None:
        return ridges
    if law.free_type is None:
        return np.full(len(ridges), np.nan)
    floor = smallest_eigenvalue(eigenvalues, (1, len(eigenvalues)), np.float64)
    allowed = (ridges >= 0) | (ridges > -floor)
    mu = np.full(len(ridges), np.nan)
    mu[allowed] = implicit_ridge(
        eigenvalues,
        ridges[allowed],
        sketch=law.free_type,
        n_components=law.n_components,
        n_ambient=law.n_ambient,
        sketch_spectrum=sketch_spectrum,
    )
    return mu


def group_path(problem, plan, group, ridges, criterion, max_memory=np.inf):
    """Path of the members of one group.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    group : int
        Which group.
    ridges : ndarray of shape (L,)
        Penalty / N.
    criterion : {"loo", "gcv"}
        How residuals are corrected.
    max_memory : float, default=inf
        Bytes that sketched rows may take.

    Returns
    -------
    path : EnsemblePath
        Sums over the group.
    """
    total, spectrum = None, plan.sketch_spectrum(group)
    for rows in plan.rows(problem, group, max_memory):
        path = member_path(rows, problem, ridges, leave_one_out=criterion == "loo")
        smallest = smallest_eigenvalue(path.eigenvalues, rows.shape, rows.dtype)
        unit = path.unit_residuals
        judged = path.residuals if unit is None else unit
        member = EnsemblePath(
            ridges=ridges,
            residuals=path.residuals.astype(np.float64, copy=False),
            unit_residuals=unit,
            member_products=mean_square(judged, problem),
            group_products=np.zeros(judged.shape[1:]),
            free_share=path.free_share,
            degrees_of_freedom=(1 - path.free_share) * problem.total,
            implicit_ridges=member_implicit_ridge(plan.law, path.eigenvalues, ridges, spectrum),
            feasible=path.feasible,
            coefs=(path.coef,),
            smallest_eigenvalue=smallest,
        )
        total = member if total is None else _sum(total, member)
    judged = total.residuals if total.unit_residuals is None else total.unit_residuals
    return replace(total, group_products=mean_square(judged, problem))


def _one_thread_group_path(*args):
    with threadpool_limits(limits=1, user_api="blas"):
        return group_path(*args)


def group_paths(problem, plan, groups, ridges, criterion, n_jobs, max_memory=np.inf):
    """Yield the paths of groups, in order, for any number of workers.

    With workers, each computes with one BLAS thread; alone, BLAS uses its own threads.

    Parameters
    ----------
    problem, plan, ridges, criterion, max_memory
        See :func:`group_path`.
    groups : sequence of int
        Which groups.
    n_jobs : int or None
        Groups at a time.

    Yields
    ------
    path : EnsemblePath
        Of one group.
    """
    workers = effective_n_jobs(n_jobs)
    if workers == 1 and n_jobs is None:
        for group in groups:
            yield group_path(problem, plan, group, ridges, criterion, max_memory)
        return
    # The limit is of the process: set outside, it does not change while threads come and go.
    with threadpool_limits(limits=1, user_api="blas"):
        if workers == 1:
            for group in groups:
                yield group_path(problem, plan, group, ridges, criterion, max_memory)
            return
        tasks = (
            delayed(_one_thread_group_path)(problem, plan, group, ridges, criterion, max_memory)
            for group in groups
        )
        yield from Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")(tasks)


def ensemble_path(
    problem, plan, ridges, criterion, *, n_jobs=None, finished=None, known=None, max_memory=np.inf
):
    """Path of the whole ensemble; the groups are summed in order.

    Parameters
    ----------
    problem, plan, ridges, criterion, n_jobs, max_memory
        See :func:`group_paths`.
    finished : callable or None
        Called with the number of each finished group, to report progress.
    known : dict or None
        Paths of groups at these ridges, by seed and size: used where they are there, and
        completed with the others. None keeps nothing.

    Returns
    -------
    path : EnsemblePath
        Sums over all members.
    """
    keys = list(zip(plan.seeds, plan.group_sizes, strict=True))
    missing = [g for g, key in enumerate(keys) if known is None or key not in known]
    computed = group_paths(problem, plan, missing, ridges, criterion, n_jobs, max_memory)
    total = None
    for group, key in enumerate(keys):
        if known is not None and key in known:
            path = known[key]
        else:
            path = next(computed)
            if known is not None:
                known[key] = path
        total = path if total is None else _sum(total, path)
        if finished is not None:
            finished(group)
    return total
