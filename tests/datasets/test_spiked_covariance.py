# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest

from skrmt.datasets import make_spiked_covariance


def test_components_are_orthonormal():
    sample = make_spiked_covariance(5, 30, spikes=[3.0, 1.0, 0.0, 2.0], random_state=0)
    V = sample.components
    assert V.shape == (4, 30)
    np.testing.assert_allclose(V @ V.T, np.eye(4), atol=1e-14)


def test_components_have_no_preferred_direction_or_sign():
    draws = np.array(
        [
            make_spiked_covariance(1, 3, spikes=[1.0, 1.0], random_state=seed).components
            for seed in range(2000)
        ]
    )
    # Each entry has mean 0 and variance 1/3 (uniform on the sphere of dimension 3), and its
    # square has variance 3/15 - 1/9.
    n = len(draws)
    assert np.all(np.abs(draws.mean(axis=0)) < 5 * np.sqrt(1 / 3 / n))
    assert np.all(np.abs((draws**2).mean(axis=0) - 1 / 3) < 5 * np.sqrt((3 / 15 - 1 / 9) / n))


def test_sample_has_the_covariance_of_the_model():
    n, p = 60_000, 6
    sample = make_spiked_covariance(n, p, spikes=[5.0, 2.0], noise_variance=0.5, random_state=1)
    V = sample.components
    covariance = 0.5 * np.eye(p) + 5.0 * np.outer(V[0], V[0]) + 2.0 * np.outer(V[1], V[1])
    variances = np.diag(covariance)
    se = np.sqrt((np.outer(variances, variances) + covariance**2) / n)
    assert np.all(np.abs(sample.data.T @ sample.data / n - covariance) < 5 * se)
    assert np.all(np.abs(sample.data.mean(axis=0)) < 5 * np.sqrt(variances / n))
    np.testing.assert_allclose(V @ covariance, sample.eigenvalues[:, None] * V, atol=1e-13)
    np.testing.assert_array_equal(sample.spikes, [5.0, 2.0])
    assert sample.noise_variance == 0.5


def test_spikes_follow_the_phase_transition():
    """The top sample eigenvalues: one spike above the threshold sqrt(c) = 0.5, one below.

    Above it (Baik and Silverstein 2006; Paul 2007), with l = 4 and c = p/n: the eigenvalue
    tends to (1 + l)(1 + c/l) with standard deviation (1 + l) sqrt(2 (1 - c/l^2) / n), the
    squared overlap with the true direction to (1 - c/l^2) / (1 + c/l). The one below it
    stays inside the bulk, whose edge is (1 + sqrt(c))^2 with fluctuations of order
    n^(-2/3).
    """
    n, p, spike = 2000, 500, 4.0
    c = p / n
    sample = make_spiked_covariance(n, p, spikes=[spike, 0.1], random_state=2)
    eigenvalues, vectors = np.linalg.eigh(sample.data.T @ sample.data / n)
    limit = (1 + spike) * (1 + c / spike)
    se = (1 + spike) * np.sqrt(2 * (1 - c / spike**2) / n)
    assert abs(eigenvalues[-1] - limit) < 4 * se
    overlap = (sample.components[0] @ vectors[:, -1]) ** 2
    assert abs(overlap - (1 - c / spike**2) / (1 + c / spike)) < 4 / np.sqrt(n)
    assert eigenvalues[-2] < (1 + np.sqrt(c)) ** 2 + 4 * n ** (-2 / 3)


def test_no_spikes_is_white_noise():
    sample = make_spiked_covariance(50, 8, spikes=[], noise_variance=2.0, random_state=3)
    assert sample.components.shape == (0, 8)
    assert sample.eigenvalues.shape == (0,)
    # The mean of 400 squares has standard error sqrt(2 / 400) relative to the variance.
    assert abs(np.mean(sample.data**2) / 2 - 1) < 5 * np.sqrt(2 / sample.data.size)


def test_no_noise_gives_the_rank_of_the_spikes():
    sample = make_spiked_covariance(20, 8, spikes=[1.0, 9.0], noise_variance=0, random_state=4)
    singular = np.linalg.svd(sample.data, compute_uv=False)
    assert singular[1] > 0.1
    assert singular[2] < 1e-12 * singular[0]


def test_both_types_hold_the_same_sample():
    first, second = (
        make_spiked_covariance(20, 8, spikes=[1.0], dtype=dtype, random_state=5)
        for dtype in (np.float64, np.float32)
    )
    assert (first.data.dtype, second.data.dtype) == (np.float64, np.float32)
    np.testing.assert_array_equal(second.data, first.data.astype(np.float32))
    np.testing.assert_array_equal(second.components, first.components)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 0}, r"'n_samples' parameter .* Got 0"),
        ({"n_features": 0}, r"'n_features' parameter .* Got 0"),
        ({"noise_variance": -1.0}, r"'noise_variance' parameter .* Got -1"),
        ({"spikes": [1.0, -2.0]}, r"non-negative variances, got -2"),
        ({"spikes": [np.nan]}, r"spikes contains NaN"),
        ({"spikes": [[1.0, 2.0]]}, r"got shape \(1, 2\)"),
        ({"spikes": [1.0] * 21}, r"at most n_features = 20 numbers, got shape \(21,\)"),
        ({"spikes": 3.0}, r"'spikes' parameter .* Got 3.0"),
        ({"dtype": int}, r"dtype must be .* got <class 'int'>"),
    ],
)
def test_bad_parameter_is_named_with_its_value(parameters, message):
    with pytest.raises(ValueError, match=message):
        make_spiked_covariance(**{"spikes": [1.0], **parameters})
