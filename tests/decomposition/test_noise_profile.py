# SPDX-License-Identifier: BSD-3-Clause
"""What the profile of a matrix of noise says: variances, tails, and the law of its norm."""

import numpy as np
import pytest
from noisy_matrices import (
    exponential_rows,
    gamma_columns,
    planted,
    signs,
    skewed,
    sparse,
    spectrum_of,
    student3,
    uniform,
    white,
)
from scipy.stats import binom

from skrmt.decomposition import _noise_profile
from skrmt.decomposition._noise_profile import crude_law
from skrmt.decomposition._rank_rules import _profile_without
from skrmt.theory import separable_noise_law

# Fourth, sixth and eighth moment of a standardised entry.
MOMENTS = {
    "white": (white, 3.0, 15.0, 105.0),
    "signs": (signs, 1.0, 1.0, 1.0),
    "uniform": (uniform, 9 / 5, 27 / 7, 9.0),
    "skewed": (skewed, 9.0, 265.0, 14833.0),
}


def profile_of(X, n_out=0):
    return _profile_without(spectrum_of(X), n_out)


def draw(seed, n, p, noise=white, spikes=()):
    return planted(seed, n, p, spikes, noise).data


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("shape", [(900, 280), (300, 2500)])
def test_kurtosis(name, shape):
    noise, fourth, sixth, eighth = MOMENTS[name]
    n, p = shape
    found = profile_of(draw(0, n, p, noise)).kurtosis
    # Entries are divided by variances that have them inside: to the first order this adds
    # (-2 (m6 - m4) + 3 m4 (m4 - 1)) / p, and the same over n; for Gaussian entries -2 m4 / p, which
    # is made good. The mean adds (6 - 2 m4) / n.
    bias = (-2 * (sixth - fourth) + 3 * fourth * (fourth - 1) + 2 * fourth) * (1 / n + 1 / p)
    bias += (6 - 2 * fourth) / n
    error = np.sqrt((eighth - fourth**2) / min(n * p, 1 << 18))
    # The next order is about the square of the first, or a fifth of it.
    tolerance = 4 * error + bias**2 + abs(bias) / 5
    assert found == pytest.approx(fourth + bias, abs=tolerance)


@pytest.mark.parametrize(("n", "p"), [(600, 400), (150, 800)])
def test_variances_of_separable_noise(n, p):
    rng = np.random.default_rng(1)
    a, b = np.repeat([0.5, 1.5], n // 2), rng.permutation(np.repeat([2.0, 6.0], p // 2))
    X = rng.standard_normal((n, p)) * np.sqrt(np.outer(a, b))
    found = profile_of(X)
    assert not found.is_white
    # One row is given to the mean; both sides stay what they are in sum.
    assert found.row_variances.shape == (n - 1,)
    assert found.column_variances.shape == (p,)
    assert found.row_variances.mean() == pytest.approx(1, rel=1e-12)
    total = ((X - X.mean(axis=0)) ** 2).sum()
    assert found.row_variances.sum() * found.column_variances.sum() == pytest.approx(total)
    # The sums have the relative errors sqrt(2 / n) and sqrt(2 / p), with unequal terms 1.12 times
    # that; to draw them to their mean can only make them better in the mean square.
    columns = found.column_variances / np.sort(b) - 1
    assert np.sqrt((columns**2).mean()) < 1.25 * np.sqrt(2 / n)
    rows = found.row_variances / np.sort(a)[np.r_[: n // 2 - 1, n // 2 : n]] - 1
    assert np.sqrt((rows**2).mean()) < 1.25 * np.sqrt(2 / p)


@pytest.mark.parametrize("noise", [white, uniform, signs])
@pytest.mark.parametrize("shape", [(300, 100), (100, 600)])
def test_equal_variances_are_found_equal(noise, shape):
    for seed in range(20):
        X = draw(seed, *shape, noise)
        found = profile_of(X)
        assert found.is_white
        squares = ((X - X.mean(axis=0)) ** 2).sum(axis=0)
        # What is left of the scatter is its own error: a standard error of sqrt(2 / p) of it.
        own = found.column_variances.var() / found.column_variances.mean() ** 2
        assert own <= 4 * np.sqrt(2 / shape[1]) * squares.var() / squares.mean() ** 2


@pytest.mark.parametrize("noise", [gamma_columns, exponential_rows])
@pytest.mark.parametrize("shape", [(300, 100), (100, 600)])
def test_unequal_variances_are_found_unequal(noise, shape):
    assert not any(profile_of(draw(seed, *shape, noise)).is_white for seed in range(20))


@pytest.mark.parametrize(
    ("noise", "shape", "spikes"),
    [
        (white, (300, 100), (4, 3, 2)),
        (white, (200, 400), (10, 6, 4)),
        (gamma_columns, (300, 100), (8, 6, 5)),
    ],
    ids=["tall", "wide", "columns"],
)
def test_whiteness_of_what_components_leave(noise, shape, spikes):
    found = [profile_of(draw(s, *shape, noise, spikes), len(spikes)).is_white for s in range(30)]
    # Beyond four standard errors of nearly Gaussian sums, on either side.
    assert np.mean(found) == pytest.approx(float(noise is white), abs=0.1)


@pytest.mark.parametrize("shape", [(300, 100), (100, 600)])
@pytest.mark.parametrize(
    ("noise", "heavy"),
    [
        (white, False),
        (uniform, False),
        (signs, False),
        (gamma_columns, False),
        (exponential_rows, False),
        (student3, True),
        (skewed, True),
        (sparse, True),
    ],
)
def test_heavy_tails(noise, heavy, shape):
    found = [profile_of(draw(seed, *shape, noise)).is_heavy_tailed for seed in range(20)]
    assert np.mean(found) == pytest.approx(float(heavy), abs=0.1)


@pytest.mark.parametrize("size", [30.0, 100.0, 1e3, 1e6])
def test_one_entry_that_stands_out_is_a_heavy_tail(size):
    # (n p)^(1/4) is 13.
    X = draw(0, 300, 100)
    X[5, 7] += size
    assert profile_of(X).is_heavy_tailed


N_DRAWS = 150


@pytest.mark.parametrize(
    ("noise", "shape"),
    [
        (white, (300, 100)),
        (white, (100, 1000)),
        (uniform, (300, 100)),
        (gamma_columns, (300, 100)),
        (exponential_rows, (300, 150)),
    ],
)
def test_law_of_the_norm(noise, shape):
    n_above, scores = 0, []
    for seed in range(N_DRAWS):
        spectrum = spectrum_of(draw(seed, *shape, noise))
        law = _profile_without(spectrum, 0).law
        square = spectrum.leading(1)[0] ** 2
        n_above += square > law.ppf(0.95)
        scores.append((square - law.mean()) / law.std())
    # With a probability of 1 percent it is above in more draws than this.
    assert n_above <= binom.ppf(0.99, N_DRAWS, 0.05)
    if noise is white:
        assert n_above >= binom.ppf(0.001, N_DRAWS, 0.05)
    # The law's own mean is right to 0.26 of its scale; the profile's errors are on the safe side.
    error = np.std(scores) / np.sqrt(N_DRAWS)
    assert -0.6 - 4 * error < np.mean(scores) < 0.26 + 4 * error


@pytest.mark.parametrize("noise", [white, gamma_columns, exponential_rows])
@pytest.mark.parametrize("shape", [(300, 100), (60, 900), (40, 8000), (3000, 20)])
def test_law_of_a_first_look_is_not_too_low(shape, noise):
    for seed in range(5):
        drawn = planted(seed, *shape, (), noise)
        matrix = spectrum_of(drawn.data).matrix
        rows, columns = matrix.row_squares, matrix.column_squares
        # As if the sums were the variances, of which the mean has one degree of freedom; one row
        # too many lifts the edge, by .25 (40 rows) to .8 (33 unequal rows) of the scale.
        exact = separable_noise_law(rows / rows.sum() * shape[0] / (shape[0] - 1), columns)
        assert crude_law(matrix).loc > exact.loc - exact.scale
        assert profile_of(drawn.data).law.ppf(0.95) < crude_law(matrix).isf(0.01)


@pytest.mark.parametrize("noise", [white, gamma_columns, exponential_rows])
def test_sample_of_the_rows_gives_the_law_of_all(noise, monkeypatch):
    X = draw(0, 4000, 300, noise)
    few = profile_of(X)
    monkeypatch.setattr(_noise_profile, "_SAMPLED_ENTRIES", X.size)
    every = profile_of(X)
    n_rows = (1 << 18) // 300
    assert few.is_white == every.is_white
    # Entries of the fourth moment 3, and 96 for the variance of that.
    assert few.kurtosis == pytest.approx(every.kurtosis, abs=4 * np.sqrt(96 / (1 << 18)))
    if noise is exponential_rows:
        # Quantiles are between order statistics: each moment of the sampled rows is right to about
        # its own standard error, and the edge is no more than twice the second.
        tolerance = 4 * np.sqrt(8 / n_rows)
        assert few.law.loc == pytest.approx(every.law.loc, rel=tolerance)
        assert few.law.scale == pytest.approx(every.law.scale, rel=tolerance)
    else:
        assert few.law.loc == pytest.approx(every.law.loc, abs=0.25 * every.law.scale)
        assert few.law.scale == pytest.approx(every.law.scale, rel=0.05)


@pytest.mark.parametrize("shape", [(20, 20_000), (32, 9000), (33, 9000), (40, 8000), (3, 100_000)])
def test_few_rows_of_many_features(shape):
    X = draw(0, *shape)
    found = profile_of(X)
    assert found.row_variances.shape == (shape[0] - 1,)
    assert not found.is_heavy_tailed
    # A norm beyond the law's 1 to 1e6 of either end would be another's.
    square = np.linalg.norm(X - X.mean(axis=0), 2) ** 2
    assert found.law.ppf(1e-6) < square < found.law.isf(1e-6)


@pytest.mark.parametrize("noise", [white, gamma_columns, exponential_rows])
def test_strong_components_are_taken_out(noise):
    drawn = planted(0, 300, 120, (1e6, 1e3), noise)
    alone, found = profile_of(drawn.noise), profile_of(drawn.data, 2)
    assert found.row_variances.shape == (297,)
    assert found.column_variances.shape == (118,)
    # Two of 120 columns and of 300 rows are gone, and with them this share of the edge.
    assert found.law.loc == pytest.approx(alone.law.loc, rel=2 / 120 + 2 / 300)
    assert found.law.scale == pytest.approx(alone.law.scale, rel=0.1)
    assert found.is_white == alone.is_white
    assert not found.is_heavy_tailed


def test_units_do_not_matter():
    X = draw(0, 100, 60, gamma_columns)
    one = profile_of(X)
    for scale in (1e-70, 1e-3, 1e70):
        other = profile_of(X * scale)
        assert other.kurtosis == pytest.approx(one.kurtosis, rel=1e-9)
        assert other.largest_entry == pytest.approx(one.largest_entry, rel=1e-9)
        assert other.law.loc == pytest.approx(one.law.loc * scale**2, rel=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(60, 40), (40, 60)])
def test_nothing_but_rounding_is_no_noise(dtype, shape):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((shape[0], 2)) @ rng.standard_normal((2, shape[1]))
    assert profile_of(X.astype(dtype), 2) is None
    assert profile_of(X.astype(dtype), 1) is not None


def test_constant_rows_and_columns():
    X = draw(0, 100, 60) - 5.0
    X[:, 3] = 7.0
    found = profile_of(X)
    assert np.isfinite(found.kurtosis)
    assert found.law.loc == pytest.approx(profile_of(np.delete(X, 3, 1)).law.loc, rel=0.02)
