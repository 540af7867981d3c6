# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.datasets import make_gaussian_mixture, make_high_dimensional_mixture

MEANS = np.array([[0.0, 0.0, 0.0], [2.0, -1.0, 0.5]])
FULL = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])


def assert_moments(X, mean, covariance, n_se=5):
    """Compare the moments of a Gaussian sample with the true ones, in standard errors.

    The standard error of a mean is sqrt(C_ii / n), that of a covariance entry
    sqrt((C_ii C_jj + C_ij^2) / n). Five of them are exceeded by one entry in two million.
    """
    n = len(X)
    variances = np.diag(covariance)
    error = np.abs(X.mean(axis=0) - mean)
    assert np.all(error <= n_se * np.sqrt(variances / n) + 1e-12)
    centred = X - mean
    error = np.abs(centred.T @ centred / n - covariance)
    se = np.sqrt((np.outer(variances, variances) + covariance**2) / n)
    assert np.all(error <= n_se * se + 1e-12)


def test_each_class_has_the_moments_asked_for():
    X, y = make_gaussian_mixture(
        40_000, means=MEANS, covariances=[FULL, [1.0, 0.0, 4.0]], random_state=0
    )
    assert_moments(X[y == 0], MEANS[0], FULL)
    assert_moments(X[y == 1], MEANS[1], np.diag([1.0, 0.0, 4.0]))


def test_samples_are_independent_and_normal():
    X, _ = make_gaussian_mixture(50_000, means=[[0.0]], covariances=4.0, random_state=1)
    x = X[:, 0] / 2
    n = len(x)
    assert abs(np.mean(x[1:] * x[:-1])) < 5 / np.sqrt(n)
    assert abs(np.mean(x**3)) < 5 * np.sqrt(15 / n)
    assert abs(np.mean(x**4) - 3) < 5 * np.sqrt(96 / n)


def test_default_covariance_is_the_identity():
    X, y = make_gaussian_mixture(20_000, means=MEANS, random_state=2)
    for a in (0, 1):
        assert_moments(X[y == a], MEANS[a], np.eye(3))


@pytest.mark.parametrize(
    "same",
    [
        3.0,
        [3.0, 3.0],
        [[3.0, 3.0, 3.0], [3.0, 3.0, 3.0]],
        [3 * np.eye(3), 3.0],
        np.stack([3 * np.eye(3)] * 2),
    ],
    ids=["number", "numbers", "diagonals", "matrix and number", "matrices"],
)
def test_forms_of_one_covariance_give_one_sample(same):
    X, y = make_gaussian_mixture(50, means=MEANS, covariances=same, random_state=3)
    Z, z = make_gaussian_mixture(50, means=MEANS, random_state=3)
    np.testing.assert_array_equal(y, z)
    np.testing.assert_allclose(X - MEANS[y], np.sqrt(3) * (Z - MEANS[y]), rtol=1e-13, atol=1e-13)


def test_singular_covariance_gives_samples_in_its_range():
    direction = np.array([1.0, 2.0, -1.0])
    X, _ = make_gaussian_mixture(
        20, means=[[0.0] * 3], covariances=[np.outer(direction, direction)], random_state=4
    )
    # The root of the rounding error of an eigenvalue: sqrt(6 * 2e-16) = 4e-8.
    assert np.linalg.svd(X, compute_uv=False)[1] < 1e-6
    assert np.linalg.norm(X) > 1


def test_labels_have_the_probabilities_asked_for():
    weights = np.array([0.7, 0.2, 0.1])
    n = 20_000
    _, y = make_gaussian_mixture(n, means=np.zeros((3, 1)), weights=weights, random_state=5)
    error = np.bincount(y, minlength=3) / n - weights
    assert np.all(np.abs(error) < 5 * np.sqrt(weights * (1 - weights) / n))


@given(
    n_samples=st.integers(1, 300),
    shares=st.lists(st.integers(0, 20), min_size=1, max_size=6).filter(any),
)
def test_exact_proportions_are_the_nearest_counts(n_samples, shares):
    weights = np.array(shares) / sum(shares)
    _, y = make_gaussian_mixture(
        n_samples,
        means=np.zeros((len(weights), 1)),
        weights=weights,
        exact_proportions=True,
        random_state=0,
    )
    counts = np.bincount(y, minlength=len(weights))
    assert counts.sum() == n_samples
    assert np.all(np.abs(counts - n_samples * weights) < 1)
    whole = np.array(shares) * n_samples % sum(shares) == 0
    np.testing.assert_array_equal(
        counts[whole], (np.array(shares) * n_samples // sum(shares))[whole]
    )


def test_shuffle_changes_the_order_of_the_classes_only():
    kwargs = dict(means=np.zeros((3, 2)), exact_proportions=True, random_state=6)
    _, ordered = make_gaussian_mixture(90, shuffle=False, **kwargs)
    _, shuffled = make_gaussian_mixture(90, **kwargs)
    assert np.all(np.diff(ordered) >= 0)
    assert np.any(np.diff(shuffled) < 0)
    np.testing.assert_array_equal(np.sort(shuffled), ordered)


@pytest.mark.parametrize("maker", [make_gaussian_mixture, make_high_dimensional_mixture])
def test_both_types_hold_the_same_sample(maker):
    kwargs = {"means": MEANS} if maker is make_gaussian_mixture else {}
    X, _ = maker(30, random_state=7, **kwargs)
    X32, _ = maker(30, random_state=7, dtype="float32", **kwargs)
    assert (X.dtype, X32.dtype) == (np.float64, np.float32)
    np.testing.assert_array_equal(X32, X.astype(np.float32))
    again, _ = maker(30, random_state=7, **kwargs)
    np.testing.assert_array_equal(again, X)


def test_parameters_are_left_as_they_are():
    means, covariances = MEANS.copy(), [FULL.copy(), np.ones(3)]
    make_gaussian_mixture(10, means=means, covariances=covariances, random_state=0)
    np.testing.assert_array_equal(means, MEANS)
    np.testing.assert_array_equal(covariances[0], FULL)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 0}, r"'n_samples' parameter .* Got 0"),
        ({"means": [0.0, 1.0]}, r"Expected 2D array"),
        ({"means": [[0.0, np.nan]]}, r"means contains NaN"),
        ({"covariances": -1.0}, r"'covariances' parameter .* Got -1.0"),
        ({"covariances": "full"}, r"'covariances' parameter"),
        ({"covariances": [1.0]}, r"one entry for each of the 2 rows of means, got 1"),
        ({"covariances": [1.0, [1.0, 2.0]]}, r"covariances\[1\] must be .* got shape \(2,\)"),
        ({"covariances": [1.0, [1.0, -2.0, 1.0]]}, r"covariances\[1\] .* got -2"),
        ({"covariances": [np.inf, 1.0]}, r"covariances\[0\] contains infinity"),
        ({"covariances": [np.triu(np.ones((3, 3))), 1.0]}, r"covariances\[0\] must be symmetric"),
        ({"covariances": [FULL - np.eye(3), 1.0]}, r"positive semi-definite, its smallest"),
        ({"weights": [1.0]}, r"one entry for each of the 2 rows"),
        ({"weights": [0.5, 0.6]}, r"sum 1, got \[0.5 0.6\]"),
        ({"weights": [1.5, -0.5]}, r"non-negative"),
        ({"dtype": "int8"}, r"dtype must be .* got 'int8'"),
        ({"dtype": None}, r"dtype must be .* got None"),
        ({"dtype": "real"}, r"dtype must be .* got 'real'"),
        ({"shuffle": "yes"}, r"'shuffle' parameter"),
        ({"random_state": "seed"}, r"'random_state' parameter"),
    ],
)
def test_bad_parameter_is_named_with_its_value(parameters, message):
    with pytest.raises(ValueError, match=message):
        make_gaussian_mixture(**{"means": MEANS, **parameters})


def test_mixed_case_differs_in_means_and_covariances():
    p = 16
    X, y = make_high_dimensional_mixture(40_000, p, case="mixed", random_state=8)
    i = np.arange(p)
    assert_moments(X[y == 0], 4.0 * (i == 0), np.eye(p))
    assert_moments(X[y == 1], 4.0 * (i == 1), 2 * 0.4 ** np.abs(i[:, None] - i))


@pytest.mark.parametrize("p", [2, 9])
def test_orthogonal_case_differs_in_single_variances_only(p):
    X, y = make_high_dimensional_mixture(40_000, p, case="orthogonal", random_state=9)
    first = np.array([4.0] * (p // 2) + [1.0] * (p - p // 2))
    assert_moments(X[y == 0], np.zeros(p), np.diag(first))
    assert_moments(X[y == 1], np.zeros(p), np.diag(5 - first))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_features": 1}, r"'n_features' parameter .* Got 1"),
        ({"case": "easy"}, r"'case' parameter .* Got 'easy'"),
        ({"dtype": "float16"}, r"dtype must be .* got 'float16'"),
    ],
)
def test_bad_parameter_of_a_named_mixture(parameters, message):
    with pytest.raises(ValueError, match=message):
        make_high_dimensional_mixture(**parameters)


def test_named_mixtures_have_balanced_classes_by_default():
    for n in (40, 41):
        _, y = make_high_dimensional_mixture(n, 4, random_state=0)
        np.testing.assert_array_equal(np.bincount(y), [n - n // 2, n // 2])
