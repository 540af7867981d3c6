# SPDX-License-Identifier: BSD-3-Clause
"""Data that leave out something: samples, variance, dimensions."""

import numpy as np
import pytest
from covariance_cases import draw, with_spikes
from sklearn.covariance import LedoitWolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import NotFittedError

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.exceptions import TheoryWarning

BOTH = pytest.mark.parametrize("Estimator", [AnalyticalShrinkage, SpikedCovariance])


@BOTH
@pytest.mark.parametrize("shape", [(60, 100), (200, 100), (101, 100), (100, 100)])
def test_covariance_is_positive_definite_and_precision_its_inverse(Estimator, shape):
    model = Estimator().fit(draw(with_spikes(shape[1], 20.0, 8.0, 4.0), shape[0], 0))
    assert np.linalg.eigvalsh(model.covariance_)[0] > 0
    np.testing.assert_array_equal(model.covariance_, model.covariance_.T)
    # Rounding, by the condition number of some tens and sums over the features; a general inverse
    # may lose ten times as much.
    np.testing.assert_allclose(model.covariance_ @ model.precision_, np.eye(shape[1]), atol=1e-10)
    assert model.get_precision() is model.precision_
    model.set_params(store_precision=False).fit(
        draw(with_spikes(shape[1], 20.0, 8.0, 4.0), shape[0], 0)
    )
    assert model.precision_ is None
    np.testing.assert_allclose(
        model.get_precision() @ model.covariance_, np.eye(shape[1]), atol=1e-9
    )


@BOTH
@pytest.mark.parametrize("n", [40, 150])
def test_rotations_and_units_go_through(Estimator, n):
    X = draw(with_spikes(60, 20.0, 8.0, 4.0), n, 0)
    Q = np.linalg.qr(np.random.default_rng(1).standard_normal((60, 60)))[0]
    C = Estimator().fit(X).covariance_
    np.testing.assert_allclose(Estimator().fit(X @ Q).covariance_, Q.T @ C @ Q, atol=1e-9)
    for a in (1e-30, -3.0, 1e30):
        np.testing.assert_allclose(Estimator().fit(a * X).covariance_, a**2 * C, rtol=1e-9,
                                   atol=1e-12 * a**2)  # fmt: skip


@BOTH
@pytest.mark.parametrize("n", [40, 150])
def test_a_distant_mean_costs_no_digits(Estimator, n):
    X = draw(with_spikes(60, 20.0, 8.0, 4.0), n, 0)
    moved = X + 2.0**26  # rounds the data by 1e-8
    C = Estimator().fit(X).covariance_
    np.testing.assert_allclose(Estimator().fit(moved).covariance_, C, atol=1e-6)
    np.testing.assert_allclose(Estimator().fit(moved).location_, X.mean(axis=0) + 2.0**26)
    known = Estimator(assume_centered=True).fit(X - X.mean(axis=0))
    np.testing.assert_array_equal(known.location_, np.zeros(60))
    # One degree of freedom more.
    np.testing.assert_allclose(np.trace(known.covariance_), np.trace(C), rtol=0.05)


@pytest.mark.parametrize("n", [3, 8, 12])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("scale", [False, True])
def test_few_samples_are_shrunk_linearly(n, centred, scale):
    n -= n == 12 and centred
    X = np.random.default_rng(0).standard_normal((n, 30)) * np.linspace(1, 3, 30)
    deviations = np.ones(30)
    if scale:
        deviations = np.sqrt((X**2).mean(axis=0)) if centred else X.std(axis=0)
    expected = LedoitWolf(assume_centered=centred).fit(X / deviations).covariance_
    expected *= np.outer(deviations, deviations)
    for method in ("fit", "partial_fit"):
        model = AnalyticalShrinkage(assume_centered=centred, scale=scale)
        with pytest.warns(TheoryWarning, match=r"needs 12 degrees of freedom .* 30 features"):
            C = getattr(model, method)(X).covariance_
        np.testing.assert_allclose(C, expected, atol=1e-10)
        assert not hasattr(model, "predicted_loss_")


def test_few_degrees_of_freedom_of_many_samples():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 40)), np.arange(60) % 52
    within = X - np.array([X[y == k].mean(axis=0) for k in range(52)])[y]
    with pytest.warns(TheoryWarning, match="has 8 for 40 features"):
        model = AnalyticalShrinkage(ddof=52, assume_centered=True).fit(within)
    assert np.trace(model.covariance_) == pytest.approx(40, rel=0.3)


def test_twelve_degrees_of_freedom_are_enough():
    X = np.random.default_rng(0).standard_normal((13, 30))
    assert np.linalg.eigvalsh(AnalyticalShrinkage().fit(X).covariance_)[0] > 0


@BOTH
@pytest.mark.parametrize("n", [20, 60])
def test_constant_columns_have_no_covariance(Estimator, n):
    X = draw(with_spikes(30, 20.0, 8.0, 4.0), n, 0)
    wide = np.insert(X, [0, 11, 30], [0.1, 1e6, 0.0], axis=1)
    kept = np.isin(np.arange(33), [0, 12, 32], invert=True)
    model, expected = Estimator().fit(wide), Estimator().fit(X)
    for name in ("covariance_", "precision_"):
        found = getattr(model, name)
        np.testing.assert_allclose(found[np.ix_(kept, kept)], getattr(expected, name), rtol=1e-9)
        assert (found[~kept] == 0).all()
        assert (found[:, ~kept] == 0).all()
    np.testing.assert_allclose(model.eigenvalues_[3:], expected.eigenvalues_, atol=1e-9)
    assert (model.eigenvalues_[:3] == 0).all()
    assert (model.shrunk_eigenvalues_[:3] == 0).all()
    np.testing.assert_array_equal(model.location_[~kept], [0.1, 1e6, 0.0])


@BOTH
@pytest.mark.parametrize("shape", [(5, 8), (20, 8)])
def test_data_without_variance(Estimator, shape):
    for X in (np.zeros(shape), np.full(shape, 0.1)):
        model = Estimator().fit(X)
        for name in ("covariance_", "precision_", "eigenvalues_", "shrunk_eigenvalues_"):
            assert (getattr(model, name) == 0).all()
        np.testing.assert_array_equal(model.location_, X[0])
        assert model.predicted_loss_ == 0


def test_a_constant_column_about_zero_has_variance():
    X = draw(with_spikes(10, 20.0, 8.0, 4.0), 50, 0)
    X[:, 4] = 2.0
    model = AnalyticalShrinkage(assume_centered=True).fit(X)
    assert model.covariance_[4, 4] > 1


@BOTH
@pytest.mark.parametrize("n", [40, 1000])
def test_directions_that_are_constant_have_no_variance(Estimator, n):
    """Dummy variables add up to one; many samples say that this is no accident."""
    X = draw(with_spikes(20, 20.0, 8.0, 4.0), n, 0)
    basis = np.linalg.qr(np.random.default_rng(1).standard_normal((21, 20)))[0]
    model, expected = Estimator().fit(X @ basis.T), Estimator().fit(X)
    C = basis @ expected.covariance_ @ basis.T
    np.testing.assert_allclose(model.covariance_, C, atol=1e-9)
    P = basis @ expected.precision_ @ basis.T
    np.testing.assert_allclose(model.precision_, P, atol=1e-9)
    streamed = Estimator()
    for start in range(0, n, 10):
        streamed.partial_fit((X @ basis.T)[start : start + 10])
    np.testing.assert_allclose(streamed.covariance_, C, atol=1e-9)


@BOTH
@pytest.mark.parametrize("p", [40, 70])
def test_repeated_samples_do_not_pass_for_more(Estimator, p):
    """Thirty samples, each twice: what cannot be known of the rest is not called zero."""
    X = np.random.default_rng(0).standard_normal((30, p)) * 3
    once, twice = Estimator().fit(X).covariance_, Estimator().fit(np.tile(X, (2, 1)))
    assert np.linalg.eigvalsh(twice.covariance_)[0] > 1
    # The divisor is 59 for 29 in each pair.
    np.testing.assert_allclose(twice.covariance_, once * 58 / 59, atol=1e-9)
    streamed = Estimator()
    for row in range(0, 30, 3):
        streamed.partial_fit(X[row : row + 3], sample_weight=[2, 2, 2])
    np.testing.assert_allclose(streamed.covariance_, twice.covariance_, atol=1e-9)


@BOTH
def test_a_single_feature(Estimator):
    X = np.arange(10.0)[:, np.newaxis]
    model = Estimator().fit(X)
    assert model.covariance_.shape == (1, 1)
    assert model.covariance_[0, 0] == pytest.approx(X.var(ddof=1), rel=1e-12)
    if Estimator is AnalyticalShrinkage:
        assert model.predicted_loss_ == pytest.approx(model.predicted_sample_loss_, rel=1e-12)
    else:
        assert model.noise_variance_ == model.covariance_[0, 0]
        assert model.n_spikes_ == 0


@BOTH
def test_two_samples(Estimator, recwarn):
    model = Estimator().fit([[1.0, 2.0, 5.0], [2.0, 1.0, 3.0]])
    assert np.isfinite(model.covariance_).all()
    assert np.linalg.eigvalsh(model.covariance_)[0] > 0
    assert len(recwarn) == (Estimator is AnalyticalShrinkage)


THREE = [[1.0], [2.0], [3.0]]


@BOTH
@pytest.mark.parametrize(
    ("X", "weights", "message"),
    [
        ([[1.0, 2.0]], None, r"at least 2 samples, got n_samples=1\. Linear"),
        (THREE, [0.5, 0.5, 0.5], "there are 1.5, since weights count repetitions"),
        (THREE, [1, 0, 0], "needs at least 2 samples"),
        (THREE, [0, 0, 0], "at least one non-zero"),
        (THREE, [1, -1, 3], "Negative values"),
        ([[1.0], [2.0], [np.nan]], None, "NaN"),
        ([[1e200], [-1e200], [3.0]], None, "squares of X overflow; rescale X"),
        (np.array([[1e30], [-1e30], [3.0]], np.float32), None, "range of float32; rescale X"),
        (np.array([[1e-30], [-1e-30], [0]], np.float32), None, "range of float32; rescale X"),
    ],
)
def test_bad_data(Estimator, X, weights, message):
    with pytest.raises(ValueError, match=message):
        Estimator().fit(X, sample_weight=weights)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (AnalyticalShrinkage(ddof=3), "more than the 3 degrees of freedom"),
        (AnalyticalShrinkage(ddof=-1), "'ddof' parameter"),
        (SpikedCovariance(noise_variance=0.0), "'noise_variance' parameter"),
        (SpikedCovariance(noise_variance=-1.0), "'noise_variance' parameter"),
        (SpikedCovariance(loss="nuclear"), "'loss' parameter"),
    ],
    ids=repr,
)
def test_bad_parameters(estimator, message):
    with pytest.raises(ValueError, match=message):
        estimator.fit(THREE)


def _few_different_rows(name):
    rng = np.random.default_rng(0)
    if name == "one-hot":
        return np.eye(11)[rng.integers(0, 11, 33)]
    if name == "repeated":
        return np.tile(rng.standard_normal((6, 20)), (10, 1))
    counts = rng.poisson(0.1, (40, 30))
    return counts[rng.integers(0, 10, 40)].astype(np.float32)


@pytest.mark.parametrize("name", ["one-hot", "repeated", "counts"])
def test_few_different_rows_are_shrunk_linearly_in_equal_units(name):
    X = _few_different_rows(name)
    varying = X.std(axis=0) > 0
    deviations = X[:, varying].std(axis=0, dtype=np.float64)
    expected = LedoitWolf().fit(X[:, varying] / deviations).covariance_
    expected *= np.outer(deviations, deviations)
    with pytest.warns(TheoryWarning, match="needs 12 degrees of freedom"):
        C = AnalyticalShrinkage(scale=True).fit(X).covariance_
    found, atol = C[np.ix_(varying, varying)], 1e-6 if C.dtype == np.float32 else 1e-10
    np.testing.assert_allclose(found, expected, atol=atol)


def test_linear_shrinkage_of_correlations_needs_the_samples():
    model = AnalyticalShrinkage(scale=True)
    for part in np.split(_few_different_rows("repeated"), 3):
        model.partial_fit(part)
    with pytest.warns(TheoryWarning):
        assert not hasattr(model, "covariance_")
    with (
        pytest.warns(TheoryWarning),
        pytest.raises(
            NotFittedError, match="partial_fit has kept only moments; call fit on all samples"
        ),
    ):
        model.mahalanobis(np.zeros((1, 20)))


@BOTH
def test_linear_discriminant_analysis_says_which_samples_are_missing(Estimator):
    X, y = np.random.default_rng(0).standard_normal((21, 3)), np.arange(21) // 20
    lda = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=Estimator())
    with pytest.raises(ValueError, match="fits each class by itself: give each class 2"):
        lda.fit(X, y)


def test_fourth_moments_may_overflow():
    X = 1e100 * np.random.default_rng(0).standard_normal((50, 20))
    for model in (AnalyticalShrinkage().fit(X), AnalyticalShrinkage().partial_fit(X)):
        assert np.isfinite(model.covariance_).all()
        assert model.predicted_loss_ == model.predicted_sample_loss_ == np.inf
