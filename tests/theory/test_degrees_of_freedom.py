# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest

from skrmt.theory import degrees_of_freedom, gcv_factor


@pytest.mark.parametrize("shape", [(30, 12), (12, 30)])
@pytest.mark.parametrize("ridge", [0.0, 1e-3, 0.7, -1e-3])
def test_degrees_of_freedom_are_the_trace_of_the_smoother(shape, ridge):
    n, p = shape
    X = np.random.default_rng(0).standard_normal(shape)
    X -= X.mean(axis=0)
    s = np.linalg.svd(X, compute_uv=False) ** 2 / n
    s[s < 1e-12] = 0
    smoother = X @ np.linalg.pinv(X.T @ X / n + ridge * np.eye(p), rcond=1e-10) @ X.T / n
    smoother += np.full((n, n), 1 / n)
    found = degrees_of_freedom(s, ridge, intercept=True)
    assert isinstance(found, float)
    assert found == pytest.approx(np.trace(smoother), rel=1e-10)


def test_weights_are_multiplicities_and_zeros_count_for_nothing():
    ridges = np.array([[0.0, 0.5], [1.0, 1e6]])
    found = degrees_of_freedom([2.0, 1.0, 0.0], ridges, weights=[3, 1, 5])
    np.testing.assert_allclose(found, degrees_of_freedom([2.0, 2.0, 2.0, 1.0], ridges), rtol=1e-15)
    assert found.shape == (2, 2)
    assert found[0, 0] == 4


def test_corrected_residuals_of_least_squares_have_the_risk_of_a_new_sample():
    # Gaussian rows: training error sigma^2 (1 - df/n); error on a new sample at the limit
    # sigma^2 / (1 - df/n). The square of the factor takes one to the other.
    assert gcv_factor(40.0, 100) ** 2 * (1 - 0.4) == pytest.approx(1 / (1 - 0.4))


@pytest.mark.parametrize("df", [100.0, [3.0, 100.5]])
def test_interpolation_has_no_correction(df):
    with pytest.raises(ValueError, match=r"df=100.* is not below n_samples=100.0: .* rescale"):
        gcv_factor(df, 100)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, -1e-20], 1.0), "eigenvalues must not be negative, got -1e-20; set"),
        (([1.0, np.nan], 1.0), "eigenvalues must be finite, got nan"),
        (([[1.0]], 1.0), r"eigenvalues must have 1 axis, got shape \(1, 1\)"),
        (("ab", 1.0), "eigenvalues must be numbers, got 'ab'"),
        (([0.0, 2.0, 1.0], [0.0, -1.0]), "ridge must be above -1, minus the least positive"),
    ],
)
def test_bad_spectra_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        degrees_of_freedom(*arguments)


def test_bad_weights_are_named():
    with pytest.raises(ValueError, match=r"weights must have one value for each of eigenvalues"):
        degrees_of_freedom([1.0, 2.0], 1.0, weights=[1.0])
    with pytest.raises(ValueError, match="df must not be negative, got -1"):
        gcv_factor(-1, 10)
    with pytest.raises(ValueError, match="n_samples must be a positive finite number, got 0"):
        gcv_factor(1, 0)
