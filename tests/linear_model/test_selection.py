# SPDX-License-Identifier: BSD-3-Clause
"""Choosing a penalty by a score of corrected predictions."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, get_scorer, r2_score, roc_auc_score

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
