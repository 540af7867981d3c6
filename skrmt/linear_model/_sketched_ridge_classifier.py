# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeClassifier: classification by ridge regression on labels of -1 and 1."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.linear_model._base import FLOATS, without_duplicates
from skrmt.linear_model._decision_labels import DecisionLabels
from skrmt.linear_model._ensemble_base import EnsembleBase
from skrmt.linear_model._problem import make_problem
from skrmt.utils._user_warning import warn_user
from skrmt.utils._validation import StrOptions, fit_context


class SketchedRidgeClassifier(ClassifierMixin, EnsembleBase):
    """Classifier by sketched ridge regression, tuned by exact leave-one-out.

    Each class is a target of :class:`SketchedRidgeEnsemble`, 1 for its rows and -1 for the others
    (one target for two classes); a row goes to the class with the largest value. The corrected
    values of the decision function, as if a row had not been seen, choose the penalty, by their
    squared error or by any scorer of classifiers.

    Parameters
    ----------
    n_members : int, default=8
        Number of members.
    sketch_size : int, float or "auto", default="auto"
        Columns of a sketch: a number, a share of n_features in (0, 1], or "auto": a quarter of
        min(n_samples, n_features), from 64 to 2000.
    sketch : {"auto", "srdct", "orthogonal", "gaussian", "sparse", "countsketch", "subsample"} or \
            None, default="auto"
        Law of the sketches, as in :class:`SketchedRidgeEnsemble`.
    alphas : float, array-like of shape (n_alphas,) or "auto", default="auto"
        Penalties, as in :class:`SketchedRidgeEnsemble`.
    criterion : {"loo", "gcv"}, default="loo"
        How decision values are corrected for having been fitted.
    negative_alphas : bool or "auto", default="auto"
        Whether negative penalties are tried; "auto": if 0 is the best otherwise.
    scoring : str, callable or None, default=None
        Scorer of the corrected decision values, such as "accuracy", "roc_auc" or "f1_macro". None
        is their (negative) mean squared error, which has fewer ties.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, not negative, multiplied with `sample_weight`. They are precisions
        and no repetitions: a row is left out with its whole weight. Rows of weight 0 are left out
        of the fit, and classes without other rows out of `classes_`. Several labels a row allow
        "balanced" only.
    fit_intercept : bool, default=True
        Whether to fit an intercept.
    sketch_nnz : int, default=8
        Non-zero entries for each feature of the sparse sketch.
    partition : bool, default=True
        Whether members take disjoint parts of common transforms.
    store_cv_results : bool, default=False
        Whether to store `cv_results_`.
    keep_members : bool, default=False
        Whether to keep the path of each group of members for `warm_start`.
    warm_start : bool, default=False
        Whether a fit to the same data keeps the members of the earlier one.
    max_memory : float, default=1.0
        Gigabytes that paths of residuals, sketched rows and decompositions kept between grids of
        penalties may take each.
    n_jobs : int, default=None
        Groups of members at a time; None leaves the work to the threads of BLAS.
    random_state : int, RandomState instance or None, default=None
        Source of the sketches.
    verbose : int, default=0
        Above 0, a fit says where a sketch cannot pay.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels; their numbers for an indicator matrix.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients; one row for two classes.
    intercept_ : ndarray of shape (1,) or (n_classes,), or float
        Intercepts; 0.0 without.
    alpha_, mu_ : float
        Penalty chosen, and the ridge that it implies.
    alphas_, mus_, df_path_ : ndarray of shape (n_alphas,)
        Penalties tried, implied ridges, mean degrees of freedom of a member.
    risk_path_ : ndarray of shape (n_targets, n_alphas)
        Estimated squared error of the decision values of new rows.
    best_risk_, best_score_ : float
        Risk and score at `alpha_`.
    corrected_residuals_ : ndarray of shape (n_samples, n_targets)
        Targets (-1 and 1) minus decision values of rows as if they had not been seen.
    risk_1_, risk_inf_ : ndarray of shape (n_targets,)
        Estimated risk of one member, and the limit for many (nan where all share a transform).
    sketch_ : str or None
        Law in use.
    sketch_size_, n_members_ : int
        Columns and members in use.
    cv_results_ : ndarray of shape (n_samples, n_targets, n_alphas)
        As in :class:`SketchedRidgeEnsemble`. Only with ``store_cv_results=True``.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has string column names.

    Raises
    ------
    ValueError
        As :class:`SketchedRidgeEnsemble`, for a single class, and for a matrix of labels that is
        no indicator matrix.
    TypeError
        For a sparse matrix of labels.

    Warns
    -----
    sklearn.exceptions.DataConversionWarning
        y is a column.
    sklearn.exceptions.ConvergenceWarning
        The best of a given grid of penalties lies on its edge.

    See Also
    --------
    SketchedRidgeEnsemble : The regression behind it.
    sklearn.linear_model.RidgeClassifierCV : Exact ridge regression on labels.

    References
    ----------
    .. [1] P. Patil, D. LeJeune, "Asymptotically free sketched ridge ensembles: risks,
           cross-validation, and tuning", ICLR 2024. arXiv:2310.04357.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import scale
    >>> from skrmt.linear_model import SketchedRidgeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = SketchedRidgeClassifier(scoring="accuracy", random_state=0).fit(scale(X), y)
    >>> bool(0.9 < model.best_score_ < 1)
    True
    """

    _parameter_constraints: dict = {
        **EnsembleBase._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
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
        scoring=None,
        class_weight=None,
        fit_intercept=True,
        sketch_nnz=8,
        partition=True,
        store_cv_results=False,
        keep_members=False,
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
        self.scoring = scoring
        self.class_weight = class_weight
        self.fit_intercept = fit_intercept
        self.sketch_nnz = sketch_nnz
        self.partition = partition
        self.store_cv_results = store_cv_results
        self.keep_members = keep_members
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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels; for several labels a row an indicator matrix of 0 and 1, False and True, or -1
            and 1.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights, not negative.

        Returns
        -------
        self : SketchedRidgeClassifier
            The fitted estimator.
        """
        if issparse(y):
            raise TypeError("y is sparse, but must be an array; use y.toarray().")
        self._refuse_other_libraries(X)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=FLOATS,
            multi_output=True,
            ensure_min_samples=2,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            warn_user(
                "A column-vector y was passed when a 1d array was expected; use y.ravel().",
                DataConversionWarning,
            )
            y = y[:, 0]
        if y.ndim == 1:
            check_classification_targets(y)
        X, given = without_duplicates(X), self._weights(X, sample_weight)
        # Rows that the user leaves out do not count for "balanced", nor does a class of theirs.
        X, y, given = _of_positive_weight(given, X, y, given)
        labels, weights, repeats = DecisionLabels(y), given, None
        if self.class_weight is not None:
            by_class = self._class_weights(y, labels, given)
            # What users repeat they say in sample_weight; class weights are precisions.
            repeats = np.ones(len(y)) if given is None else given
            weights = repeats * by_class
            X, y, repeats, weights = _of_positive_weight(weights, X, y, repeats, weights)
            labels = DecisionLabels(y)
        Y = labels.encode(y)
        problem = make_problem(X, Y, weights, fit_intercept=self.fit_intercept, repeats=repeats)
        fit, plan, settings = self._fit(X, problem, labels.for_metrics(y), labels)
        self._labels = labels
        self._store(fit, problem, plan, settings, one_target=False)
        return self

    def _class_weights(self, y, labels, sample_weight):
        """Weight of each row by its class; "balanced" counts rows by their weights."""
        if isinstance(self.class_weight, dict):
            if labels.several:
                raise ValueError(
                    f"class_weight={self.class_weight!r} weighs classes, but a row of y has "
                    "several labels; use class_weight='balanced', or sample_weight."
                )
            values = np.array(list(self.class_weight.values()), float)
            if not np.all(np.isfinite(values) & (values >= 0)):
                raise ValueError(
                    f"class_weight={self.class_weight!r} must have finite weights that are not "
                    "negative."
                )
        if labels.several:
            return compute_sample_weight(self.class_weight, y)
        by_class = compute_class_weight(
            self.class_weight, classes=labels.classes_, y=y, sample_weight=sample_weight
        )
        return by_class[np.searchsorted(labels.classes_, y)]

    @property
    def classes_(self):
        """Labels."""
        check_is_fitted(self)
        return self._labels.classes_

    def decision_function(self, X):
        """Evaluate the linear functions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, positive where the second is predicted.
        """
        values = self._linear(X)
        return values[:, 0] if values.shape[1] == 1 else values

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels. For several labels a row a matrix of integers, 0 and 1 (also where y was bool,
            as in scikit-learn), or -1 and 1 where y had these.
        """
        check_is_fitted(self)
        return self._labels.decode(self.decision_function(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _of_positive_weight(weights, *arrays):
    """Rows of arrays where weights are positive; arrays as they are where all are."""
    if weights is None or np.all(weights > 0):
        return arrays
    if not np.any(weights > 0):
        raise ValueError("sample_weight and class_weight leave no row with a positive weight.")
    kept = weights > 0
    return tuple(array if array is None else array[kept] for array in arrays)
