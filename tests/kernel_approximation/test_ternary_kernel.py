# SPDX-License-Identifier: BSD-3-Clause
"""What TernaryRandomFeatures promises about its kernel, against simulation."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import normalize

from skrmt.datasets import make_high_dimensional_mixture
from skrmt.kernel_approximation import TernaryRandomFeatures, ternary_gram
from skrmt.theory import (
    TernaryActivation,
    equivalent_kernel,
    kernel_standard_error,
    phase_kernel,
    phase_standard_error,
)

PROJECTIONS = ("sparse", "hadamard", "gaussian")


def estimated_kernel(X, n_components, seed=0, **parameters):
    features = TernaryRandomFeatures(
        n_components, dtype="packed", random_state=seed, **parameters
    ).fit(X)
    gram = ternary_gram(features.transform(X), n_components=n_components)
    return features.scale_**2 / n_components * gram, features


def centred(K):
    K = K - K.mean(axis=0)
    return K - K.mean(axis=1, keepdims=True)


def off_diagonal(K):
    return K[~np.eye(len(K), dtype=bool)]


def spectral_error(K, K_limit):
    """Spectral norm of the centred difference, relative to the centred limit."""
    return np.linalg.norm(centred(K - K_limit), 2) / np.linalg.norm(centred(K_limit), 2)


# ---- phase ---------------------------------------------------------------------------------------

# A product of two levels is at most 1 in size, so an entry has a standard error below this.
PHASE_ERROR = np.pi**2 / 6


@pytest.mark.parametrize("p", [1, 3, 40])
def test_phase_with_normal_weights_follows_its_series_for_any_number_of_inputs(p):
    X = np.random.default_rng(p).standard_normal((8, p))
    K, features = estimated_kernel(X, 40_000, gamma=0.7 / p, projection="gaussian")
    exact = phase_kernel(np.sum((X[:, None] - X) ** 2, axis=-1), features.gamma_)
    assert np.abs(K - exact).max() < 5 * PHASE_ERROR / np.sqrt(40_000)


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_default_output_is_a_drop_in_for_the_rbf_sampler(projection):
    # 32 signs of 256 make a projection normal up to an excess kurtosis of -2/32; its effect on a
    # kernel value is below 1/24 of that times the largest fourth derivative, 3: .008.
    X = np.random.default_rng(0).standard_normal((40, 256))
    features = TernaryRandomFeatures(2**15, gamma=1 / 512, projection=projection, random_state=0)
    Z = features.fit_transform(X)
    error = Z @ Z.T - rbf_kernel(X, gamma=1 / 512)
    assert np.abs(off_diagonal(error)).max() < 5 * PHASE_ERROR / 2**7.5 + 0.008
    np.testing.assert_allclose(np.diag(error), np.pi**2 / 9 - 1, atol=5 * PHASE_ERROR / 2**7.5)


@pytest.mark.parametrize("p", [1, 2, 16])
def test_default_kernel_of_few_inputs_is_right_at_any_distance(p):
    # a lattice of weights would bring far rows back together
    X = np.random.default_rng(0).uniform(0, 30 / np.sqrt(p), (60, p))
    X[:30] = 0.0
    X[:30, 0] = np.linspace(0, 60, 30)  # rows that differ in one input
    K, _ = estimated_kernel(X, 2**14, gamma=0.5)
    exact = phase_kernel(np.sum((X[:, None] - X) ** 2, axis=-1), 0.5)
    assert np.abs(K - exact).max() < 6 * PHASE_ERROR / 2**7


@pytest.mark.parametrize("kind", ["text", "one-hot"])
def test_default_kernel_of_rows_with_few_non_zeros(kind):
    rng = np.random.default_rng(0)
    if kind == "text":
        X = random_array((200, 2000), density=0.005, rng=rng, format="csr")
        X = normalize(X)
    else:
        X = csr_array(np.eye(30)[rng.integers(0, 30, (200, 8))].reshape(200, -1))
    K, features = estimated_kernel(X, 2**13, gamma=1.0)
    assert features.projection_ == "hadamard"
    error = off_diagonal(K - rbf_kernel(X, gamma=1.0))
    # six standard errors, and phase terms below .001 plus 25th powers of K < .9
    assert np.abs(error).max() < 6 * PHASE_ERROR / 2**6.5 + 0.004


# ---- threshold: the limiting kernel --------------------------------------------------------------

# Relative spectral error against the limit at n = 512, p = 256, N = 32768: the range seen over
# three seeds in an independent experiment with independent rows, plus a quarter. It is made of
# the noise of N features and of the distance of p = 256 to the limit.
LIMIT_CASES = [
    ("mixed", "gaussian", "auto", 1.25 * 0.052, 1.25 * 0.051),
    ("mixed", "hadamard", "auto", 1.25 * 0.052, 1.25 * 0.051),
    ("mixed", "sparse", 1 / 3, 1.25 * 0.052, 1.25 * 0.050),
    ("orthogonal", "sparse", 1 / 3, 1.25 * 0.107, 1.25 * 0.103),
    ("orthogonal", "sparse", 0.1, 1.25 * 0.109, 1.25 * 0.099),
    ("orthogonal", "sparse", 0.03, 1.25 * 0.132, 1.25 * 0.124),
]


@pytest.mark.slow
@pytest.mark.parametrize(("case", "projection", "n_nonzero", "rbf", "relu"), LIMIT_CASES)
def test_threshold_features_follow_the_limiting_kernel(case, projection, n_nonzero, rbf, relu):
    X, _ = make_high_dimensional_mixture(512, 256, case=case, random_state=0)
    for kernel, tolerance in [("rbf", rbf), ("relu", relu)]:
        K, features = estimated_kernel(
            X / np.sqrt(256),
            2**15,
            kernel=kernel,
            activation="threshold",
            projection=projection,
            n_nonzero=n_nonzero,
        )
        assert features.target_moments_.ratio == pytest.approx(
            1.0 if kernel == "rbf" else np.sqrt(2 / np.pi), rel=1e-9
        )
        limit = equivalent_kernel(
            X / np.sqrt(256),
            features.ternary_moments_,
            weight_kurtosis=features.weights_.weight_kurtosis,
            weight_comoment=features.weights_.weight_comoment,
        )
        assert spectral_error(K, limit) < tolerance


@pytest.mark.slow
def test_very_sparse_weights_need_the_fourth_moment_term():
    X, _ = make_high_dimensional_mixture(512, 256, case="orthogonal", random_state=0)
    K, features = estimated_kernel(X, 2**15, activation="threshold", n_nonzero=8)
    without = equivalent_kernel(X, features.ternary_moments_)
    with_term = equivalent_kernel(
        X,
        features.ternary_moments_,
        weight_kurtosis=features.weights_.weight_kurtosis,
        weight_comoment=features.weights_.weight_comoment,
    )
    # The limit without the term is off by the fourth-moment part, several times the noise.
    assert spectral_error(K, without) > 0.7
    assert spectral_error(K, with_term) < 1.25 * 0.132


@pytest.mark.parametrize(
    ("kernel", "kernel_params"),
    [
        ("rbf", None),
        ("exponential", None),
        ("matern32", None),
        ("rational_quadratic", {"alpha": 2.0}),
        ("polynomial", {"degree": 2}),
        ("relu", None),
        ("leaky_relu", {"negative_slope": 0.3}),
        ("abs", None),
        ("sign", None),
        ("cos", None),
        ("erf", None),
        (np.arctan, None),
    ],
    ids=str,
)
def test_linear_and_quadratic_moments_match_the_target(kernel, kernel_params):
    X = np.random.default_rng(0).standard_normal((50, 64)) / 8
    features = TernaryRandomFeatures(
        32, kernel=kernel, kernel_params=kernel_params, activation="threshold", random_state=0
    ).fit(X)
    target, ternary = features.target_moments_, features.ternary_moments_
    assert ternary.d1 == pytest.approx(target.d1, rel=1e-9, abs=1e-12)
    assert ternary.d2 == pytest.approx(target.d2, rel=1e-9, abs=1e-12)
    assert features.ridge_shift_ == pytest.approx(ternary.variance - target.variance, abs=1e-15)


@pytest.mark.parametrize("projection", PROJECTIONS)
@pytest.mark.parametrize("activation", ["threshold", "phase"])
def test_average_variance_of_a_feature_is_the_predicted_one(activation, projection):
    X = np.random.default_rng(0).standard_normal((400, 128))
    K, features = estimated_kernel(X, 2**14, activation=activation, projection=projection)
    # The mean of the centred diagonal estimates V; rows of norm tau (1 +- sqrt(2/p)) curve it by
    # O(1/p), N features in blocks of 128 leave less than sqrt(2 / (N / 128)) / 20 of noise.
    variance = np.diag(centred(K)).mean() / (1 - 1 / 400)
    assert variance == pytest.approx(features.ternary_moments_.variance, rel=0.02)


@pytest.mark.parametrize("kernel", ["rbf", "relu", "abs", "exponential"])
def test_mean_of_the_features_is_that_of_the_ternary_function(kernel):
    X = np.random.default_rng(0).standard_normal((200, 256)) / 16
    features = TernaryRandomFeatures(
        2**13, kernel=kernel, activation="threshold", random_state=0
    ).fit(X)
    lower, upper = np.array(features.thresholds_) / np.sqrt(features.tau_)
    ternary = TernaryActivation(features.family_, lower, upper, features.scale_)
    mean = features.transform(X).mean() * np.sqrt(2**13)
    # Rows of squared norm tau (1 +- sqrt(2 / 256)) bend it by 1 / 256; 2^13 features, each of
    # deviation sqrt(V) over rows that are nearly orthogonal, leave sqrt(V / (2^13 x 200)).
    deviation = np.sqrt(features.ternary_moments_.variance)
    assert mean == pytest.approx(ternary.mean, abs=deviation * (5 / np.sqrt(2**13 * 200) + 2 / 256))


def test_predicted_standard_error_is_that_of_the_theory():
    X = np.random.default_rng(0).standard_normal((60, 400))
    phase = TernaryRandomFeatures(256, random_state=0).fit(X)
    assert phase.predicted_standard_error_ == phase_standard_error(phase.tau_, phase.gamma_, 256)
    threshold = TernaryRandomFeatures(256, kernel="relu", random_state=0).fit(X)
    expected = kernel_standard_error(threshold.ternary_moments_, 256)
    assert threshold.predicted_standard_error_ == expected


@pytest.mark.parametrize("activation", ["threshold", "phase"])
def test_predicted_standard_error(activation):
    X = np.random.default_rng(0).standard_normal((60, 400))

    def spread(projection, n_nonzero="auto"):
        draws = []
        for seed in range(40):
            K, features = estimated_kernel(
                X,
                256,
                seed,
                activation=activation,
                projection=projection,
                n_nonzero=n_nonzero,
            )
            draws.append(off_diagonal(centred(K)))
        return np.sqrt(np.var(draws, axis=0, ddof=1).mean()), features.predicted_standard_error_

    # 40 draws x 1770 entries, of which about 59 x 40 are independent: 1 / sqrt(2 x 2360) = 1.5 %;
    # entries of rows that are not exactly orthogonal, and centring with 60 rows: 1/60.
    observed, predicted = spread("gaussian")
    assert observed == pytest.approx(predicted, rel=3 * 0.015 + 1 / 60)
    for projection in ("sparse", "hadamard"):
        observed, predicted = spread(projection)
        assert observed < predicted
    for n_nonzero in (17, 65):  # padded blocks: rows cannot be orthogonal, a tenth more
        observed, predicted = spread("sparse", n_nonzero)
        assert observed < 1.1 * (1 + 3 * 0.015) * predicted


@pytest.mark.parametrize("projection", PROJECTIONS)
@pytest.mark.parametrize("kernel", ["rbf", "exponential", "relu"])
def test_features_are_the_target_plus_the_ridge_shift_on_the_diagonal(kernel, projection):
    X, _ = make_high_dimensional_mixture(512, 256, case="mixed", random_state=1)
    X /= 16
    K, features = estimated_kernel(
        X, 2**14, kernel=kernel, activation="threshold", projection=projection
    )
    target = features.target_moments_
    limit = equivalent_kernel(X, target, weight_kurtosis=features.weights_.weight_kurtosis)
    shift = np.diag(centred(K)).mean() - np.diag(centred(limit)).mean()
    # relative to V: 1/p = .004 from the spread of the norms, .01 from 2^14 features in blocks
    assert shift == pytest.approx(features.ridge_shift_, abs=0.02 * target.variance)
    assert abs(features.ridge_shift_) > 0.04 * target.variance


def test_sparse_blocks_are_less_noisy_than_independent_rows_predict_on_real_images():
    from sklearn.datasets import load_digits

    X = load_digits().data[:200]
    exact = centred(rbf_kernel(X, gamma=1 / (2 * X.var(axis=0).sum())))

    def error(projection):
        squares = []
        for seed in range(6):
            K, _ = estimated_kernel(X, 2048, seed, projection=projection)
            squares.append(np.mean(off_diagonal(centred(K) - exact) ** 2))
        return np.sqrt(np.mean(squares))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gaussian, hadamard, sparse = error("gaussian"), error("hadamard"), error("sparse")
    assert hadamard < 0.95 * gaussian
    assert sparse < 1.05 * gaussian
