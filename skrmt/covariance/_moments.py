# SPDX-License-Identifier: BSD-3-Clause
r"""Moments of weighted rows: all that shrinkage of a covariance matrix needs to know of them.

For rows y_i about their mean, with weights w_i that count repetitions, a statistic holds
``N = sum w``, the mean, ``G = sum w y y'`` and, for the noise of G, ``T = sum w |y|^2 y`` and
``Q = sum w |y|^4``. About another mean, with ``y + d`` in the place of y, they are ::

    G + N d d',
    T + 2 G d + (tr G + N |d|^2) d,
    Q + 4 d'G d + N |d|^4 + 4 d'T + 2 |d|^2 tr G,

and add up over sets of rows, so that nothing large is subtracted (as in T. Chan, G. Golub,
R. LeVeque, 1983; the third and fourth moments are ours). While there are fewer rows than columns
the rows themselves are smaller than G, and are kept in its place.
"""

from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from skrmt.theory._nonlinear_shrinkage import FEWEST_SAMPLES

# Entries of a batch of rows that is centred at a time.
_BATCH = 2**21


@dataclass(frozen=True, eq=False)
class RowStatistic:
    """The rows themselves.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Rows, as they were given; what is computed from them is float64.
    weights : ndarray of shape (n_rows,) and dtype float64
        Positive weights.
    centre : bool
        Whether moments are about the mean, or about 0.
    """

    rows: np.ndarray
    weights: np.ndarray
    centre: bool

    @property
    def total(self):
        """Sum of the weights."""
        return float(self.weights.sum())

    def joined(self, other):
        """Join the rows of two statistics.

        Parameters
        ----------
        other : RowStatistic
            Of other rows.

        Returns
        -------
        joined : RowStatistic
            All rows, in order.
        """
        rows = np.concatenate([self.rows, other.rows])
        return RowStatistic(rows, np.append(self.weights, other.weights), self.centre)

    def copied(self):
        """Copy the rows, which may be the user's.

        Returns
        -------
        copied : RowStatistic
            With arrays of its own.
        """
        return RowStatistic(self.rows.copy(), self.weights.copy(), self.centre)

    def centred(self):
        """Take the mean out.

        Returns
        -------
        mean : ndarray of shape (n_features,)
            Weighted mean; zeros where moments are about 0.
        Y : ndarray of shape (n_rows, n_features)
            Rows about it; exactly 0 in a constant column.
        low, high : ndarray of shape (n_features,)
            Least and largest value of each column.
        """
        X, w = self.rows.astype(np.float64, copy=False), self.weights
        low, high = X.min(axis=0), X.max(axis=0)
        if not self.centre:
            return np.zeros(X.shape[1]), X, low, high
        mean = w @ X / w.sum()
        Y = X - mean
        # The mean of numbers far from 0 has an error of their size; a second pass removes it.
        error = w @ Y / w.sum()
        mean, Y = mean + error, Y - error
        constant = low == high
        mean[constant], Y[:, constant] = low[constant], 0.0
        return mean, Y, low, high

    def moments(self, *, tell_apart=True):
        """Sum the moments.

        Parameters
        ----------
        tell_apart : bool, default=True
            Whether to look for rows that are the same; without, all count as different.

        Returns
        -------
        moments : MomentStatistic
            Of the same rows.
        """
        result, batch = None, max(1, _BATCH // max(1, self.rows.shape[1]))
        for start in range(0, len(self.rows), batch):
            at = slice(start, start + batch)
            part = RowStatistic(self.rows[at], self.weights[at], self.centre)._moments_at_once()
            result = part if result is None else result.merge(part)
        return replace(result, distinct=self.codes()) if tell_apart else result

    def _moments_at_once(self):
        mean, Y, low, high = self.centred()
        w, squares = self.weights, np.einsum("ij,ij->i", Y, Y)
        with np.errstate(over="ignore"):  # the fourth moment may be infinite, and is then not used
            third, fourth = (w * squares) @ Y, float(w @ squares**2)
        weighted = Y * np.sqrt(w)[:, np.newaxis]
        scatter = weighted.T @ weighted
        return MomentStatistic(
            self.total, mean, scatter, third, fourth, low, high, None, self.centre
        )

    def fourth_moment(self, mean, used, unit):
        """Sum the fourth powers of the lengths of rows in other units.

        Parameters
        ----------
        mean : ndarray of shape (n_features,)
            What lengths are measured from.
        used : ndarray of bool, shape (n_features,)
            Columns that count.
        unit : ndarray of shape (n_used,)
            What these are multiplied by.

        Returns
        -------
        fourth : float
            ``sum w |unit (x - mean)|^4``.
        """
        total, batch = 0.0, max(1, _BATCH // max(1, self.rows.shape[1]))
        for start in range(0, len(self.rows), batch):
            at = slice(start, start + batch)
            Y = (self.rows[at].astype(np.float64) - mean)[:, used] * unit
            total += float(self.weights[at] @ np.einsum("ij,ij->i", Y, Y) ** 2)
        return total

    def codes(self):
        """Find the different rows, as long as they are few.

        Returns
        -------
        codes : frozenset of bytes or None
            A hash of each different row; None where they are more than the columns by two.
        """
        found, most = set(), self.rows.shape[1] + 1
        for row in self.rows:
            # Adding 0 makes one zero of two.
            text = (row.astype(np.float64, copy=False) + 0.0).tobytes()
            found.add(blake2b(text, digest_size=12).digest())
            if len(found) > most:
                return None
        return frozenset(found)


@dataclass(frozen=True, eq=False)
class MomentStatistic:
    """Moments of rows, all in float64.

    Attributes
    ----------
    total : float
        Sum N of the weights.
    mean : ndarray of shape (n_features,)
        Weighted mean; zeros where moments are about 0.
    scatter : ndarray of shape (n_features, n_features)
        G.
    third : ndarray of shape (n_features,)
        T.
    fourth : float
        Q.
    low, high : ndarray of shape (n_features,)
        Least and largest value of each column.
    distinct : frozenset of bytes or None
        Hashes of the different rows, None where they are more than the columns by two.
    centre : bool
        Whether moments are about the mean, or about 0.
    """

    total: float
    mean: np.ndarray
    scatter: np.ndarray
    third: np.ndarray
    fourth: float
    low: np.ndarray
    high: np.ndarray
    distinct: frozenset | None
    centre: bool

    def merge(self, other):
        """Moments of both sets of rows.

        Parameters
        ----------
        other : MomentStatistic
            Of other rows, with the same columns.

        Returns
        -------
        merged : MomentStatistic
            Neither operand changes.
        """
        total = self.total + other.total
        share, step = other.total / total, other.mean - self.mean
        mean = self.mean + share * step
        with np.errstate(over="ignore", invalid="ignore"):
            first, second = self._about(share * step), other._about((share - 1) * step)
        scatter = np.outer(step, step)
        scatter *= self.total * share
        scatter += self.scatter
        scatter += other.scatter
        distinct = None
        if self.distinct is not None and other.distinct is not None:
            distinct = self.distinct | other.distinct
            distinct = distinct if len(distinct) <= len(mean) + 1 else None
        return MomentStatistic(
            total,
            mean,
            scatter,
            first[0] + second[0],
            first[1] + second[1],
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            distinct,
            self.centre,
        )

    def _about(self, back):
        """T and Q about the point that lies before the mean by -back."""
        # Seen from the new mean, rows have moved by the opposite of the mean's step.
        d = -back
        along, trace, squared = self.scatter @ d, np.trace(self.scatter), d @ d
        third = self.third + 2 * along + (trace + self.total * squared) * d
        fourth = self.fourth + 4 * d @ along + self.total * squared**2
        return third, float(fourth + 4 * d @ self.third + 2 * squared * trace)


def updated(statistic, batch, *, ddof):
    """Add a batch of rows to a statistic.

    Parameters
    ----------
    statistic : RowStatistic, MomentStatistic or None
        What there is.
    batch : RowStatistic
        The new rows.
    ddof : float
        Degrees of freedom that are lost; with very few left the rows may be needed.

    Returns
    -------
    updated : RowStatistic or MomentStatistic
        Rows while there are fewer than columns, or few degrees of freedom; else moments.
    """
    if isinstance(statistic, MomentStatistic):
        return statistic.merge(batch.moments(tell_apart=statistic.distinct is not None))
    n_rows = len(batch.rows) + (0 if statistic is None else len(statistic.rows))
    total = batch.total + (0 if statistic is None else statistic.total)
    if n_rows < batch.rows.shape[1] or total - ddof < FEWEST_SAMPLES:
        # Linear shrinkage may have to serve, which on standardised columns needs the rows.
        return batch.copied() if statistic is None else statistic.joined(batch)
    moments = batch.moments()
    return moments if statistic is None else statistic.moments().merge(moments)
