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
from skrmt.linear_model._leverage_fit import fit_by_leverages
from skrmt.linear_model._leverage_results import exact_results, leverage_results
from skrmt.linear_model._penalty_grid import given_grid
from skrmt.sketching import SKETCHES
from skrmt.utils._validation import Interval, RealNotInt, StrOptions, fit_context

# The automatic sketch: a share of the smaller side of X; where it does not pay there is none.
SMALLEST_SIZE, SHARE = 64, 8
SMALLEST_SIDE, TALLEST, WIDE, MOST_TARGETS = 600, 6, 4, 20
MOST_DIMENSIONS = 640
# Leverages of a choice of features have no implicit ridge.
LEVERAGE_SKETCHES = set(SKETCHES) - {"subsample"}


class SketchedRidgeCV(SketchedRidgeRegressor):
    """Ridge regression tuned by leave-one-out, without a decomposition of X.

    The estimator is that of :class:`sklearn.linear_model.RidgeCV`: ridge regression on all
    features, with the penalty that has the smallest leave-one-out error. A leave-one-out residual
    is a residual divided by one minus a leverage. Residuals are exact here; only leverages, which
    take a decomposition of X otherwise, come from ridge regression on a few random combinations of
    the features: to first order they are the same at another penalty, which random matrix theory
    tells [1]_. Where a sketch is too small for the penalty that is best, it is doubled; where it
    would have to be larger than half of the smaller side of X, or cannot pay, X is decomposed after
    all.

    It pays where both sides of X are above some 600 and targets are noisy or the spectrum of X
    falls off: many times faster than RidgeCV, with the same accuracy. It does not for few rows or
    features (the exact path is taken), for noiseless targets (the exact path is found out to be
    needed, at the price of the sketches), for many more features than rows, and for sparse X with a
    few dozen entries a row, where cross-validation with an iterative solver is as fast.

    Parameters
    ----------
    alphas : float, array-like of shape (n_alphas,) or "auto", default="auto"
        Penalties in the scale of :class:`sklearn.linear_model.Ridge`, not negative. A float is used
        as it is; else the best is chosen. "auto" reaches from the smallest that the sketch can tell
        about to 1000 times the mean eigenvalue of the sketch, in steps of a seventh of a decade,
        and further where the largest is the best.
    sketch_size : int, float or "auto", default="auto"
        Columns of the first sketch: a number or a share of n_features in (0, 1]. With a number the
        exact path is taken only where it is above half of the smaller side of X. "auto" is an
        eighth of that side, at least 64, and half of it for dense X with four times as many
        features as rows; no sketch if the side is 600 or less, there are six times as many rows as
        features, or more than 20 targets.
    n_members : int, default=1
        Number of sketches whose leverages are averaged. One is enough from some 1000 rows on.
    sketch : {"auto", "srdct", "orthogonal", "gaussian", "sparse", "countsketch"} or None, \
            default="auto"
        Law of the sketches (:mod:`skrmt.sketching`); "auto" is "srdct" for dense and "sparse" for
        sparse X. None is the exact path: one decomposition of X for all penalties.
    alpha_per_target : bool, default=False
        Whether each target has a penalty of its own.
    scoring : str, callable or None, default=None
        Scorer that chooses by the predictions without each row; None is the (negative) mean
        squared leave-one-out residual.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised.
    sketch_nnz : int, default=8
        Non-zero entries for each feature of the sparse sketch.
    tol : float, default=1e-4
        Relative accuracy of the coefficients: with d their error, and X and y centred,
        ``sqrt(|X d|^2 + alpha |d|^2)`` is at most `tol` times the same of the coefficients, as
        conjugate gradients judge it. The exact path does not use it.
    store_cv_results : bool, default=False
        Whether to store `cv_results_`.
    max_memory : float, default=1.0
        Gigabytes that what is kept of the products with X, or the paths of the exact path, may
        take.
    n_jobs : int, default=None
        Sketches at a time, with one BLAS thread each. None leaves them one after another to the
        threads of BLAS.
    random_state : int, RandomState instance or None, default=None
        Source of the sketches.
    verbose : int, default=0
        Above 0, a fit says which path it took.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Coefficients, in the float type of X, right to `tol` (computed in float64 for float32, too).
    intercept_ : float or ndarray of shape (n_targets,)
        Intercept; 0.0 without.
    alpha_ : float or ndarray of shape (n_targets,)
        Penalty chosen.
    alphas_ : ndarray of shape (n_alphas,)
        Penalties compared; ascending for "auto".
    mu_, mus_ : float or ndarray
        `alpha_` and `alphas_` divided by the sum of the weights (n_samples without).
    df_path_ : ndarray of shape (n_alphas,)
        Degrees of freedom, with the intercept's; nan where no sketch reached.
    risk_path_ : ndarray of shape (n_alphas,) or (n_targets, n_alphas)
        Mean squared leave-one-out residual, with residuals to three digits about the chosen
        penalty; inf where a row is interpolated or no sketch reached.
    best_risk_ : float or ndarray of shape (n_targets,)
        The same at `alpha_`, averaged over targets that share it.
    best_score_ : float or ndarray of shape (n_targets,)
        Score at `alpha_`: minus the risk, or that of `scoring`.
    corrected_residuals_ : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Leave-one-out residuals at `alpha_`, of rows with a positive weight.
    sketch_ : str or None
        Law in use; None for the exact path.
    sketch_size_, n_members_ : int
        Columns of the last sketch (n_features for the exact path), and number of sketches.
    n_iter_ : int
        Times that the iterations multiplied with X; 0 for the exact path.
    cv_results_ : ndarray of shape (n_samples, n_alphas) or (n_samples, n_targets, n_alphas)
        Weighted squared leave-one-out residuals (predictions with `scoring`); nan where no sketch
        reached. Only with ``store_cv_results=True``.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has string column names.

    Raises
    ------
    ValueError
        If a parameter is out of range, X or y has missing or infinite values, there are fewer than
        two rows with a weight, or no penalty leaves all residuals defined.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        The best of the given `alphas` is the smallest or the largest.

    See Also
    --------
    sklearn.linear_model.RidgeCV : Exact leverages, for few rows or features.
    SketchedRidgeEnsemble : Cheaper, with sketched coefficients.

    Notes
    -----
    With m columns of the last sketch, r = min(n_samples, n_features) and d products with X (some
    20): O(n p log p) for the sketch, O(n m^2 + m^3) for the leverages, O(n p (k + d)) for the
    residuals, where k < m columns of the sketch are what pays as a preconditioner; sketches before
    the last cost a third of it in all. The exact path takes O(n p r + r^3).

    Residuals at all penalties are those in a space of coefficients that grows by preconditioned
    gradients, in float32; X is converted block by block, never copied as a whole. Coefficients and
    residuals at `alpha_` are then completed by conjugate gradients in float64: these residuals are
    right to a thousandth of their mean square at least. A penalty below the reach of the sketches
    is not compared while the best is well above it; where it lies between the last in reach and the
    next of the given `alphas`, the nearest of the two on a scale of logarithms counts as the best.
    The use of equivalent penalties for leverages goes beyond [1]_.

    Weights are numbers of repetitions: whole ones give the penalty and the coefficients of repeated
    rows. `corrected_residuals_` and `cv_results_` leave out whole rows.

    References
    ----------
    .. [1] P. Patil, D. LeJeune, "Asymptotically free sketched ridge ensembles: risks,
           cross-validation, and tuning", ICLR 2024. arXiv:2310.04357.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from skrmt.linear_model import SketchedRidgeCV
    >>> X, y = make_regression(800, 700, noise=200.0, random_state=0)
    >>> model = SketchedRidgeCV(random_state=0).fit(X, y)
    >>> model.predict_interval(X[:3]).shape
    (3, 2)
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
        "tol": [Interval(Real, 0, None, closed="neither")],
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
        tol=1e-4,
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
        self.tol = tol
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
                f"alphas contains {float(given.min())!r}, but a penalty must not be negative; "
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
                tol=self.tol,
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
        self._interval_weights = problem.interval_weights
        self._store_linear_model(coef, problem, one_target=one_target)
        warn_edge(fit, settings)
        if self.verbose:
            path = f"{self.n_iter_} products" if self.n_iter_ else "exact path"
            print(f"[SketchedRidgeCV] sketch_size_={self.sketch_size_}, {path}")
        return self

    def _sizes(self, problem):
        """First and largest size of the sketches; None where there is to be none."""
        p, q = problem.n_features, problem.n_targets
        # Whole weights stand for as many rows, so that both take the same path.
        rows = problem.n_observations
        most = min(rows, p) // 2
        if self.sketch is None or not problem.total_variance > 0:
            return None, most
        if self.sketch_size != "auto":
            start = resolve_size(self.sketch_size, min(rows, p), p)
        elif min(rows, p) <= SMALLEST_SIDE or rows >= TALLEST * p or q > MOST_TARGETS:
            return None, most
        elif p >= WIDE * rows and not issparse(problem.X):
            # The transform takes the time, whatever the size.
            start = most
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
            return None if plan.law is None or plan.sketch_size > most + self.sketch_nnz else plan

        return plan_of

    def _max_dimension(self, problem):
        """Dimensions of space and approximate inverse that fit in the memory, in float32."""
        n, p = problem.X.shape
        return min(MOST_DIMENSIONS, int(self.max_memory * 1e9 / (8 * (n + 2 * p))))
