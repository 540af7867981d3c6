# SPDX-License-Identifier: BSD-3-Clause
"""The same data in other forms: batches, weights, wide and tall, float types, frames, pickles."""

import pickle

import numpy as np
import pandas as pd
import pytest
from covariance_cases import NUMBERS, assert_same_model, draw, squared_error, with_spikes
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.covariance._moments import MomentStatistic, RowStatistic, updated
from skrmt.covariance._sample_spectrum import sample_spectrum

MODELS = [
    AnalyticalShrinkage(),
    AnalyticalShrinkage(scale=True),
    AnalyticalShrinkage(assume_centered=True, ddof=4),
    SpikedCovariance(loss="stein"),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=repr)


def _fresh(model):
    return type(model)(**model.get_params())


@every_model
@pytest.mark.parametrize("shape", [(30, 50), (49, 50), (51, 50), (120, 50)])
@pytest.mark.parametrize("size", [1, 7, 45])
def test_any_split_gives_the_fit_to_all(model, shape, size):
    X = draw(with_spikes(shape[1], 20.0, 8.0, 4.0), shape[0], 0) + 5
    streamed = _fresh(model)
    for start in range(0, len(X), size):
        streamed.partial_fit(X[start : start + size])
    assert_same_model(streamed, _fresh(model).fit(X))


@every_model
@pytest.mark.parametrize("n", [40, 150])
def test_partial_fit_goes_on_where_fit_ended_and_fit_starts_anew(model, n):
    X, whole = draw(with_spikes(50, 20.0, 8.0, 4.0), n, 0), _fresh(model).fit
    assert_same_model(_fresh(model).fit(X[:20]).partial_fit(X[20:]), whole(X))
    assert_same_model(_fresh(model).fit(X[:-5]).partial_fit(X[-5:]), whole(X))
    assert_same_model(
        _fresh(model).partial_fit(draw(with_spikes(50, 20.0, 8.0, 4.0), 70, 1)).fit(X), whole(X)
    )


@every_model
@pytest.mark.parametrize("n", [30, 100])
def test_weights_count_repetitions(model, n):
    rng = np.random.default_rng(0)
    X, weights = draw(with_spikes(40, 20.0, 8.0, 4.0), n, 0), rng.integers(0, 4, n)
    repeated = _fresh(model).fit(rng.permutation(np.repeat(X, weights, axis=0)))
    weighted = _fresh(model).fit(X, sample_weight=weights)
    assert weighted.n_samples_seen_ == weights.sum()
    assert_same_model(weighted, repeated)
    present = weights > 0
    assert_same_model(
        _fresh(model).fit(X[present], sample_weight=weights[present]), weighted, 1e-12
    )
    streamed = _fresh(model)
    for start in range(0, n, 10):
        at = slice(start, start + 10)
        streamed.partial_fit(X[at], sample_weight=weights[at])
    assert_same_model(streamed, repeated)


@pytest.mark.filterwarnings("ignore::skrmt.exceptions.TheoryWarning")
def test_few_samples_with_weights_are_shrunk_as_repeated():
    X, weights = np.random.default_rng(0).standard_normal((5, 20)), np.array([1, 3, 2, 1, 1])
    for scale in (False, True):
        model = AnalyticalShrinkage(scale=scale)
        repeated = _fresh(model).fit(np.repeat(X, weights, axis=0))
        assert_same_model(_fresh(model).fit(X, sample_weight=weights), repeated)


@pytest.mark.parametrize("Estimator", [AnalyticalShrinkage, SpikedCovariance])
@pytest.mark.parametrize("weight", [0.3, 2.5])
def test_weights_need_not_be_whole_numbers(Estimator, weight):
    X = draw(with_spikes(60, 20.0, 8.0, 4.0), 100, 0)
    model = Estimator().fit(X, sample_weight=np.full(100, weight))
    assert model.n_samples_seen_ == pytest.approx(100 * weight)
    assert np.linalg.eigvalsh(model.covariance_)[0] > 0


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("n", [40, 59])
def test_wide_route_is_the_tall_route(n, scale):
    X = draw(with_spikes(60, 20.0, 8.0, 4.0), n, 0) * np.logspace(0, 3, 60)
    X[:, 7] = 3.0
    rows = RowStatistic(X, np.linspace(0.5, 2, n), True)
    wide = sample_spectrum(rows, ddof=1, scale=scale)
    tall = sample_spectrum(rows.moments(), ddof=1, scale=scale)
    assert wide.n_directions == tall.n_directions == 59
    rounding = 1e-14 * tall.eigenvalues[-1]  # by which an eigensolver may miss
    np.testing.assert_allclose(wide.eigenvalues, tall.eigenvalues, rtol=1e-8, atol=rounding)
    values = np.sqrt(tall.eigenvalues)
    for inverse in (False, True):
        expected = tall.matrix(values, 0.1, np.float64, inverse=inverse)
        np.testing.assert_allclose(
            wide.matrix(values, 0.1, np.float64, inverse=inverse),
            expected,
            atol=1e-8 * abs(expected).max(),
        )


def test_wide_route_keeps_small_eigenvalues():
    """Seven decades of singular values, more than the matrix of inner products holds."""
    rng = np.random.default_rng(0)
    U = np.linalg.qr(rng.standard_normal((30, 10)))[0]
    V = np.linalg.qr(rng.standard_normal((50, 10)))[0]
    rows = RowStatistic((U * np.logspace(0, -6, 10)) @ V.T, np.ones(30), False)
    spectrum = sample_spectrum(rows, ddof=0)
    np.testing.assert_allclose(spectrum.eigenvalues[::-1] * 30, np.logspace(0, -12, 10), rtol=1e-5)
    product = spectrum.vectors.T @ spectrum.vectors
    np.testing.assert_allclose(product, np.eye(10), atol=1e-12)


def test_wide_fit_forms_no_matrix_for_the_decomposition(monkeypatch):
    def refuse(self, **kwargs):
        raise AssertionError("moments of wide data")

    monkeypatch.setattr(RowStatistic, "moments", refuse)
    for Estimator in (AnalyticalShrinkage, SpikedCovariance):
        model = Estimator().fit(draw(np.ones(60), 30, 0)).partial_fit(draw(np.ones(60), 20, 1))
        assert model.covariance_.shape == (60, 60)


def test_moments_are_sums_about_the_common_mean():
    rng = np.random.default_rng(0)
    X, w = rng.standard_gamma(1.0, (90, 4)) + np.array([0, 10, 100, 1000]), rng.uniform(0.5, 2, 90)
    statistic = None
    for at in np.split(np.arange(90), [1, 20, 21, 60]):
        statistic = updated(statistic, RowStatistic(X[at], w[at], True), ddof=1)
    assert isinstance(statistic, MomentStatistic)
    mean = np.average(X, axis=0, weights=w)
    Y = X - mean
    squares = (Y**2).sum(axis=1)
    np.testing.assert_allclose(statistic.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(statistic.scatter, (Y.T * w) @ Y, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(statistic.third, (w * squares) @ Y, rtol=1e-9)
    np.testing.assert_allclose(statistic.fourth, w @ squares**2, rtol=1e-10)
    np.testing.assert_array_equal(statistic.low, X.min(axis=0))
    np.testing.assert_array_equal(statistic.high, X.max(axis=0))


def test_merging_changes_neither_part():
    parts = [RowStatistic(draw(np.ones(4), 9, s), np.ones(9), True).moments() for s in (0, 1)]
    before = pickle.dumps(parts)
    parts[0].merge(parts[1])
    assert pickle.dumps(parts) == before


def test_rows_that_are_the_same_are_told():
    X = np.array([[0.0, 1.0], [-0.0, 1.0], [2.0, 1.0]])
    assert len(RowStatistic(X, np.ones(3), True).codes()) == 2
    assert RowStatistic(np.arange(10.0).reshape(5, 2), np.ones(5), True).codes() is None


@pytest.mark.parametrize("n", [40, 300])
@pytest.mark.parametrize("Estimator", [AnalyticalShrinkage, SpikedCovariance])
def test_single_precision(Estimator, n):
    X = (draw(with_spikes(60, 20.0, 8.0, 4.0), n, 0) + 20).astype(np.float32)
    model, exact = Estimator().fit(X), Estimator().fit(X.astype(np.float64))
    for name in NUMBERS[:5]:
        assert getattr(model, name).dtype == np.float32
        expected = getattr(exact, name)
        np.testing.assert_allclose(
            getattr(model, name), expected, atol=1e-6 * abs(expected).max(), err_msg=name
        )
    for name in {"spikes_", "cosines_"} & set(vars(model)):
        assert getattr(model, name).dtype == np.float32
        np.testing.assert_allclose(getattr(model, name), getattr(exact, name), rtol=1e-6)
    streamed = Estimator().partial_fit(X[:20])
    assert streamed.covariance_.dtype == np.float32
    assert streamed.partial_fit(X[20:].astype(np.float64)).covariance_.dtype == np.float64


@every_model
def test_methods_of_the_base_class(model):
    sigma = with_spikes(30, 20.0, 8.0, 4.0)
    X, new = draw(sigma, 100, 0), draw(sigma, 400, 1)
    fitted = _fresh(model).fit(X)
    centred = new - fitted.location_
    expected = np.einsum("ij,jk,ik->i", centred, np.linalg.inv(fitted.covariance_), centred)
    np.testing.assert_allclose(fitted.mahalanobis(new), expected, rtol=1e-8)
    log_density = -(expected.mean() + np.linalg.slogdet(fitted.covariance_)[1]) / 2
    assert fitted.score(new) == pytest.approx(log_density - 15 * np.log(2 * np.pi))
    error = fitted.error_norm(np.diag(sigma), scaling=False)
    assert error == pytest.approx(squared_error(fitted.covariance_, sigma))


@every_model
def test_frames_and_pickles(model):
    X = pd.DataFrame(draw(with_spikes(5, 20.0, 8.0, 4.0), 30, 0), columns=list("abcde"))
    fitted = _fresh(model).fit(X)
    assert list(fitted.feature_names_in_) == list("abcde")
    streamed = _fresh(model).partial_fit(X[:20])
    with pytest.raises(ValueError, match="feature names"):
        streamed.partial_fit(X[20:].rename(columns={"a": "z"}))
    for estimator in (fitted, streamed):
        loaded = pickle.loads(pickle.dumps(estimator))
        assert_same_model(loaded, estimator, 1e-15)
        assert_same_model(loaded.partial_fit(X[20:]), estimator.partial_fit(X[20:]), 1e-12)


def test_a_stream_is_solved_when_read_with_the_parameters_of_its_last_batch():
    X = draw(with_spikes(20, 20.0, 8.0, 4.0), 60, 0)
    model = AnalyticalShrinkage().partial_fit(X)
    assert "covariance_" not in vars(model)
    assert "covariance_" in dir(model)
    model.set_params(scale=True)
    assert_same_model(model, AnalyticalShrinkage().fit(X))
    assert "covariance_" in vars(model)
    model.partial_fit(X[:0:-1])
    assert "covariance_" not in vars(model)


def test_a_stream_that_is_too_short_says_so():
    model = SpikedCovariance().partial_fit([[1.0, 2.0]])
    with pytest.raises(NotFittedError, match=r"at least 2 samples.*Call partial_fit with more"):
        model.mahalanobis([[1.0, 2.0]])
    assert not hasattr(model, "covariance_")
    with pytest.raises(AttributeError, match="no attribute 'other_'"):
        getattr(model, "other_")  # noqa: B009
    with pytest.raises(NotFittedError, match="not fitted yet"):
        check_is_fitted(model)
    assert model.partial_fit([[2.0, 5.0]]).covariance_.shape == (2, 2)
    check_is_fitted(model)


@pytest.mark.parametrize("Estimator", [AnalyticalShrinkage, SpikedCovariance])
def test_nothing_can_be_asked_before_fit(Estimator):
    X = np.eye(3)
    for ask in (
        lambda: Estimator().score(X),
        lambda: Estimator().mahalanobis(X),
        lambda: Estimator().error_norm(X),
        lambda: Estimator().covariance_,
        lambda: check_is_fitted(Estimator()),
    ):
        with pytest.raises(NotFittedError, match=r"call fit|Call 'fit'"):
            ask()
    assert not hasattr(Estimator(), "covariance_")


def test_the_mean_must_stay_known_or_unknown():
    model = AnalyticalShrinkage().partial_fit([[1.0, 2.0]])
    with pytest.raises(ValueError, match="assume_centered=True was False for the samples before"):
        model.set_params(assume_centered=True).partial_fit([[1.0, 2.0]])


@every_model
def test_a_refit_leaves_nothing_of_the_last_one(model):
    X, new = (
        draw(with_spikes(20, 20.0, 8.0, 4.0), 60, 0),
        draw(with_spikes(10, 20.0, 8.0, 4.0), 60, 1),
    )
    model = _fresh(model).fit(X)
    assert set(vars(model.fit(new))) == set(vars(_fresh(model).fit(new)))
    if "scale" in model.get_params():
        scaled = model.set_params(scale=True).fit(X)
        assert not hasattr(scaled, "predicted_loss_")


def test_data_are_not_kept_or_changed():
    X = draw(with_spikes(50, 20.0, 8.0, 4.0), 30, 0)
    before = X.copy()
    model = AnalyticalShrinkage().fit(X)
    np.testing.assert_array_equal(X, before)
    expected = model.covariance_.copy()
    X[:] = 0.0
    model.partial_fit(before[:0:-1])
    np.testing.assert_array_equal(
        model.covariance_, AnalyticalShrinkage().fit(before).partial_fit(before[:0:-1]).covariance_
    )
    assert np.isfinite(expected).all()
