# SPDX-License-Identifier: BSD-3-Clause
"""Fit an ensemble to a stream: on its rows while all are there, else on moments and a sample."""

from dataclasses import dataclass, fields, replace

import numpy as np

from skrmt.linear_model._ensemble_fit import (
    EnsembleFit,
    fit_ensemble,
    refuse_small_weights,
    select_penalty,
)
from skrmt.linear_model._ensemble_plan import EnsemblePlan
from skrmt.linear_model._judged_path import RESIDUAL_ARRAYS, judge_sums
from skrmt.linear_model._moment_digits import warn_lost_digits
from skrmt.linear_model._problem import RidgeProblem, make_problem, whole_numbers
from skrmt.linear_model._row_samples import reservoir_sample
from skrmt.linear_model._rows import DenseRows
from skrmt.linear_model._streamed_path import member_moments, streamed_path


@dataclass(frozen=True, eq=False)
class _SketchedProblem(RidgeProblem):
    """A problem whose rows are sketched already; means and variances are those of the inputs."""

    input_variances: np.ndarray | None = None

    @property
    def column_variances(self):
        return self.input_variances

    @property
    def total_variance(self):
        return float(self.input_variances.sum())


@dataclass(frozen=True, eq=False)
class _SampledProblem(RidgeProblem):
    """A problem of which only a sample of the rows is there."""

    sum_of_weights: float = 0.0

    @property
    def total(self):
        return self.sum_of_weights


def sampled_problem(stream, Y, weights):
    """Problem of a stream, with some of its rows.

    Parameters
    ----------
    stream : Stream
        Means and sum of the weights.
    Y : ndarray of shape (n_samples, n_targets)
        Something of the shape of the targets; nothing else of the rows is asked for again.
    weights : ndarray of shape (n_samples,)
        Weights with which sums over these rows estimate those over all.

    Returns
    -------
    problem : RidgeProblem
        With the means of the stream.
    """
    weights = None if stream.ones else weights
    return _SampledProblem(
        Y,
        Y,
        weights,
        stream.x_mean,
        stream.statistic.y_mean,
        stream.fit_intercept,
        repeats=weights if stream.weights_repeat else None,
        sum_of_weights=stream.statistic.total,
    )


@dataclass(frozen=True, eq=False)
class _SketchedPlan(EnsemblePlan):
    """A plan for rows that are sketched already."""

    def rows(self, problem, group, max_memory=np.inf, members=None):
        first, m = sum(self.group_sizes[:group]), self.sketch_size
        members = range(self.group_sizes[group]) if members is None else members
        for k in range(first + members.start, first + members.stop):
            member = np.array(problem.X[:, k * m : (k + 1) * m])
            yield DenseRows(member, problem.root_weights, centre=problem.fit_intercept)


def _none_if_ones(weights):
    return None if np.all(weights == 1) else weights


def _given_form(Y, stream):
    """Targets as the user gave them."""
    return Y[:, 0] if stream.one_target else Y


def complete_fit(stream, settings, n_jobs):
    """Fit of a stream whose reservoir has every row: what `fit` does with them.

    Parameters
    ----------
    stream : Stream
        The stream.
    settings : Settings
        Penalties and criterion.
    n_jobs : int or None
        Groups at a time.

    Returns
    -------
    fit : EnsembleFit
        The fit.
    problem : RidgeProblem
        Its data, for the intercept and the weights of the residuals.
    """
    kept, plan = stream.reservoir, stream.plan
    weights = _none_if_ones(kept.weights)
    if stream.is_raw:
        rows = kept.rows.astype(stream.dtype, copy=False)
        problem = make_problem(rows, kept.Y, weights, fit_intercept=stream.fit_intercept)
    else:
        means = stream.x_mean, stream.statistic.y_mean
        # Centred first: far from 0 float32 would cost them digits.
        rows = (kept.rows - stream.statistic.mean).astype(stream.dtype, copy=False)
        problem = _SketchedProblem(
            rows,
            kept.Y,
            weights,
            *means,
            stream.fit_intercept,
            repeats=whole_numbers(weights),
            input_variances=stream.column_variances,
        )
        plan = _SketchedPlan(*(getattr(plan, field.name) for field in fields(plan)))
    fit = fit_ensemble(problem, plan, settings, _given_form(kept.Y, stream), n_jobs=n_jobs)
    return fit, problem


def _judge(stream, path, sample, settings):
    """Risk and scores of a path whose sums over all rows are known, or estimated."""
    return judge_sums(
        path,
        path.total_products,
        stream.plan,
        stream.statistic.total,
        settings,
        Y=sample.Y,
        y=_given_form(sample.Y, stream),
        weights=None if stream.ones else sample.sample_weights,
    )


def chosen_on_path(stream, sample, settings):
    """Evaluate an ensemble over its penalties, from moments and a sample, and choose.

    Parameters
    ----------
    stream : Stream
        The stream.
    sample : Sample or DistributedSample
        Rows for what needs rows.
    settings : Settings
        Penalties and criterion.

    Returns
    -------
    moments : MemberMoments
        The moments in the columns of the members.
    path : JudgedPath
        The ensemble at each penalty.
    chosen : ndarray of shape (n_targets,)
        Index into ``path.alphas``.
    """
    N, moments = stream.statistic.total, member_moments(stream)
    warn_lost_digits(stream, moments)
    problem = sampled_problem(stream, sample.Y, sample.sample_weights)

    def evaluate(alphas):
        size = RESIDUAL_ARRAYS * sample.residual_bytes * len(alphas)
        path = streamed_path(
            stream,
            moments,
            sample,
            alphas / N,
            leave_one_out=settings.criterion == "loo",
            keep_residuals=settings.needs_residuals or size <= settings.max_memory,
        )
        judged = replace(_judge(stream, path, sample, settings), alphas=alphas)
        refuse_small_weights(judged, problem, settings)
        return judged

    unit = N * stream.total_variance / stream.plan.sketch_size
    return moments, *select_penalty(evaluate, unit, settings, problem.n_targets)


def residuals_on_path(stream, moments, sample, settings, path, chosen):
    """Corrected residuals of each target at its penalty, in a second pass where not at hand.

    Parameters
    ----------
    stream, moments, sample, settings : object
        As for :func:`chosen_on_path`.
    path : JudgedPath
        The ensemble at each penalty.
    chosen : ndarray of shape (n_targets,)
        Index into ``path.alphas``.

    Returns
    -------
    residuals : ndarray of shape (n_samples, n_targets)
        Of the rows of the sample; inf where no row can be left out.
    """
    if path.residuals is not None:
        residuals = path.residuals[:, np.arange(len(chosen)), chosen]
    else:
        # One pass for all targets, whatever the penalty of each.
        different, picked = np.unique(chosen, return_inverse=True)
        loo = settings.criterion == "loo"
        ridges = path.alphas[different] / stream.statistic.total
        one = streamed_path(stream, moments, sample, ridges, leave_one_out=loo, picked=picked)
        # The mean over the members, or what generalised cross-validation divides by.
        free = np.where(one.free_share > 0, one.free_share, 1.0)[picked]
        residuals = one.residuals[:, :, 0] / (stream.plan.n_members if loo else free)
    # A single penalty may have been asked for at which no row can be left out.
    return np.where(path.feasible[chosen], residuals, np.inf)


def sampled_fit(stream, sample, settings):
    """Fit from the moments of a stream, with a sample of its rows.

    Parameters
    ----------
    stream : Stream
        The stream.
    sample : Sample or DistributedSample
        Rows for what needs rows: leverages, scores, intervals.
    settings : Settings
        Penalties and criterion.

    Returns
    -------
    fit : EnsembleFit
        The fit, with residuals of the sample.
    problem : RidgeProblem
        The sample, with the means of the stream.

    Raises
    ------
    ValueError
        If no penalty is feasible, a single negative one is too low, or generalised cross-validation
        has weights that are too small.

    Warns
    -----
    TheoryWarning
        If moments have lost digits.
    """
    moments, path, chosen = chosen_on_path(stream, sample, settings)
    residuals = residuals_on_path(stream, moments, sample, settings, path, chosen)
    problem = sampled_problem(stream, residuals, sample.kept_weights)
    return EnsembleFit(path, chosen, residuals), problem


def in_dtype(fit, dtype):
    """Cast the coefficients of a fit.

    Parameters
    ----------
    fit : EnsembleFit
        The fit.
    dtype : dtype
        Float type of the rows.

    Returns
    -------
    fit : EnsembleFit
        With coefficients in this type.
    """
    coefs = tuple(coef.astype(dtype, copy=False) for coef in fit.path.coefs)
    return replace(fit, path=replace(fit.path, coefs=coefs))


def streamed_fit(stream, settings, *, sample=None, n_jobs=None):
    """Fit an ensemble to a stream.

    Parameters
    ----------
    stream : Stream
        The stream, with at least two rows.
    settings : Settings
        Penalties and criterion.
    sample : Sample, DistributedSample or None, default=None
        Rows in place of the reservoir's.
    n_jobs : int or None, default=None
        Groups at a time, while every row is there.

    Returns
    -------
    fit : EnsembleFit
        The fit, its coefficients in the float type of the rows.
    problem : RidgeProblem
        Rows of its residuals.
    """
    if stream.reservoir.complete:
        fit, problem = complete_fit(stream, settings, n_jobs)
    else:
        sample = reservoir_sample(stream) if sample is None else sample
        fit, problem = sampled_fit(stream, sample, settings)
    return in_dtype(fit, stream.dtype), problem
