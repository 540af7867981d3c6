# SPDX-License-Identifier: BSD-3-Clause
"""Choosing a penalty by a score of corrected predictions."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, get_scorer, r2_score, roc_auc_score

from skrmt.linear_model import SketchedRidgeClassifier, SketchedRidgeEnsemble
from skrmt.linear_model._decision_labels import DecisionLabels
from skrmt.linear_model._selection import choose, scorer_values


def test_regression_scorers_see_the_corrected_predictions():
    rng = np.random.default_rng(0)
    y, predictions = rng.standard_normal((20, 2)), rng.standard_normal((20, 2, 3))
    weights = rng.uniform(size=20)
    together = scorer_values(get_scorer("r2"), predictions, y, weights)
    apart = scorer_values(get_scorer("r2"), predictions, y, weights, per_target=True)
    for j in range(3):
        p = predictions[:, :, j]
        assert together[0, j] == pytest.approx(r2_score(y, p, sample_weight=weights))
        raw = r2_score(y, p, sample_weight=weights, multioutput="raw_values")
        np.testing.assert_allclose(apart[:, j], raw)


def test_classification_scorers_see_labels_or_decisions():
    rng = np.random.default_rng(0)
    y = rng.choice(["no", "yes"], 40)
    labels, decisions = DecisionLabels(y), rng.standard_normal((40, 1, 2))
    accuracy = scorer_values(get_scorer("accuracy"), decisions, y, None, labels=labels)
    auc = scorer_values(get_scorer("roc_auc"), decisions, y, None, labels=labels)
    for j in range(2):
        d = decisions[:, 0, j]
        assert accuracy[0, j] == accuracy_score(y, np.where(d > 0, "yes", "no"))
        assert auc[0, j] == pytest.approx(roc_auc_score(y, d))


def test_labels_are_those_of_the_largest_value():
    y = np.array(["a", "b", "c", "a"])
    labels = DecisionLabels(y)
    np.testing.assert_array_equal(labels.decode(labels.encode(y)), y)
    several = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0]])
    labels = DecisionLabels(several)
    np.testing.assert_array_equal(labels.decode(labels.encode(several)), several)


def test_the_mean_over_targets_decides_or_each_for_itself():
    scores = np.array([[0.0, 1.0, 0.9], [0.0, -1.0, 0.0]])
    np.testing.assert_array_equal(choose(scores, np.ones(3, bool), per_target=False), [2])
    np.testing.assert_array_equal(choose(scores, np.ones(3, bool), per_target=True), [1, 0])


def test_only_feasible_penalties_are_chosen():
    scores = np.array([[3.0, 2.0, 1.0]])
    assert choose(scores, np.array([False, True, True]), per_target=True) == [1]
    with pytest.raises(ValueError, match="Use larger alphas"):
        choose(scores, np.zeros(3, bool), per_target=True)


def test_an_infeasible_penalty_is_not_scored():
    rng = np.random.default_rng(0)
    y = rng.standard_normal(20)
    predictions = np.stack([y, y + rng.standard_normal(20)], axis=1)[:, None]
    feasible = np.array([False, True])
    scores = scorer_values(get_scorer("r2"), predictions, y, None, feasible=feasible)
    assert scores[0, 0] == -np.inf
    assert scores[0, 1] == r2_score(y, predictions[:, 0, 1])


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("per_target", [False, True])
def test_a_penalty_without_a_finite_score_is_not_chosen(unknown, per_target):
    scores = np.array([[unknown, 2.0, 1.0], [unknown, 2.0, 1.0]])
    assert np.all(choose(scores, np.ones(3, bool), per_target=per_target) == 1)
    scores[1] = [-unknown, unknown, unknown]
    with pytest.raises(ValueError, match="use another scoring, or None"):
        choose(scores[:, :1], np.ones(1, bool), per_target=per_target)
    with pytest.raises(ValueError, match="use another scoring, or None"):
        choose(scores, np.array([True, False, False]), per_target=per_target)


def nan_where_large(model, X, y):
    error = float(np.mean((model.predict(X) - y) ** 2))
    return np.nan if error > np.var(y) else -error


def always_nan(model, X, y):
    return np.nan


def test_scores_that_are_nan_do_not_decide():
    X, y = np.random.default_rng(0).standard_normal((2, 50, 8))
    y = X[:, 0] + 0.1 * y[:, 0]
    options = {"sketch": None, "alphas": [0.0, 1.0, 1e9]}
    model = SketchedRidgeEnsemble(scoring=nan_where_large, **options).fit(X, y)
    assert model.alpha_ in {0.0, 1.0} and np.isfinite(model.best_score_)
    with pytest.raises(ValueError, match="use another scoring"):
        SketchedRidgeEnsemble(scoring=always_nan, **options).fit(X, y)


def test_a_scorer_that_fails_is_named():
    X, y = np.random.default_rng(0).standard_normal((2, 50, 8))
    options = {"sketch": None, "alphas": [1.0, 10.0, 100.0]}
    with pytest.raises(ValueError, match=r"^scoring: make_scorer\(roc_auc.* regressor") as caught:
        SketchedRidgeEnsemble(scoring="roc_auc", **options).fit(X, y[:, 0])
    assert isinstance(caught.value.__cause__, AttributeError | ValueError)
    with pytest.raises(ValueError, match=r"log_loss.* SketchedRidgeClassifier, which has decision"):
        SketchedRidgeClassifier(scoring="neg_log_loss", **options).fit(X, y[:, 0] > 0)
    with pytest.raises(ValueError, match=r"always_nan.* with sample_weight: TypeError"):
        SketchedRidgeEnsemble(scoring=always_nan, **options).fit(X, y[:, 0], y[:, 1] ** 2 + 0.1)


def test_a_warning_that_is_an_error_for_the_user_stays_one():
    def warning(model, X, y):
        raise UserWarning("mind")

    with pytest.raises(UserWarning, match="mind"):
        scorer_values(warning, np.ones((4, 1, 1)), np.ones(4), None)
