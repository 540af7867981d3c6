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
the rows themselves are smaller than G, and are kept in its place: nobody ever holds more of them
than a matrix of moments is large, whether they come in batches, or in parts that are merged.
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
        Weights. Rows of weight 0 are passed over; they are in the user's rows only, of which no
        copy is made to leave them out.
    centre : bool
        Whether moments are about the mean, or about 0.
    """

    rows: np.ndarray
    weights: np.ndarray
    centre: bool

    @property
    def dtype(self):
        """Float type of the rows."""
        return self.rows.dtype

    @property
    def total(self):
        """Sum of the weights."""
        return float(self.weights.sum())

    @property
    def n_rows(self):
        """Number of rows of positive weight."""
        return int(np.count_nonzero(self.weights))

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
        parts = [part._present() for part in (self, other)]
        rows, weights = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return RowStatistic(rows, weights, self.centre)

    def copied(self):
        """Copy the rows, which may be the user's.

        Returns
        -------
        copied : RowStatistic
            With arrays of its own, and without rows of weight 0.
        """
        rows, weights = (np.array(a) for a in self._present())
        return RowStatistic(rows, weights, self.centre)

    def _present(self, at=slice(None)):
        """Rows and weights at this place, without those of weight 0."""
        rows, weights = self.rows[at], self.weights[at]
        present = weights > 0
        return (rows, weights) if present.all() else (rows[present], weights[present])

    def _batches(self):
        """Yield rows and weights as many as are centred at a time."""
        size = max(1, _BATCH // max(1, self.rows.shape[1]))
        for start in range(0, len(self.rows), size):
            rows, weights = self._present(slice(start, start + size))
            if len(rows):
                yield rows, weights

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
        result = None
        for rows, weights in self._batches():
            part = RowStatistic(rows, weights, self.centre)._moments_at_once()
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
        total = 0.0
        for rows, weights in self._batches():
            Y = (rows.astype(np.float64) - mean)[:, used] * unit
            total += float(weights @ np.einsum("ij,ij->i", Y, Y) ** 2)
        return total

    def codes(self):
        """Find the different rows, as long as they are few.

        Returns
        -------
        codes : frozenset of bytes or None
            A hash of each different row; None where they are more than the columns by two.
        """
        found, most = set(), self.rows.shape[1] + 1
        for row, weight in zip(self.rows, self.weights, strict=True):
            if not weight:
                continue
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
        The new rows, which may be the user's.
    ddof : float
        Degrees of freedom that are lost; with very few left the rows may be needed.

    Returns
    -------
    updated : RowStatistic or MomentStatistic
        Rows while there are fewer than columns, or few degrees of freedom; else moments.
    """
    if statistic is not None:
        return merged(statistic, batch, ddof=ddof)
    return batch.copied() if _keeps_rows([batch], ddof) else batch.moments()


def merged(first, second, *, ddof):
    """Merge the statistics of two sets of rows.

    Parameters
    ----------
    first, second : RowStatistic or MomentStatistic
        Of rows with the same columns.
    ddof : float
        Degrees of freedom that are lost; with very few left the rows may be needed.

    Returns
    -------
    merged : RowStatistic or MomentStatistic
        As :func:`updated` says. Neither operand changes.
    """
    if _keeps_rows([first, second], ddof):
        return first.joined(second)
    parts = [first, second]
    # Rows are told apart only where the others were few, too.
    tell_apart = all(isinstance(s, RowStatistic) or s.distinct is not None for s in parts)
    first, second = (
        s.moments(tell_apart=tell_apart) if isinstance(s, RowStatistic) else s for s in parts
    )
    return first.merge(second)


def _keeps_rows(parts, ddof):
    """Whether rows are better than their moments: there are few, and they are still there."""
    if any(isinstance(part, MomentStatistic) for part in parts):
        return False
    n_rows, n_features = sum(part.n_rows for part in parts), parts[0].rows.shape[1]
    if n_rows < n_features:
        return True
    # Linear shrinkage may have to serve, which on standardised columns needs the rows. Weights far
    # below 1 would ask for ever more of them.
    few = sum(part.total for part in parts) - ddof < FEWEST_SAMPLES
    return few and n_rows * n_features <= _BATCH
