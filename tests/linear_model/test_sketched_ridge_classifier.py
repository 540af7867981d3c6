# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeClassifier: labels, weights of classes, and its estimate of the test error."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV
from sklearn.metrics import accuracy_score

from skrmt.linear_model import SketchedRidgeClassifier, SketchedRidgeEnsemble


def words(n_samples, seed, n_words=600, n_classes=2):
    """Rows of counts, as of short texts, whose rates depend on the class."""
    rng = np.random.default_rng(0)
    rates = rng.gamma(0.3, 0.5, n_words)
    tilt = np.exp(0.4 * rng.standard_normal((n_classes, n_words)))
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_classes, size=n_samples)
    names = np.array(["alt", "comp", "rec"])[labels]
    return rng.poisson(rates * tilt[labels]).astype(float), names


def classifier(**options):
    return SketchedRidgeClassifier(**{"sketch_size": 60, "random_state": 0, **options})


@pytest.mark.parametrize("n_classes", [2, 3])
def test_decisions_are_those_of_the_regression_on_signs(n_classes):
    X, y = words(200, 1, n_classes=n_classes)
    model = classifier(alphas=5.0).fit(X, y)
    targets = 2.0 * (y[:, None] == np.unique(y)) - 1
    targets = targets[:, 1:] if n_classes == 2 else targets
    regression = SketchedRidgeEnsemble(sketch_size=60, random_state=0, alphas=5.0).fit(X, targets)
    decisions = model.decision_function(X)
    np.testing.assert_allclose(decisions.reshape(200, -1), regression.predict(X), atol=1e-12)
    assert decisions.shape == ((200,) if n_classes == 2 else (200, 3))


@pytest.mark.parametrize("class_weight", [None, "balanced", {"alt": 3.0, "comp": 1.0}])
def test_without_sketch_it_is_the_ridge_classifier(class_weight):
    X, y = words(120, 1, n_words=60)
    w = np.random.default_rng(0).uniform(0.5, 2, 120)
    model = classifier(sketch=None, alphas=3.0, class_weight=class_weight).fit(X, y, w)
    peer = RidgeClassifier(3.0, class_weight=class_weight, solver="svd").fit(X, y, w)
    if class_weight != "balanced":  # theirs counts rows, ours adds their weights
        np.testing.assert_allclose(model.coef_.ravel(), peer.coef_.ravel(), atol=1e-8)
    np.testing.assert_array_equal(model.classes_, peer.classes_)


def test_penalty_without_sketch_is_that_of_the_ridge_classifier():
    X, y = words(120, 1, n_words=60, n_classes=3)
    alphas = np.logspace(-1, 4, 12)
    model = classifier(sketch=None, alphas=alphas).fit(X, y)
    assert model.alpha_ == RidgeClassifierCV(alphas).fit(X, y).alpha_


def test_balanced_classes_count_rows_by_their_weights():
    X, y = words(60, 1)
    w = np.random.default_rng(0).integers(1, 4, 60)
    model = classifier(class_weight="balanced")
    weighted = clone(model).fit(X, y, w)
    repeated = clone(model).fit(X.repeat(w, axis=0), y.repeat(w))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-9)


@pytest.mark.slow
def test_corrected_decisions_know_the_test_error():
    """0-1 loss over the whole path, against 4000 new rows."""
    X, y = words(500, 1)
    X_new, y_new = words(4000, 2)
    alphas = np.logspace(0, 4, 7)
    model = classifier(alphas=[0.0, *alphas, 1e9], scoring="accuracy", store_cv_results=True)
    model.set_params(negative_alphas=False).fit(X, y)
    for j, alpha in enumerate(alphas):
        corrected = np.where(model.cv_results_[:, 0, j + 1] > 0, "comp", "alt")
        estimated = accuracy_score(y, corrected)
        fixed = classifier(alphas=float(alpha)).fit(X, y)
        true = fixed.score(X_new, y_new)
        # Two binomial standard deviations: sqrt(.25 / 500) = .022 and sqrt(.25 / 4000) = .008.
        assert estimated == pytest.approx(true, abs=2 * 0.024)
        assert fixed.score(X, y) > estimated


def test_scorer_decides():
    X, y = words(150, 1)
    alphas = np.logspace(-2, 6, 9)
    model = classifier(alphas=alphas, scoring="accuracy", store_cv_results=True).fit(X, y)
    predicted = np.where(model.cv_results_[:, 0] > 0, "comp", "alt")
    scores = [accuracy_score(y, labels) for labels in predicted.T]
    assert model.best_score_ == max(scores)
    assert model.alpha_ == alphas[np.argmax(scores)]


def test_several_labels_a_row():
    X, y = words(120, 1, n_classes=3)
    several = np.column_stack([y == "alt", y != "rec"]).astype(int)
    model = classifier(scoring="f1_macro").fit(X, several)
    assert model.predict(X).shape == (120, 2)
    assert np.mean(model.predict(X) == several) > 0.9


def test_rows_without_weight_may_hold_a_class_of_their_own():
    X, y = words(60, 1, n_classes=3)
    model = classifier().fit(X, y, (y != "rec").astype(float))
    np.testing.assert_array_equal(model.classes_, ["alt", "comp"])


def test_single_class_is_refused():
    X, _ = words(20, 1)
    with pytest.raises(ValueError, match="y has one class, alt;"):
        classifier().fit(X, np.full(20, "alt"))


def test_targets_that_are_no_labels_are_refused():
    X, _ = words(20, 1)
    with pytest.raises(ValueError, match="continuous"):
        classifier().fit(X, np.linspace(0, 1, 20))
