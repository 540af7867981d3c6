# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeClassifier: classification by ridge regression on labels of -1 and 1."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d, compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skrmt.linear_model._base import FLOATS
from skrmt.linear_model._decision_labels import DecisionLabels
from skrmt.linear_model._ensemble_base import EnsembleBase
from skrmt.linear_model._problem import make_problem
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
        Weights of the classes, multiplied with `sample_weight`.
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
        Gigabytes that paths of residuals and sketched rows may take each.
    n_jobs : int, default=None
        Groups of members at a time; None leaves the work to the threads of BLAS.
    random_state : int, RandomState instance or None, default=None
        Source of the sketches.
    verbose : int, default=0
        Above 0, a fit says where a sketch cannot pay.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
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
        As :class:`SketchedRidgeEnsemble`, and for a single class.

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
            Labels; an indicator matrix of -1 or 0 and 1 for several labels a row.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights, not negative.

        Returns
        -------
        self : SketchedRidgeClassifier
            The fitted estimator.
        """
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=FLOATS,
            multi_output=True,
            ensure_min_samples=2,
        )
        check_classification_targets(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        given = self._weights(X, sample_weight)
        if given is not None and not np.all(given):
            kept = given > 0
            X, y, given = X[kept], y[kept], given[kept]
        labels = DecisionLabels(y)
        weights = given
        if self.class_weight is not None:
            by_class = self._class_weights(y, labels, given)
            weights = by_class if given is None else given * by_class
        Y = labels.encode(y)
        # Repetitions are what the user's weights say; class weights are no repetitions.
        problem = make_problem(
            X, Y, weights, fit_intercept=self.fit_intercept, repeats=given
        )
        fit, plan, settings = self._fit(X, problem, y, labels)
        self._labels = labels
        self._store(fit, problem, plan, settings, one_target=False)
        return self

    def _class_weights(self, y, labels, sample_weight):
        """Weight of each row by its class; "balanced" counts rows by their weights."""
        if labels.several:
            return compute_sample_weight(self.class_weight, y)
        by_class = compute_class_weight(
            self.class_weight, classes=labels.classes_, y=y, sample_weight=sample_weight
        )
        return by_class[np.searchsorted(labels.classes_, y)]

    @property
    def classes_(self):
        """Labels."""
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
            Labels.
        """
        check_is_fitted(self)
        return self._labels.decode(self.decision_function(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
