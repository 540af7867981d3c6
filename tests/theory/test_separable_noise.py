# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq, minimize_scalar

from skrmt.theory import largest_eigenvalue_law, separable_noise_law

POSITIVE = st.floats(0.01, 100.0)
VARIANCES = st.lists(POSITIVE, min_size=1, max_size=12).map(np.array)
# Few values many times, values that all differ, and few rows above the others.
PROFILES = {
    "two groups": (np.repeat([1.0, 3.0], 30), np.repeat([1.0, 4.0], 20)),
    "columns": (np.ones(60), np.linspace(0.1, 2.0, 40)),
    "rows": (np.geomspace(0.05, 1.0, 30), np.ones(100)),
    "outliers": (np.append(np.ones(50), [8.0, 9.0, 10.0]), np.linspace(1.0, 2.0, 30)),
}


def largest_squares(rng, a, b, n_draws):
    """Largest squared singular values of Gaussian draws."""
    draws = rng.standard_normal((n_draws, a.size, b.size)) * np.sqrt(np.outer(a, b))
    if a.size > b.size:
        draws = draws.transpose(0, 2, 1)
    return np.linalg.eigvalsh(draws @ draws.transpose(0, 2, 1))[:, -1]


def limit_edge(a, b):
    """Edge without the shift, which stays the same when all variances come twice."""
    return separable_noise_law(np.tile(a, 2), np.tile(b, 2)).loc - separable_noise_law(a, b).loc


def edge_by_search(a, b):
    """Edge and scale from the two equations as they stand, by nested searches in u."""

    def level(u):
        s = (b / (1 - b * u)).sum()
        low, high = a.max() * s * (1 + 1e-13), a.max() * s + 1.01 * a.sum() / u
        return brentq(lambda z: (a / (z - a * s)).sum() - u, low, high, xtol=1e-300, rtol=1e-14)

    def trace(u):
        return (1 / (level(u) - a * (b / (1 - b * u)).sum())).sum()

    end = 1 / b.max()
    found = minimize_scalar(
        level,
        bounds=(1e-6 * end, (1 - 1e-9) * end),
        method="bounded",
        options={"xatol": 1e-8 * end},
    )
    # The search has half the digits; a parabola through points around it has enough.
    u, h = found.x, 1e-3 * min(found.x, end - found.x)
    curvature = (level(u + h) - 2 * level(u) + level(u - h)) / h**2
    slope = (trace(u + h) - trace(u - h)) / (2 * h)
    return found.fun, (abs(slope) * math.sqrt(2 / curvature)) ** (-2 / 3)


@pytest.mark.parametrize(
    ("n", "p"), [(1, 1), (1, 1000), (2, 1000), (10, 10), (300, 100), (200, 400), (20000, 200)]
)
def test_white_noise(n, p):
    law = separable_noise_law(np.full(n, 2.0), np.full(p, 0.5))
    edge = (math.sqrt(n) + math.sqrt(p)) ** 2
    assert law.loc == pytest.approx(edge * (1 - 1 / (2 * math.sqrt(n * p))), rel=1e-13)
    assert law.scale == pytest.approx(math.sqrt(edge) * (n**-0.5 + p**-0.5) ** (1 / 3), rel=1e-13)
    # One term of the expansion of n - 1/2 and p - 1/2: what is left is of the second order.
    exact = largest_eigenvalue_law(n, p)
    assert law.loc == pytest.approx(n * exact.loc, abs=0.1 / min(n, p) * law.scale)
    assert law.scale == pytest.approx(n * exact.scale, rel=0.3 / min(n, p))


@pytest.mark.parametrize("name", PROFILES)
def test_edge_and_scale_by_search(name):
    a, b = PROFILES[name]
    edge, scale = edge_by_search(a, b)
    assert limit_edge(a, b) == pytest.approx(edge, rel=1e-10)
    # The differences over 1e-3 of the way to a pole are right to 1e-6 times a constant.
    assert separable_noise_law(a, b).scale == pytest.approx(scale, rel=1e-4)


@pytest.mark.parametrize(("name", "seed"), [("two groups", 0), ("columns", 1), ("rows", 2)])
def test_simulated(name, seed):
    a, b = PROFILES[name]
    law = separable_noise_law(a, b)
    drawn = largest_squares(np.random.default_rng(seed), a, b, 3000)
    standard_error = drawn.std() / math.sqrt(drawn.size)
    # The next term of the mean is smaller than the shift by about the relative width.
    shift = limit_edge(a, b) - law.loc
    assert 0.2 * law.scale < shift < 0.7 * law.scale
    assert abs(drawn.mean() - law.mean()) < 4 * standard_error + shift / 3
    assert drawn.mean() < law.mean() + shift - 4 * standard_error
    for level in (0.05, 0.005):
        exceeded = (drawn > law.isf(level)).mean()
        assert abs(exceeded - level) < 4 * math.sqrt(level / drawn.size) + level / 4


@pytest.mark.parametrize("p", [10, 100, 10_000, 1_000_000])
def test_single_row_is_chi_squared(p):
    # The worst case: no limit law, yet the quantile stays usable.
    law = separable_noise_law([1.0], np.ones(p))
    assert 0.03 < stats.chi2.sf(law.isf(0.05), p) < 0.055
    assert 0.002 < stats.chi2.sf(law.isf(0.005), p) < 0.006
    # sqrt(p) times 2 - 1/2 - 1.2065, and 1.268 for sqrt(2), in the limit.
    if p >= 10_000:
        assert (law.mean() - p) / law.scale == pytest.approx(0.2935, abs=5 * p**-0.5)
        assert law.std() / math.sqrt(2 * p) == pytest.approx(0.8966, abs=2 * p**-0.5)


def test_huge_row_is_a_row_of_its_own():
    # The others are then negligible: the law is that of the single row.
    law = separable_noise_law(np.append(np.full(50, 1e-12), 1.0), np.ones(200))
    alone = separable_noise_law([1.0], np.ones(200))
    assert law.loc == pytest.approx(alone.loc, rel=1e-8)
    assert law.scale == pytest.approx(alone.scale, rel=1e-8)


@pytest.mark.parametrize("kind", ["white", "columns", "rows"])
def test_variances_from_the_noise_itself_give_a_safe_threshold(kind):
    rng = np.random.default_rng(5)
    exceeded, standard = 0, []
    for _ in range(100):
        noise = rng.standard_normal((150, 60))
        if kind == "columns":
            noise *= np.sqrt(rng.gamma(3, size=60))
        if kind == "rows":
            noise *= np.sqrt(rng.exponential(size=(150, 1)))
        # All signs of the entries have this profile.
        squares = noise**2
        law = separable_noise_law(squares.sum(axis=1), squares.sum(axis=0) / squares.sum())
        largest = np.linalg.svd(noise, compute_uv=False)[0] ** 2
        exceeded += largest > law.isf(0.05)
        standard.append((largest - law.mean()) / law.scale)
    # Nominally 5, and at most 3 standard errors more.
    assert exceeded <= 11
    # Unequal only by chance, the sums lift the edge by 4 / sqrt(n p) of it to first order.
    lift = 4 / math.sqrt(150 * 60) * (math.sqrt(150) + math.sqrt(60)) ** 2
    lift /= separable_noise_law(np.ones(150), np.ones(60)).scale
    assert -1.3 * lift < np.mean(standard) < 0


@settings(max_examples=60, deadline=None)
@given(VARIANCES, VARIANCES, POSITIVE)
def test_invariances(a, b, factor):
    law = separable_noise_law(a, b)
    assert 0 < law.scale
    moved = [
        (separable_noise_law(b, a), 1.0),
        (separable_noise_law(a[::-1], np.append(b, [0.0, 0.0])), 1.0),
        (separable_noise_law(factor * a, b), factor),
        (separable_noise_law(a / factor, factor * b), 1.0),
    ]
    for other, by in moved:
        assert other.loc == pytest.approx(by * law.loc, rel=1e-10)
        assert other.scale == pytest.approx(by * law.scale, rel=1e-10)


@settings(max_examples=60, deadline=None)
@given(VARIANCES, VARIANCES, st.floats(1.01, 10.0))
def test_edge_bounds_and_growth(a, b, factor):
    edge = limit_edge(a, b)
    # Not below the largest mean row or column, not above equal variances as large as the largest.
    assert edge > max(a.max() * b.sum(), a.sum() * b.max())
    highest = (math.sqrt(a.size) + math.sqrt(b.size)) ** 2 * a.max() * b.max()
    assert edge <= highest * (1 + 1e-9)
    larger = a.copy()
    larger[0] *= factor
    assert limit_edge(larger, b) > edge


def test_units_as_powers_of_two_change_no_digit():
    a, b = PROFILES["columns"]
    law, other = separable_noise_law(a, b), separable_noise_law(a * 2.0**-300, b * 2.0**310)
    assert (other.loc, other.scale) == (1024 * law.loc, 1024 * law.scale)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0.0, 0.0], [1.0], "row_variances must have a positive value"),
        ([1.0], [], "column_variances must have a positive value"),
        ([-1.0], [1.0], "row_variances must not be negative"),
        ([1.0], [math.nan], "column_variances must be finite"),
        ([[1.0]], [1.0], "row_variances must have 1 axis"),
        ([1e200], [1e200], "range of a float"),
        ([1e-200], [1e-200], "range of a float"),
    ],
)
def test_errors(a, b, message):
    with pytest.raises(ValueError, match=message):
        separable_noise_law(a, b)
