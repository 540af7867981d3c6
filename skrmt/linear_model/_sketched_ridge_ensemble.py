# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeEnsemble: the mean of ridge regressions on sketched features."""

from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse
from sklearn.callback import CallbackSupportMixin
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils.validation import check_is_fitted

from skrmt.linear_model._base import SketchedRidgeRegressor
from skrmt.linear_model._ensemble_fit import Settings, fit_ensemble
from skrmt.linear_model._ensemble_plan import make_plan, resolve_size
from skrmt.linear_model._ensemble_results import ensemble_results, stored_path, warn_edge
from skrmt.linear_model._streaming import StreamingMixin
from skrmt.sketching import SKETCHES
from skrmt.theory import ensemble_risk
from skrmt.utils._progress import steps
from skrmt.utils._validation import HasMethods, Interval, RealNotInt, StrOptions, fit_context


class SketchedRidgeEnsemble(CallbackSupportMixin, StreamingMixin, SketchedRidgeRegressor):
    """Mean of ridge regressions on sketches of the features, tuned by leave-one-out.

    """

    _parameter_constraints: dict = {
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "sketch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "sketch": [StrOptions({"auto", *SKETCHES}), None],
        "alphas": [StrOptions({"auto"}), "array-like", Interval(Real, None, None, closed="neither")],
        "criterion": [StrOptions({"loo", "gcv"})],
        "negative_alphas": [StrOptions({"auto"}), "boolean"],
        "alpha_per_target": ["boolean"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "fit_intercept": ["boolean"],
        "sketch_nnz": [Interval(Integral, 1, None, closed="left")],
        "partition": ["boolean"],
        "store_cv_results": ["boolean"],
        "keep_members": ["boolean"],
        "stream_pairs": [StrOptions({"auto", "all", "ring"})],
        "n_reservoir": [Interval(Integral, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "max_memory": [Interval(Real, 0, None, closed="neither")],
        "n_jobs": [
            Interval(Integral, None, -1, closed="right"),
            Interval(Integral, 1, None, closed="left"),
            None,
        ],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_members=8,
        *,
        sketch_size="auto",
        sketch="auto",
        alphas="auto",
        criterion="loo",
        negative_alphas="auto",
        alpha_per_target=False,
        scoring=None,
        fit_intercept=True,
        sketch_nnz=8,
        partition=True,
        store_cv_results=False,
        keep_members=False,
        stream_pairs="auto",
        n_reservoir=2000,
        warm_start=False,
        max_memory=1.0,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.n_members = n_members
        self.sketch_size = sketch_size
        self.sketch = sketch
        self.alphas = alphas
        self.criterion = criterion
        self.negative_alphas = negative_alphas
        self.alpha_per_target = alpha_per_target
        self.scoring = scoring
        self.fit_intercept = fit_intercept
        self.sketch_nnz = sketch_nnz
        self.partition = partition
        self.store_cv_results = store_cv_results
        self.keep_members = keep_members
        self.stream_pairs = stream_pairs
        self.n_reservoir = n_reservoir
        self.warm_start = warm_start
        self.max_memory = max_memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @fit_context()
    def fit(self, X, y, sample_weight=None):
        """Fit the ensemble and choose its penalty.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, at least two.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights, not negative. A weight is a number of repetitions; rows of weight 0 are left
            out.

        Returns
        -------
        self : SketchedRidgeEnsemble
            The fitted estimator.
        """
        X, y, weights = self._validated(X, y, sample_weight)
        problem, y = self._problem(X, y, weights)
        plan = self._plan(problem.n_features, min(int(problem.total), problem.n_features), X)
        settings = self._settings()
        with steps(self, "group of members", plan.n_groups, X, y) as finished:
            fit = fit_ensemble(problem, plan, settings, y, n_jobs=self.n_jobs, finished=finished)
        self._forget_stream()
        self._store(fit, problem, plan, settings, one_target=y.ndim == 1)
        return self

    def _plan(self, n_features, smaller, X):
        """Sketches for this many features; `smaller` is the smaller side of X."""
        size = resolve_size(self.sketch_size, smaller, n_features)
        return make_plan(
            n_features,
            size,
            self.n_members,
            sketch=self.sketch,
            n_nonzero=self.sketch_nnz,
            partition=self.partition,
            sparse=issparse(X),
            random_state=self.random_state,
        )

    def _settings(self):
        """How a penalty is chosen."""
        scorer = None if self.scoring is None else check_scoring(self, scoring=self.scoring)
        return Settings(
            self.alphas, self.criterion, self.negative_alphas, self.alpha_per_target, scorer
        )

    def _store(self, fit, problem, plan, settings, *, one_target):
        """Set the fitted attributes."""
        results = ensemble_results(fit, problem, plan, settings, one_target=one_target)
        for name, value in results.items():
            setattr(self, name, value)
        vars(self).pop("cv_results_", None)
        if self.store_cv_results:
            self.cv_results_ = stored_path(fit, problem, settings, one_target=one_target)
        self._interval_weights = problem.weights
        self._store_linear_model(plan.lift(fit.coefs), problem, one_target=one_target)
        warn_edge(fit, settings)

    def risk(self, n_members=None):
        """Estimated risk of an ensemble of any size, at each penalty.

        Parameters
        ----------
        n_members : int or inf, default=None
            Size; None is that of this ensemble, inf the limit.

        Returns
        -------
        risk : ndarray of the shape of `risk_path_`
            Mean squared error to expect at new rows; inf where a penalty is not feasible.

        Raises
        ------
        ValueError
            If this ensemble is too small to tell: risks beyond one group of members that share a
            transform need a second group.
        """
        check_is_fitted(self)
        n_members = self.n_members_ if n_members is None else n_members
        if self.sketch_size_ == self.n_features_in_ and self.n_members_ == 1:
            return self.risk_path_.copy()
        risk = ensemble_risk(n_members, **self._components, group_size=self._group_size)
        return np.where(self._feasible, risk, np.inf)
