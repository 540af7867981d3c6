# SPDX-License-Identifier: BSD-3-Clause
r"""The path of an ensemble: corrected residuals of the mean of its members, and what they say.

The residual of the ensemble is the mean of its members'. So is its exact leave-one-out residual,
because the sketches do not depend on the data: without row i every member would be refitted on its
own. Generalised cross-validation divides the mean residual by the mean share of free degrees.

Three sums of products of corrected residuals are kept, over single members, within groups and over
all: enough for the risk of an ensemble of any size (:func:`skrmt.theory.ensemble_risk`).
"""

from dataclasses import dataclass, field, replace

import numpy as np
from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

from skrmt.linear_model._member_path import member_path, smallest_eigenvalue
from skrmt.theory import implicit_ridge
from skrmt.utils._arrays import beside, cast, is_numpy, namespace_of, on_host


@dataclass(frozen=True, eq=False)
class EnsemblePath:
    """Sums over the members of an ensemble (or of one group), at L ridges.

    Attributes
    ----------
    ridges : ndarray of shape (L,)
        Penalty / N.
    residuals : array of shape (n_samples, n_targets, L)
        Sum of the corrected residuals (before the division of GCV); where the rows are.
    unit_residuals : array of shape (n_samples, n_targets, L) or None
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
    vanishing : ndarray of shape (L,) and dtype bool, or None
        Where residuals and free share are given divided by a ridge with which they vanish.
    """

    ridges: np.ndarray
    residuals: object
    unit_residuals: object
    member_products: np.ndarray
    group_products: np.ndarray
    free_share: np.ndarray
    degrees_of_freedom: np.ndarray
    implicit_ridges: np.ndarray
    feasible: np.ndarray
    coefs: tuple
    smallest_eigenvalue: float
    vanishing: np.ndarray | None = field(default=None, kw_only=True)


ADDITIVE = (
    "residuals",
    "unit_residuals",
    "member_products",
    "group_products",
    "free_share",
    "degrees_of_freedom",
    "implicit_ridges",
)


def _without_vanishing(path, where):
    """Leave out what vanishes at some ridges, next to members that do not."""
    if not np.any(where):
        return path
    names = ("residuals", "member_products", "group_products", "free_share")
    left = {}
    for name in names:
        array = getattr(path, name)
        left[name] = namespace_of(array).where(beside(where, array), 0.0, array)
    return replace(path, **left)


def _sum(first, second):
    """Sums over the members of both."""
    vanishing = first.vanishing & second.vanishing
    first = _without_vanishing(first, first.vanishing & ~vanishing)
    second = _without_vanishing(second, second.vanishing & ~vanishing)
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
        vanishing=vanishing,
    )


def mean_square(residuals, problem):
    """Weighted mean square over the rows, in float64.

    Parameters
    ----------
    residuals : array of shape (n_samples, n_targets, L)
        Residuals.
    problem : RidgeProblem
        The weights, where the residuals are.

    Returns
    -------
    squares : ndarray of shape (n_targets, L)
        For each target and ridge.
    """
    if is_numpy(residuals):
        squares = np.square(residuals, dtype=np.float64)
    else:
        squares = cast(residuals, np.float64) ** 2
    if problem.weights is not None:
        squares *= problem.weights[:, None, None]
    return on_host(namespace_of(squares).sum(squares, axis=0)) / problem.total


def member_implicit_ridge(law, eigenvalues, ridges, sketch_spectrum=None):
    """Implicit ridge of a member, nan where the law has none or the ridge is out of range.

    Parameters
    ----------
    law : law of skrmt.sketching, or None
        Law of the member's sketch; None for rows without sketch.
    eigenvalues : ndarray of shape (m,)
        All eigenvalues of the member's Z'Z / N, ascending.
    ridges : ndarray of shape (L,)
        Penalty / N.
    sketch_spectrum : ndarray of shape (n_features,), default=None
        Eigenvalues of S S', for a law whose limit depends on them.

    Returns
    -------
    mu : ndarray of shape (L,)
        Implicit ridge at each ridge; the ridges themselves without sketch.
    """
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


def member_paths(
    problem, plan, group, ridges, criterion, max_memory=np.inf, spectra=None, members=None
):
    """Yield the paths of members of one group, each as an ensemble of one.

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
    spectra : dict, default=None
        Decompositions of the members so far, by group and member; those that are made are added.
    members : range, default=None
        Which members of the group; None takes all.

    Yields
    ------
    path : EnsemblePath
        Of one member.
    """
    spectrum = plan.sketch_spectrum(group)
    numbers = range(plan.group_sizes[group]) if members is None else members
    every = plan.rows(problem, group, max_memory, members)
    for number, rows in zip(numbers, every, strict=True):
        found = None if spectra is None else spectra.setdefault((group, number), {})
        path = member_path(rows, problem, ridges, leave_one_out=criterion == "loo", found=found)
        one_left = path.unit_residuals
        judged = path.residuals if one_left is None else one_left
        yield EnsemblePath(
            ridges=ridges,
            residuals=cast(path.residuals, np.float64),
            unit_residuals=one_left,
            member_products=mean_square(judged, problem),
            group_products=np.zeros(tuple(judged.shape[1:])),
            free_share=path.free_share,
            degrees_of_freedom=path.degrees_of_freedom,
            implicit_ridges=member_implicit_ridge(plan.law, path.eigenvalues, ridges, spectrum),
            feasible=path.feasible,
            coefs=(path.coef,),
            smallest_eigenvalue=path.smallest_eigenvalue,
            vanishing=path.vanishing,
        )


def _summed(paths):
    """Sum of paths, in order: the same bits however they were computed."""
    total = None
    for path in paths:
        total = path if total is None else _sum(total, path)
    return total


def _closed(total, problem):
    """The path of a complete group: with the mean square of its summed residuals."""
    judged = total.residuals if total.unit_residuals is None else total.unit_residuals
    return replace(total, group_products=mean_square(judged, problem))


def _group_task(problem, *args):
    """A group, summed where it was computed."""
    with threadpool_limits(limits=1, user_api="blas"):
        return [_summed(member_paths(problem, *args))]


def _part_task(problem, *args):
    """Members of a group; their sum is not that of the group, so each is given back."""
    with threadpool_limits(limits=1, user_api="blas"):
        return list(member_paths(problem, *args))


def _tasks(plan, groups, workers):
    """Tasks of (group, members), and whether groups are cut to give each worker something."""
    parts = -(-workers // max(1, len(groups)))
    for group in groups:
        size = plan.group_sizes[group]
        step = -(-size // min(parts, size))
        for first in range(0, size, step):
            yield group, range(first, min(first + step, size))


def _in_order(tasks, n_jobs):
    """Results of tasks in their order, as they come where the backend can."""
    backend, _ = get_active_backend(prefer="threads")
    generator = getattr(backend, "supports_return_generator", False)
    options = {"return_as": "generator"} if generator else {}
    return iter(Parallel(n_jobs=n_jobs, prefer="threads", **options)(tasks))


def group_paths(problem, plan, groups, ridges, criterion, n_jobs, max_memory=np.inf, spectra=None):
    """Yield the paths of groups, in order, for any number of workers.

    With workers, each computes with one BLAS thread; alone, BLAS uses its own threads. Rows of
    another library than NumPy have its own: no workers then.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    groups : sequence of int
        Which groups.
    ridges : ndarray of shape (L,)
        Penalty / N.
    criterion : {"loo", "gcv"}
        How residuals are corrected.
    n_jobs : int or None
        Workers. Where there are fewer groups than workers, each group is cut into parts, at the
        price of a transform for each part.
    max_memory : float, default=inf
        Bytes that sketched rows may take.
    spectra : dict, default=None
        Decompositions of the members so far, by group and member; those that are made are added.

    Yields
    ------
    path : EnsemblePath
        Of one group.
    """
    elsewhere = not is_numpy(problem.X)
    options = ridges, criterion, max_memory, spectra
    workers = 1 if elsewhere else effective_n_jobs(n_jobs)
    if workers == 1:
        limit = None if n_jobs is None or elsewhere else 1
        with threadpool_limits(limits=limit, user_api="blas"):
            for group in groups:
                yield _closed(_summed(member_paths(problem, plan, group, *options)), problem)
        return
    tasks = list(_tasks(plan, groups, workers))
    task = _group_task if len(tasks) == len(groups) else _part_task
    # The limit is of the process: set outside, it does not change while threads come and go.
    with threadpool_limits(limits=1, user_api="blas"):
        results = _in_order(
            [delayed(task)(problem, plan, group, *options, members) for group, members in tasks],
            n_jobs,
        )
        paths = []
        for (group, members), result in zip(tasks, results, strict=True):
            paths.extend(result)
            if members.stop == plan.group_sizes[group]:
                yield _closed(_summed(paths), problem)
                paths = []


def ensemble_path(
    problem,
    plan,
    ridges,
    criterion,
    *,
    n_jobs=None,
    finished=None,
    known=None,
    max_memory=np.inf,
    spectra=None,
):
    """Path of the whole ensemble; the groups are summed in order.

    Parameters
    ----------
    problem : RidgeProblem
        The data.
    plan : EnsemblePlan
        The sketches.
    ridges : ndarray of shape (L,)
        Penalty / N.
    criterion : {"loo", "gcv"}
        How residuals are corrected.
    n_jobs : int or None, default=None
        Workers, as for :func:`group_paths`.
    finished : callable or None, default=None
        Called with the number of each finished group, to report progress.
    known : dict or None, default=None
        Paths of groups at these ridges, by seed and size: used where they are there, and
        completed with the others. None keeps nothing.
    max_memory : float, default=inf
        Bytes that sketched rows may take.
    spectra : dict, default=None
        Decompositions of the members so far, by group and member; those that are made are added.

    Returns
    -------
    path : EnsemblePath
        Sums over all members.
    """
    keys = list(zip(plan.seeds, plan.group_sizes, strict=True))
    missing = [g for g, key in enumerate(keys) if known is None or key not in known]
    computed = group_paths(problem, plan, missing, ridges, criterion, n_jobs, max_memory, spectra)
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
