# SPDX-License-Identifier: BSD-3-Clause
"""The state of a stream: the sketches, and what is kept of the rows so far.

Rows are kept as moments (:class:`GramStatistic`) and as a sample (:class:`RowReservoir`), either in
the columns of all members' sketches side by side or, where these are not fewer than the inputs, as
they are; then the moments are sketched when the ensemble is solved, ``S_k' G S_l``. Every update
makes a new state: one that fails changes nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import issparse

from skrmt.linear_model._ensemble_plan import EnsemblePlan
from skrmt.linear_model._gram_statistic import GramStatistic, Spread, gram_statistic, spread_of
from skrmt.linear_model._problem import make_problem, row_batches, whole_numbers
from skrmt.linear_model._row_reservoir import RowReservoir, row_uniforms

# With so few members a ring holds every pair.
RING_IS_ALL = 3


def batch_problem(X, Y, weights, *, fit_intercept):
    """Problem of a batch, which may be a single row.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
        Rows.
    Y : ndarray of shape (n_samples, n_targets)
        Targets.
    weights : ndarray of shape (n_samples,) or None
        Weights, not all zero.
    fit_intercept : bool
        Whether to take means.

    Returns
    -------
    problem : RidgeProblem
        Without the rows of weight 0.
    """
    if weights is not None and not np.all(weights > 0):
        kept = weights > 0
        X, Y, weights = X[kept], Y[kept], weights[kept]
    one = X.shape[0] == 1  # which is its own mean, whatever its weight
    problem = make_problem(X, Y, None if one else weights, fit_intercept=fit_intercept)
    return replace(problem, weights=weights)


def keeps_ring(stream_pairs, plan, max_memory):
    """Whether a ring of the blocks of the Gram matrix is kept, and not all of them.

    Parameters
    ----------
    stream_pairs : {"auto", "all", "ring"}
        The parameter. "auto" keeps all where they fit into the memory.
    plan : EnsemblePlan
        The sketches.
    max_memory : float
        In GB.

    Returns
    -------
    ring : bool
        Never for three members or fewer.
    """
    if plan.n_members <= RING_IS_ALL or stream_pairs == "all":
        return False
    if stream_pairs == "ring":
        return True
    every = min(plan.n_features, plan.n_members * plan.sketch_size) ** 2
    ring = 2 * plan.n_members * plan.sketch_size**2
    return 8 * every > max_memory * 1e9 and ring < every


@dataclass(frozen=True, eq=False)
class Stream:
    """What is kept of a stream of rows.

    Attributes
    ----------
    plan : EnsemblePlan
        The sketches.
    fit_intercept : bool
        Whether means are taken out.
    ring : bool
        Whether only a ring of blocks is kept.
    one_target : bool
        Whether y has one dimension.
    dtype : dtype
        Float type of the rows: float64 as soon as one batch is.
    reservoir : RowReservoir
        Sample of the rows.
    statistic : GramStatistic or None
        Moments; None before the first row.
    spread : Spread or None
        Mean and spread of the inputs, where the moments are those of sketches.
    origin : tuple of ndarray, or None
        A row near the data, and the same in the columns of the moments. Moments are taken from
        there, and stay there: data far from 0 keep their digits, and what is constant stays so.
    whole : bool
        Whether all weights so far are whole numbers.
    lightest, heaviest : float
        Smallest and largest weight so far.
    position : int
        Rows of a larger whole that come before the first; they tell copies of a row apart.
    """

    plan: EnsemblePlan
    fit_intercept: bool
    ring: bool
    one_target: bool
    dtype: np.dtype
    reservoir: RowReservoir
    statistic: GramStatistic | None = None
    spread: Spread | None = None
    origin: tuple | None = None
    whole: bool = True
    lightest: float = np.inf
    heaviest: float = 0.0
    position: int = 0

    @classmethod
    def begin(cls, plan, *, fit_intercept, ring, n_targets, one_target, dtype, capacity):
        """State before the first row.

        Parameters
        ----------
        plan : EnsemblePlan
            The sketches.
        fit_intercept, ring : bool
            See the attributes.
        n_targets : int
            Number of targets.
        one_target : bool
            See the attributes.
        dtype : dtype
            Float type of the first rows.
        capacity : int
            Rows that the reservoir keeps.

        Returns
        -------
        stream : Stream
            Without statistic.
        """
        width = plan.n_members * plan.sketch_size
        if not ring:
            width = min(width, plan.n_features)
        reservoir = RowReservoir.empty(capacity, width, n_targets)
        return cls(plan, fit_intercept, ring, one_target, np.dtype(dtype), reservoir)

    @property
    def is_raw(self):
        """Whether rows are kept as they are, not sketched."""
        plan = self.plan
        every = plan.n_members * plan.sketch_size
        return plan.law is None or (not self.ring and plan.n_features <= every)

    @property
    def n_rows(self):
        """Number of rows so far."""
        return self.reservoir.n_seen

    @property
    def weights_repeat(self):
        """Whether the weights are numbers of repetitions, as :func:`whole_numbers` says."""
        return self.whole and whole_numbers(np.array([self.lightest, self.heaviest])) is not None

    @property
    def ones(self):
        """Whether all weights are 1."""
        return self.lightest == self.heaviest == 1

    @property
    def x_mean(self):
        """Mean row of the inputs, zeros without intercept."""
        if self.spread is not None:
            return self.spread.mean
        mean = self.statistic.mean
        return mean if self.origin is None else self.origin[0] + mean

    @property
    def column_variances(self):
        """Variances of the inputs (mean squares without intercept)."""
        if self.spread is None:
            return np.diagonal(self.statistic.products) / self.statistic.total
        return self.spread.scatter / self.spread.total

    @property
    def total_variance(self):
        """Mean squared distance of a row to the mean row."""
        return float(self.column_variances.sum())

    def sketch(self, X, offset=None):
        """Rows times the sketches of all members, side by side.

        Parameters
        ----------
        X : ndarray or CSR of shape (n_samples, n_features)
            Rows.
        offset : ndarray of shape (n_features,) or None
            Row that is subtracted first.

        Returns
        -------
        R : ndarray of shape (n_samples, n_members * sketch_size) and dtype float64
            The rows.
        """
        plan = self.plan
        groups = [plan.sketch(g).apply(X, offset=offset) for g in range(plan.n_groups)]
        return np.concatenate(groups, axis=1, dtype=np.float64)

    def moving_rows(self, X):
        """Rows from the origin, in the columns of the moments, and the constant that they lack.

        Parameters
        ----------
        X : ndarray or CSR of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        rows : ndarray or CSR of shape (n_samples, n_columns)
            Rows.
        missing : ndarray of shape (n_columns,), or 0.0
            To be added to each: sparse rows are not moved.
        """
        if self.origin is None:
            return (X if self.is_raw else self.sketch(X)), 0.0
        row, in_columns = self.origin
        if issparse(X):
            return (X if self.is_raw else self.sketch(X)), -in_columns
        return (X - row if self.is_raw else self.sketch(X, row)), 0.0

    def kept_rows(self, X):
        """Rows as the reservoir keeps them: as they are, or sketched from the origin.

        Parameters
        ----------
        X : ndarray or CSR of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_columns)
            Dense rows.
        """
        if self.is_raw:
            return X.toarray() if issparse(X) else X
        rows, missing = self.moving_rows(X)
        return rows + missing

    def updated(self, problem):
        """State after a batch.

        Parameters
        ----------
        problem : RidgeProblem
            The batch.

        Returns
        -------
        stream : Stream
            This one does not change.
        """
        X, Y, w = problem.X, problem.Y, problem.weights
        stream = self
        if not self.is_raw:
            stream = replace(stream, spread=_merged(self.spread, spread_of(problem)))
        if self.statistic is None and self.fit_intercept and not issparse(X):
            row = problem.x_mean
            in_columns = row if self.is_raw else self.sketch(row[np.newaxis])[0]
            stream = replace(stream, origin=(row, in_columns))
        for batch in row_batches(X.shape[0], self.reservoir.rows.shape[1]):
            part = None if w is None else w[batch]
            stream = stream._after_block(X[batch], Y[batch], part)
        w = np.ones(1) if w is None else w
        return replace(
            stream,
            dtype=np.promote_types(self.dtype, X.dtype),
            whole=self.whole and bool(np.all(w == np.rint(w))),
            lightest=min(self.lightest, float(w.min())),
            heaviest=max(self.heaviest, float(w.max())),
        )

    def _after_block(self, X, Y, w):
        rows, missing = self.moving_rows(X)
        ring = self.plan.n_members if self.ring else None
        block = gram_statistic(rows, Y, w, centre=self.fit_intercept, ring=ring)
        if self.fit_intercept:
            block = block.shifted(missing)
        reservoir = self.reservoir
        if reservoir.capacity:
            uniforms = row_uniforms(
                X, Y, first=self.position + reservoir.n_seen, seed=self.plan.seeds[0]
            )
            # Sketched once: what is raw is kept as it is.
            kept = self.kept_rows(X) if self.is_raw else rows + missing
            reservoir = reservoir.offered(kept, Y, w, uniforms)
        else:
            reservoir = replace(reservoir, n_seen=reservoir.n_seen + len(Y))
        return replace(self, statistic=_merged(self.statistic, block), reservoir=reservoir)

    def emptied(self):
        """State of a stream of the same plan and layout that goes on from here.

        Returns
        -------
        stream : Stream
            Without rows.
        """
        rows, Y = self.reservoir.rows, self.reservoir.Y
        return Stream(
            self.plan,
            self.fit_intercept,
            self.ring,
            self.one_target,
            self.dtype,
            RowReservoir.empty(self.reservoir.capacity, rows.shape[1], Y.shape[1]),
            position=self.position + self.n_rows,
        )

    def without_products(self):
        """Leave out the products of the moments, which sums over rows do not need.

        Returns
        -------
        stream : Stream
            Sketches, means and sum of the weights.
        """
        return replace(self, statistic=replace(self.statistic, products=None, cross=None))

    def merged(self, other):
        """State after the rows of both; the operands do not change.

        Parameters
        ----------
        other : Stream
            Of the same plan and layout.

        Returns
        -------
        stream : Stream
            Its own rows, then the other's.
        """
        other = other._from(self.origin)
        return replace(
            self,
            dtype=np.promote_types(self.dtype, other.dtype),
            reservoir=self.reservoir.merge(other.reservoir),
            statistic=self.statistic.merge(other.statistic),
            spread=_merged(self.spread, other.spread),
            whole=self.whole and other.whole,
            lightest=min(self.lightest, other.lightest),
            heaviest=max(self.heaviest, other.heaviest),
        )

    def _from(self, origin):
        """The same rows, seen from another origin."""
        if self.origin is None and origin is None:
            return self
        # The difference first: sketches of two rows far from 0 have no digits of it.
        here, there = (0.0 if o is None else o[0] for o in (self.origin, origin))
        step, reservoir = here - there, self.reservoir
        if not self.is_raw:
            step = self.sketch(step[np.newaxis])[0]
            reservoir = replace(reservoir, rows=reservoir.rows + step)
        statistic = self.statistic.shifted(step)
        return replace(self, origin=origin, reservoir=reservoir, statistic=statistic)


def _merged(first, second):
    """Sum of two statistics, of which the first may not exist yet."""
    return second if first is None or second is None else first.merge(second)
