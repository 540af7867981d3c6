# SPDX-License-Identifier: BSD-3-Clause
"""RMTPCA: in the place of PCA, and what it knows beyond it."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt.datasets import make_spiked_covariance
from skrmt.decomposition import RMTPCA
from skrmt.exceptions import TheoryWarning

SHAPES = {"tall": (300, 60), "square": (120, 120), "wide": (60, 300), "large": (700, 650)}
SOLVERS = ("auto", "full", "covariance_eigh", "arpack")


def spiked(shape, spikes, seed, **parameters):
    return make_spiked_covariance(*shape, spikes=spikes, random_state=seed, **parameters)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_same_components_as_pca(shape, solver, dtype):
    X = spiked(SHAPES[shape], [40.0, 20.0, 10.0], 0, dtype=dtype).data + dtype(3)
    ours = RMTPCA(3, svd_solver=solver).fit(X)
    theirs = PCA(3, svd_solver="full").fit(X)
    # Lanczos and Gram matrices in single precision: the eigenvalues are 5 apart and more.
    tolerance = 1e-9 if dtype == np.float64 else 1e-3
    for name in (
        "components_",
        "explained_variance_",
        "explained_variance_ratio_",
        "singular_values_",
        "mean_",
    ):
        value, other = getattr(ours, name), getattr(theirs, name)
        assert value.dtype == dtype
        np.testing.assert_allclose(value, other, rtol=tolerance, atol=tolerance)
    scores = ours.transform(X)
    assert scores.dtype == dtype
    np.testing.assert_allclose(scores, theirs.transform(X), rtol=tolerance, atol=20 * tolerance)
    np.testing.assert_allclose(
        ours.inverse_transform(scores),
        theirs.inverse_transform(theirs.transform(X)),
        rtol=tolerance,
        atol=20 * tolerance,
    )


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("shape", ["tall", "wide"])
def test_fit_transform_is_fit_and_transform(shape, whiten):
    X = spiked(SHAPES[shape], [40.0, 20.0], 1).data
    pca = RMTPCA(whiten=whiten)
    scores = pca.fit_transform(X)
    np.testing.assert_allclose(scores, pca.fit(X).transform(X), rtol=1e-10, atol=1e-10)
    variances = scores.var(axis=0, ddof=1)
    np.testing.assert_allclose(variances, 1 if whiten else pca.explained_variance_, rtol=1e-10)
    np.testing.assert_allclose(
        pca.inverse_transform(scores) - pca.mean_,
        (X - X.mean(axis=0)) @ pca.components_.T @ pca.components_,
        atol=1e-10,
    )


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix])
@pytest.mark.parametrize("solver", ["auto", "arpack", "covariance_eigh"])
@pytest.mark.parametrize("shape", [(400, 100), (100, 400), (900, 700)], ids=str)
def test_sparse_data_are_centred_without_being_dense(shape, solver, container):
    rng = np.random.default_rng(0)
    dense = rng.poisson(np.outer(1 + rng.random(shape[0]), 0.1 + rng.random(shape[1]) / 4))
    dense = dense.astype(float)
    ours = RMTPCA("kn", svd_solver=solver).fit(container(dense))
    theirs = RMTPCA("kn", svd_solver="full").fit(dense)
    assert ours.n_components_ == theirs.n_components_ >= 1
    for name in ("mean_", "explained_variance_", "population_variance_", "cosines_", "pvalues_"):
        # Components so near to the noise are found by Lanczos to fewer digits.
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6)
    np.testing.assert_allclose(
        ours.transform(container(dense)), ours.transform(dense), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(
        ours.denoise(container(dense)), ours.denoise(dense), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(ours.score_samples(container(dense)), ours.score_samples(dense))


@pytest.mark.parametrize("rule", ["auto", "signflip", "kn"])
@pytest.mark.parametrize(
    ("shape", "spikes"), [((300, 100), (4.0, 3.0, 2.0)), ((200, 400), (2000.0, 6.0, 4.0))]
)
def test_finds_the_rank(rule, shape, spikes):
    found = [
        RMTPCA(rule, random_state=seed).fit(spiked(shape, spikes, seed).data).n_components_
        for seed in range(10)
    ]
    # Far from the transition a rule misses none; noise adds a component with probability .05
    # ("auto", "signflip"), so that 3 of 10 have probability .01.
    assert found.count(3) >= 8


@pytest.mark.parametrize("solver", ["auto", "full"])
def test_a_huge_component_hides_none(solver):
    sample = spiked((400, 200), [1e10, 6.0, 4.0], 0)
    pca = RMTPCA(svd_solver=solver).fit(sample.data)
    assert pca.n_components_ == 3
    cosines = np.abs(np.sum(pca.components_ * sample.components, axis=1))
    # n = 400: fluctuations of a squared cosine of some 1 / sqrt(n).
    np.testing.assert_allclose(pca.cosines_, cosines, atol=0.05)
    np.testing.assert_allclose(pca.noise_variance_, 1, atol=0.02)


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.9])
def test_noise_variance_is_unbiased(gamma):
    n = 2000
    X = np.random.default_rng(7).standard_normal((n, int(gamma * n)))
    values = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2 / n
    # The median over the midpoint of the law is biased. (Neighbouring
    # eigenvalues are .006 apart here for 200 of them.)
    assert np.median(values) / (1 + gamma) == pytest.approx(
        {0.1: 0.880, 0.5: 0.554, 0.9: 0.362}[gamma], abs=0.02
    )
    with pytest.warns(TheoryWarning, match="No component stands out"):
        pca = RMTPCA("kn").fit(X)
    # The mean square of n p standard normal numbers.
    assert pca.noise_variance_ == pytest.approx(1, abs=4 * np.sqrt(2 / X.size))
    for rule in ("auto", 3):
        # Here with components: one that noise made takes its share of the noise with it.
        assert RMTPCA(rule, max_components=1).fit(
            spiked((n, int(gamma * n)), [9.0], 8).data
        ).noise_variance_ == pytest.approx(1, abs=4 * np.sqrt(2 / X.size) + 2 / n)


def _seen(n, p, excess, n_draws):
    """Means over draws of (what the fit says, what is seen) for a single spike."""
    rows = []
    for seed in range(n_draws):
        rng = np.random.default_rng(100 + seed)
        axis = np.linalg.qr(rng.standard_normal((p, 1)))[0].T
        signal = np.sqrt(excess) * rng.standard_normal((n, 1)) @ axis
        X = signal + rng.standard_normal((n, p))
        new_signal = np.sqrt(excess) * rng.standard_normal((3000, 1)) @ axis
        new = new_signal + rng.standard_normal((3000, p))
        pca = RMTPCA(1).fit(X)
        scores, new_scores = pca.transform(X)[:, 0], pca.transform(new)[:, 0]
        train_signal = (signal - signal.mean(axis=0)) @ pca.components_[0]
        new_projected = new_signal @ pca.components_[0]
        rows.append(
            [
                [pca.explained_variance_[0], scores.var(ddof=1)],
                [pca.population_variance_[0], 1 + excess],
                [pca.cosines_[0], abs(pca.components_[0] @ axis[0])],
                [pca.score_shrinkage_[0] ** 2, new_scores.var() / scores.var()],
                [pca.fit_denoise_weights_[0], train_signal @ scores / (scores @ scores)],
                [
                    pca.denoise_weights_[0],
                    new_projected @ new_scores / (new_scores @ new_scores),
                ],
                [
                    pca.predicted_fit_denoise_error_,
                    np.mean((pca.fit_denoise(X) - signal) ** 2),
                ],
                [pca.predicted_denoise_error_, np.mean((pca.denoise(new) - new_signal) ** 2)],
            ]
        )
    return np.mean(rows, axis=0)


@pytest.mark.parametrize(
    ("n", "p", "level", "known"),
    [
        (1000, 500, 4.0, {3: 0.735, 4: 0.607, 5: 0.708}),
        (500, 1000, 10.0, {}),
        (500, 1000, 4.0, {3: 0.360, 5: 0.583}),
    ],
)
def test_what_it_says_is_what_is_seen(n, p, level, known):
    said, seen = _seen(n, p, level - 1, 8).T
    # Relative standard error of a spike's sample variance is sqrt(2 / n), that of the mean of 8
    # draws .022; what is compared fluctuates with it by no more than twice as much.
    np.testing.assert_allclose(said, seen, rtol=4 * np.sqrt(2 / (8 * n)) + 5 / n)
    for place, value in known.items():
        assert said[place] == pytest.approx(value, abs=0.03)
    # The two weights and the two errors are different numbers.
    assert said[4] < 0.9 * said[5]


def test_weights_of_training_data_are_wrong_for_new_samples():
    sample = spiked((300, 600), [9.0, 6.0], 3)
    pca = RMTPCA().fit(sample.data)
    rng = np.random.default_rng(0)
    signal = (rng.standard_normal((5000, 2)) * [3.0, np.sqrt(6)]) @ sample.components
    new = signal + rng.standard_normal(signal.shape)
    wrong = pca.transform(new) * pca.fit_denoise_weights_ @ pca.components_ + pca.mean_

    def error(estimate):
        return np.mean(np.sum((estimate - signal) ** 2, axis=1))

    best = pca.denoise(new)
    # The mean's error is in both.
    assert error(best) < error(wrong)
    for factor in (0.9, 1.1):
        scaled = pca.mean_ + factor * (best - pca.mean_)
        assert error(best) < error(scaled)


@pytest.mark.parametrize(
    ("shape", "loss", "unit"), [((300, 300), 6.55, 300), ((200, 600), 4.475, 600)]
)
def test_denoising_loss(shape, loss, unit):
    n, p = shape
    seen, truncated = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        U = np.linalg.qr(rng.standard_normal((n, 4)))[0]
        V = np.linalg.qr(rng.standard_normal((p, 4)))[0]
        signal = np.sqrt(unit) * (U * [1.2, 1.5, 2.0, 4.0]) @ V.T
        X = signal + rng.standard_normal(shape)
        pca = RMTPCA(4)
        seen.append(np.sum((pca.fit_denoise(X) - signal) ** 2) / unit)
        W, s, Vt = np.linalg.svd(X, full_matrices=False)
        truncated.append(np.sum(((W[:, :4] * s[:4]) @ Vt[:4] - signal) ** 2) / unit)
    # The noise of the mean adds p / unit; each loss scatters by some 5 %.
    assert np.mean(seen) == pytest.approx(loss + p / unit, rel=0.08)
    assert np.mean(seen) - p / unit < 0.75 * np.mean(truncated)


def test_columns_of_unequal_variance():
    n, p, excess = 400, 200, [9.0, 6.0]
    said, seen, white = [], [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        scale = np.sqrt(rng.gamma(2, 0.5, p))
        axes = np.linalg.qr(rng.standard_normal((p, 2)))[0].T
        X = (
            rng.standard_normal((n, p)) * scale
            + (rng.standard_normal((n, 2)) * np.sqrt(excess)) @ axes
        )
        signal = (rng.standard_normal((2000, 2)) * np.sqrt(excess)) @ axes
        new = signal + rng.standard_normal(signal.shape) * scale
        pca = RMTPCA().fit(X)
        assert pca.n_components_ == 2
        assert pca.noise_model_ == "general"
        cosines = np.abs(np.sum(pca.components_ * axes, axis=1))
        ratio = pca.transform(new).var(axis=0) / pca.explained_variance_
        error = np.mean((pca.denoise(new) - signal) ** 2)
        said.append([*pca.cosines_, *pca.score_shrinkage_**2, pca.predicted_denoise_error_])
        seen.append([*cosines, *ratio, error])
        white.append(RMTPCA(2, noise="white").fit(X).cosines_)
    said, seen = np.mean(said, axis=0), np.mean(seen, axis=0)
    np.testing.assert_allclose(said, seen, rtol=4 * np.sqrt(2 / (12 * n)) + 5 / p)
    # The formulas of white noise say too much of the second axis.
    assert np.mean(white, axis=0)[1] > seen[1] + 0.02


def test_the_model_of_the_noise_does_not_matter_where_it_is_white():
    X = spiked((600, 300), [9.0, 4.0], 5).data
    white, general = (RMTPCA(noise=noise).fit(X) for noise in ("white", "general"))
    assert (white.noise_model_, general.noise_model_) == ("white", "general")
    for name in ("population_variance_", "cosines_", "score_shrinkage_", "fit_denoise_weights_"):
        # The law of 300 eigenvalues against the eigenvalues themselves.
        np.testing.assert_allclose(getattr(white, name), getattr(general, name), rtol=0.03)
    assert RMTPCA().fit(X).noise_model_ == "white"


def test_components_that_cannot_be_told_from_noise():
    X = spiked((300, 200), [8.0], 2).data
    pca = RMTPCA(4).fit(X)
    assert pca.rank_rule_ == "given"
    np.testing.assert_array_equal(pca.cosines_[1:], 0)
    np.testing.assert_array_equal(pca.denoise_weights_[1:], 0)
    np.testing.assert_array_equal(pca.fit_denoise_weights_[1:], 0)
    np.testing.assert_allclose(pca.population_variance_[1:], pca.noise_variance_)
    assert (pca.pvalues_[1:] > 1e-3).all()
    assert pca.pvalues_[0] < 1e-10
    # Asking for more changes nothing of what is said about the first, nor of the noise.
    alone = RMTPCA().fit(X)
    assert alone.n_components_ == 1
    assert alone.noise_variance_ == pytest.approx(pca.noise_variance_, rel=1e-12)
    assert alone.cosines_[0] == pytest.approx(pca.cosines_[0], rel=1e-12)


def test_covariance_precision_and_likelihood():
    sample = spiked((200, 40), [9.0, 5.0], 0)
    pca = RMTPCA().fit(sample.data)
    covariance = pca.get_covariance()
    np.testing.assert_allclose(pca.get_precision() @ covariance, np.eye(40), atol=1e-12)
    law = multivariate_normal(pca.mean_, covariance)
    new = spiked((30, 40), [9.0, 5.0], 1).data
    np.testing.assert_allclose(pca.score_samples(new), law.logpdf(new), rtol=1e-10)
    assert pca.score(new) == pytest.approx(law.logpdf(new).mean())


def test_held_out_likelihood_is_better_than_that_of_sample_variances():
    gains = []
    for seed in range(10):
        data = spiked((600, 150), [9.0, 6.0, 3.0], seed).data
        train, test = data[:200], data[200:]
        ours = RMTPCA().fit(train)
        gains.append(ours.score(test) - PCA(3, svd_solver="full").fit(train).score(test))
    assert np.mean(gains) > 3 * np.std(gains) / np.sqrt(len(gains))


@pytest.mark.parametrize("rule", ["auto", "signflip", "kn", "gavish-donoho"])
def test_scale_shift_rotation_and_order_do_not_matter(rule):
    X = spiked((150, 80), [12.0, 8.0], 4).data
    rng = np.random.default_rng(1)
    pca = RMTPCA(rule, random_state=0).fit(X)

    def compare(other, factor=1.0, rtol=1e-8):
        assert other.n_components_ == pca.n_components_
        for name, power in (
            ("explained_variance_", 2),
            ("population_variance_", 2),
            ("cosines_", 0),
            ("score_shrinkage_", 0),
            ("denoise_weights_", 0),
            ("fit_denoise_weights_", 0),
        ):
            expected = getattr(pca, name) * factor**power
            np.testing.assert_allclose(getattr(other, name), expected, rtol=rtol)

    compare(RMTPCA(rule, random_state=0).fit(1e-6 * X), 1e-6)
    compare(RMTPCA(rule, random_state=0).fit(1e6 * X), 1e6)
    compare(RMTPCA(rule, random_state=0).fit(X + rng.standard_normal(80) * 1e5), rtol=1e-6)
    if rule in ("kn", "gavish-donoho"):
        compare(RMTPCA(rule).fit(X[rng.permutation(150)]))
        Q = np.linalg.qr(rng.standard_normal((80, 80)))[0]
        compare(RMTPCA(rule).fit(X @ Q))


def test_random_state_decides_the_flips():
    X = spiked((150, 80), [12.0, 8.0], 4).data
    first, again, other = (RMTPCA("signflip", random_state=seed).fit(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.pvalues_, again.pvalues_)
    assert first.pvalues_[1] != other.pvalues_[1]


def test_in_a_pipeline_and_a_grid_search():
    X, y = load_digits(return_X_y=True)
    X, y = X[::4], y[::4]
    pipeline = make_pipeline(
        StandardScaler(), RMTPCA(random_state=0), LogisticRegression(max_iter=1000)
    )
    search = GridSearchCV(
        pipeline, {"rmtpca__n_components": [1, "auto", "gavish-donoho"]}, cv=3, error_score="raise"
    ).fit(X, y)
    one, auto, _ = search.cv_results_["mean_test_score"]
    # Ten classes: one component cannot tell more than a few of them.
    assert auto > 1.5 * one


def test_data_frames_in_and_out():
    X = pd.DataFrame(spiked((100, 4), [30.0], 0).data, columns=list("abcd"))
    pca = RMTPCA(2).set_output(transform="pandas").fit(X)
    out = pca.transform(X)
    assert list(out.columns) == ["rmtpca0", "rmtpca1"]
    assert list(pca.feature_names_in_) == list("abcd")
