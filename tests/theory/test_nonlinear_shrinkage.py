# SPDX-License-Identifier: BSD-3-Clause
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad

from skrmt.theory import _nonlinear_shrinkage as module
from skrmt.theory._marchenko_pastur import MarchenkoPastur
from skrmt.theory._nonlinear_shrinkage import effective_samples, nonlinear_shrinkage

ROOT = math.sqrt(5)


def _kernel(x):
    return 3 / (4 * ROOT) * max(1 - x * x / 5, 0.0)


def _hilbert(x):
    """Principal value of the integral of ``k(t) / (t - x)``, over pi."""
    if abs(x) < ROOT:
        value, _ = quad(_kernel, -ROOT, ROOT, weight="cauchy", wvar=x, epsabs=1e-13)
    else:
        value, _ = quad(lambda t: _kernel(t) / (t - x), -ROOT, ROOT, epsabs=0, epsrel=1e-13)
    return value / math.pi


def _reference(lam, n, p):
    """New values of the non-zero eigenvalues and the null one: the formula, entry by entry."""
    h, c = n ** (-1 / 3), p / n
    values = []
    for x in lam:
        f = np.mean([_kernel((x - y) / (h * y)) / (h * y) for y in lam])
        H = np.mean([_hilbert((x - y) / (h * y)) / (h * y) for y in lam])
        if p <= n:
            down = (math.pi * c * x * f) ** 2 + (1 - c - math.pi * c * x * H) ** 2
            values.append(x / down)
        else:
            values.append(1 / (math.pi**2 * x * (f**2 + H**2)))
    log = math.log((1 + ROOT * h) / (1 - ROOT * h)) if ROOT * h < 1 else math.nan
    at_zero = 3 / (10 * h**2) + 3 / (4 * ROOT * h) * (1 - 1 / (5 * h**2)) * log
    at_zero *= np.mean(1 / np.asarray(lam)) / math.pi
    null = 1 / (math.pi * (c - 1) * at_zero) if p > n else None
    return np.array(values), null


@pytest.mark.parametrize("x", [-1e8, -1e4, -25.0, -21.9, -6.0, -1.0, 0.0, 0.3, 2.0, 3.0, 22.1, 1e6])
def test_transform_of_the_kernel_is_its_integral(x):
    np.testing.assert_allclose(
        module._hilbert_kernel(np.array([x]))[0], _hilbert(x), rtol=1e-10, atol=1e-14
    )


def test_transform_of_the_kernel_at_its_ends():
    at = np.array([-ROOT, ROOT])
    np.testing.assert_allclose(module._hilbert_kernel(at), -3 * at / (10 * math.pi), rtol=1e-14)


def test_both_forms_of_the_transform_agree_where_they_meet():
    near, far = np.nextafter(22.0, [0.0, 30.0])
    values = module._hilbert_kernel(np.array([near, far]))
    np.testing.assert_allclose(values[0], values[1], rtol=1e-12)


@pytest.mark.parametrize(("p", "n"), [(6, 20), (6, 7.5), (20, 14)])
def test_values_are_those_of_the_formula(p, n):
    # Growing faster than the formula's own wiggles, so that the isotonic regression changes little
    # or nothing; what it does is compared with its definition.
    lam = np.exp(np.linspace(0, 6, min(p, n)) ** 1.2)[: int(min(p, n))]
    values, null = _reference(lam, n, p)
    found = nonlinear_shrinkage(np.concatenate([np.zeros(p - len(lam)), lam]), n)
    raw = np.concatenate([np.full(p - len(lam), null or 0.0), values])
    np.testing.assert_allclose(found, _pool(raw), rtol=1e-9)


def _pool(values):
    """Isotonic regression by its max-min formula."""
    p = len(values)
    return np.array(
        [max(min(values[i : j + 1].mean() for j in range(k, p)) for i in range(k + 1))
         for k in range(p)]
    )  # fmt: skip


@pytest.fixture
def sample():
    """Two hundred samples of three variances, one hundred features."""
    variances = np.repeat([1.0, 3.0, 10.0], [20, 40, 40])
    return np.random.default_rng(42).standard_normal((200, 100)) * np.sqrt(variances)


@pytest.mark.parametrize(
    ("n", "trace", "least", "largest"),
    [(200, 547.917571, 1.743574, 11.308336), (60, 540.442064, 3.681799, 12.018484)],
)
def test_known_values(sample, n, trace, least, largest):
    X = sample[:n] - sample[:n].mean(axis=0)
    shrunk = nonlinear_shrinkage(np.linalg.eigvalsh(X.T @ X / (n - 1)).clip(0), n - 1)
    np.testing.assert_allclose(
        [shrunk.sum(), shrunk[0], shrunk[-1]], [trace, least, largest], rtol=1e-6
    )
    if n > 100:
        assert np.log(shrunk).sum() == pytest.approx(152.712034, abs=1e-5)


@pytest.mark.parametrize("n", [500, 2000])
@pytest.mark.parametrize("gamma", [0.1, 0.5, 2.0])
def test_white_noise_becomes_flat(gamma, n):
    """The quantiles of the Marchenko-Pastur law are the spectrum of the identity."""
    p = round(gamma * n)
    ranks = (np.arange(p) + 0.5) / p
    lam = np.maximum(MarchenkoPastur(gamma).ppf(ranks), 0.0)
    lam[ranks < 1 - 1 / gamma] = 0.0
    shrunk = nonlinear_shrinkage(np.sort(lam), n)
    # The square of the bandwidth n^(-1/3) is the order of the bias, but for a share of such order
    # near the edges, where the density has a vertical tangent and the error is larger.
    assert abs(shrunk - 1).mean() < 2 * n ** (-2 / 3)
    assert abs(shrunk - 1).max() < 0.5


def test_many_samples_leave_the_eigenvalues_alone():
    lam = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    # The change is of the order of (p / n) n^(1/3).
    for n in (1e6, 1e9):
        np.testing.assert_allclose(nonlinear_shrinkage(lam, n), lam, rtol=20 * n ** (-2 / 3))


def test_a_single_feature_keeps_its_variance():
    assert nonlinear_shrinkage([3.0], 2) == [3.0]


def test_zeros_stay_zero_where_all_are():
    assert (nonlinear_shrinkage(np.zeros(5), 20) == 0).all()


@pytest.mark.parametrize("p", [30, 80])
def test_scale_goes_through(p):
    X = np.random.default_rng(0).standard_normal((40, p)) * np.linspace(1, 5, p)
    lam = np.linalg.eigvalsh(X.T @ X / 40).clip(0)
    for scale in (1e-200, 1e-3, 1e200):
        np.testing.assert_allclose(
            nonlinear_shrinkage(scale * lam, 40), scale * nonlinear_shrinkage(lam, 40), rtol=1e-9
        )


@given(
    lam=arrays(np.float64, st.integers(2, 40), elements=st.floats(1e-6, 1e6)),
    n=st.floats(12.5, 60),
)
def test_results_ascend_and_are_positive(lam, n):
    lam.sort()
    p = len(lam)
    if p > n:
        lam[: p - math.floor(n)] = 0.0
    shrunk = nonlinear_shrinkage(lam, n)
    assert np.isfinite(shrunk).all()
    assert (shrunk > 0).all()
    assert (np.diff(shrunk) >= 0).all()


def test_blocks_change_nothing(sample, monkeypatch):
    lam = np.linalg.eigvalsh(np.cov(sample.T))
    expected = nonlinear_shrinkage(lam, 199)
    monkeypatch.setattr(module, "_BLOCK", 700)
    np.testing.assert_allclose(nonlinear_shrinkage(lam, 199), expected, rtol=1e-14)


@pytest.mark.parametrize("n", [99, 100, 101, 103])
def test_as_many_samples_as_features_are_no_harder(n):
    """Where the least eigenvalues are tiny a textbook evaluation loses all digits.

    With it the loss, in units of the sample covariance's, reaches 1.3 in some of these draws.
    """
    variances = np.repeat([1.0, 3.0, 10.0], [20, 40, 40])
    for seed in range(20):
        X = np.random.default_rng(seed).standard_normal((n, 100)) * np.sqrt(variances)
        S = X.T @ X / n
        lam, U = np.linalg.eigh(S)
        shrunk = nonlinear_shrinkage(lam.clip(0), n)
        error = (U * shrunk) @ U.T - np.diag(variances)
        assert (error**2).sum() < 0.4 * ((S - np.diag(variances)) ** 2).sum()


@pytest.mark.parametrize(
    ("rank", "p", "n", "expected"),
    [
        (50, 50, 100, 100),
        (50, 50, 99.5, 99.5),
        (60, 100, 60, 60),
        (60, 100, 60.5, 60),
        (50, 50, 50, 49),
        (50, 50, 50 + 1e-9, 49),
        (50, 50, 50 - 1e-9, 49),
        (50, 50, 50.49, 49),
        (50, 50, 50.5, 50.5),
        (30, 50, 60, 30),  # repeated samples
        (30, 100, 60, 30),
    ],
)
def test_effective_sample_size(rank, p, n, expected):
    assert effective_samples(rank, p, n) == expected


def test_rounding_of_the_number_of_samples_changes_nothing():
    """At n = p + 1e-9, of weights, the least eigenvalue is as close to 0 as at n = p."""
    X = np.random.default_rng(0).standard_normal((50, 50))
    lam = np.linalg.eigvalsh(X.T @ X / 50)
    expected = nonlinear_shrinkage(lam, 50)
    assert expected[-1] < 20 * expected[0]
    for n in (50 + 1e-9, 50 - 1e-9):
        np.testing.assert_allclose(nonlinear_shrinkage(lam, n), expected, rtol=1e-8)


def test_eigenvalues_below_rounding_of_the_largest_are_kept_where_they_are_known():
    small = np.linspace(0.5, 2, 19)
    known = nonlinear_shrinkage(np.append(small, 1e20), 100, rank=20)
    # As of one sample and one feature less, up to a few 1 / n, and for the large one p / n.
    np.testing.assert_allclose(known[:-1], nonlinear_shrinkage(small, 99), rtol=3 / 100)
    assert known[-1] == pytest.approx(1e20, rel=20 / 100)
    with pytest.raises(ValueError, match="1 samples of 20 features"):
        nonlinear_shrinkage(np.append(small, 1e20), 100)


@pytest.mark.parametrize("rank", [0, 3, 1.5])
def test_bad_rank(rank):
    with pytest.raises(ValueError, match="rank must be"):
        nonlinear_shrinkage([0.0, 1.0, 2.0], 20, rank=rank)


def test_repeated_samples_count_once():
    X = np.random.default_rng(0).standard_normal((30, 50))
    lam = np.linalg.eigvalsh(X.T @ X / 30).clip(0)
    np.testing.assert_array_equal(nonlinear_shrinkage(lam, 60), nonlinear_shrinkage(lam, 30))


@pytest.mark.parametrize(
    ("lam", "n", "message"),
    [
        ([2.0, 1.0], 5, "eigenvalues must be ascending"),
        ([-1.0, 1.0], 5, "must not be negative"),
        ([1.0, np.nan], 5, "must be finite"),
        ([1.0, 2.0], 0, "n_samples must be a positive finite number"),
        (np.append(np.zeros(20), np.arange(1.0, 12.0)), 11, "11 samples of 31 features are too"),
        ([1.0, 2.0, 3.0], 3, "2 samples of 3 features"),
    ],
)
def test_bad_input(lam, n, message):
    with pytest.raises(ValueError, match=message):
        nonlinear_shrinkage(lam, n)
