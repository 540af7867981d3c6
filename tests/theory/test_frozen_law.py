# SPDX-License-Identifier: BSD-3-Clause
"""What all laws have in common: one truth behind pdf, cdf, ppf, moments and draws."""

import dataclasses
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skrmt.theory import GeneralMarchenkoPastur, MarchenkoPastur, TracyWidom

LAWS = {
    "narrow": MarchenkoPastur(0.01),
    "tall": MarchenkoPastur(0.5, 1.7),
    "square": MarchenkoPastur(1.0),
    "wide": MarchenkoPastur(3.0, 0.2),
    "three atoms": GeneralMarchenkoPastur([1.0, 3.0, 10.0], 0.1, [0.2, 0.4, 0.4]),
    "merged": GeneralMarchenkoPastur([1.0, 3.0, 10.0], 0.5, [0.2, 0.4, 0.4]),
    "wide with zeros": GeneralMarchenkoPastur([0.0, 1.0, 7.0], 3.0, [0.3, 0.4, 0.3]),
    "tall with zeros": GeneralMarchenkoPastur([0.0, 1.0, 7.0], 0.1, [0.3, 0.4, 0.3]),
    "Tracy-Widom": TracyWidom(),
    "moved": TracyWidom(4.0, 0.1),
}
every_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)


NODES, WEIGHTS = np.polynomial.legendre.leggauss(800)


def pieces(law):
    """Intervals that hold all of the continuous part."""
    if isinstance(law, TracyWidom):
        return [(law.loc - 15 * law.scale, law.loc + 25 * law.scale)]
    return [tuple(interval) for interval in law.edges]


def integral(law, function, upto=math.inf):
    """Integral of a function times the density, square roots at the edges removed."""
    total = 0.0
    for low, high in pieces(law):
        if low >= upto:
            break
        width = high - low
        end = math.pi if high <= upto else 2 * math.asin(math.sqrt((upto - low) / width))
        angle = end * (NODES + 1) / 2
        x = low + width * np.sin(angle / 2) ** 2
        values = function(x) * law.pdf(x) * width * np.sin(angle) / 2
        total += end / 2 * float(WEIGHTS @ values)
    return total


@every_law
def test_total_mass(law):
    atom = getattr(law, "atom", 0.0)
    assert atom + integral(law, np.ones_like) == pytest.approx(1, abs=1e-10)


@every_law
@pytest.mark.parametrize("q", [0.02, 0.4, 0.75, 0.999])
def test_distribution_function_is_the_integral_of_the_density(law, q):
    atom = getattr(law, "atom", 0.0)
    x = law.ppf(atom + (1 - atom) * q)
    assert atom + integral(law, np.ones_like, x) == pytest.approx(law.cdf(x), abs=1e-10)


@every_law
@pytest.mark.parametrize("order", [0, 1, 2, 3, 5])
def test_moments_are_those_of_the_density(law, order):
    expected = integral(law, lambda x: x**order) + (not order) * getattr(law, "atom", 0.0)
    size = abs(law.mean()) + law.std()
    assert law.moment(order) == pytest.approx(expected, abs=1e-9 * 20 * size**order, rel=1e-9)


@every_law
def test_mean_and_variance_are_two_moments(law):
    assert law.mean() == pytest.approx(law.moment(1), rel=1e-14)
    assert law.var() == pytest.approx(law.moment(2) - law.moment(1) ** 2, rel=1e-11)
    assert law.std() == pytest.approx(math.sqrt(law.var()))


@every_law
@settings(max_examples=40, deadline=None)
@given(share=st.floats(1e-9, 1 - 1e-9))
def test_quantiles_invert_the_distribution_function(law, share):
    atom = getattr(law, "atom", 0.0)
    q = atom + (1 - atom) * share
    x = law.ppf(q)
    low, high = law.support()
    assert low <= x <= high
    assert law.cdf(x) == pytest.approx(q, abs=1e-13)
    assert law.isf(law.sf(x)) == pytest.approx(x, rel=1e-6, abs=1e-6 * law.std())
    assert law.sf(law.isf(1 - q)) == pytest.approx(1 - q, abs=1e-13)


@every_law
def test_distribution_function_is_monotone_from_zero_to_one(law):
    low, high = law.ppf([1e-12, 1 - 1e-12])
    margin = 0.3 * (high - low)
    x = np.r_[-np.inf, np.linspace(low - margin, high + margin, 500), np.inf]
    cdf = law.cdf(x)
    assert (cdf[0], cdf[-1]) == (0.0, 1.0)
    assert (np.diff(cdf) >= -1e-15).all()
    assert ((cdf >= 0) & (cdf <= 1)).all()
    assert law.sf(x) == pytest.approx(1 - cdf, abs=1e-15)
    assert (law.pdf(x) >= 0).all()


@every_law
def test_ends_median_and_interval(law):
    assert law.support() == (law.ppf(0), law.ppf(1)) or law.support()[0] == law.ppf(0) == 0
    assert law.support() == (law.isf(1), law.isf(0))
    assert law.interval(1) == law.support()
    assert law.median() == law.ppf(0.5)
    low, high = law.interval(0.9)
    # An atom that holds more than the share below is the end of the interval.
    assert law.cdf(low) == pytest.approx(max(0.05, getattr(law, "atom", 0.0)), abs=1e-12)
    assert law.sf(high) == pytest.approx(0.05, abs=1e-12)


@every_law
def test_log_of_the_density(law):
    x = law.ppf(np.linspace(0.75, 0.99, 7))
    assert law.logpdf(x) == pytest.approx(np.log(law.pdf(x)))
    assert law.logpdf(1e9) == -math.inf


@every_law
def test_draws_follow_the_distribution_function(law):
    draws = law.rvs(4000, random_state=0)
    if getattr(law, "atom", 0.0):
        zeros = int((draws == 0).sum())
        assert stats.binomtest(zeros, draws.size, law.atom).pvalue > 1e-3
        draws = draws[draws > 0]
        share = 1 - law.atom
        assert stats.kstest(draws, lambda x: (law.cdf(x) - law.atom) / share).pvalue > 1e-3
    else:
        assert stats.kstest(draws, law.cdf).pvalue > 1e-3


def test_source_and_shape_of_draws():
    law = MarchenkoPastur(0.5)
    assert isinstance(law.rvs(), float)
    assert law.rvs((2, 3), random_state=1).shape == (2, 3)
    assert (law.rvs(5, random_state=1) == law.rvs(5, random_state=1)).all()
    generator = np.random.default_rng(1)
    assert (law.rvs(5, random_state=generator) == law.rvs(5, random_state=1)).all()
    assert (law.rvs(5, random_state=generator) != law.rvs(5, random_state=1)).all()
    legacy = [law.rvs(5, random_state=np.random.RandomState(1)) for _ in range(2)]
    assert (legacy[0] == legacy[1]).all()


@every_law
def test_numbers_give_numbers_and_arrays_keep_their_shape(law):
    for method in (law.pdf, law.logpdf, law.cdf, law.sf):
        assert isinstance(method(law.median()), float)
        assert method(np.full((2, 3), 2.0)).shape == (2, 3)
        assert method([]).shape == (0,)
    for method in (law.ppf, law.isf):
        assert isinstance(method(0.5), float)
        assert method([[0.5], [0.6]]).shape == (2, 1)


@every_law
def test_bad_arguments(law):
    for method in (law.pdf, law.logpdf, law.cdf, law.sf):
        with pytest.raises(ValueError, match="x must not be nan"):
            method([1.0, math.nan])
        with pytest.raises(ValueError, match="x must be numbers"):
            method("one")
    for method in (law.ppf, law.isf):
        for q in (-0.1, 1.1, math.nan):
            with pytest.raises(ValueError, match="q must"):
                method(q)
    with pytest.raises(ValueError, match=r"confidence must be between 0 and 1, got 1\.5"):
        law.interval(1.5)
    for order in (-1, 0.5, "2", math.nan, True):
        with pytest.raises(ValueError, match="order must be an integer of at least 0"):
            law.moment(order)


@every_law
def test_laws_are_values(law):
    law.cdf(1.0)
    copy = pickle.loads(pickle.dumps(law))
    assert copy == law
    assert hash(copy) == hash(law)
    assert copy.cdf(1.0) == law.cdf(1.0)
    assert law != MarchenkoPastur(0.123)
    assert type(law).__name__ in repr(law)
    name = dataclasses.fields(law)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(law, name, 2.0)
