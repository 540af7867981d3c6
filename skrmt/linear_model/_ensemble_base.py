# SPDX-License-Identifier: BSD-3-Clause
"""What the ensembles of sketched ridge regressions share: parameters, fit, fitted attributes."""

from numbers import Integral, Real

import joblib
import numpy as np
from scipy.sparse import issparse
from sklearn.callback import CallbackSupportMixin
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils.validation import check_is_fitted

from skrmt.linear_model._base import SketchedRidgeBase
from skrmt.linear_model._ensemble_fit import GIGABYTE, Settings, fit_ensemble
from skrmt.linear_model._ensemble_plan import make_plan, resolve_size
from skrmt.linear_model._ensemble_results import ensemble_results, stored_path, warn_edge
from skrmt.sketching import SKETCHES
from skrmt.theory import ensemble_risk
from skrmt.utils._arrays import beside, is_numpy, namespace_of, on_host
from skrmt.utils._progress import steps
from skrmt.utils._validation import Interval, RealNotInt, StrOptions


class EnsembleBase(CallbackSupportMixin, SketchedRidgeBase):
    """Fit and attributes of an ensemble; a subclass adds what its targets are."""

    _parameter_constraints: dict = {
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "sketch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "sketch": [StrOptions({"auto", *SKETCHES}), None],
        "alphas": [
            StrOptions({"auto"}),
            "array-like",
            Interval(Real, None, None, closed="neither"),
        ],
        "criterion": [StrOptions({"loo", "gcv"})],
        "negative_alphas": [StrOptions({"auto"}), "boolean"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "fit_intercept": ["boolean"],
        "sketch_nnz": [Interval(Integral, 1, None, closed="left")],
        "partition": ["boolean"],
        "store_cv_results": ["boolean"],
        "keep_members": ["boolean"],
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

    def _fit(self, X, problem, y, labels=None):
        """Fit to a problem; `y` are its targets as the user knows them."""
        smaller = min(problem.n_observations, problem.n_features)
        plan, settings = self._plan(problem.n_features, smaller, X), self._settings(labels)
        self._comment(problem, plan)
        kept = self._kept_paths(problem, plan, settings)
        with steps(self, "group of members", plan.n_groups, X, y) as finished:
            fit = fit_ensemble(
                problem, plan, settings, y, n_jobs=self.n_jobs, finished=finished, **kept
            )
        return fit, plan, settings

    def _plan(self, n_features, smaller, X):
        """Sketches for this many features; `smaller` is the smaller side of X."""
        return make_plan(
            n_features,
            n_features
            if self.sketch is None
            else resolve_size(self.sketch_size, smaller, n_features),
            self.n_members,
            sketch=self.sketch,
            n_nonzero=self.sketch_nnz,
            partition=self.partition,
            sparse=issparse(X),
            random_state=self.random_state,
        )

    def _settings(self, labels=None):
        """How a penalty is chosen."""
        return Settings(
            alphas=self.alphas if np.isscalar(self.alphas) else on_host(self.alphas),
            criterion=self.criterion,
            negative_alphas=self.negative_alphas,
            per_target=getattr(self, "alpha_per_target", False),
            scorer=None if self.scoring is None else check_scoring(self, scoring=self.scoring),
            labels=labels,
            max_memory=GIGABYTE * self.max_memory,
            store_path=self.store_cv_results or self.keep_members,
        )

    def _kept_paths(self, problem, plan, settings):
        """Where the paths of groups are kept, and those of an earlier fit to the same data."""
        if self.warm_start and not (self.keep_members and isinstance(self.random_state, Integral)):
            raise ValueError(
                "warm_start=True adds members to those of the earlier fit: it needs "
                "keep_members=True and an integer random_state, got "
                f"keep_members={self.keep_members!r} and random_state={self.random_state!r}."
            )
        if not self.keep_members:
            vars(self).pop("_kept", None)
            return {}
        if not is_numpy(problem.X):
            raise ValueError(
                "keep_members=True keeps paths for data that it knows again as NumPy's, got "
                f"{type(problem.X).__module__}.{type(problem.X).__qualname__}; set "
                "keep_members=False, or convert X to NumPy."
            )
        data = (problem.X, problem.Y, problem.weights, problem.repeats)
        mark = joblib.hash((data, plan.law, settings.criterion, self.fit_intercept))
        if not self.warm_start:
            vars(self).pop("_kept", None)
        last_mark, last = getattr(self, "_kept", (None, None))
        self._kept = (mark, {})
        return {"kept": self._kept[1], "earlier": last if last_mark == mark else None}

    def _comment(self, problem, plan):
        """Say where a sketch cannot pay."""
        smaller = min(problem.n_samples, problem.n_features)
        if self.verbose and plan.law is not None and 2 * plan.sketch_size >= smaller:
            print(
                f"[{type(self).__name__}] sketch_size={plan.sketch_size} is at least half of the "
                f"smaller side of X, {smaller}: sketch=None is exact and about as fast."
            )

    def _store(self, fit, problem, plan, settings, *, one_target):
        """Set the fitted attributes, arrays where X is."""
        results = ensemble_results(fit, problem, plan, settings, one_target=one_target)
        for name, value in results.items():
            is_array = isinstance(value, np.ndarray)
            setattr(self, name, beside(value, problem.X) if is_array else value)
        vars(self).pop("cv_results_", None)
        if self.store_cv_results:
            self.cv_results_ = stored_path(fit, problem, settings, one_target=one_target)
        self._interval_weights = problem.interval_weights
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
        risk : array of the shape of `risk_path_`
            Mean squared error to expect at new rows; inf where a penalty is not feasible.

        Raises
        ------
        ValueError
            If this ensemble is too small to tell: sizes beyond one group of members that share a
            transform need a second group.
        """
        check_is_fitted(self)
        if n_members is None:
            return namespace_of(self.risk_path_).asarray(self.risk_path_, copy=True)
        if self.sketch_ is None:  # all members are one
            parts = {**self._components, "within": None, "between": self._components["member"]}
        else:
            parts = self._components
        risk = ensemble_risk(n_members, **parts, group_size=self._group_size)
        return beside(np.where(on_host(self._feasible), risk, np.inf), self.risk_path_)
