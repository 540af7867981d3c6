# SPDX-License-Identifier: BSD-3-Clause
"""Fit an ensemble to the rows of Dask arrays, where they are: a map and a reduce for each pass.

The first pass makes the moments of a stream (:mod:`skrmt.linear_model._stream`), without its
reservoir: rows that can be read again need not be kept. Each further one sums the squares of
corrected residuals over all rows (:mod:`skrmt.linear_model._residual_sums`), at all penalties of a
grid. So what is chosen is what :func:`skrmt.linear_model._ensemble_fit.fit_ensemble` chooses with
all rows at hand. Of the rows only their residuals at the end come to the caller.
"""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils import check_array, check_X_y

from skrmt.linear_model._base import FLOATS, without_duplicates
from skrmt.linear_model._ensemble_fit import EnsembleFit, warn_repetitions
from skrmt.linear_model._problem import whole_numbers
from skrmt.linear_model._residual_sums import ResidualSums
from skrmt.linear_model._row_samples import given_sample
from skrmt.linear_model._stream import Stream, batch_problem
from skrmt.linear_model._streamed_fit import (
    chosen_on_path,
    in_dtype,
    residuals_on_path,
    sampled_problem,
)
from skrmt.utils._dask_rows import DaskRows


@dataclass(frozen=True)
class Counts:
    """How many rows have a weight, and what kind of numbers weights are.

    Attributes
    ----------
    n_rows : int
        Rows of positive weight.
    total : float
        Sum of the weights.
    whole : bool
        Whether all weights are whole numbers.
    lightest, heaviest : float
        Smallest positive and largest weight.
    """

    n_rows: int
    total: float
    whole: bool = True
    lightest: float = 1.0
    heaviest: float = 1.0

    def merge(self, other):
        """Counts of both sets of rows.

        Parameters
        ----------
        other : Counts
            Of other rows.

        Returns
        -------
        merged : Counts
            Neither operand changes.
        """
        return Counts(
            self.n_rows + other.n_rows,
            self.total + other.total,
            self.whole and other.whole,
            min(self.lightest, other.lightest),
            max(self.heaviest, other.heaviest),
        )

    @property
    def n_observations(self):
        """Number of rows, each as often as the weights repeat it."""
        repeat = self.whole and whole_numbers(np.array([self.lightest, self.heaviest])) is not None
        return round(self.total) if repeat else self.n_rows


def _checked_weights(weights):
    """Weights of a block in float64; some blocks may have none that is positive."""
    return check_array(
        weights,
        ensure_2d=False,
        ensure_min_samples=0,
        ensure_non_negative=True,
        dtype=np.float64,
        input_name="sample_weight",
    )


def _block_counts(weights, _y, _weights):
    w = _checked_weights(weights[:, 0])
    w = w[w > 0]
    if not len(w):
        return None
    whole = bool(np.all(w == np.rint(w)))
    return Counts(len(w), float(w.sum()), whole, float(w.min()), float(w.max()))


def row_counts(rows):
    """Count the rows that have a weight.

    Parameters
    ----------
    rows : DaskRows
        Rows.

    Returns
    -------
    counts : Counts
        Of all blocks.

    Raises
    ------
    ValueError
        If weights are negative, not finite, or all zero.
    """
    if rows.sample_weight is None:
        return Counts(rows.n_rows, float(rows.n_rows))
    if rows.sample_weight.ndim != 1:
        raise ValueError(
            f"sample_weight has {rows.sample_weight.ndim} dimensions; it must be a number or have "
            "shape (n_samples,)."
        )
    counts = DaskRows(rows.sample_weight[:, None]).map_reduce(_block_counts, Counts.merge)
    if counts is None:
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return counts


def _block_problem(X, y, weights, fit_intercept):
    """Problem of a block, checked as `fit` checks all rows; None without a positive weight."""
    X, y = check_X_y(
        X,
        y,
        accept_sparse="csr",
        dtype=FLOATS,
        multi_output=True,
        y_numeric=True,
    )
    if weights is not None:
        weights = _checked_weights(weights)
        if not np.any(weights > 0):
            return None
    Y = y[:, None] if y.ndim == 1 else y
    return batch_problem(without_duplicates(X), Y, weights, fit_intercept=fit_intercept)


def _block_stream(X, y, weights, *, empty):
    problem = _block_problem(X, y, weights, empty.fit_intercept)
    return None if problem is None else empty.updated(problem)


def distributed_stream(rows, empty):
    """State of a stream after the rows.

    Parameters
    ----------
    rows : DaskRows
        Rows and targets.
    empty : Stream
        State before the first row.

    Returns
    -------
    stream : Stream
        With the moments of all rows.
    """
    return rows.map_reduce(_block_stream, Stream.merged, empty=empty)


def _block_sums(X, y, weights, *, stream, step, arguments, options):
    problem = _block_problem(X, y, weights, stream.fit_intercept)
    if problem is None:
        return None
    if step > 1:
        some = slice(None, None, step)
        w = None if problem.weights is None else problem.weights[some]
        problem = replace(problem, X=problem.X[some], Y=problem.Y[some], weights=w)
    sample = given_sample(stream, problem)
    return sample.sums(stream, *arguments, **options)


class DistributedSample:
    """All rows of Dask arrays, in the place of a :class:`skrmt.linear_model._row_samples.Sample`.

    Parameters
    ----------
    rows : DaskRows
        The rows.
    n_targets : int
        Number of targets.
    step : int, default=1
        Every how many rows of a block one is taken.

    Attributes
    ----------
    Y, sample_weights : ndarray of shape (0, n_targets), (0,)
        No row is here.
    residual_bytes : float
        inf: residuals stay where they are until a penalty is chosen.
    complete : bool
        Sums are over all rows.
    weights : ndarray of shape (n_samples,) or None
        After sums that keep residuals: weights of their rows.
    """

    residual_bytes, complete = np.inf, True

    def __init__(self, rows, n_targets, step=1):
        self._rows, self._step = rows, step
        self.Y, self.sample_weights, self.weights = np.empty((0, n_targets)), np.empty(0), None

    def sums(self, stream, members, mean, **options):
        """Sum squared residuals over the rows.

        Parameters
        ----------
        stream, members, mean, **options
            As :func:`skrmt.linear_model._residual_sums.residual_sums` takes them.

        Returns
        -------
        sums : ResidualSums
            Over all rows.
        """
        sums = self._rows.map_reduce(
            _block_sums,
            ResidualSums.merge,
            stream=stream.without_products(),
            step=self._step,
            arguments=(members, mean),
            options=options,
        )
        self.weights = sums.weights
        return sums


def distributed_fit(rows, stream, settings):
    """Fit an ensemble to rows whose moments are known.

    Parameters
    ----------
    rows : DaskRows
        Rows and targets.
    stream : Stream
        Their moments.
    settings : Settings
        Penalties and criterion; no scorer, no path to be stored.

    Returns
    -------
    fit : EnsembleFit
        The fit, with the residuals of all rows, or of as many, evenly spaced, as fit in the memory
        that the settings allow.
    problem : RidgeProblem
        Means, and weights of these residuals.
    """
    q = len(stream.statistic.y_mean)
    moments, path, chosen = chosen_on_path(stream, DistributedSample(rows, q), settings)
    step = int(np.ceil(8 * stream.n_rows * q / settings.max_memory))
    sample = DistributedSample(rows, q, step)
    residuals = residuals_on_path(stream, moments, sample, settings, path, chosen)
    problem = sampled_problem(stream, residuals, sample.weights)
    if not settings.single:
        warn_repetitions(problem, path, chosen, residuals)
    return in_dtype(EnsembleFit(path, chosen, residuals), stream.dtype), problem
