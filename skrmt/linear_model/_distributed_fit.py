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
from skrmt.linear_model._ensemble_fit import warn_repetitions
from skrmt.linear_model._problem import whole_numbers
from skrmt.linear_model._residual_sums import ResidualSums
from skrmt.linear_model._row_samples import given_sample
from skrmt.linear_model._stream import Stream, batch_problem
from skrmt.linear_model._streamed_fit import in_dtype, sampled_fit
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


def _block_stream(X, y, weights, *, empty, first):
    problem = _block_problem(X, y, weights, empty.fit_intercept)
    return (
        None
        if problem is None
        else replace(empty, position=empty.position + first).updated(problem)
    )


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
    stream = rows.map_reduce(_block_stream, Stream.merged, numbered=True, empty=empty)
    return replace(stream, position=empty.position)


def _block_sums(X, y, weights, *, stream, step, arguments, options, first):
    some = slice(-first % step, None, step)
    if some.start >= len(y):
        return None
    weights = None if weights is None else weights[some]
    problem = _block_problem(X[some], y[some], weights, stream.fit_intercept)
    if problem is None:
        return None
    sample = given_sample(stream, problem)
    return sample.sums(stream, *arguments, **options)


class DistributedSample:
    """Rows of Dask arrays, in the place of a :class:`skrmt.linear_model._row_samples.Sample`.

    Parameters
    ----------
    rows : DaskRows
        The rows.
    stream : Stream
        What it belongs to.
    settings : Settings
        Penalties, and the memory that residuals may take.

    Attributes
    ----------
    Y, sample_weights : ndarray of shape (0, n_targets), (0,)
        No row is here.
    residual_bytes : float
        Of a residual of each row and target where the penalty is known; inf where it is not, and
        residuals stay where they are until one is chosen.
    complete : bool
        Whether these are all rows of the stream.
    kept_weights : ndarray of shape (n_kept,) or None
        After sums that keep residuals: weights of the rows that these are of.
    """

    def __init__(self, rows, stream, settings):
        n, q = row_counts(rows).n_rows, len(stream.statistic.y_mean)
        self._rows, self.complete = rows, n == stream.n_rows
        # Every how many rows one is kept.
        self._step = max(1, int(np.ceil(8 * n * q / settings.max_memory)))
        known = settings.single and self._step == 1
        self.residual_bytes = 8 * n * q if known else np.inf
        self.Y, self.sample_weights = np.empty((0, q)), np.empty(0)
        self.kept_weights = None

    def sums(self, stream, members, mean, **options):
        """Sum squared residuals over the rows; over those that are kept, where residuals are.

        Parameters
        ----------
        stream, members, mean : object
            As :func:`skrmt.linear_model._residual_sums.residual_sums` takes them.
        **options : object
            Its other arguments.

        Returns
        -------
        sums : ResidualSums
            Over the rows.
        """
        sums = self._rows.map_reduce(
            _block_sums,
            ResidualSums.merge,
            numbered=True,
            stream=stream.without_products(),
            step=self._step if options["keep_residuals"] else 1,
            arguments=(members, mean),
            options=options,
        )
        self.kept_weights = sums.weights
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
    fit, problem = sampled_fit(stream, DistributedSample(rows, stream, settings), settings)
    if not settings.single:
        kept = (
            problem
            if problem.weights is None
            else replace(problem, sum_of_weights=float(problem.weights.sum()))
        )
        warn_repetitions(kept, fit.path, fit.chosen, fit.residuals)
    return in_dtype(fit, stream.dtype), problem
