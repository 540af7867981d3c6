# SPDX-License-Identifier: BSD-3-Clause
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from skrmt.theory import MarchenkoPastur, marchenko_pastur_cdf, marchenko_pastur_median


def mass_to_the_edge(distance, gamma, upper):
    """Mass between an edge and a point, relative digits kept: quadrature in a stretched angle."""
    q = math.sqrt(gamma)
    r = q if upper else -q
    gap = abs(math.log(q)) + 1e-300
    end = 2 * math.asin(math.sqrt(distance / (4 * q)))

    def integrand(v):
        # The angle is gap * sinh(v): even next to gamma = 1, where the integrand turns at the gap.
        angle = gap * math.sinh(v)
        rest = (1 + r) ** 2 - 4 * r * math.sin(angle / 2) ** 2
        return 2 / math.pi * math.sin(angle) ** 2 / rest * gap * math.cosh(v)

    return integrate.quad(integrand, 0, math.asinh(end / gap), epsabs=0, epsrel=1e-12, limit=500)[0]


@pytest.mark.parametrize("gamma", [1e-6, 1e-3, 0.06, 0.07, 0.5, 0.9, 1 - 1e-6])
@pytest.mark.parametrize("share", [1e-10, 1e-4, 0.03, 0.4])
def test_both_tails_keep_their_digits(gamma, share):
    law = MarchenkoPastur(gamma)
    low, high = law.edges[0]
    distance = share * (high - low)
    # Of the point itself, a distance to the edge has lost what its rounding is.
    lost = 4 * np.finfo(float).eps * high / distance
    below = mass_to_the_edge((low + distance) - low, gamma, upper=False)
    above = mass_to_the_edge(high - (high - distance), gamma, upper=True)
    assert law.cdf(low + distance) == pytest.approx(below, rel=2e-10 + 2 * lost)
    assert law.sf(high - distance) == pytest.approx(above, rel=1e-11 + 2 * lost)


@pytest.mark.parametrize(("gamma", "median"), [(0.5, 0.830466), (1.0, 0.652776)])
def test_medians(gamma, median):
    assert marchenko_pastur_median(gamma) == pytest.approx(median, abs=1e-6)
    assert marchenko_pastur_cdf(marchenko_pastur_median(gamma), gamma) == pytest.approx(0.5)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_total_mass(gamma):
    law = MarchenkoPastur(gamma)
    assert law.cdf(law.edges[0, 1]) == pytest.approx(1, abs=1e-15)
    assert law.cdf(law.edges[0, 0]) == pytest.approx(law.atom, abs=1e-15)


def test_median_is_remembered():
    marchenko_pastur_median(0.37)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        marchenko_pastur_median(0.37)
        times.append(time.perf_counter() - start)
    assert min(times) < 1e-3


def test_square_law_is_that_of_a_squared_semicircle():
    # The singular values of a square matrix have a quarter circle of radius 2.
    x = np.array([1e-12, 1e-3, 1.0, 3.9])
    s = np.sqrt(x)
    quarter = (s * np.sqrt(4 - x) / 2 + 2 * np.arcsin(s / 2)) / math.pi
    assert marchenko_pastur_cdf(x, 1.0) == pytest.approx(quarter, rel=1e-13)
    assert MarchenkoPastur(1.0).pdf(0.0) == math.inf


@settings(max_examples=60, deadline=None)
@given(log_gamma=st.floats(-6, 6), share=st.floats(1e-6, 1 - 1e-6), variance=st.floats(1e-3, 1e3))
def test_wide_law_is_that_of_the_transpose(log_gamma, share, variance):
    gamma = 10**log_gamma
    law, other = MarchenkoPastur(gamma, variance), MarchenkoPastur(1 / gamma)
    low, high = law.edges[0]
    x = low + share * (high - low)
    # The same eigenvalues, divided by n in one law and by p in the other.
    assert law.sf(x) * gamma == pytest.approx(other.sf(x / (variance * gamma)), rel=1e-6)
    assert law.pdf(x) * gamma * gamma * variance == pytest.approx(
        other.pdf(x / (variance * gamma)), rel=1e-6
    )


def test_quantiles_at_the_atom_and_the_edges():
    law = MarchenkoPastur(4.0, 2.0)
    assert law.atom == 0.75
    assert law.edges == pytest.approx(np.array([[2.0, 18.0]]))
    assert law.ppf([0.0, 0.3, 0.75]).tolist() == [0.0, 0.0, 0.0]
    assert law.ppf([0.75 + 1e-12, 1.0]) == pytest.approx([2.0, 18.0], rel=1e-6)
    assert law.isf([0.25, 0.9]).tolist() == [0.0, 0.0]
    assert law.cdf([-1e-9, 0.0, 1.99]).tolist() == [0.0, 0.75, 0.75]
    assert law.sf([-1e-9, 0.0, 1.99]).tolist() == [1.0, 0.25, 0.25]
    assert law.support() == (0.0, law.edges[0, 1])
    assert marchenko_pastur_median(2.0) == marchenko_pastur_median(5.0) == 0.0
    tall = MarchenkoPastur(0.25)
    assert tall.ppf([0.0, 1.0]).tolist() == tall.edges[0].tolist() == [0.25, 2.25]


def test_quantiles_of_tiny_masses_underflow_quietly():
    law = MarchenkoPastur(1.0)
    # Next to 0 the mass below x is 2 sqrt(x) / pi.
    assert law.ppf(1e-100) == pytest.approx((math.pi / 2 * 1e-100) ** 2, rel=1e-9)
    assert law.ppf([1e-300, 5e-324]).tolist() == [0.0, 0.0]
    near = MarchenkoPastur(1 - 1e-12)
    assert near.ppf(1e-300) == pytest.approx(near.edges[0, 0], rel=1e-9)


@pytest.mark.parametrize("gamma", [1e17, 1e20])
def test_the_end_of_the_support_is_reached_where_the_atom_is_all_but_one(gamma):
    law = MarchenkoPastur(gamma)
    assert law.ppf([0.0, 0.5, 1.0]).tolist() == [0.0, 0.0, law.edges[0, 1]]
    assert law.isf([0.0, 0.5, 1.0]).tolist() == [law.edges[0, 1], 0.0, 0.0]


def test_upper_tail_of_quantiles():
    law = MarchenkoPastur(0.5)
    q = 10.0 ** -np.arange(1, 13)
    assert law.sf(law.isf(q)) == pytest.approx(q, rel=1e-6)
    # Next to the edge the mass is that of a square root.
    high = law.edges[0, 1]
    distance = high - law.isf(1e-12)
    leading = math.sqrt(np.ptp(law.edges)) / (2 * math.pi * 0.5 * high) * 2 / 3 * distance**1.5
    assert leading == pytest.approx(1e-12, rel=1e-5)


@pytest.mark.parametrize("gamma", [1e-6, 1e6])
def test_far_from_square(gamma):
    # There the law is a semicircle around its mean, up to the square root of the smaller ratio.
    law = MarchenkoPastur(gamma)
    (low, high), ratio = law.edges[0], min(gamma, 1 / gamma)
    middle = (low + high) / 2
    assert law.sf(middle) / min(1, 1 / gamma) == pytest.approx(0.5, abs=math.sqrt(ratio))
    peak = min(1, 1 / gamma) / (math.pi / 4 * (high - low))
    assert law.pdf(middle) == pytest.approx(peak, rel=3 * math.sqrt(ratio))


def test_moments_are_sums_of_narayana_numbers():
    law = MarchenkoPastur(0.5, 3.0)
    narayana = [1, 6, 6, 1]
    assert law.moment(4) == pytest.approx(3.0**4 * sum(k * 0.5**r for r, k in enumerate(narayana)))
    assert (law.mean(), law.var()) == (3.0, 4.5)


def test_spectrum_of_a_wishart_matrix():
    n, p = 1000, 500
    x = np.random.default_rng(0).standard_normal((n, p))
    eigenvalues = np.linalg.eigvalsh(x.T @ x / n)
    levels = marchenko_pastur_cdf(eigenvalues, p / n)
    # Eigenvalues are rigid: they keep to within a few 1 / p, not 1 / sqrt(p), of their places.
    assert np.abs(levels - (np.arange(p) + 0.5) / p).max() < 4 / p


@pytest.mark.parametrize(("gamma", "biased"), [(0.1, 0.880), (0.5, 0.554), (0.9, 0.362)])
def test_noise_from_the_median_is_not_biased(gamma, biased):
    n = 2000
    x = np.random.default_rng(1).standard_normal((n, round(gamma * n)))
    median = np.median(np.linalg.eigvalsh(x.T @ x / n))
    assert median / marchenko_pastur_median(gamma) == pytest.approx(1, abs=0.01)
    # 1 + gamma is the middle of the support, where the median is not.
    assert median / (1 + gamma) == pytest.approx(biased, abs=0.01)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf, "half"])
def test_bad_parameters(bad):
    with pytest.raises(ValueError, match="gamma must be a positive finite number"):
        MarchenkoPastur(bad)
    with pytest.raises(ValueError, match="variance must be a positive finite number"):
        marchenko_pastur_cdf(1.0, 0.5, bad)
    with pytest.raises(ValueError, match="gamma must be a positive finite number"):
        marchenko_pastur_median(bad)
