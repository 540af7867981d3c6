# SPDX-License-Identifier: BSD-3-Clause
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import toeplitz
from scipy.stats import ortho_group

from skrmt.theory import (
    ACTIVATIONS,
    KERNELS,
    KernelMoments,
    activation_moments,
    equivalent_kernel,
    kernel_moments,
    kernel_standard_error,
    matched_share,
    ridge_shift,
    solve_ternary,
    sparse_weight_comoment,
    sparse_weight_kurtosis,
)

# --- small and exact: every weight vector of a law, with its probability


def fixed_k_weights(p, k):
    rows = []
    for support in itertools.combinations(range(p), k):
        for signs in itertools.product((-1, 1), repeat=k):
            row = np.zeros(p)
            row[list(support)] = np.array(signs) * math.sqrt(p / k)
            rows.append(row)
    return np.array(rows), np.full(len(rows), 1 / len(rows))


def independent_weights(p, eps):
    rows = np.array(list(itertools.product((-1, 0, 1), repeat=p)), dtype=float)
    n_nonzero = np.abs(rows).sum(axis=1)
    probabilities = ((1 - eps) / 2) ** n_nonzero * eps ** (p - n_nonzero)
    return rows / math.sqrt(1 - eps), probabilities


LAWS = [
    (*fixed_k_weights(5, 1), 5.0, 0.0),
    (*fixed_k_weights(5, 2), 2.5, 0.625),
    (*fixed_k_weights(5, 5), 1.0, 1.0),
    (*independent_weights(4, 2 / 3), 3.0, 1.0),
    (*independent_weights(4, 0.9), 10.0, 1.0),
]


@pytest.mark.parametrize(("W", "probabilities", "kurtosis", "comoment"), LAWS)
def test_quadratic_features_are_exact_for_every_law_of_the_weights(
    W, probabilities, kurtosis, comoment
):
    # For s(t) = c1 t + c2 (t^2 - tau) the equivalent is no limit but an identity, off the diagonal.
    tau, c1, c2 = 1.3, 0.7, -0.4
    X = np.random.default_rng(0).standard_normal((6, W.shape[1]))
    T = X @ W.T
    Z = c1 * T + c2 * (T**2 - tau)
    exact = (Z * probabilities) @ Z.T
    moments = activation_moments("cubic", tau, coefficients=(-c2 * tau, c1, c2))
    found = equivalent_kernel(
        X, moments, weight_kurtosis=kurtosis, weight_comoment=comoment, mean=np.zeros(X.shape[1])
    )
    off_diagonal = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(found[off_diagonal], exact[off_diagonal], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("p", "k"), [(5, 1), (5, 2), (6, 4), (4, 4), (1, 1)])
def test_moments_of_sparse_weights_are_those_of_all_of_them(p, k):
    W, probabilities = fixed_k_weights(p, k)
    assert probabilities @ W[:, 0] ** 2 == pytest.approx(1)
    assert probabilities @ W[:, 0] ** 4 == pytest.approx(sparse_weight_kurtosis(p, k))
    if p > 1:
        comoment = probabilities @ (W[:, 0] * W[:, 1]) ** 2
        assert comoment == pytest.approx(sparse_weight_comoment(p, k))
    else:
        assert sparse_weight_comoment(p, k) == 1


def test_diagonal_and_mean():
    X = np.random.default_rng(1).standard_normal((5, 3)) + 2
    moments = KernelMoments(tau=3.0, m1=0.5, m2=0.2, variance=2.0)
    found = equivalent_kernel(X, moments)
    norms = ((X - X.mean(axis=0)) ** 2).sum(axis=1)
    np.testing.assert_allclose(np.diag(found), 0.25 * norms + 1.25)
    np.testing.assert_allclose(equivalent_kernel(X + 7, moments), found)
    np.testing.assert_allclose(equivalent_kernel(X, moments, mean=X.mean(axis=0)), found)
    np.testing.assert_array_equal(found, found.T)


@pytest.mark.parametrize(
    ("X", "keywords", "message"),
    [
        (np.ones(3), {}, r"X must be a matrix of finite numbers, got shape \(3,\)"),
        (np.full((2, 2), np.nan), {}, "X must be a matrix of finite numbers"),
        (np.eye(3), {"mean": np.zeros(2)}, r"mean must be finite numbers of shape \(3,\)"),
        (np.eye(3), {"weight_kurtosis": 0.9}, "weight_kurtosis must be finite and at least 1"),
        (np.eye(3), {"weight_kurtosis": math.inf}, "weight_kurtosis must be finite and at least"),
        (np.eye(3), {"weight_comoment": -0.1}, "weight_comoment must be between 0 and .* got -0.1"),
        (np.eye(3), {"weight_comoment": 3.1}, "weight_comoment must be between 0 and .* got 3.1"),
    ],
)
def test_bad_input_is_named(X, keywords, message):
    with pytest.raises(ValueError, match=message):
        equivalent_kernel(X, kernel_moments("rbf", 1.0), **keywords)


@pytest.mark.parametrize("n_nonzero", [0, -1, 11])
def test_number_of_nonzero_weights_must_be_possible(n_nonzero):
    for function in (sparse_weight_kurtosis, sparse_weight_comoment):
        with pytest.raises(ValueError, match="n_nonzero must be between 1 and n_features=10, got"):
            function(10, n_nonzero)


def test_ridge_shift_is_the_difference_of_the_variances():
    relu, sign = activation_moments("relu", 2.0), activation_moments("sign", 2.0)
    assert ridge_shift(relu, sign) == pytest.approx(1 - 2 * (0.5 - 0.5 / math.pi))
    assert ridge_shift(sign, relu) == -ridge_shift(relu, sign)
    with pytest.raises(ValueError, match=r"must be at the same tau, got 2\.0 and 1\.0"):
        ridge_shift(relu, activation_moments("relu", 1.0))


# --- large: Gaussian mixtures of two classes, tau = 1


def mixture(kind, rng, n=512, p=256):
    half = n // 2
    X = rng.standard_normal((n, p))
    if kind == "mixed":
        # Classes apart in mean and in covariance.
        covariance = (1 + 4 / math.sqrt(p)) * toeplitz(0.4 ** np.arange(p))
        X[half:] = X[half:] @ np.linalg.cholesky(covariance).T
        X[:half, 0] += 4
        X[half:, 1] += 4
    else:
        # Same mean, same trace; variances 4 and 1 on opposite halves of the coordinates.
        deviations = np.repeat([2.0, 1.0], p // 2)
        X[:half] *= deviations
        X[half:] *= deviations[::-1]
    X -= X.mean(axis=0)
    return X / math.sqrt((X**2).sum(axis=1).mean())


def exact_kernel(name, X):
    gram = X @ X.T
    norms = np.diag(gram)
    if name == "rbf":  # gamma = 1 / (2 tau)
        return np.exp(-(norms[:, None] + norms - 2 * gram) / 2)
    lengths = np.sqrt(np.outer(norms, norms))
    cosines = np.clip(gram / lengths, -1, 1)
    angles = np.arccos(cosines)
    return lengths * (np.sin(angles) + (np.pi - angles) * cosines) / (2 * np.pi)


def draw_weights(law, n_rows, p, rng):
    if law == "gaussian":
        return rng.standard_normal((n_rows, p), dtype=np.float32)
    signs = rng.choice(np.array([-1, 1], dtype=np.float32), (n_rows, p))
    uniform = rng.random((n_rows, p), dtype=np.float32)
    kind, value = law
    if kind == "independent":
        return signs * (uniform > value) * np.float32(1 / math.sqrt(1 - value))
    kept = uniform <= np.partition(uniform, value - 1, axis=1)[:, value - 1 : value]
    return signs * kept * np.float32(math.sqrt(p / value))


def law_moments(law, p):
    if law == "gaussian":
        return {"weight_kurtosis": 3.0}
    kind, value = law
    if kind == "independent":
        return {"weight_kurtosis": sparse_weight_kurtosis(p, (1 - value) * p)}
    return {
        "weight_kurtosis": sparse_weight_kurtosis(p, value),
        "weight_comoment": sparse_weight_comoment(p, value),
    }


def ternary_kernel(X, activation, law, n_features, rng):
    X = X.astype(np.float32)
    kernel = np.zeros((len(X), len(X)))
    for start in range(0, n_features, 4096):
        n_rows = min(4096, n_features - start)
        projections = X @ draw_weights(law, n_rows, X.shape[1], rng).T
        Z = activation(projections, 1.0).astype(np.float32)
        kernel += Z @ Z.T
    return kernel / n_features


def centred(K):
    return K - K.mean(axis=0) - K.mean(axis=1)[:, None] + K.mean()


def spectral_norm(K):
    return np.abs(np.linalg.eigvalsh(K)).max()


def relative_error(K, reference):
    reference = centred(reference)
    return spectral_norm(centred(K) - reference) / spectral_norm(reference)


@pytest.mark.parametrize(
    ("name", "kind", "error"),
    [("rbf", "mixed", 0.054), ("relu", "mixed", 0.013), ("relu", "orthogonal", 0.023)],
)
def test_exact_kernels_are_close_to_their_equivalent(name, kind, error):
    # Reference errors of this size from independent runs, with a margin of a quarter for the draw.
    X = mixture(kind, np.random.default_rng(0))
    K = equivalent_kernel(X, kernel_moments(name, 1.0))
    assert relative_error(K, exact_kernel(name, X)) < 1.25 * error


@pytest.mark.parametrize("name", ["rbf", "relu"])
def test_error_of_the_equivalent_vanishes_as_the_dimension_grows(name):
    # O(p^-1/2) at constant n / p: eight times the dimension divides the error by 2.83. The mean of
    # four draws of the small mixture varies by a few percent.
    errors = {}
    for p, n_draws in ((64, 4), (512, 1)):
        drawn = []
        for seed in range(n_draws):
            X = mixture("mixed", np.random.default_rng(seed), n=2 * p, p=p)
            K = equivalent_kernel(X, kernel_moments(name, 1.0))
            drawn.append(relative_error(K, exact_kernel(name, X)))
        errors[p] = np.mean(drawn)
    assert 1 / 3.6 < errors[512] / errors[64] < 1 / 2.2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "law", "errors"),
    # Errors to the exact kernel (rbf, relu) and to the equivalent one (rbf, relu), 32768 features:
    # the largest of independent runs. Asserted with a margin of a quarter for the draw.
    [
        ("mixed", "gaussian", (0.073, 0.050, 0.052, 0.051)),
        ("mixed", ("independent", 2 / 3), (0.076, 0.049, 0.052, 0.050)),
        ("orthogonal", ("independent", 2 / 3), (0.136, 0.103, 0.107, 0.103)),
        ("orthogonal", ("fixed", 26), (0.220, 0.151, 0.109, 0.099)),
        ("orthogonal", ("fixed", 8), (None, None, 0.100, 0.106)),
        ("orthogonal", ("independent", 0.97), (None, None, 0.132, 0.124)),
    ],
)
def test_ternary_features_have_the_kernel_that_the_theory_says(kind, law, errors):
    rng = np.random.default_rng(0)
    X = mixture(kind, rng)
    for i, name in enumerate(("rbf", "relu")):
        target = kernel_moments(name, 1.0)
        activation = solve_ternary(target)
        K = ternary_kernel(X, activation, law, 32768, rng)
        K -= ridge_shift(target, activation.moments(1.0)) * np.eye(len(X))
        equivalent = equivalent_kernel(X, target, **law_moments(law, X.shape[1]))
        assert relative_error(K, equivalent) < 1.25 * errors[2 + i]
        if errors[i] is not None:
            assert relative_error(K, exact_kernel(name, X)) < 1.25 * errors[i]
        else:
            # Very sparse weights: without the fourth moment the law fails, and by how much.
            without = relative_error(K, equivalent_kernel(X, target))
            assert without > 4 * relative_error(K, equivalent)
            assert 0.5 < without < 0.95


@pytest.mark.slow
def test_ternary_features_find_the_leading_direction_of_the_exact_kernel():
    rng = np.random.default_rng(0)
    X = mixture("mixed", rng, n=1024, p=512)
    activation = solve_ternary(kernel_moments("rbf", 1.0))
    K = ternary_kernel(X, activation, "gaussian", 65536, rng)
    exact = np.linalg.eigh(centred(exact_kernel("rbf", X)))[1][:, -1]
    found = np.linalg.eigh(centred(K))[1][:, -1]
    assert abs(exact @ found) > 0.997


@pytest.mark.slow
def test_fourth_moment_is_invisible_after_a_rotation():
    rng = np.random.default_rng(4)
    X = mixture("orthogonal", rng)
    X = X @ ortho_group.rvs(X.shape[1], random_state=rng)
    target = kernel_moments("rbf", 1.0)
    activation = solve_ternary(target)
    K = ternary_kernel(X, activation, ("independent", 0.97), 32768, rng)
    K -= ridge_shift(target, activation.moments(1.0)) * np.eye(len(X))
    with_kurtosis = equivalent_kernel(X, target, weight_kurtosis=1 / 0.03)
    assert relative_error(with_kurtosis, equivalent_kernel(X, target)) < 0.1
    assert relative_error(K, equivalent_kernel(X, target)) < 1.25 * 0.136


def test_standard_error_of_an_entry():
    # Deviations of the entries of independent small kernels from their mean, over 2016 pairs of
    # points: 64 x 2016 / 2 values, and corrections of order p^-1/2 through the inner products.
    rng = np.random.default_rng(5)
    X = rng.standard_normal((64, 400)) / 20
    target = kernel_moments("rbf", 1.0)
    activation = solve_ternary(target)
    n_features, kernels = 512, []
    for _ in range(32):
        W = draw_weights("gaussian", n_features, 400, rng)
        Z = activation(X @ W.T, 1.0) - activation.mean
        kernels.append((Z @ Z.T / n_features)[np.triu_indices(64, 1)])
    observed = math.sqrt(np.var(kernels, axis=0, ddof=1).mean())
    predicted = kernel_standard_error(activation.moments(1.0), n_features)
    assert observed == pytest.approx(predicted, rel=0.03)


@given(
    tau=st.floats(1e-3, 1e3),
    coefficients=st.lists(st.floats(-2, 2), min_size=3, max_size=3).filter(
        lambda c: abs(c[1]) + abs(c[2]) > 1e-6
    ),
)
def test_linear_and_quadratic_activations_are_matched_in_full(tau, coefficients):
    moments = activation_moments("cubic", tau, coefficients=coefficients)
    assert matched_share(moments) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("tau", [1e-4, 0.3, 1.0, 50.0])
def test_known_shares(tau):
    assert matched_share(activation_moments("sign", tau)) == pytest.approx(2 / math.pi, rel=1e-13)
    # relu: parts tau / 4 and tau / (4 pi) of the variance tau (1 - 1 / pi) / 2.
    expected = (math.pi + 1) / (2 * (math.pi - 1))
    assert matched_share(activation_moments("relu", tau)) == pytest.approx(expected, rel=1e-13)
    # The third Hermite polynomial has neither part.
    hermite = activation_moments("cubic", tau, coefficients=(0.0, -3 * tau, 0.0, 1.0))
    assert matched_share(hermite) < 1e-28


@given(name=st.sampled_from([*ACTIVATIONS, *KERNELS]), tau=st.floats(1e-6, 1e3))
def test_share_is_between_zero_and_one(name, tau):
    gamma = {"gamma": 0.7} if name in KERNELS else {}
    assert 0 <= matched_share(kernel_moments(name, tau, **gamma)) <= 1


def test_share_of_moments_at_the_tolerance_of_bessel_is_one():
    assert matched_share(KernelMoments(1.0, 1.0, 0.0, 1 - 1e-7)) == 1


def test_constant_kernel_has_no_share():
    with pytest.raises(ValueError, match="The kernel is constant"):
        matched_share(KernelMoments(1.0, 0.0, 0.0, 0.0))


def test_standard_error_needs_features():
    with pytest.raises(ValueError, match="n_components must be at least 1, got 0"):
        kernel_standard_error(kernel_moments("rbf", 1.0), 0)
