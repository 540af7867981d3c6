# SPDX-License-Identifier: BSD-3-Clause
"""SketchedRidgeClassifier: labels, weights of classes, and its estimate of the test error."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning, NotFittedError
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


@pytest.mark.filterwarnings("ignore:sample_weight holds whole numbers")
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


INDICATORS = {
    "0 and 1": lambda several: several.astype(int),
    "floats": lambda several: several.astype(float),
    "bool": lambda several: several,
    "-1 and 1": lambda several: np.where(several, 1, -1),
    "lists": lambda several: several.astype(int).tolist(),
}


def several_labels():
    X, y = words(120, 1, n_classes=3)
    return X, np.column_stack([y == "alt", y != "rec", y == "comp"])


@pytest.mark.parametrize("scoring", [None, "f1_macro", "accuracy", "roc_auc"])
@pytest.mark.parametrize("form", INDICATORS)
def test_any_indicator_matrix_has_the_same_model(form, scoring):
    X, several = several_labels()
    y = INDICATORS[form](several)
    expected = classifier(scoring=scoring).fit(X, several.astype(int))
    model = classifier(scoring=scoring).fit(X, y)
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    assert model.best_score_ == expected.best_score_
    found = model.predict(X)
    assert found.dtype.kind == "i"
    assert set(np.unique(found)) == ({-1, 1} if form == "-1 and 1" else {0, 1})
    np.testing.assert_array_equal(found > 0, expected.predict(X) > 0)
    assert model.score(X, y) == expected.score(X, several.astype(int)) > 0.5
    np.testing.assert_array_equal(model.classes_, np.arange(3))


def test_predicted_indicators_of_bool_are_those_of_the_ridge_classifier():
    X, several = several_labels()
    peer = RidgeClassifier(3.0).fit(X, several.astype(int)).predict(X)
    ours = classifier(sketch=None, alphas=3.0).fit(X, several).predict(X)
    np.testing.assert_array_equal(ours, peer)
    assert ours.dtype == peer.dtype


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([[0, 2], [2, 0], [0, 0], [2, 2]]), "indicator matrix .* has the values 0, 2"),
        (np.arange(8).reshape(4, 2), r"values 0, 1, 2, 3, 4, \.\.\.\. .*MultiOutputClassifier"),
        (np.array([["a", "b"], ["b", "a"]] * 2), "values 'a', 'b'.*MultiOutputClassifier"),
        (np.array([["a", "b"], ["b", "a"]] * 2, object), "values 'a', 'b'"),
        (np.array([[0.5, 1.0], [0.0, 1.0]] * 2), "indicator matrix .* has the values 0.0, 0.5"),
    ],
    ids=["0 and 2", "numbers", "texts", "objects", "fractions"],
)
def test_matrices_of_anything_else_are_refused(y, message):
    X = np.random.default_rng(0).standard_normal((4, 3))
    with pytest.raises(ValueError, match=message):
        SketchedRidgeClassifier().fit(X, y)


@pytest.mark.parametrize("weighted", [False, True])
def test_class_weights_are_no_repetitions(weighted):
    """Whole class weights with ones: the row is left out with its whole weight."""
    X, y = words(80, 1, n_words=40)
    w = np.random.default_rng(0).uniform(0.5, 2, 80) if weighted else None
    by_class = {"alt": 1.0, "comp": 3.0}
    options = {"sketch": None, "sketch_size": "auto", "alphas": 5.0}
    model = classifier(class_weight=by_class, **options).fit(X, y, w)
    weights = np.array([by_class[label] for label in y]) * (1 if w is None else w)
    targets = np.where(y == "comp", 1.0, -1.0)
    for i in (0, 33):
        rest = np.arange(80) != i
        fixed = SketchedRidgeEnsemble(**options).fit(X[rest], targets[rest], weights[rest])
        left_out = targets[i] - fixed.predict(X[[i]])[0]
        assert model.corrected_residuals_[i, 0] == pytest.approx(left_out, rel=1e-8)
    squares = np.average(model.corrected_residuals_[:, 0] ** 2, weights=weights)
    assert model.best_risk_ == pytest.approx(squares)


@pytest.mark.filterwarnings("ignore:sample_weight holds whole numbers")
def test_repetitions_remain_next_to_class_weights():
    X, y = words(60, 1)
    w = np.random.default_rng(0).integers(1, 4, 60)
    model = classifier(class_weight={"alt": 0.7, "comp": 1.9})
    weighted, repeated = clone(model).fit(X, y, w), clone(model).fit(X.repeat(w, 0), y.repeat(w))
    assert weighted.alpha_ == pytest.approx(repeated.alpha_)
    assert weighted.best_risk_ == pytest.approx(repeated.best_risk_)
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-9)


@pytest.mark.parametrize("scoring", [None, "accuracy"])
def test_a_class_of_weight_zero_is_left_out(scoring):
    X, y = words(90, 1, n_classes=3)
    w = np.random.default_rng(0).uniform(0.5, 2, 90)
    w[::7] = 0
    model = classifier(class_weight={"rec": 0.0}, scoring=scoring).fit(X, y, w)
    kept = y != "rec"
    without = classifier(scoring=scoring).fit(X[kept], y[kept], w[kept])
    np.testing.assert_array_equal(model.classes_, ["alt", "comp"])
    np.testing.assert_allclose(model.coef_, without.coef_, atol=1e-12)
    assert model.best_score_ == pytest.approx(without.best_score_)
    assert len(model.corrected_residuals_) == np.sum(kept & (w > 0))


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_bad_class_weights_are_named(value):
    X, y = words(30, 1)
    with pytest.raises(ValueError, match=r"^class_weight=.*not negative"):
        classifier(class_weight={"alt": value}).fit(X, y)


def test_weights_must_leave_two_classes():
    X, y = words(30, 1)
    with pytest.raises(ValueError, match=r"y has one class, comp; .* with a positive weight"):
        classifier(class_weight={"alt": 0}).fit(X, y)
    with pytest.raises(ValueError, match="class_weight leave no row"):
        classifier(class_weight={"alt": 0, "comp": 0}).fit(X, y)
    with pytest.raises(ValueError, match="y has one class, alt"):
        classifier().fit(X, y, (y == "alt").astype(float))
    X, several = several_labels()
    with pytest.raises(ValueError, match=r"class_weight=.* several labels"):
        classifier(class_weight={0: 2.0}).fit(X, several)
    assert classifier(class_weight="balanced").fit(X, several).score(X, several) > 0.5


def test_classes_before_the_fit():
    with pytest.raises(NotFittedError, match="not fitted"):
        _ = classifier().classes_
    assert not hasattr(classifier(), "classes_")


def test_a_column_of_labels_is_told_at_the_users_line():
    X, y = words(60, 1)
    with pytest.warns(DataConversionWarning, match="column-vector y was passed") as caught:
        model = classifier().fit(X, y[:, None])
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(model.coef_, classifier().fit(X, y).coef_)


def test_sparse_labels_are_refused():
    X, several = several_labels()
    with pytest.raises(TypeError, match=r"y is sparse.*toarray"):
        classifier().fit(X, csr_array(several.astype(int)))
