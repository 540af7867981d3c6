# SPDX-License-Identifier: BSD-3-Clause
"""Columns of very unequal variance: the small ones keep their digits."""

import numpy as np
import pytest
from covariance_cases import draw, with_spikes

from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance
from skrmt.covariance._moments import RowStatistic
from skrmt.covariance._sample_spectrum import sample_spectrum
from skrmt.covariance._unequal_units import inverse_in_units

BOTH = pytest.mark.parametrize("Estimator", [AnalyticalShrinkage, SpikedCovariance])
UNITS = pytest.mark.parametrize("unit", [1e5, 1e8, 1e14, 1e40])


def _with_one_large_column(n, p, unit):
    X = np.random.default_rng(0).standard_normal((n, p))
    return X * np.append(unit, np.ones(p - 1))


@UNITS
@pytest.mark.parametrize("shape", [(200, 20), (15, 30)])
@pytest.mark.parametrize("moments", [False, True])
def test_eigenvalues_are_those_beside_an_infinite_one(shape, unit, moments):
    """In the limit: those of the other columns with the regression on the large one taken out."""
    X = _with_one_large_column(*shape, unit)
    rows = RowStatistic(X, np.ones(len(X)), True)
    spectrum = sample_spectrum(rows.moments() if moments else rows, ddof=1)
    Y = X - X.mean(axis=0)
    rest = Y[:, 1:] - np.outer(Y[:, 0], Y[:, 0] @ Y[:, 1:] / (Y[:, 0] @ Y[:, 0]))
    rank = min(len(X) - 1, X.shape[1])
    expected = np.linalg.eigvalsh(rest.T @ rest / (len(X) - 1))[1 - rank :]
    # The limit is reached as the square of the unit.
    rtol = 1e-10 + 100 / unit**2
    np.testing.assert_allclose(spectrum.eigenvalues[:-1], expected, rtol=rtol)
    assert spectrum.eigenvalues[-1] == pytest.approx(X[:, 0].var(ddof=1), rel=rtol)
    product = spectrum.vectors.T @ spectrum.vectors
    np.testing.assert_allclose(product, np.eye(rank), atol=1e-13)


@UNITS
@pytest.mark.parametrize("shape", [(200, 20), (15, 30)])
def test_matrix_of_the_sample_eigenvalues_is_the_sample_covariance(shape, unit):
    X = _with_one_large_column(*shape, unit)
    spectrum = sample_spectrum(RowStatistic(X, np.ones(len(X)), True), ddof=1)
    units = X.std(axis=0)
    found = spectrum.matrix(spectrum.eigenvalues, 0.0, np.float64) / np.outer(units, units)
    np.testing.assert_allclose(found, np.cov(X.T) / np.outer(units, units), atol=1e-12)


@BOTH
@UNITS
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_small_columns_keep_their_variances(Estimator, unit, method):
    X = _with_one_large_column(200, 20, unit)
    model = getattr(Estimator(), method)(X)
    variances = np.diag(model.covariance_)
    # Standard error of a variance: sqrt(2 / 200) = .1; shrinkage does not add to it.
    np.testing.assert_allclose(variances[1:], 1, atol=0.4)
    assert variances[0] == pytest.approx(X[:, 0].var(ddof=1), rel=0.05)
    units = np.sqrt(variances)
    inverse = model.precision_ * np.outer(units, units)
    correlations = model.covariance_ / np.outer(units, units)
    np.testing.assert_allclose(inverse @ correlations, np.eye(20), atol=1e-12)
    if Estimator is SpikedCovariance:
        assert model.n_spikes_ == 1
        # Standard error of the noise: sqrt(2 / (n p)) = .022.
        assert model.noise_variance_ == pytest.approx(1, abs=0.09)
    computed = model.set_params(store_precision=False).fit(X).get_precision()
    np.testing.assert_allclose(computed * np.outer(units, units), inverse, atol=1e-12)


@pytest.mark.parametrize("n", [40, 150])
def test_many_decades_give_what_the_small_columns_give_alone(n):
    """Scores are finite, and correlations are those of the same data in equal units."""
    X = draw(with_spikes(60, 20.0, 8.0, 4.0), n, 0)
    units = np.logspace(-20, 20, 60)
    plain = AnalyticalShrinkage(scale=True).fit(X)
    scaled = AnalyticalShrinkage(scale=True).fit(X * units)
    expected = plain.covariance_ * np.outer(units, units)
    np.testing.assert_allclose(scaled.covariance_, expected, rtol=1e-9, atol=0)
    assert np.isfinite(scaled.score(X * units))


def test_directions_are_told_from_constant_ones_in_their_own_units():
    """Two columns that differ by 1e-5, beside one of variance 9e6: below rounding of the matrix."""
    Z = np.random.default_rng(0).standard_normal((100, 3))
    X = np.column_stack([3e3 * Z[:, 0], Z[:, 1], Z[:, 1] + 1e-5 * Z[:, 2]])
    for moments in (False, True):
        rows = RowStatistic(X, np.ones(100), True)
        spectrum = sample_spectrum(rows.moments() if moments else rows, ddof=1)
        # Half the variance of the difference that neither of the other two columns explains.
        Y = Z - Z.mean(axis=0)
        left = Y[:, 2] - Y[:, :2] @ np.linalg.lstsq(Y[:, :2], Y[:, 2], rcond=None)[0]
        expected = 1e-10 * (left @ left) / 99 / 2
        # The squares of numbers that differ by 1e-5 hold their difference to 1e-16 / 1e-10.
        assert spectrum.eigenvalues[0] == pytest.approx(expected, rel=1e-4)


@BOTH
@pytest.mark.parametrize("unit", [1.0, 1e4, 1e8])
def test_dependent_columns_have_no_variance_in_any_units(Estimator, unit):
    Z = np.random.default_rng(0).standard_normal((100, 6))
    X = np.column_stack([unit * Z[:, 0], Z[:, 1:], Z[:, 1] + Z[:, 2]])
    model = Estimator().fit(X)
    assert model.eigenvalues_[0] == model.shrunk_eigenvalues_[0] == 0
    assert model.eigenvalues_[1] > 0.1
    null = np.array([0, 1, 1, 0, 0, 0, -1])
    np.testing.assert_allclose(model.covariance_ @ null, 0, atol=1e-12 * unit)
    units = np.append(unit, np.ones(6))
    found = model.covariance_ @ model.precision_ @ model.covariance_ - model.covariance_
    np.testing.assert_allclose(found / np.outer(units, units), 0, atol=1e-7)


@BOTH
def test_a_pseudo_inverse_without_digits_is_refused(Estimator):
    Z = np.random.default_rng(0).standard_normal((100, 6))
    X = np.column_stack([1e12 * Z[:, 0], Z[:, 1:], Z[:, 1] + Z[:, 2]])
    with pytest.raises(
        ValueError, match=r"no correct digits: .* Rescale X.* store_precision=False"
    ):
        Estimator().fit(X)
    variances = np.diag(Estimator(store_precision=False).fit(X).covariance_)
    np.testing.assert_allclose(variances[1:6], 1, atol=0.6)  # four standard errors


@BOTH
def test_squares_below_the_range_are_told(Estimator):
    X = np.random.default_rng(0).standard_normal((20, 3)) * [1.0, 1e-160, 1.0]
    for name in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="squares of X underflow in column 1"):
            _ = getattr(Estimator(), name)(X).covariance_


def test_inverse_in_units():
    assert inverse_in_units(np.ones((3, 3))) is None
    C = np.diag([1e-200, 0.0, 1e200])
    np.testing.assert_allclose(inverse_in_units(C), np.diag([1e200, 0.0, 1e-200]))
    assert inverse_in_units(np.zeros((2, 2))).tolist() == [[0.0, 0.0], [0.0, 0.0]]
