# SPDX-License-Identifier: BSD-3-Clause
"""Fitting in batches: `partial_fit`, `merge`, `calibrate`.

A batch updates the kept state (:mod:`skrmt.linear_model._stream`) and drops what was solved before.
Coefficients, penalties and risks are solved for when one of them is next asked for, and anew when
parameters that decide on them have changed since: whether somebody looked in between is no matter.
"""

from copy import deepcopy

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.linear_model._dask_arrays import dask_rows, refuse_what_needs_all_rows
from skrmt.linear_model._distributed_fit import (
    DistributedSample,
    distributed_stream,
    row_counts,
)
from skrmt.linear_model._row_samples import given_sample
from skrmt.linear_model._stream import Stream, batch_problem, keeps_ring
from skrmt.linear_model._streamed_fit import streamed_fit
from skrmt.utils._all_or_nothing import all_or_nothing
from skrmt.utils._dask_rows import is_dask_array
from skrmt.utils._merging import refuse_to_merge, same
from skrmt.utils._validation import fit_context

# Parameters that sketches and statistics are made for.
MADE_FOR = (
    "n_members",
    "sketch_size",
    "sketch",
    "sketch_nnz",
    "partition",
    "fit_intercept",
    "stream_pairs",
    "n_reservoir",
)

# Parameters that what is solved for depends on.
DECIDING = (
    "alphas",
    "criterion",
    "negative_alphas",
    "alpha_per_target",
    "scoring",
    "store_cv_results",
    "max_memory",
)

# Parameters in which estimators that are merged may differ. The seeds that a random_state gives are
# compared instead, and the pairs that a memory allows.
OWN_AFFAIRS = ("n_jobs", "verbose", "random_state", "max_memory")

# Attributes that follow from the statistics.
SOLVED = (
    "alpha_",
    "mu_",
    "alphas_",
    "mus_",
    "df_path_",
    "risk_path_",
    "best_risk_",
    "best_score_",
    "corrected_residuals_",
    "risk_1_",
    "risk_inf_",
    "sketch_",
    "sketch_size_",
    "n_members_",
    "cv_results_",
    "_components",
    "_group_size",
    "_feasible",
    "_interval_weights",
    "intercept_",
    "coef_",
)


class StreamingMixin:
    """Batches for an ensemble of sketched ridge regressions.

    The class it is mixed into offers `_plan(n_features, smaller, X)`, `_settings()`,
    `_store(fit, problem, plan, settings, one_target=)`, and calls `_forget_stream` in `fit`.
    """

    @fit_context()
    def partial_fit(self, X, y, sample_weight=None):
        """Add a batch of rows.

        The sketches are drawn at the first call. What is kept does not grow with the rows: moments
        of rows and targets, and `n_reservoir` rows. Coefficients and risks are solved for when they
        are next read. While the reservoir holds every row the ensemble is the one that `fit` makes
        of them (with an integer `random_state`, and a `sketch_size` that is a number: "auto" means
        a quarter of the features here, since the rows are not known). After that coefficients
        and generalised cross-validation stay those of all rows, leave-one-out risks are estimated
        from the reservoir, and `corrected_residuals_` are those of its rows: see `calibrate`.
        Moments keep fewer digits than rows do: standardise columns of very different scale.

        n_members, sketch_size, sketch, sketch_nnz, partition, fit_intercept, stream_pairs and
        n_reservoir must not change on the way. Other parameters may: what is read next is solved
        for with the parameters as they are then. `fit` keeps nothing to which a batch could be
        added: the first call after it begins anew, and `fit` forgets the batches.

        Parameters
        ----------
        X : {array-like, sparse matrix, Dask array} of shape (n_samples, n_features)
            Rows, at least one. Batches of some thousand rows are fastest: each call draws the
            sketches again from their seeds.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights, not negative.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If one of these parameters has changed, or the number of targets.

        Warns
        -----
        skrmt.exceptions.TheoryWarning
            When an attribute is read: the moments have lost digits, since columns of X differ too
            much in scale.
        """
        self._validate_params()  # which scikit-learn does at the first batch only
        first = "_stream" not in vars(self)
        if is_dask_array(X):
            self._add_blocks(dask_rows(self, X, y, sample_weight), first)
            return self
        X, y, weights = self._validated(X, y, sample_weight, reset=first, least=1)
        if first:
            self._begin(X.shape[1], X, y)
        self._refuse_changes()
        self._refuse_other_targets(y)
        self._advance(self._stream.updated(self._batch_problem(X, y, weights)))
        return self

    @all_or_nothing
    def merge(self, other):
        """Add the rows of another estimator that was fitted in batches.

        Estimators with equal parameters and an integer `random_state` draw the same sketches, so
        that workers may each take a part of the rows and be merged in pairs: the result is that of
        one estimator that has seen the rows of all. (Beyond `n_reservoir` rows the reservoirs are
        other samples; equal rows at equal places of both are in them together or not at all.)

        Parameters
        ----------
        other : object
            Estimator of the same class, after `partial_fit`. Its parameters are the same, but for
            n_jobs, verbose and max_memory. It does not change.

        Returns
        -------
        self : object
            This estimator, with the rows of both.

        Raises
        ------
        TypeError
            If `other` is of another class.
        ValueError
            If one of both has no batch yet, or columns, parameters, sketches or targets differ.
        """
        refuse_to_merge(
            self,
            other,
            statistic="_stream",
            own_affairs=OWN_AFFAIRS,
            made_for="_made_for",
        )
        self._refuse_changes()
        mine, its = self._stream, other._stream
        if not _same_plan(mine.plan, its.plan):
            raise ValueError(
                "The sketches of self and other differ; estimators that are merged need the same "
                "integer random_state, and with sketch='auto' all dense or all sparse rows."
            )
        if mine.ring != its.ring:
            raise ValueError(
                "max_memory makes self and other keep different pairs; set stream_pairs to 'all' "
                "or 'ring'."
            )
        self._refuse_other_targets(its.reservoir.Y if not its.one_target else its.reservoir.Y[:, 0])
        self._advance(mine.merged(its))
        return self

    @all_or_nothing
    def calibrate(self, X, y, sample_weight=None):
        """Estimate risks from given training rows instead of the reservoir, and choose anew.

        With all the rows that `partial_fit` has seen, a second pass, leave-one-out risks, the
        choice of the penalty, `corrected_residuals_` and the prediction intervals are those that
        `fit` computes. With some of them, drawn at random, they are estimates as from a reservoir
        of these rows. The next `partial_fit` undoes it, and so does a change of the parameters that
        decide on the penalty. While the reservoir holds every row there is nothing to gain, and
        nothing changes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows, that is rows that were given to `partial_fit`: leaving out a row that
            was never in says nothing. Memory for a residual of each row, target and penalty is
            needed.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Their weights, as given to `partial_fit`.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If there was no `partial_fit`, or there are more rows than it has seen.
        """
        check_is_fitted(self)
        if "_stream" not in vars(self):
            raise ValueError(
                "calibrate needs the statistics of partial_fit; after fit the corrected residuals "
                "are those of all rows already."
            )
        if is_dask_array(X):
            rows = dask_rows(self, X, y, sample_weight)
            validate_data(self, rows.X, reset=False, skip_check_array=True)
            refuse_what_needs_all_rows(self)
            y, n_rows = rows.y, row_counts(rows).n_rows
        else:
            X, y, weights = self._validated(X, y, sample_weight, reset=False, least=1)
            problem = self._batch_problem(X, y, weights)
            n_rows = problem.n_samples
        self._refuse_changes()
        self._refuse_other_targets(y)
        if n_rows > self._stream.n_rows:
            raise ValueError(
                f"X has {n_rows} rows of positive weight, but partial_fit has seen "
                f"{self._stream.n_rows}; calibrate takes training rows, each once."
            )
        if is_dask_array(X):
            self._solve(DistributedSample(rows, self._stream, self._settings()))
        else:
            self._solve(given_sample(self._stream, problem))
        return self

    def __getattr__(self, name):
        # Asked only for attributes that are not there, as those of a stream never are.
        if name in SOLVED and "_stream" in vars(self):
            if not self._is_solved():
                self._solve()
            if name in self._solved:
                return self._solved[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self):
        solved = self._solved if self._is_solved() else ()
        return sorted({*super().__dir__(), *solved})

    def _is_solved(self):
        """Whether the statistics are solved for with the parameters as they are."""
        asked = vars(self).get("_solved_for")
        return asked is not None and all(same(getattr(self, n), v) for n, v in asked.items())

    @all_or_nothing
    def _solve(self, sample=None):
        """Find the attributes that follow from the statistics."""
        self._validate_params()
        stream = self._stream
        if stream.n_rows < 2:
            raise NotFittedError(
                f"partial_fit has seen {stream.n_rows} row of positive weight; at least 2 are "
                "needed. Call partial_fit with more rows."
            )
        settings = self._settings()
        fit, problem = streamed_fit(stream, settings, sample=sample, n_jobs=self.n_jobs)
        self._store(fit, problem, stream.plan, settings, one_target=stream.one_target)
        # Kept aside: what lies in vars(self) is found without asking whether it still holds.
        self._solved = {name: vars(self).pop(name) for name in SOLVED if name in vars(self)}
        self._solved_for = {name: getattr(self, name) for name in DECIDING}
        self._solved_for["alphas"] = deepcopy(self.alphas)  # an array may change in place

    def _batch_problem(self, X, y, weights):
        Y = y[:, None] if y.ndim == 1 else y
        return batch_problem(X, Y, weights, fit_intercept=self.fit_intercept)

    def _add_blocks(self, rows, first):
        """Add the rows of Dask arrays, as those of another estimator."""
        validate_data(self, rows.X, reset=first, skip_check_array=True)
        row_counts(rows)  # refuses weights that `fit` refuses
        if first:
            self._begin(rows.n_features, rows.X._meta, rows.y)
        self._refuse_changes()
        self._refuse_other_targets(rows.y)
        stream = distributed_stream(rows, self._stream.emptied())
        self._advance(stream if first else self._stream.merged(stream))

    def _begin(self, n_features, X, y):
        """Draw the sketches for rows of the kind of X."""
        plan = self._plan(n_features, n_features, X)
        self._made_for = {name: getattr(self, name) for name in MADE_FOR}
        self._stream = Stream.begin(
            plan,
            fit_intercept=self.fit_intercept,
            ring=keeps_ring(self.stream_pairs, plan, self.max_memory),
            n_targets=1 if y.ndim == 1 else y.shape[1],
            one_target=y.ndim == 1,
            dtype=np.float32 if X.dtype == np.float32 else np.float64,
            capacity=int(self.n_reservoir),
        )

    def _advance(self, stream):
        """Take the next state; what was solved for the last one is dropped."""
        self._stream = stream
        self.n_samples_seen_ = stream.n_rows
        for name in (*SOLVED, "_solved", "_solved_for"):
            vars(self).pop(name, None)

    def _forget_stream(self):
        """Drop the state of a stream; for `fit`."""
        for name in ("_stream", "_made_for", "_solved", "_solved_for", "n_samples_seen_"):
            vars(self).pop(name, None)

    def _refuse_changes(self):
        for name, value in self._made_for.items():
            now = getattr(self, name)
            if not same(now, value):
                raise ValueError(
                    f"{name}={now!r} was {value!r} when the sketches were drawn; partial_fit, "
                    "merge and calibrate cannot change it. Call fit, or begin with a clone."
                )

    def _refuse_other_targets(self, y):
        stream = self._stream
        n_targets = stream.reservoir.Y.shape[1]
        if (y.ndim == 1) != stream.one_target or (y.ndim == 2 and y.shape[1] != n_targets):
            expected = "(n_samples,)" if stream.one_target else f"(n_samples, {n_targets})"
            raise ValueError(f"y has shape {y.shape}, but that of earlier batches was {expected}.")


def _same_plan(first, second):
    names = ("law", "n_features", "seeds", "group_sizes")
    return all(getattr(first, name) == getattr(second, name) for name in names)
