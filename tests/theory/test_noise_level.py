# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrmt.theory import (
    MarchenkoPastur,
    largest_eigenvalue_law,
    median_noise_variance,
    noise_variance,
    spike_forward,
)

CASES = [
    (300, 100, (4, 3, 2)),
    (200, 400, (10, 6, 4)),
    (100, 1000, (20, 10, 8)),
    (200, 400, (2000, 6, 4)),
]


def sample_eigenvalues(n, p, spikes, rng, centred=False):
    """Eigenvalues of a spiked sample, descending, and the degrees of freedom."""
    X = rng.standard_normal((n, p))
    X[:, : len(spikes)] *= np.sqrt(spikes)
    if centred:
        X -= X.mean(axis=0)
    freedom = n - centred
    values = np.linalg.eigvalsh(X @ X.T if p > n else X.T @ X)[::-1] / freedom
    return np.maximum(values, 0)[: min(freedom, p)], freedom


def test_law_of_the_largest_eigenvalue_has_its_centre_and_scale():
    n, p = 300, 100
    law = largest_eigenvalue_law(n, p)
    centre = (math.sqrt(299.5) + math.sqrt(99.5)) ** 2 / 300
    scale = math.sqrt(centre / 300) * (1 / math.sqrt(299.5) + 1 / math.sqrt(99.5)) ** (1 / 3)
    assert (law.loc, law.scale) == pytest.approx((centre, scale), rel=1e-15)
    scaled = largest_eigenvalue_law(n, p, 4.0)
    assert (scaled.loc, scaled.scale) == pytest.approx((4 * centre, 4 * scale), rel=1e-15)
    # The transposed noise has the same largest eigenvalue but for the divisor.
    turned = largest_eigenvalue_law(p, n)
    assert (turned.loc, turned.scale) == pytest.approx((3 * centre, 3 * scale), rel=1e-14)


@pytest.mark.parametrize(("n", "p"), [(60, 20), (30, 90), (200, 5)])
def test_law_of_the_largest_eigenvalue_simulated(n, p):
    rng, n_draws = np.random.default_rng([n, p]), 1500
    X = rng.standard_normal((n_draws, n, p))
    X = X if p <= n else X.transpose(0, 2, 1)
    largest = np.linalg.eigvalsh(X.transpose(0, 2, 1) @ X)[:, -1] / n
    law = largest_eigenvalue_law(n, p)
    for level in (0.5, 0.95, 0.99):
        share = np.mean(largest <= law.ppf(level))
        # The law is right to the order min(n, p)^(-2/3), with a constant well below 1.
        error = 4 * math.sqrt(level * (1 - level) / n_draws)
        assert share == pytest.approx(level, abs=error + 0.1 * min(n, p) ** (-2 / 3))


def population_eigenvalue(lam, variance, ratio):
    """Root of the quadratic equation of the paper."""
    b = lam + variance - variance * ratio
    return (b + math.sqrt(b**2 - 4 * lam * variance)) / 2


@given(
    st.lists(st.floats(0.05, 100), min_size=1, max_size=5),
    st.floats(0.05, 20),
    st.floats(-6, 6).map(lambda e: 10**e),
)
def test_expected_eigenvalues_give_the_variance_back(distances, gamma, variance):
    k, n_rest = len(distances), 100
    # k / n is kept small: with many spikes for the samples the least root may be another one.
    n = n_rest / gamma
    l = 1 + math.sqrt(gamma) * (1 + np.sort(distances)[::-1])  # noqa: E741
    lam = spike_forward(l, gamma)
    rest = n_rest - (lam - l).sum()
    if k >= n or rest <= 0 or lam[-1] <= rest / n_rest:
        return
    slope = n_rest - (lam - l).sum() - (gamma * lam / ((l - 1) ** 2 - gamma)).sum()
    if slope <= 0.1 * n_rest:
        return
    found = noise_variance(variance * lam, variance * rest, n, n_rest + k)
    assert found == pytest.approx(variance, rel=1e-10)


@pytest.mark.parametrize(("n", "p", "spikes"), CASES)
def test_result_is_the_limit_of_the_plain_iteration(n, p, spikes):
    values, _ = sample_eigenvalues(n, p, spikes, np.random.default_rng(0))
    ratio, rest = (p - 3) / n, values[3:].sum()
    variance = rest / (p - 3)
    for _ in range(500):
        population = [population_eigenvalue(lam, variance, ratio) for lam in values[:3]]
        variance = (rest + sum(values[:3] - population)) / (p - 3)
    assert noise_variance(values[:3], rest, n, p) == pytest.approx(variance, rel=1e-12)


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize(("n", "p", "spikes"), CASES)
def test_noise_is_unbiased_where_the_mean_of_the_rest_is_not(n, p, spikes, centred):
    rng, n_draws = np.random.default_rng([n, p, centred]), 20
    found, naive = np.empty((2, n_draws))
    for i in range(n_draws):
        values, freedom = sample_eigenvalues(n, p, spikes, rng, centred)
        rest = values[3:].sum()
        found[i], naive[i] = noise_variance(values[:3], rest, freedom, p), rest / (p - 3)
    error = found.std(ddof=1) / math.sqrt(n_draws)
    # The spike of 2 is near the transition, 1.58, where finite samples see it a bit higher.
    assert found.mean() == pytest.approx(1, abs=4 * error + 1 / n)
    assert naive.mean() < 1 - 5 * error


@pytest.mark.parametrize(("n", "p", "spikes"), [*CASES, (300, 100, ()), (50, 400, ())])
def test_any_number_of_components_has_the_least_root(n, p, spikes):
    values, _ = sample_eigenvalues(n, p, spikes, np.random.default_rng(1))
    total, before = values.sum(), math.inf
    for k in (*range(8), 20, 40, min(n, p) - 1):
        leading, rest = values[:k], values[k:].sum()
        found = noise_variance(leading, rest, n, p)
        assert rest / (p - k) <= found <= total / (p - k)
        assert found < before  # what is called signal is not noise
        before = found
        ratio = (p - k) / n
        edge, at_transition = (1 + math.sqrt(ratio)) ** 2, 1 + math.sqrt(ratio)

        def short(level):
            over = sum(
                lam - population_eigenvalue(lam, level, ratio)  # noqa: B023
                if lam > level * edge * (1 + 1e-12)  # noqa: B023
                else lam - level * at_transition  # noqa: B023
                for lam in leading  # noqa: B023
            )
            return (rest + over - (p - k) * level) / total  # noqa: B023

        lowest = rest / (p - k)
        # None below it; and a root, but where superfluous values push it under the mean.
        assert all(short(level) > -1e-12 for level in np.linspace(lowest, found, 50)[1:-1])
        assert abs(short(found)) < 1e-7 or found == lowest


@pytest.mark.parametrize(("n", "p"), [(300, 100), (100, 300)])
def test_superfluous_components_cost_little(n, p):
    rng = np.random.default_rng(2)
    bias = []
    for _ in range(20):
        values, _ = sample_eigenvalues(n, p, (), rng)
        bias.append(noise_variance(values[:3], values[3:].sum(), n, p) - values.sum() / p)
    # Three roots of the transition instead of noise.
    assert np.mean(bias) == pytest.approx(-3 / math.sqrt(n * p), rel=0.25)


@given(st.integers(-300, 300))
def test_units_of_the_noise_are_those_of_the_eigenvalues(power):
    values, _ = sample_eigenvalues(100, 50, (10, 6, 4), np.random.default_rng(3))
    scale = 2.0**power
    expected = noise_variance(values[:3], values[3:].sum(), 100, 50)
    found = noise_variance(values[:3] * scale, values[3:].sum() * scale, 100, 50)
    assert found == pytest.approx(expected * scale, rel=1e-14)
    assert median_noise_variance(values * scale, 100, 50) == pytest.approx(
        median_noise_variance(values, 100, 50) * scale, rel=1e-14
    )


def test_noise_variance_of_simple_spectra():
    assert noise_variance([], 30.0, 20, 10) == 3
    assert noise_variance([5.0, 2.0], 0.0, 20, 10) == 0
    # No spike at all: superfluous components do not lower what is left.
    assert noise_variance([2.0] * 3, 14.0, 20, 10) == 2
    # A spike so large that it is seen where it is takes its p - 1 directions of noise with it.
    assert noise_variance([1e300], 9.0, 20, 10) == pytest.approx(9 / 9 / (1 - 1 / 20), rel=1e-14)
    assert isinstance(noise_variance([9.0], 9, 20, 10), float)


@pytest.mark.parametrize(
    ("leading", "rest", "n", "p", "message"),
    [
        ([2.0, 3.0], 5.0, 20, 10, "leading must be descending"),
        ([-1.0], 5.0, 20, 10, "leading must not be negative"),
        ([np.nan], 5.0, 20, 10, "leading must be finite"),
        ([[2.0]], 5.0, 20, 10, "leading must have 1 axis"),
        ([9.0] * 10, 5.0, 20, 10, "leading must have fewer"),
        ([9.0] * 5, 5.0, 5, 10, "leading must have fewer"),
        ([2.0], 50.0, 20, 10, "leading must be the largest"),
        ([2.0], -5.0, 20, 10, "rest must not be negative"),
        ([2.0], [5.0, 1.0], 20, 10, "rest must have 0 axis"),
        ([2.0], 5.0, 0.5, 10, "n_samples must be"),
        ([2.0], 5.0, True, 10, "n_samples must be"),
        ([2.0], 5.0, 20, 9.5, "n_features must be"),
    ],
)
def test_noise_variance_names_bad_parameters(leading, rest, n, p, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        noise_variance(leading, rest, n, p)


@pytest.mark.parametrize("gamma", [0.1, 0.5, 1.0, 2.0, 10.0])
def test_median_of_the_law_gives_its_variance_back(gamma):
    n, p = round(900 / gamma), 900
    rank = min(n, p)
    law = MarchenkoPastur(min(gamma, 1 / gamma), variance=3.0 * max(gamma, 1.0))
    values = law.ppf((np.arange(rank) + 0.5) / rank)
    np.random.default_rng(0).shuffle(values)
    # Between two quantiles the middle is right to second order in their distance.
    assert median_noise_variance(values, n, p) == pytest.approx(3, rel=30 / rank**2)
    padded = np.concatenate([np.zeros(p - rank), values])
    assert median_noise_variance(padded, n, p) == median_noise_variance(values, n, p)


@pytest.mark.parametrize(("n", "p", "spikes"), [*CASES, (300, 100, ()), (400, 400, ())])
def test_median_is_the_noise_up_to_the_places_that_spikes_take(n, p, spikes):
    rng, n_draws = np.random.default_rng([n, p]), 20
    found = []
    for _ in range(n_draws):
        values, freedom = sample_eigenvalues(n, p, spikes, rng)
        found.append(median_noise_variance(values, freedom, p))
    rank = min(n, p)
    law = MarchenkoPastur(rank / max(n, p))
    # The median of the others is half a place below for each spike.
    shift = law.ppf(0.5 + len(spikes) / 2 / rank) / law.median()
    error = 4 * np.std(found, ddof=1) / math.sqrt(n_draws)
    assert np.mean(found) == pytest.approx(shift, abs=error + 1 / rank)


@pytest.mark.parametrize(
    ("values", "n", "p", "message"),
    [
        ([1.0, 2.0], 20, 3, "eigenvalues must be all 3"),
        ([1.0, 2.0, 3.0, 4.0], 20, 3, "eigenvalues must be all 3"),
        ([1.0, -2.0, 3.0], 20, 3, "eigenvalues must not be negative"),
        ([1.0, 2.0, 3.0], np.inf, 3, "n_samples must be"),
        ([1.0, 2.0, 3.0], 20, 0, "n_features must be"),
    ],
)
def test_median_names_bad_parameters(values, n, p, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        median_noise_variance(values, n, p)


@pytest.mark.parametrize(
    ("n", "p", "variance", "name"),
    [
        (0, 5, 1.0, "n_samples"),
        ("3", 5, 1.0, "n_samples"),
        (5, 0, 1.0, "n_features"),
        (5, 5, -1.0, "variance"),
    ],
)
def test_law_of_the_largest_eigenvalue_names_bad_parameters(n, p, variance, name):
    with pytest.raises(ValueError, match=f"^{name} must"):
        largest_eigenvalue_law(n, p, variance)
