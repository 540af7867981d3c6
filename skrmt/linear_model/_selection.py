# SPDX-License-Identifier: BSD-3-Clause
"""Choosing a penalty: corrected residuals, their mean square, or any score of theirs.

Subtracted from the targets, corrected residuals are predictions for rows as if they had not been
seen. Their mean square is the estimated risk; any scorer of scikit-learn may judge them instead.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from skrmt.utils._arrays import is_numpy


class _GivenPredictions(RegressorMixin, BaseEstimator):
    """Stands for a fitted regressor; its rows are the predictions."""

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        return X


class _GivenDecisions(ClassifierMixin, BaseEstimator):
    """Stands for a fitted classifier; its rows are the values of the decision function."""

    def __init__(self, labels=None):
        self.labels = labels

    @property
    def classes_(self):
        return self.labels.classes_

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def decision_function(self, X):
        return X

    def predict(self, X):
        return self.labels.for_metrics(self.labels.decode(X))


def scorer_values(scorer, predictions, y, weights, *, labels=None, per_target=False, feasible=None):
    """Score corrected predictions at each penalty.

    Parameters
    ----------
    scorer : callable
        A scorer of scikit-learn.
    predictions : array of shape (n_samples, n_targets, n_alphas)
        Corrected predictions (values of the decision function for a classifier).
    y : array
        Targets as the user gave them.
    weights : array of shape (n_samples,) or None
        Weights, passed to the scorer where there are any.
    labels : DecisionLabels, default=None
        Labels of decision values, for a classifier.
    per_target : bool, default=False
        Whether each target is scored on its own.
    feasible : ndarray of shape (n_alphas,) and dtype bool, default=None
        Where the predictions mean something; elsewhere the score is -inf. None is everywhere.

    Returns
    -------
    scores : ndarray of shape (n_targets or 1, n_alphas)
        Greater is better.

    Raises
    ------
    ValueError
        If the scorer fails.
    """
    model = _GivenPredictions() if labels is None else _GivenDecisions(labels)
    keywords = {} if weights is None else {"sample_weight": weights}

    def score(values, y):
        values = values[:, 0] if values.shape[1] == 1 else values
        try:
            return scorer(model, values, y, **keywords)
        except Warning:  # of a user who wants warnings to be errors
            raise
        except Exception as error:
            message = _failure(scorer, labels, keywords, error)
            if not is_numpy(values):
                message += " It must take arrays of the library that X is of."
            raise ValueError(message) from error

    n_targets, n_alphas = predictions.shape[1:]
    if per_target and n_targets > 1:
        pairs = [(slice(t, t + 1), y[:, t]) for t in range(n_targets)]
    else:
        pairs = [(slice(None), y)]
    scores = np.full((len(pairs), n_alphas), -np.inf)
    for j in range(n_alphas) if feasible is None else np.flatnonzero(feasible):
        scores[:, j] = [float(score(predictions[:, t, j], y_t)) for t, y_t in pairs]
    return scores


def _failure(scorer, labels, keywords, error):
    """What to say of a scorer that fails."""
    if labels is None:
        kind = "a sketched ridge regressor, which has predict"
    else:
        kind = "SketchedRidgeClassifier, which has decision_function and predict"
    weighted = " with sample_weight" if keywords else ""
    return (
        f"scoring: {scorer!r} fails on the corrected predictions of {kind}{weighted}: "
        f"{type(error).__name__}: {error} Choose a scorer that these suffice for."
    )


def choose(scores, feasible, *, per_target):
    """Index of the best penalty.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_alphas)
        Scores of each target, or of all together in one row. A penalty without a finite score is
        not chosen.
    feasible : ndarray of shape (n_alphas,) and dtype bool
        Which penalties may be chosen.
    per_target : bool
        Whether each row chooses for itself; else their mean decides.

    Returns
    -------
    index : ndarray of shape (n_rows or 1,)
        The first of equally good ones.

    Raises
    ------
    ValueError
        If no penalty is feasible, or none of them has a finite score.
    """
    if not np.any(feasible):
        raise ValueError(
            "No penalty of alphas leaves the fit well-defined: at each the residuals vanish or a "
            "member is not positive definite. Use larger alphas; with sample_weight, weights of "
            "mean 1; with float32 data, float64."
        )
    if not per_target:
        with np.errstate(invalid="ignore"):  # inf - inf: not finite, and not chosen
            scores = scores.mean(axis=0, keepdims=True)
    usable = feasible & np.isfinite(scores)
    if not usable.any(axis=1).all():
        raise ValueError(
            "The scores of the corrected predictions are nan or infinite at every penalty; use "
            "another scoring, or None."
        )
    return np.where(usable, scores, -np.inf).argmax(axis=1)
