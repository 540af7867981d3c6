# SPDX-License-Identifier: BSD-3-Clause
"""RMTPCA: data at the edge of what it can do, and what it says beyond."""

import numpy as np
import pytest
from scipy import sparse

from skrmt.datasets import make_spiked_covariance
from skrmt.decomposition import RMTPCA
from skrmt.exceptions import TheoryWarning

RULES = ("auto", "signflip", "kn", "gavish-donoho")


@pytest.mark.parametrize(
    ("shape", "message"),
    [((2, 5), "minimum of 3 is required"), ((10, 1), "minimum of 2 is required")],
)
def test_too_few(shape, message):
    with pytest.raises(ValueError, match=message):
        RMTPCA().fit(np.ones(shape))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("value", [0.0, 7.0])
def test_data_without_variance(rule, value):
    X = np.full((10, 4), value)
    with pytest.warns(TheoryWarning, match="No component stands out"):
        pca = RMTPCA(rule).fit(X)
    assert pca.n_components_ == 0
    assert pca.transform(X).shape == (10, 0)
    assert pca.inverse_transform(pca.transform(X)).shape == (10, 4)
    np.testing.assert_allclose(pca.denoise(X), X)
    assert pca.noise_variance_ == 0
    assert pca.noise_model_ == "none"
    with pytest.raises(ValueError, match="noise_variance_ is 0"):
        pca.score(X)


@pytest.mark.parametrize("rule", RULES)
def test_noise_alone(rule):
    X = np.random.default_rng(3).standard_normal((200, 100))
    with pytest.warns(TheoryWarning, match="Set n_components to a number"):
        pca = RMTPCA(rule, random_state=0).fit(X)
    assert pca.n_components_ == 0
    assert pca.fit_transform.__name__  # the method stays usable
    assert pca.noise_variance_ == pytest.approx(1, abs=4 * np.sqrt(2 / X.size))
    # What is left of a new sample is the mean, whose error is known.
    assert pca.predicted_denoise_error_ == pytest.approx(1 / 200, rel=0.05)
    np.testing.assert_allclose(pca.get_covariance(), pca.noise_variance_ * np.eye(100))


@pytest.mark.parametrize("solver", ["auto", "full"])
@pytest.mark.parametrize("shape", [(200, 60), (60, 200)], ids=str)
@pytest.mark.parametrize("rule", ["auto", "signflip", "gavish-donoho"])
def test_low_rank_without_noise(rule, shape, solver):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((shape[0], 3)) @ rng.standard_normal((3, shape[1])) + 5
    pca = RMTPCA(rule, svd_solver=solver).fit(X)
    assert pca.n_components_ == 3
    assert pca.noise_model_ == "none"
    np.testing.assert_array_equal(pca.cosines_, 1)
    np.testing.assert_array_equal(pca.denoise_weights_, 1)
    np.testing.assert_array_equal(pca.score_shrinkage_, 1)
    np.testing.assert_allclose(pca.denoise(X), X, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(pca.fit_denoise(X), X, rtol=1e-10, atol=1e-10)


def test_constant_columns_and_duplicated_rows():
    X = make_spiked_covariance(100, 40, spikes=[20.0], random_state=0).data
    with_constant = np.hstack([X, np.full((100, 10), 3.0)])
    pca = RMTPCA().fit(with_constant)
    assert pca.n_components_ == 1
    np.testing.assert_allclose(pca.components_[0, 40:], 0, atol=1e-12)
    assert RMTPCA().fit(np.vstack([X, X])).n_components_ >= 1


def test_no_more_components_than_dimensions():
    X = np.random.default_rng(0).standard_normal((20, 6))
    with pytest.raises(ValueError, match=r"n_components=7 must not be above .*=6"):
        RMTPCA(7).fit(X)
    assert RMTPCA(6).fit(X).components_.shape == (6, 6)


def test_max_components_keeps_the_largest_and_tells():
    X = make_spiked_covariance(300, 100, spikes=[9.0, 7.0, 5.0], random_state=0).data
    whole = RMTPCA().fit(X)
    with pytest.warns(TheoryWarning, match="max_components=2"):
        capped = RMTPCA(max_components=2).fit(X)
    assert capped.n_components_ == 2
    # What is said of the two, and of the noise, does not depend on the bound.
    np.testing.assert_allclose(capped.cosines_, whole.cosines_[:2])
    assert capped.noise_variance_ == pytest.approx(whole.noise_variance_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": "mle"}, "n_components"),
        ({"n_components": 0.95}, "n_components"),
        ({"n_components": -1}, "n_components"),
        ({"level": 1.0}, "level"),
        ({"alpha": 0.0}, "alpha"),
        ({"n_flips": 1}, "n_flips"),
        ({"noise": "red"}, "noise"),
        ({"max_components": 0}, "max_components"),
        ({"svd_solver": "randomized"}, "svd_solver"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        RMTPCA(**parameters).fit(np.eye(5))


def test_sparse_data_ask_for_what_they_can_have():
    X = sparse.random_array((50, 30), density=0.2, random_state=0).tocsr()
    with pytest.raises(ValueError, match="signflip"):
        RMTPCA("signflip").fit(X)
    with pytest.raises((ValueError, TypeError), match=r"svd_solver='full'|[Ss]parse"):
        RMTPCA(svd_solver="full").fit(X)


def test_squares_that_overflow():
    X = np.random.default_rng(0).standard_normal((10, 4)) * 1e200
    with pytest.raises(ValueError, match="squares overflow"):
        RMTPCA().fit(X)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(bad):
    X = np.random.default_rng(0).standard_normal((10, 4))
    X[3, 2] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        RMTPCA().fit(X)
