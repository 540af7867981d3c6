# SPDX-License-Identifier: BSD-3-Clause
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrmt.theory import GeneralMarchenkoPastur, MarchenkoPastur

ATOMS, SHARES = [1.0, 3.0, 10.0], [0.2, 0.4, 0.4]
LAWS = {
    "split": GeneralMarchenkoPastur(ATOMS, 0.1, SHARES),
    "merged": GeneralMarchenkoPastur(ATOMS, 0.5, SHARES),
    "wide": GeneralMarchenkoPastur([1.0, 20.0], 2.0),
    "wide with zeros": GeneralMarchenkoPastur([0.0, 1.0, 7.0], 3.0, [0.3, 0.4, 0.3]),
    "tall with zeros": GeneralMarchenkoPastur([0.0, 1.0, 7.0], 0.1, [0.3, 0.4, 0.3]),
}
every_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)


def simulated(atoms, shares, n, p, seed):
    """Eigenvalues of the sample covariance of independent Gaussian features."""
    counts = np.round(np.multiply(shares, p)).astype(int)
    assert counts.sum() == p
    x = np.random.default_rng(seed).standard_normal((n, p)) * np.sqrt(np.repeat(atoms, counts))
    return np.linalg.eigvalsh(x.T @ x / n)


@settings(max_examples=50, deadline=None)
@given(log_gamma=st.floats(-4, 4), share=st.floats(1e-6, 1 - 1e-6), value=st.floats(1e-3, 1e3))
def test_one_atom_is_the_law_of_marchenko_and_pastur(log_gamma, share, value):
    gamma = 10**log_gamma
    law = GeneralMarchenkoPastur([value, value], gamma, [3.0, 1.0])
    known = MarchenkoPastur(gamma, value)
    low, high = known.edges[0]
    x = low + share * (high - low)
    assert law.edges == pytest.approx(known.edges, rel=1e-11, abs=1e-14 * value)
    assert law.atom == pytest.approx(known.atom, abs=1e-15)
    assert law.cdf(x) == pytest.approx(known.cdf(x), abs=1e-11)
    peak = 1 / (high - low)
    assert law.pdf(x) == pytest.approx(known.pdf(x), rel=1e-6, abs=1e-6 * peak)
    q = known.atom + (1 - known.atom) * (0.01 + 0.98 * share)
    assert law.ppf(q) == pytest.approx(known.ppf(q), rel=1e-9)
    for order in (1, 2, 5):
        assert law.moment(order) == pytest.approx(known.moment(order), rel=1e-12)


@every_law
def test_stieltjes_transform_solves_the_equation_of_silverstein(law):
    z = np.array([0.1 + 1e-9j, 2.0 + 0.1j, 9.0 + 2j, -3.0 + 1e-3j, 40 - 1j, -5.0, 100.0, 1e8 + 1j])
    m = law.stieltjes(z)
    gamma, t, h = law.gamma, law.eigenvalues, law.weights
    companion = gamma * m - (1 - gamma) / z
    other = (h / (t * (1 - gamma - gamma * z[:, None] * m[:, None]) - z[:, None])).sum(axis=1)
    assert m == pytest.approx(other, rel=1e-9)
    assert (m.imag * z.imag >= 0).all()
    assert (companion.imag * z.imag >= 0).all()
    assert law.stieltjes(z.conj()) == pytest.approx(m.conj(), rel=1e-15)


@every_law
def test_stieltjes_transform_is_the_integral_of_the_density(law):
    z = np.array([[2.0 + 1j, 9.0 - 2j], [-3.0, 200.0]])
    nodes, weights = np.polynomial.legendre.leggauss(1500)
    total = -law.atom / z
    for low, high in law.edges:
        angle = math.pi * (nodes + 1) / 2
        x = low + (high - low) * np.sin(angle / 2) ** 2
        mass = math.pi / 2 * weights * law.pdf(x) * (high - low) * np.sin(angle) / 2
        total += (mass / (x - z[..., None])).sum(axis=-1)
    assert law.stieltjes(z) == pytest.approx(total, rel=1e-9)


@every_law
def test_density_is_the_jump_of_the_stieltjes_transform(law):
    x = law.ppf(law.atom + (1 - law.atom) * np.array([0.1, 0.35, 0.8]))
    jump = law.stieltjes(x + 1e-11j).imag / math.pi
    assert law.pdf(x) == pytest.approx(jump, rel=1e-8)


def test_stieltjes_transform_at_real_points():
    law = LAWS["split"]
    assert law.stieltjes(0.0) == pytest.approx((0.2 + 0.4 / 3 + 0.4 / 10) / (1 - 0.1), rel=1e-14)
    (_, low), (high, _), *_ = law.edges
    gap = law.stieltjes([low + 1e-3, (low + high) / 2, high - 1e-3])
    assert gap.dtype == np.float64
    assert (np.diff(gap) > 0).all()
    assert isinstance(law.stieltjes(-1.0), float)
    assert isinstance(law.stieltjes(-1.0 + 1j), complex)
    assert law.stieltjes(1e12) == pytest.approx(-1e-12, rel=1e-10)
    for z in (1.0, law.edges[2].mean()):
        with pytest.raises(ValueError, match="is in the support of the law"):
            law.stieltjes([-1.0, z])
    with pytest.raises(ValueError, match=r"z = 0\.0 is in the support of the law"):
        LAWS["wide"].stieltjes(0.0)
    for z in (math.nan, complex(1, math.inf), "one"):
        with pytest.raises(ValueError, match="z must be finite numbers"):
            law.stieltjes(z)


def test_gaps_separate_known_shares():
    law = LAWS["split"]
    assert law.masses == pytest.approx(SHARES, abs=1e-15)
    inside = (law.edges[:-1, 1] + law.edges[1:, 0]) / 2
    assert law.cdf(inside) == pytest.approx([0.2, 0.6], abs=1e-15)
    assert law.sf(inside) == pytest.approx([0.8, 0.4], abs=1e-15)
    # At q = 0.2 the gap begins: the least of the points with that share below.
    assert law.ppf([0.2, 0.2 + 1e-12]) == pytest.approx(
        [law.edges[0, 1], law.edges[1, 0]], rel=1e-6
    )
    assert law.pdf(inside).tolist() == [0.0, 0.0]
    # With more features than samples, what is missing is missing at the lower end.
    wide = GeneralMarchenkoPastur([1.0, 1000.0], 1.5, [0.7, 0.3])
    assert wide.masses == pytest.approx([1 / 1.5 - 0.3, 0.3], abs=1e-15)
    zeros = LAWS["tall with zeros"]
    assert zeros.masses == pytest.approx([0.4, 0.3], abs=1e-15)
    assert zeros.atom == pytest.approx(0.3)
    assert LAWS["wide with zeros"].atom == pytest.approx(2 / 3)


@pytest.mark.parametrize("ratio", [2.0, 5.0, 30.0])
def test_gap_opens_where_it_should(ratio):
    # Between equal weights the least sum is gamma (1 + ratio^(2/3))^3 / (2 (ratio - 1)^2).
    critical = 2 * (ratio - 1) ** 2 / (1 + ratio ** (2 / 3)) ** 3
    assert len(GeneralMarchenkoPastur([1.0, ratio], critical * (1 + 1e-9)).edges) == 1
    split = GeneralMarchenkoPastur([1.0, ratio], critical * (1 - 1e-9))
    assert len(split.edges) == 2
    first = min(1, 1 / split.gamma) - 0.5
    assert split.masses == pytest.approx([first, 0.5], abs=1e-15)
    width = split.edges[1, 0] - split.edges[0, 1]
    assert 0 < width < 1e-10 * ratio


def test_edges_are_critical_points_of_an_explicit_function():
    law = LAWS["merged"]
    t, a = np.array(ATOMS), 0.5 * np.multiply(SHARES, np.square(ATOMS))
    # z(w) = w + sum b w / (w - t), between minus infinity and 1, and from 10 on.
    left, right = np.linspace(-3, 0.99, 400_001), np.linspace(10.01, 40, 400_001)
    z = [w * (1 + (a / t / (w[:, None] - t)).sum(axis=1)) for w in (left, right)]
    assert law.edges == pytest.approx(np.array([[z[0].max(), z[1].min()]]), rel=1e-9)


@pytest.mark.parametrize("name", ["split", "merged"])
def test_spectrum_of_simulated_data(name):
    law, p = LAWS[name], 500
    eigenvalues = simulated(ATOMS, SHARES, round(p / law.gamma), p, seed=2)
    # Rigid: within a few 1 / p of their places, where independent draws keep to 1 / sqrt(p).
    assert np.abs(law.cdf(eigenvalues) - (np.arange(p) + 0.5) / p).max() < 4 / p


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_extremes_of_simulated_data_are_at_the_edges(seed):
    law, p = LAWS["split"], 300
    eigenvalues = simulated(ATOMS, SHARES, 3000, p, seed)
    ends = np.cumsum(np.round(law.masses * p).astype(int))
    for (low, high), group in zip(law.edges, np.split(eigenvalues, ends[:-1]), strict=True):
        # The place of the fifth eigenvalue from the edge is 8 Tracy-Widom units inside of it; the
        # first is 1.2 inside, 1.3 its standard deviation.
        inner_low, inner_high = law.ppf(law.cdf(low) + 5 / p), law.isf(law.sf(high) + 5 / p)
        assert low - (inner_low - low) / 2 < group[0] < inner_low
        assert inner_high < group[-1] < high + (high - inner_high) / 2


def test_weights_are_multiplicities():
    law = GeneralMarchenkoPastur([3.0, 1.0, 3.0, 2.0], 0.3)
    same = GeneralMarchenkoPastur([1.0, 2.0, 3.0, 4.0], 0.3, [5.0, 5.0, 10.0, 0.0])
    x = np.linspace(0.1, 8, 50)
    assert law.cdf(x) == pytest.approx(same.cdf(x), abs=1e-14)
    assert law.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("scale", [1e-150, 1e-5, 1e150])
@every_law
def test_law_scales_with_its_eigenvalues(law, scale):
    other = GeneralMarchenkoPastur(scale * law.eigenvalues, law.gamma, law.weights)
    assert other.edges == pytest.approx(scale * law.edges, rel=1e-12)
    x = law.ppf(np.linspace(0.75, 0.99, 5))
    assert other.cdf(scale * x) == pytest.approx(law.cdf(x), abs=1e-12)
    assert other.pdf(scale * x) == pytest.approx(law.pdf(x) / scale, rel=1e-10)


def test_scales_that_are_far_apart():
    # Each group has its own law, the larger ones the fewer samples: gamma h, and what is above
    # takes away samples from what is below.
    law = GeneralMarchenkoPastur([1.0, 1e7, 1e14], 0.3)
    for (low, high), value, over in zip(
        law.edges, [1.0, 1e7, 1e14], [2 / 3, 1 / 3, 0], strict=True
    ):
        left = 1 - 0.3 * over
        known = MarchenkoPastur(0.1 / left, left * value)
        assert [low, high] == pytest.approx(known.edges[0], rel=1e-6)
        x = low + 0.3 * (high - low)
        share = (law.cdf(x) - law.cdf(low)) * 3
        assert share == pytest.approx(known.cdf(x), abs=1e-6)


def test_lower_edge_at_zero():
    law = GeneralMarchenkoPastur([0.0, 1.0], 2.0)
    assert law.edges.tolist() == [[0.0, pytest.approx(4.0)]]
    assert law.atom == 0.5
    assert law.pdf(0.0) == math.inf
    x, known = np.array([1e-20, 1e-6, 0.1, 2.0, 3.9]), MarchenkoPastur(1.0)
    # Half of the features, as many as samples.
    assert law.cdf(x) == pytest.approx(0.5 + known.cdf(x) / 2, abs=1e-14)
    assert law.pdf(x) == pytest.approx(known.pdf(x) / 2, rel=1e-9)
    assert law.ppf(0.5 + 1e-9) == pytest.approx(known.ppf(2e-9), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    logs=st.lists(st.floats(-12, 12), min_size=1, max_size=12),
    log_gamma=st.one_of(st.just(0.0), st.floats(-6, 6)),
    shares=st.lists(st.floats(1e-6, 1 - 1e-6), min_size=5, max_size=5),
)
def test_any_population_has_a_law(logs, log_gamma, shares):
    law = GeneralMarchenkoPastur(np.exp(logs), 10**log_gamma)
    assert law.masses.sum() + law.atom == pytest.approx(1, abs=1e-13)
    assert (np.diff(law.edges.ravel()) >= 0).all()
    q = law.atom + (1 - law.atom) * np.array(shares)
    x = law.ppf(q)
    assert law.cdf(x) == pytest.approx(q, abs=1e-12)
    assert law.moment(2) == pytest.approx(law.var() + law.mean() ** 2, rel=1e-12)
    z = 1j * law.std() + law.mean()
    assert -1 / law.stieltjes(1e6 * z) == pytest.approx(1e6 * z, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.002, 0.02, 0.5, 2.0])
def test_a_thousand_different_eigenvalues(gamma):
    p = 1000
    population = np.exp(np.random.default_rng(0).normal(size=p))
    start = time.perf_counter()
    law = GeneralMarchenkoPastur(population, gamma)
    q = law.atom + (1 - law.atom) * (np.arange(p) + 0.5) / p
    x = law.ppf(q)
    levels, density = law.cdf(x), law.pdf(x)
    assert time.perf_counter() - start < 10  # about 0.5 s on an idle core
    assert levels == pytest.approx(q, abs=1e-12)
    assert (density > 0).all()
    assert (np.diff(law.edges.ravel()) > 0).all()
    assert law.masses.sum() + law.atom == pytest.approx(1)
    # Where the population is split, by whole eigenvalues; zeros of the law come from below.
    whole = law.masses[1:] * p
    assert whole == pytest.approx(np.round(whole), abs=1e-9)
    # The quantiles are a midpoint rule for the mean.
    assert x.mean() * (1 - law.atom) == pytest.approx(law.mean(), rel=2e-2)
    assert (len(law.edges) > 50) == (gamma < 0.03)


def test_eigenvalues_are_kept_and_cannot_be_changed():
    given = np.array([3.0, 1.0])
    law = GeneralMarchenkoPastur(given, 0.5)
    given[0] = 7.0
    assert law.eigenvalues.tolist() == [3.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        law.eigenvalues[0] = 2.0
    assert law != GeneralMarchenkoPastur(given, 0.5)
    assert law != "law"
    assert "eigenvalues=[3., 1.], gamma=0.5, weights=[0.5, 0.5]" in repr(law)
    assert len(repr(GeneralMarchenkoPastur(np.arange(1.0, 1001.0), 0.5))) < 200


def test_bad_parameters():
    for gamma in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="gamma must be a positive finite number"):
            GeneralMarchenkoPastur([1.0], gamma)
    with pytest.raises(ValueError, match="eigenvalues must not be negative"):
        GeneralMarchenkoPastur([1.0, -1.0], 0.5)
    with pytest.raises(ValueError, match="eigenvalues must be finite"):
        GeneralMarchenkoPastur([1.0, math.nan], 0.5)
    with pytest.raises(ValueError, match="eigenvalues must have 1 axis"):
        GeneralMarchenkoPastur([[1.0]], 0.5)
    for nothing in ([], [0.0, 0.0]):
        with pytest.raises(ValueError, match="eigenvalues must not be all zero"):
            GeneralMarchenkoPastur(nothing, 0.5)
    with pytest.raises(ValueError, match="weights must have one value for each"):
        GeneralMarchenkoPastur([1.0, 2.0], 0.5, [1.0])
    with pytest.raises(ValueError, match="weights must not be negative"):
        GeneralMarchenkoPastur([1.0, 2.0], 0.5, [1.0, -1.0])
    with pytest.raises(ValueError, match="weights must not be zero for all positive"):
        GeneralMarchenkoPastur([0.0, 2.0], 0.5, [1.0, 0.0])
