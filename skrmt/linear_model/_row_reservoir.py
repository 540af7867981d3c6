# SPDX-License-Identifier: BSD-3-Clause
r"""A random sample of the rows of a stream, of bounded size, from which sums over all rows follow.

Priority sampling (N. Duffield, C. Lund, M. Thorup, 2007): row i gets the key ``w_i / u_i`` with u_i
uniform in (0, 1]. The rows with the largest keys are kept, and the largest key tau that was not.
With ``max(w_i, tau)`` for its weight, the kept rows give unbiased estimates of weighted sums over
all rows; equal weights make it a uniform sample, and while no row was dropped tau is 0 and sums are
exact. (Keys ``u^(1/w)`` would draw in proportion to the weights, but then nothing is exact while
nearly all rows are still there.) The sample of two streams is made of the best keys of both.

Keys do not come from a running generator but are hashed from seed, position in the stream and the
bits of the row: they do not depend on how the stream was cut into batches. Neither position nor
bits alone would do. Workers with one seed would draw equal numbers at equal positions; and copies
of a row would be kept or dropped together.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import issparse

from skrmt.linear_model._problem import row_batches

_GOLDEN, _FIRST, _SECOND = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)


def _mixed(x):
    """Finaliser of the generator splitmix64 (S. Vigna): every bit of x reaches every bit."""
    x = (x ^ (x >> np.uint64(30))) * _FIRST
    x = (x ^ (x >> np.uint64(27))) * _SECOND
    return x ^ (x >> np.uint64(31))


def _bits(array):
    """Bits of an array as float64, those of 0 and of -0 alike."""
    return (np.ascontiguousarray(array, dtype=np.float64) + 0.0).view(np.uint64)


def row_uniforms(X, Y, *, first, seed):
    """A number in (0, 1] for each row, made from the row, its position and a seed.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
        Rows as given; a sparse row counts as the dense one.
    Y : ndarray of shape (n_samples, n_targets)
        Targets.
    first : int
        Position of the first row in the stream.
    seed : int
        Seed.

    Returns
    -------
    uniforms : ndarray of shape (n_samples,) and dtype float64
        The numbers.
    """
    p, q = X.shape[1], Y.shape[1]
    start = _mixed(np.full(1, seed, np.uint64) * _GOLDEN + _GOLDEN)
    # A sum of products with random odd numbers tells different rows apart.
    factors = _mixed(start + np.arange(1, p + q + 1, dtype=np.uint64) * _GOLDEN) | np.uint64(1)
    state = _bits(Y) @ factors[p:]
    if issparse(X):
        terms = _bits(X.data) * factors[X.indices]
        reached = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
        state += reached[X.indptr[1:]] - reached[X.indptr[:-1]]
    else:
        for rows in row_batches(*X.shape):
            state[rows] += _bits(X[rows]) @ factors[:p]
    position = np.arange(first, first + X.shape[0], dtype=np.uint64)
    state = _mixed(_mixed(state) + _mixed(start + position * _GOLDEN))
    return ((state >> np.uint64(11)) + np.uint64(1)) * 2.0**-53


@dataclass(frozen=True, eq=False)
class RowReservoir:
    """The rows with the best keys, in the order of the stream.

    Attributes
    ----------
    capacity : int
        How many rows are kept at most.
    n_seen : int
        How many rows were offered.
    threshold : float
        Largest key of a row that is not kept, tau; 0 while all are.
    keys, weights : ndarray of shape (n_kept,)
        Keys and weights of the rows.
    rows : ndarray of shape (n_kept, n_columns)
        The rows.
    Y : ndarray of shape (n_kept, n_targets)
        Their targets.
    """

    capacity: int
    n_seen: int
    threshold: float
    keys: np.ndarray
    weights: np.ndarray
    rows: np.ndarray
    Y: np.ndarray

    @classmethod
    def empty(cls, capacity, n_columns, n_targets):
        """Reservoir before the first row.

        Parameters
        ----------
        capacity, n_columns, n_targets : int
            Rows to keep, and their sizes.

        Returns
        -------
        reservoir : RowReservoir
            Without rows.
        """
        none = np.empty(0)
        return cls(capacity, 0, 0.0, none, none, np.empty((0, n_columns)), np.empty((0, n_targets)))

    @property
    def complete(self):
        """Whether every row is still there."""
        return len(self.keys) == self.n_seen

    @property
    def sample_weights(self):
        """Weights with which sums over the kept rows estimate sums over all."""
        return np.maximum(self.weights, self.threshold)

    def offered(self, rows, Y, weights, uniforms):
        """Reservoir after more rows of its stream.

        Parameters
        ----------
        rows : ndarray of shape (n_samples, n_columns)
            Rows.
        Y : ndarray of shape (n_samples, n_targets)
            Targets.
        weights : ndarray of shape (n_samples,) or None
            Positive weights.
        uniforms : ndarray of shape (n_samples,)
            From :func:`row_uniforms`.

        Returns
        -------
        reservoir : RowReservoir
            This one does not change.
        """
        w = np.ones(len(Y)) if weights is None else weights
        keys, threshold = w / uniforms, self.threshold
        if len(self.keys) == self.capacity:
            # Rows that cannot enter are not copied.
            entering = keys > min(self.keys, default=np.inf)
            threshold = max(threshold, keys[~entering].max(initial=0.0))
            rows, Y, w, keys = rows[entering], Y[entering], w[entering], keys[entering]
            if not len(keys):
                return replace(self, n_seen=self.n_seen + len(entering), threshold=threshold)
        more = RowReservoir(self.capacity, len(uniforms), threshold, keys, w, rows, Y)
        return self.merge(more)

    def merge(self, other):
        """Reservoir of both streams.

        Parameters
        ----------
        other : RowReservoir
            Of the same capacity.

        Returns
        -------
        merged : RowReservoir
            Neither operand changes.
        """
        keys = np.concatenate([self.keys, other.keys])
        threshold, kept = max(self.threshold, other.threshold), np.arange(len(keys))
        if len(keys) > self.capacity:
            order = np.argsort(-keys, kind="stable")
            threshold = max(threshold, keys[order[self.capacity]])
            kept = np.sort(order[: self.capacity])

        def of_both(a, b):
            # From each part first: both together may be far larger than what is kept.
            return np.concatenate([a[kept[kept < len(a)]], b[kept[kept >= len(a)] - len(a)]])

        return RowReservoir(
            self.capacity,
            self.n_seen + other.n_seen,
            float(threshold),
            keys[kept],
            of_both(self.weights, other.weights),
            of_both(self.rows, other.rows),
            of_both(self.Y, other.Y),
        )
