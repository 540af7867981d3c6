# SPDX-License-Identifier: BSD-3-Clause
"""Rows whose corrected residuals stand for those of all rows of a stream."""

from dataclasses import dataclass

import numpy as np

from skrmt.linear_model._residual_sums import residual_sums


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows whose corrected residuals stand for those of all rows.

    Attributes
    ----------
    rows : callable
        From a slice to these rows, in the columns in which the stream keeps them.
    Y : ndarray of shape (n_samples, n_targets)
        Targets.
    weights : ndarray of shape (n_samples,)
        Weights in the fit.
    sample_weights : ndarray of shape (n_samples,)
        Weights with which sums over the sample estimate sums over all rows.
    complete : bool, default=False
        Whether these are all rows.
    """

    rows: object
    Y: np.ndarray
    weights: np.ndarray
    sample_weights: np.ndarray
    complete: bool = False

    @property
    def residual_bytes(self):
        """Bytes of a residual of each row and target."""
        return 8 * self.Y.size

    @property
    def kept_weights(self):
        """Weights of the rows whose residuals are kept: all."""
        return self.sample_weights

    def sums(self, stream, members, mean, **options):
        """Sum squared residuals over the rows.

        Parameters
        ----------
        stream, members, mean : object
            As :func:`residual_sums` takes them.
        **options : object
            Its other arguments.

        Returns
        -------
        sums : ResidualSums
            Over the sample.
        """
        return residual_sums(stream, members, mean, self, **options)


def reservoir_sample(stream):
    """Sample of the rows that the reservoir of a stream keeps.

    Parameters
    ----------
    stream : Stream
        The stream.

    Returns
    -------
    sample : Sample
        As many rows as there are, with sample weights of the sum of as many rows.
    """
    kept = stream.reservoir
    weights = kept.sample_weights
    # In numbers of rows, or what takes their place: a sample is worth no more than it has rows.
    weights = weights * (stream.statistic.total / stream.n_rows / weights.mean())
    if np.ptp(weights) <= 1e-12 * weights[0] and stream.ones:
        weights = np.ones(len(weights))
    return Sample(lambda block: kept.rows[block], kept.Y, kept.weights, weights)


def given_sample(stream, problem):
    """Sample of rows from the user.

    Parameters
    ----------
    stream : Stream
        The stream that they belong to.
    problem : RidgeProblem
        The rows.

    Returns
    -------
    sample : Sample
        The rows, brought into the columns of the stream a block at a time.
    """
    w = np.ones(problem.n_samples) if problem.weights is None else problem.weights

    def rows(block):
        X = problem.X[block]
        # A sketch takes sparse rows as they are.
        as_it_is = stream.is_raw and stream.plan.law is not None
        return X if as_it_is else stream.kept_rows(X)

    return Sample(rows, problem.Y, w, w, complete=problem.n_samples == stream.n_rows)
