# SPDX-License-Identifier: BSD-3-Clause
"""RMTPCA: data at the edge of what it can do, and what it says beyond."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA

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
    assert pca.transform(X).shape == (200, 0)
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
    with pytest.raises(ValueError, match="give X as a dense array"):
        RMTPCA().fit(sparse.csr_array(np.random.default_rng(0).standard_normal((50, 30)) + 1e7))
    with pytest.raises((ValueError, TypeError), match="dense"):
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


def test_components_left_out_count_with_the_noise():
    sample = make_spiked_covariance(600, 100, spikes=[50.0, 30.0, 20.0], random_state=0)
    train, test = sample.data[:300], sample.data[300:]
    signal = train @ sample.components.T @ sample.components
    whole = train.var(axis=0, ddof=1).sum()
    for k in (0, 1, 2, 3):
        ours = RMTPCA(k).fit(train)
        # Of the trace only what the spectrum's limit differs from its sample.
        assert np.trace(ours.get_covariance()) == pytest.approx(whole, rel=0.03)
        if k:
            theirs = PCA(k, svd_solver="full").fit(train)
            gains = ours.score_samples(test) - theirs.score_samples(test)
            assert gains.mean() > -3 * gains.std() / np.sqrt(len(gains))
        missing = np.linalg.svd(signal - signal.mean(axis=0), compute_uv=False)[k:]
        error = ours.predicted_fit_denoise_error_ * train.size
        # The signal that is left out, but for its own scatter, and what noise adds.
        assert error > 0.8 * (missing**2).sum()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("shape", [(3, 200), (5, 50), (20, 50), (12, 12), (30, 4)], ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_axes_are_orthonormal_where_directions_have_no_variance(shape, seed, dtype):
    rng = np.random.default_rng(seed)
    X = (rng.standard_normal(shape) + 3).astype(dtype)
    X[:, 0] *= 50
    pca = RMTPCA(min(shape)).fit(X)
    C = pca.components_
    np.testing.assert_allclose(C @ C.T, np.eye(len(C)), atol=200 * np.finfo(dtype).eps)
    assert np.isfinite(pca.score_shrinkage_).all()
    if shape[0] <= shape[1]:
        # The mean takes the last direction: nothing shrinks where nothing is.
        assert pca.singular_values_[-1] == 0
        assert pca.score_shrinkage_[-1] == 1


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_no_components_in_frames(output):
    pca = RMTPCA().set_output(transform=output)
    X = np.random.default_rng(0).standard_normal((100, 20))
    with pytest.warns(TheoryWarning, match="No component"):
        scores = pca.fit_transform(X)
    assert scores.shape[1] == 0
    if output != "polars":  # where a frame without columns has no rows either
        np.testing.assert_array_equal(pca.inverse_transform(scores), np.tile(pca.mean_, (100, 1)))


def test_scores_of_another_width():
    pca = RMTPCA(2).fit(np.random.default_rng(0).standard_normal((30, 10)))
    with pytest.raises(ValueError, match=r"X has 3 columns, .* the 2 components"):
        pca.inverse_transform(np.ones((3, 3)))


@pytest.mark.parametrize("power", [-140, -100, -60, 60, 100, 140])
@pytest.mark.parametrize("rule", ["auto", "signflip", "kn", "gavish-donoho", 4])
def test_units_of_any_size(rule, power):
    X = make_spiked_covariance(300, 100, spikes=[16.0, 9.0], random_state=1).data
    one = RMTPCA(rule, random_state=0).fit(X)
    other = RMTPCA(rule, random_state=0).fit(X * 2.0 ** (3 * power))
    assert other.n_components_ == one.n_components_
    assert (other.rank_rule_, other.noise_model_) == (one.rank_rule_, one.noise_model_)
    np.testing.assert_allclose(other.cosines_, one.cosines_, rtol=1e-10)
    unit = 2.0 ** (6 * power)
    np.testing.assert_allclose(other.population_variance_, one.population_variance_ * unit)
    assert other.predicted_denoise_error_ == pytest.approx(one.predicted_denoise_error_ * unit)
    scores = other.fit_transform(X * 2.0 ** (3 * power))
    np.testing.assert_allclose(scores, other.transform(X * 2.0 ** (3 * power)), rtol=1e-8)


@pytest.mark.parametrize("size", [1e-18, 1e-10, 1e10, 1e16])
def test_units_in_single_precision(size):
    X = make_spiked_covariance(300, 100, spikes=[16.0, 9.0], random_state=1).data
    pca = RMTPCA().fit((X * size).astype(np.float32))
    assert pca.n_components_ == 2
    np.testing.assert_allclose(pca.cosines_, RMTPCA().fit(X).cosines_, rtol=1e-3)


def test_numbers_bring_no_warnings():
    X = make_spiked_covariance(300, 100, spikes=[50.0, 30.0, 20.0], random_state=0).data
    assert RMTPCA(0).fit(X).n_components_ == 0
    assert RMTPCA(3, max_components=1).fit(X).n_components_ == 3


def test_large_mean_in_single_precision():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((20000, 5)) * [3, 1, 1, 1, 1]
    X = (Z @ np.linalg.qr(rng.standard_normal((5, 5)))[0] + 1000).astype(np.float32)
    # Rounding of a thousand in 24 bits: 3e-5 for each entry.
    np.testing.assert_allclose(
        RMTPCA(2).fit(X).explained_variance_, RMTPCA(2).fit(Z).explained_variance_, rtol=1e-3
    )


@pytest.mark.parametrize("rule", ["auto", "signflip", "kn", "gavish-donoho"])
@pytest.mark.parametrize("noise", ["auto", "general"])
def test_constant_columns_take_no_part(rule, noise):
    X = make_spiked_covariance(200, 50, spikes=[16.0, 9.0], random_state=1).data
    wide = np.hstack([X, np.ones((200, 450))])
    one, other = (RMTPCA(rule, noise=noise, random_state=0).fit(data) for data in (X, wide))
    assert one.n_components_ == other.n_components_ == 2
    # Flips are other draws for other shapes; the rest is the same.
    for name in ("population_variance_", "cosines_", "score_shrinkage_", "fit_denoise_weights_"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-6)
    assert other.noise_variance_ == pytest.approx(one.noise_variance_)
    assert other.predicted_fit_denoise_error_ * 500 == pytest.approx(
        one.predicted_fit_denoise_error_ * 50
    )


@pytest.mark.parametrize("size", [1e3, 1e6, 1e10])
def test_noise_beside_a_huge_component(size):
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.standard_normal((50, 2)))[0].T
    X = rng.standard_normal((1000, 50)) * np.sqrt(rng.gamma(2, 0.5, 50))
    expected = (X**2).mean()
    X += np.outer(size * rng.standard_normal(1000), axes[0]) + np.outer(
        3 * rng.standard_normal(1000), axes[1]
    )
    pca = RMTPCA(2, noise="general").fit(X)
    # The mean square of 50000 numbers, and of 2 in 50 directions what the axes hold.
    assert pca.noise_variance_ == pytest.approx(expected, rel=0.05)
    assert pca.population_variance_[1] == pytest.approx(9 + expected, rel=0.2)


def test_predicted_errors_are_not_negative():
    X = np.random.default_rng(3).standard_normal((34, 26)) * 10.0 ** np.linspace(-6, 6, 26)
    with pytest.warns(TheoryWarning, match="'kn'"):
        pca = RMTPCA("kn").fit(X)
    assert pca.predicted_denoise_error_ >= 0
    assert pca.predicted_fit_denoise_error_ >= 0


def test_a_number_that_is_the_found_one_changes_nothing():
    X = load_breast_cancer().data
    found = RMTPCA(random_state=0).fit(X)
    given = RMTPCA(found.n_components_, random_state=0).fit(X)
    assert found.rank_rule_ == "signflip"
    assert given.noise_variance_ == pytest.approx(found.noise_variance_, rel=1e-12)
    assert given.score(X) == pytest.approx(found.score(X), rel=1e-12)


def test_pvalues_beside_true_components():
    # Of the first component that is not there: the noise is not mistaken by those that are.
    small = []
    for seed in range(100):
        X = make_spiked_covariance(100, 50, spikes=[100.0, 50.0, 20.0, 10.0], random_state=seed)
        small.append(RMTPCA(5).fit(X.data).pvalues_[4])
    # Binomial bounds of probability .999 for 100 draws at .5 and .05; the spikes repel it, too.
    assert 25 <= np.sum(np.array(small) < 0.5) <= 66
    assert np.sum(np.array(small) < 0.05) <= 13


@pytest.mark.parametrize("shape", [(1500, 400), (400, 300), (3000, 40)], ids=str)
def test_nearly_all_directions_are_components(shape):
    n_spikes = 3 * shape[1] // 4
    sample = make_spiked_covariance(*shape, spikes=np.linspace(500, 20, n_spikes), random_state=0)
    # Too few, as is said; but a number of them, and numbers about each.
    assert 1 <= RMTPCA().fit(sample.data).n_components_ <= n_spikes + 1
    pca = RMTPCA(n_spikes + 5).fit(sample.data)
    assert np.isfinite(pca.population_variance_).all()
    if shape[0] > 3 * shape[1]:
        # "kn" is the rule for it, where samples are enough.
        assert abs(_kritchman_nadler(sample.data) - n_spikes) <= 1


def _kritchman_nadler(X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TheoryWarning)
        return RMTPCA("kn").fit(X).n_components_
