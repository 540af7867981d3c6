# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeCV: ridge regression tuned by leave-one-out, with leverages from sketches."""

from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import check_random_state

from skrmt.linear_model._base import SketchedRidgeRegressor
from skrmt.linear_model._ensemble_fit import Settings, fit_ensemble
from skrmt.linear_model._ensemble_plan import make_plan, resolve_size
from skrmt.linear_model._ensemble_results import warn_edge
from skrmt.linear_model._leverage_choice import Judge
from skrmt.linear_model._leverage_results import exact_results, leverage_results
from skrmt.linear_model._leverage_search import MOST_DIMENSIONS, fit_by_leverages
from skrmt.linear_model._penalty_grid import given_grid
from skrmt.sketching import SKETCHES
from skrmt.utils._validation import Interval, RealNotInt, StrOptions, fit_context

# The automatic sketch: a share of the smaller side of X; where it does not pay there is none.
SMALLEST_SIZE, SHARE = 64, 8
SMALLEST_SIDE, TALLEST, MOST_TARGETS = 400, 8, 20
# Leverages of a choice of features have no implicit ridge.
LEVERAGE_SKETCHES = set(SKETCHES) - {"subsample"}


class SketchedRidgeCV(SketchedRidgeRegressor):
    r"""Ridge regression tuned by leave-one-out, many times faster than a decomposition of X.

    """

    _parameter_constraints: dict = {
        "alphas": [StrOptions({"auto"}), "array-like", Interval(Real, 0, None, closed="left")],
        "sketch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "sketch": [StrOptions({"auto", *LEVERAGE_SKETCHES}), None],
        "alpha_per_target": ["boolean"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "fit_intercept": ["boolean"],
        "sketch_nnz": [Interval(Integral, 1, None, closed="left")],
        "store_cv_results": ["boolean"],
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
        alphas="auto",
        *,
        sketch_size="auto",
        n_members=1,
        sketch="auto",
        alpha_per_target=False,
        scoring=None,
        fit_intercept=True,
        sketch_nnz=8,
        store_cv_results=False,
        max_memory=1.0,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.alphas = alphas
        self.sketch_size = sketch_size
        self.n_members = n_members
        self.sketch = sketch
        self.alpha_per_target = alpha_per_target
        self.scoring = scoring
        self.fit_intercept = fit_intercept
        self.sketch_nnz = sketch_nnz
        self.store_cv_results = store_cv_results
        self.max_memory = max_memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @fit_context()
    def fit(self, X, y, sample_weight=None):
        """Fit ridge regression at the penalty with the smallest leave-one-out error.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, at least two.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights, not negative; rows of weight 0 are left out. Whole weights are numbers of
            repetitions, also in the choice of the penalty.

        Returns
        -------
        self : SketchedRidgeCV
            The fitted estimator.
        """
        given = None if isinstance(self.alphas, str) else given_grid(self.alphas)
        if given is not None and given.min() < 0:
            raise ValueError(
                f"alphas contains {given.min()!r}, but a penalty must not be negative; "
                "SketchedRidgeEnsemble can use negative ones."
            )
        X, y, weights = self._validated(X, y, sample_weight)
        problem, y = self._problem(X, y, weights)
        scorer = None if self.scoring is None else check_scoring(self, scoring=self.scoring)
        settings = Settings(
            self.alphas,
            negative_alphas=False,
            per_target=self.alpha_per_target,
            scorer=scorer,
            max_memory=self.max_memory * 1e9,
            store_path=self.store_cv_results,
        )
        fit, one_target = None, y.ndim == 1
        start, most = self._sizes(problem)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        if start is not None:
            fit = fit_by_leverages(
                problem,
                self._plans(problem, start, most, seed),
                Judge(problem, y, scorer, self.alpha_per_target),
                given,
                seed=seed,
                max_dimension=self._max_dimension(problem),
                n_jobs=self.n_jobs,
            )
        if fit is None:
            plan = self._plan(problem, problem.n_features, sketch=None)
            fit = fit_ensemble(problem, plan, settings, y)
            results = exact_results(fit, problem, plan, settings, one_target=one_target)
            coef = plan.lift(fit.coefs)
        else:
            results = leverage_results(fit, problem, settings, given, one_target=one_target)
            coef = fit.coef
        vars(self).pop("cv_results_", None)
        for name, value in results.items():
            setattr(self, name, value)
        self._interval_weights = problem.weights
        self._store_linear_model(coef, problem, one_target=one_target)
        warn_edge(fit, settings)
        return self

    def _sizes(self, problem):
        """First and largest size of the sketches; None where there is to be none."""
        (n, p), q = problem.X.shape, problem.n_targets
        # The rows that whole weights stand for: the choice of a path is that of repeated rows.
        rows = int(problem.total) if problem.weights_repeat else n
        most = min(n, p) // 2
        if self.sketch is None or not problem.total_variance > 0:
            return None, most
        if self.sketch_size != "auto":
            start = resolve_size(self.sketch_size, min(rows, p), p)
        elif min(rows, p) <= SMALLEST_SIDE or rows >= TALLEST * p or q > MOST_TARGETS:
            return None, most
        else:
            start = max(SMALLEST_SIZE, min(rows, p) // SHARE)
        return (start if start <= most else None), most

    def _plan(self, problem, size, *, sketch, random_state=0):
        """Sketches of a size."""
        return make_plan(
            problem.n_features,
            size,
            self.n_members,
            sketch=sketch,
            n_nonzero=self.sketch_nnz,
            partition=True,
            sparse=issparse(problem.X),
            random_state=random_state,
        )

    def _plans(self, problem, start, most, seed):
        """Plans of the sketches after each doubling."""

        def plan_of(doublings):
            size = start * 2**doublings
            if size > most:
                return None
            plan = self._plan(problem, size, sketch=self.sketch, random_state=seed)
            # the sparse sketch rounds its size up
            return None if plan.law is None or plan.sketch_size >= problem.n_samples - 1 else plan

        return plan_of

    def _max_dimension(self, problem):
        """Dimensions of the bases that fit in the memory, in float32."""
        return min(MOST_DIMENSIONS, int(self.max_memory * 1e9 / (4 * sum(problem.X.shape))))
