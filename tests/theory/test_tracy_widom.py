# SPDX-License-Identifier: BSD-3-Clause
import math
import time

import numpy as np
import pytest
from scipy import integrate
from scipy.special import airy

from skrmt.theory import TracyWidom, tracy_widom_cdf, tracy_widom_ppf, tracy_widom_sf

# To the digits of F. Bornemann, Math. Comp. 79 (2010), table 4.
MEAN, VARIANCE = -1.2065335745820, 1.6077810345810
SKEWNESS, EXCESS = 0.29346452408, 0.1652429384


def integral(function, low, high):
    return integrate.quad(function, low, high, epsabs=1e-13, epsrel=1e-12, limit=200)[0]


def test_moments_by_integration():
    mean = integral(tracy_widom_sf, 0, 20) - integral(tracy_widom_cdf, -15, 0)
    square = 2 * (
        integral(lambda t: t * tracy_widom_sf(t), 0, 20)
        - integral(lambda t: t * tracy_widom_cdf(t), -15, 0)
    )
    assert mean == pytest.approx(MEAN, abs=1e-11)
    assert square - mean**2 == pytest.approx(VARIANCE, abs=1e-11)


@pytest.mark.parametrize("s", [-6.5, -4.0, -1.2, 0.0, 2.0, 6.0])
def test_table_is_another_determinant(s):
    # The same law by the kernel on (s, infinity) with more nodes and no table.
    x, w = np.polynomial.legendre.leggauss(150)
    length = 40 - min(s, 0)
    x, w = s + length * (x + 1) / 2, np.sqrt(length * w / 2)
    kernel = w[:, None] * airy((x[:, None] + x) / 2)[0] / 2 * w
    determinant = np.linalg.det(np.eye(x.size) - kernel)
    assert tracy_widom_cdf(s) == pytest.approx(determinant, abs=2e-13)


def test_quantiles():
    assert tracy_widom_ppf([0.95, 0.99]) == pytest.approx([0.9793, 2.0234], abs=5e-5)
    q = np.array([[1e-200, 1e-12, 0.01], [0.5, 0.999, 1 - 1e-9]])
    x = tracy_widom_ppf(q)
    assert x.shape == q.shape
    assert tracy_widom_cdf(x) == pytest.approx(q, rel=1e-9)
    assert (np.diff(x.ravel()) > 0).all()


def test_medians_are_those_of_the_tables():
    assert tracy_widom_ppf(0.5) == pytest.approx(-1.2685, abs=1e-4)
    # Not of the gamma law that is fitted to three moments, .97940 and 2.0135.
    assert tracy_widom_ppf([0.95, 0.99]) == pytest.approx([0.97931605, 2.02344928], abs=5e-9)


@pytest.mark.parametrize("x", [-22.0, -7.001, -6.999, -3.0, 0.0, 5.0, 10.999, 11.001, 50.0, 100.0])
def test_density_is_the_slope_of_the_distribution_function(x):
    # Relative to the smaller tail, by central differences with one step of extrapolation.
    tail = tracy_widom_cdf if x < -1 else tracy_widom_sf
    sign = 1 if x < -1 else -1

    def slope(h):
        return sign * (math.log(tail(x + h)) - math.log(tail(x - h))) / (2 * h)

    step = 4e-4
    expected = tail(x) * (4 * slope(step) - slope(2 * step)) / 3
    assert TracyWidom().pdf(x) == pytest.approx(expected, rel=1e-8)


def test_law_that_is_moved():
    law, x = TracyWidom(4.0, 0.1), np.array([3.5, 4.0, 4.5])
    standard = (x - 4) / 0.1
    assert law.cdf(x) == pytest.approx(tracy_widom_cdf(standard), rel=1e-12)
    assert law.sf(x) == pytest.approx(tracy_widom_sf(standard), rel=1e-12)
    assert law.pdf(x) == pytest.approx(10 * TracyWidom().pdf(standard), rel=1e-12)
    assert law.isf([0.01, 1e-300]) == pytest.approx(4 + 0.1 * TracyWidom().isf([0.01, 1e-300]))
    assert (law.mean(), law.var()) == pytest.approx((4 + 0.1 * MEAN, 0.01 * VARIANCE))


def test_moments_of_the_law():
    law = TracyWidom()
    m1, m2, m3, m4 = (law.moment(k) for k in range(1, 5))
    assert (m1, m2 - m1**2) == (MEAN, pytest.approx(VARIANCE, rel=1e-14))
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    assert third / VARIANCE**1.5 == pytest.approx(SKEWNESS, abs=1e-11)
    assert fourth / VARIANCE**2 - 3 == pytest.approx(EXCESS, abs=1e-10)


def test_upper_quantiles_keep_their_digits():
    q = 10.0 ** -np.array([1.0, 8.0, 20.0, 100.0, 300.0])
    assert TracyWidom().sf(TracyWidom().isf(q)) == pytest.approx(q, rel=1e-11)


def test_many_draws_at_once():
    law = TracyWidom()
    law.median()  # makes the table
    start = time.perf_counter()
    draws = law.rvs(100_000, random_state=0)
    assert time.perf_counter() - start < 5  # 0.1 s on an idle core, minutes one by one
    # Four standard errors.
    assert draws.mean() == pytest.approx(MEAN, abs=4 * math.sqrt(VARIANCE / draws.size))
    spread = math.sqrt((EXCESS + 2) / draws.size)
    assert draws.var() == pytest.approx(VARIANCE, rel=4 * spread)


@pytest.mark.parametrize("bad", [math.nan, math.inf, "one", None])
def test_bad_parameters(bad):
    with pytest.raises(ValueError, match="loc must be a finite number"):
        TracyWidom(bad)
    with pytest.raises(ValueError, match="scale must be a positive finite number"):
        TracyWidom(0.0, bad)
    with pytest.raises(ValueError, match=r"scale must be a positive finite number, got 0\.0"):
        TracyWidom(0.0, 0.0)


def test_both_tails():
    x = np.linspace(-40, 140, 7001)
    cdf, sf = tracy_widom_cdf(x), tracy_widom_sf(x)
    for values in (cdf, sf):
        assert ((values >= 0) & (values <= 1)).all()
    assert (np.diff(cdf) >= 0).all()
    assert (np.diff(sf) <= 0).all()
    # Strictly while neither probability has been rounded to 1 or underflowed.
    assert (np.diff(cdf[(x > -20) & (x < 5)]) > 0).all()
    assert (np.diff(sf[(x > -5) & (x < 95)]) < 0).all()
    assert cdf + sf == pytest.approx(1, abs=1e-15)
    assert (tracy_widom_cdf(-1e9), tracy_widom_sf(1e9)) == (0.0, 0.0)


@pytest.mark.parametrize("end", [-7.0, 11.0])
def test_nothing_jumps_where_the_table_ends(end):
    # Second differences of the log odds, against a jump of 1e-4 in their slope.
    x = end + np.linspace(-0.05, 0.05, 11)
    slopes = np.diff(np.log(tracy_widom_cdf(x)) - np.log(tracy_widom_sf(x))) / 0.01
    assert np.abs(np.diff(slopes, 2)).max() < 1e-4


def test_left_tail_is_that_of_the_expansion():
    # Constant tau_1 of J. Baik, R. Buckingham, J. DiFranco, Comm. Math. Phys. 280 (2008).
    t = np.array([8.0, 12.0, 18.0])
    log_constant = -11 / 48 * math.log(2) - 0.1654211437004509 / 2
    leading = -(t**3) / 24 - t**1.5 / (3 * math.sqrt(2)) - np.log(t) / 16 + log_constant
    assert np.abs(np.log(tracy_widom_cdf(-t)) - leading).max() < 0.04 * 8**-1.5


def test_right_tail_is_that_of_the_airy_function():
    # 1 - F1 ~ exp(-2/3 s^1.5) / (4 sqrt(pi) s^0.75), with a correction of 41/48 s^-1.5.
    s = np.array([20.0, 40.0, 80.0])
    leading = -2 / 3 * s**1.5 - np.log(4 * math.sqrt(math.pi)) - 0.75 * np.log(s)
    assert np.abs(np.log(tracy_widom_sf(s)) - leading + 41 / 48 * s**-1.5).max() < 2e-4


def test_numbers_and_bad_input():
    assert isinstance(tracy_widom_cdf(0.0), float)
    assert tracy_widom_sf([]).shape == (0,)
    assert tracy_widom_ppf([0.0, 1.0]).tolist() == [-math.inf, math.inf]
    for q in (1.5, -0.5):
        with pytest.raises(ValueError, match="q must be between 0 and 1"):
            tracy_widom_ppf(q)
    with pytest.raises(ValueError, match="x must not be nan"):
        tracy_widom_cdf(math.nan)
