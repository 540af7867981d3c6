# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeEnsemble: the mean of ridge regressions on sketched features."""

from numbers import Integral

from skrmt.linear_model._base import SketchedRidgeRegressor
from skrmt.linear_model._dask_arrays import fit_dask_arrays
from skrmt.linear_model._ensemble_base import EnsembleBase
from skrmt.linear_model._streaming import StreamingMixin
from skrmt.utils._dask_rows import is_dask_array
from skrmt.utils._validation import Interval, StrOptions, fit_context


class SketchedRidgeEnsemble(StreamingMixin, SketchedRidgeRegressor, EnsembleBase):
    """Mean of ridge regressions on sketched features, tuned by exact leave-one-out.

    Each of `n_members` members sees the features through a random matrix with `sketch_size`
    columns, drawn independently of the data. Ridge regression on so few columns is cheap; its
    whole path of penalties takes one eigendecomposition; and the mean of the members approaches,
    as they become many, ridge regression on all features at another penalty, `mu_` [1]_. Because
    the sketches do not depend on the data, leave-one-out residuals of the *ensemble* come with it,
    exactly and at once for each penalty: the penalty is chosen, the error estimated, and
    :meth:`predict_interval` calibrated without splitting the data. :meth:`risk` extrapolates from
    a few members to any number.

    It pays where both sides of X are large and the signal is not too strong: it loses accuracy
    where `sketch_size` is less than about twice the degrees of freedom (`df_path_`) of the best
    ridge regression. :class:`SketchedRidgeCV` has the coefficients of exact ridge regression at a
    somewhat higher price; ``sketch=None`` is exact ridge regression with this class's path and
    criterion, and much faster than :class:`sklearn.linear_model.RidgeCV` for many rows.

    Parameters
    ----------
    n_members : int, default=8
        Number of members, K. Without sketch, one is all.
    sketch_size : int, float or "auto", default="auto"
        Columns of a sketch, m: a number (cut to n_features, with a warning) or a share of
        n_features in (0, 1]. "auto" is a quarter of min(n_samples, n_features), from 64 to 2000.
        The sparse sketch has ``ceil(sketch_size / sketch_nnz)`` blocks of equally many columns, and
        rounds up where that leaves a remainder: 20 columns with 8 entries a feature become three
        blocks of 7, with 7 entries.
    sketch : {"auto", "srdct", "orthogonal", "gaussian", "sparse", "countsketch", "subsample"} or \
            None, default="auto"
        Law of the sketches (:mod:`skrmt.sketching`): random rows of a cosine transform ("srdct"),
        Haar columns, normal entries, signs in blocks of Hadamard matrices ("sparse"), one sign
        per feature, some of the features; None uses the features themselves. "auto" is "srdct" for
        dense and "sparse" for sparse X. With "subsample" there is no `mu_`.
    alphas : float, array-like of shape (n_alphas,) or "auto", default="auto"
        Penalties in the scale of :class:`sklearn.linear_model.Ridge`. A float is used as it is;
        else the best is chosen. "auto" is 0 and a grid of eight decades about the mean eigenvalue
        of a member, extended (at most twice, by three decades) where the best lies on its edge, or
        may lie between 0 and the smallest.
    criterion : {"loo", "gcv"}, default="loo"
        How residuals are corrected for having been fitted: exact leave-one-out, or generalised
        cross-validation [1]_, which is faster by one matrix product a member and too optimistic
        where rows have very unequal leverage.
    negative_alphas : bool or "auto", default="auto"
        Whether negative penalties, which undo part of the penalty implied by a small sketch, are
        tried, 15 % to 60 % of the smallest eigenvalue. "auto": if 0 is the best otherwise.
    alpha_per_target : bool, default=False
        Whether each target has a penalty of its own.
    scoring : str, callable or None, default=None
        Scorer that chooses among `alphas` by the corrected predictions; None is the (negative)
        mean squared corrected residual.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised and costs a degree of freedom.
    sketch_nnz : int, default=8
        Non-zero entries for each feature of the sparse sketch at most; see `sketch_size`.
    partition : bool, default=True
        Whether members take disjoint parts of common transforms, where the law has parts. The mean
        of a complete group keeps every direction, which lowers the risk, and one transform serves
        the group. While ``n_members * sketch_size <= n_features`` all are one group: what more
        members would bring cannot be told, `risk_inf_` is nan, and :meth:`risk` refuses ensembles
        larger than a complete group. More members, or ``partition=False``, tell.
    store_cv_results : bool, default=False
        Whether to store `cv_results_`.
    keep_members : bool, default=False
        Whether to keep the path of each group of members for `warm_start`; memory
        ``8 n_samples n_targets n_alphas`` bytes a group.
    stream_pairs : {"auto", "all", "ring"}, default="auto"
        Which pairs of members `partial_fit` keeps products of. "all" makes its generalised
        cross-validation exact; "ring" keeps neighbours only, in less memory. "auto" is "all" if
        its matrix fits in `max_memory`.
    n_reservoir : int, default=2000
        Rows that `partial_fit` keeps for leave-one-out and intervals.
    warm_start : bool, default=False
        Whether a fit to the same data keeps the members that it has in common with the earlier
        one, so that raising `n_members` only fits the new ones. Needs ``keep_members=True`` and an
        integer `random_state`.
    max_memory : float, default=1.0
        Gigabytes (1e9 bytes) that paths of residuals, sketched rows, decompositions kept between
        grids of penalties and streamed products may take each; the work is cut into slices to stay
        below, where it can be, and decompositions that do not fit are made again for each grid.
    n_jobs : int, default=None
        Groups of members at a time, with one BLAS thread each; fewer groups are cut in parts, with
        a transform for each. None leaves the members one after another to the threads of BLAS. Any
        integer gives the same result.
    random_state : int, RandomState instance or None, default=None
        Source of the sketches.
    verbose : int, default=0
        Above 0, a fit says where a sketch cannot pay.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Coefficients, in the float type of X.
    intercept_ : float or ndarray of shape (n_targets,)
        Intercept; 0.0 without.
    alpha_ : float or ndarray of shape (n_targets,)
        Penalty chosen.
    mu_ : float or ndarray of shape (n_targets,)
        Implied ridge: an infinite ensemble is ridge regression on all features with penalty
        ``mu_`` times the sum of the weights. nan where the law has none.
    alphas_, mus_, df_path_ : ndarray of shape (n_alphas,)
        Penalties tried (ascending for "auto"; else as given, then the negative ones that were
        tried beyond them), implied ridges (nan where the law has none, or a negative penalty is
        out of range), and mean degrees of freedom of a member with the intercept's.
    risk_path_ : ndarray of shape (n_alphas,) or (n_targets, n_alphas)
        Estimated mean squared error at new rows; inf where a penalty is not feasible.
    best_risk_ : float or ndarray of shape (n_targets,)
        The same at `alpha_`, averaged over targets that share it.
    best_score_ : float or ndarray of shape (n_targets,)
        Score at `alpha_`: minus the risk, or that of `scoring`.
    corrected_residuals_ : ndarray of shape (n_samples, ) or (n_samples, n_targets)
        Residuals at `alpha_` of rows as if they had not been seen (the whole row, whatever its
        weight), for rows with a positive weight; after `partial_fit` for the rows that are kept,
        or were given to `calibrate`. inf where a penalty asked for leaves none.
    risk_1_, risk_inf_ : float or ndarray of shape (n_targets,)
        Estimated risk of one member, and the limit for many; the latter is nan where all members
        share one transform (see `partition`), or there is a single one with a sketch.
    sketch_ : str or None
        Law in use; None where a sketch would keep all features.
    sketch_size_, n_members_ : int
        Columns and members in use.
    cv_results_ : ndarray of shape (n_samples, n_alphas) or (n_samples, n_targets, n_alphas)
        Weighted squared corrected residuals (corrected predictions with `scoring`) of the rows of
        `corrected_residuals_`. Only with ``store_cv_results=True``.
    n_samples_seen_ : int
        Number of rows with a positive weight so far. Only after `partial_fit`.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has string column names.

    Raises
    ------
    ValueError
        If a parameter is out of range, X or y has missing or infinite values, there are fewer than
        two rows with a weight, no penalty is feasible, a single negative one takes more than 95 %
        of the smallest eigenvalue, "gcv" has weights that sum to less than the degrees of freedom,
        or a scorer fails.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        The best of a given grid of penalties lies on its edge.
    skrmt.exceptions.TheoryWarning
        Weights that are read as repetitions make the estimated risk far smaller than as precisions.

    See Also
    --------
    SketchedRidgeCV : Coefficients of exact ridge regression, tuned by sketched leverages.
    sklearn.linear_model.RidgeCV : Exact ridge regression and leave-one-out.

    Notes
    -----
    Fitting takes, with L penalties and q targets, the transforms (``n p log p`` for each group, or
    ``sketch_nnz`` operations for each non-zero entry and member) and ``n m^2`` (twice that for
    "loo") + ``9 m^3`` + ``n m q L`` for each member; memory ``n m g`` for a group of g members.
    With ``m >= n - 1`` the n x n matrix takes the place of the m x m one.

    Numbers are those of float64, with one exception: leverages of large problems (``n m^2`` above
    2e9) are computed in float32 where the matrices are conditioned well enough (below 1e4) that
    ``1 - h`` keeps a relative error below 1e-5. Coefficients and degrees of freedom do not change.

    Weights that are whole numbers, at least one of them 1 and not all of them, count repetitions:
    the fit, the risks and the choice are those of the rows repeated, of which one at a time is left
    out. Other weights are precisions: a row is left out with its whole weight, as in RidgeCV, and
    their scale goes with that of the penalty. Generalised cross-validation takes the sum of any
    weights for a number of rows, so they should have mean 1.

    Dask arrays are fitted by map and reduce, to the model that `fit` makes of all rows: one pass
    for the moments, one for each grid of penalties, one for the residuals at the penalty chosen. Of
    these as many, evenly spaced, are kept as `max_memory` allows. `scoring`, `store_cv_results` and
    `keep_members` need all rows in one place, and are refused. Where a sketch has as many columns
    as there are rows, penalties near 0 are not tried.

    Under ``sklearn.set_config(array_api_dispatch=True)`` `fit`, `predict`, `predict_interval`,
    `score` and `risk` take arrays of PyTorch, CuPy and other libraries of the array API standard.
    Rows, sketched rows, their products and eigenvectors, and residuals stay on the device of X; y
    and sample_weight are moved there; fitted arrays are of the library of X. Sketches are drawn,
    and eigenvalues, penalties and theta judged, by NumPy: one seed is one ensemble, whatever the
    library, to rounding. `n_jobs` has no effect then, and `partial_fit`, `merge`, `calibrate`,
    `keep_members` and sparse X need NumPy.

    References
    ----------
    .. [1] P. Patil, D. LeJeune, "Asymptotically free sketched ridge ensembles: risks,
           cross-validation, and tuning", ICLR 2024. arXiv:2310.04357. Exact leave-one-out, the
           partition of transforms, streaming, and closed forms of `mu_` go beyond it.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from skrmt.linear_model import SketchedRidgeEnsemble
    >>> X, y = make_regression(600, 1000, n_informative=100, noise=100.0, random_state=0)
    >>> model = SketchedRidgeEnsemble(random_state=0).fit(X[:500], y[:500])
    >>> model.sketch_, model.sketch_size_, model.predict_interval(X[500:]).shape
    ('srdct', 125, (100, 2))
    """

    _parameter_constraints: dict = {
        **EnsembleBase._parameter_constraints,
        "alpha_per_target": ["boolean"],
        "stream_pairs": [StrOptions({"auto", "all", "ring"})],
        "n_reservoir": [Interval(Integral, 1, None, closed="left")],
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
        X : {array-like, sparse matrix, Dask array} of shape (n_samples, n_features)
            Rows, at least two; arrays of other libraries too, with ``array_api_dispatch``. The
            rows of a Dask array are summed where they are, and never gathered.
        y : {array-like, Dask array} of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights, not negative; rows of weight 0 are left out.

        Returns
        -------
        self : SketchedRidgeEnsemble
            The fitted estimator.
        """
        if is_dask_array(X):
            fit_dask_arrays(self, X, y, sample_weight)
            return self
        X, y, weights = self._validated(X, y, sample_weight, any_library=True)
        problem, y = self._problem(X, y, weights)
        fit, plan, settings = self._fit(X, problem, y)
        self._forget_stream()
        self._store(fit, problem, plan, settings, one_target=y.ndim == 1)
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        return tags
