# SPDX-License-Identifier: BSD-3-Clause
"""How often each rule finds the right rank, in noise of many kinds, and how sure it is."""

from functools import cache

import numpy as np
import pytest
from noisy_matrices import (
    exponential_rows,
    gamma_columns,
    planted,
    spectrum_of,
    student4,
    white,
)
from scipy.stats import binom, kstest
from sklearn.utils import check_random_state

from skrmt.decomposition._component_fit import _choose
from skrmt.decomposition._rank_rules import (
    by_hard_threshold,
    by_kritchman_nadler,
    by_law,
    by_sign_flips,
    largest_rank,
    with_rank,
)

N_DRAWS = 20
RULES = ("auto", "signflip", "kn", "gavish-donoho")
CASES = {
    "tall": (300, 100, (4, 3, 2), white),
    "wide": (200, 400, (10, 6, 4), white),
    "very wide": (100, 1000, (20, 10, 8), white),
    "shadow": (200, 400, (2000, 6, 4), white),
    "columns": (300, 100, (8, 6, 5), gamma_columns),
    "t4": (300, 150, (5, 4, 3), student4),
    "rows": (300, 150, (12, 9, 7), exponential_rows),
    "nothing, white": (300, 100, (), white),
    "nothing, columns": (300, 100, (), gamma_columns),
    "nothing, t4": (300, 150, (), student4),
    "nothing, rows": (300, 150, (), exponential_rows),
}


def chosen(X, rule, *, level=0.95, alpha=0.005, most=None, seed=0, solver="covariance_eigh"):
    spectrum = spectrum_of(X, solver)
    most = largest_rank(spectrum) if most is None else most
    return _choose(spectrum, rule, most, level, alpha, 20, check_random_state(seed))


@cache
def draw(name, seed):
    n, p, spikes, noise = CASES[name]
    return planted(seed, n, p, spikes, noise).data


@cache
def ranks(name, rule):
    return np.array([chosen(draw(name, s), rule, seed=s).rank for s in range(N_DRAWS)])


def share_right(name, rule):
    return (ranks(name, rule) == len(CASES[name][2])).mean()


@pytest.mark.parametrize("rule", ["auto", "signflip", "kn"])
@pytest.mark.parametrize("name", ["tall", "wide", "very wide", "shadow"])
def test_rank_in_white_noise(name, rule):
    # "auto" and "signflip" find one too many with the probability 0.05, "kn" 0.005. Of 20 draws at
    # 0.95 fewer than 16 are right with the probability 0.003.
    assert share_right(name, rule) >= 0.8


@pytest.mark.parametrize("rule", ["auto", "signflip"])
@pytest.mark.parametrize("name", ["columns", "rows"])
def test_rank_in_unequal_noise(name, rule):
    # As in white noise: the spikes are far from the edge.
    assert share_right(name, rule) >= 0.8


@pytest.mark.parametrize("rule", ["auto", "signflip"])
def test_rank_under_heavy_tails(rule):
    # A single entry is now and then stronger than the weakest spike: 0.9 of 100 other draws were
    # right. Of 20 draws at 0.9 fewer than 13 are with the probability 0.0004.
    assert share_right("t4", rule) >= 0.65
    assert (ranks("t4", rule) <= 3).mean() >= 0.8


@pytest.mark.parametrize("rule", ["auto", "signflip"])
@pytest.mark.parametrize("name", [name for name in CASES if "nothing" in name])
def test_nothing_is_found_where_nothing_is(name, rule):
    # With the probability 0.05 something is, in each draw; for flips 0.05 of 20 norms and more.
    allowed = 0.05 if rule == "auto" else 2 / 21
    assert (ranks(name, rule) > 0).sum() <= binom.ppf(0.995, N_DRAWS, allowed)


def test_kritchman_and_nadler_need_white_noise():
    assert share_right("nothing, white", "kn") == 1
    for name in ("columns", "rows", "nothing, columns", "nothing, rows"):
        assert share_right(name, "kn") == 0
        # Too many, by far.
        assert np.median(ranks(name, "kn")) > 8
    assert share_right("t4", "kn") <= 0.75
    assert (ranks("t4", "kn") >= 3).all()
    assert share_right("nothing, t4", "kn") <= 0.75


def test_hard_threshold_leaves_weak_components_out():
    assert share_right("nothing, white", "gavish-donoho") == 1
    for name, most in {"tall": 0.8, "wide": 0.4, "very wide": 0.0, "shadow": 0.4}.items():
        assert share_right(name, "gavish-donoho") <= most
        assert (ranks(name, "gavish-donoho") <= 3).all()
        assert (ranks(name, "gavish-donoho") >= 1).all()
    # And takes noise for components where variances differ.
    for name in ("columns", "rows", "nothing, columns", "nothing, rows"):
        assert share_right(name, "gavish-donoho") <= 0.2


@pytest.mark.parametrize(
    ("n", "p", "noise"),
    [
        (300, 100, white),
        (60, 40, white),
        (100, 1000, white),
        (40, 8000, white),
        (33, 9000, white),
        (300, 100, gamma_columns),
        (4000, 300, exponential_rows),
    ],
)
def test_law_finds_something_in_noise_with_the_probability_that_is_said(n, p, noise):
    n_draws = 15 if n * p > 200_000 else 100
    found = [chosen(planted(s, n, p, (), noise).data, "auto").rank > 0 for s in range(n_draws)]
    assert sum(found) <= binom.ppf(0.99, n_draws, 0.05)


@pytest.mark.parametrize(("n", "p"), [(300, 100), (50, 200)])
def test_pvalues_of_noise_are_uniform(n, p):
    pvalues = []
    for seed in range(120):
        spectrum = spectrum_of(planted(seed, n, p).data)
        choice = with_rank(spectrum, 3, by_law(spectrum, 60, 0.95))
        assert (np.diff(choice.pvalues) > 0).all()
        pvalues.append(choice.pvalues[0])
    # The mean of the law is right to 0.26 of its scale, that is to a tenth of the distribution.
    assert kstest(pvalues, "uniform").statistic < 1.63 / np.sqrt(120) + 0.1


def test_pvalues_of_the_first_test_of_kritchman_and_nadler_are_uniform():
    pvalues = []
    for seed in range(120):
        spectrum = spectrum_of(planted(seed, 100, 60).data)
        pvalues.append(by_kritchman_nadler(spectrum, 1, 1 - 1e-9).pvalues[0])
    assert kstest(pvalues, "uniform").statistic < 1.63 / np.sqrt(120) + 0.02


@pytest.mark.parametrize("rule", ["auto", "signflip"])
@pytest.mark.parametrize("name", ["tall", "columns", "nothing, white"])
def test_stricter_levels_find_no_more(name, rule):
    for seed in range(2):
        found = [chosen(draw(name, seed), rule, level=q).rank for q in (0.5, 0.9, 0.99, 0.9999)]
        assert (np.diff(found) <= 0).all()


@pytest.mark.parametrize("level", [0.5, 0.95, 1 - 1e-4, 1 - 1e-10])
@pytest.mark.parametrize("name", ["tall", "columns", "nothing, white", "nothing, rows"])
def test_pvalues_of_what_the_law_finds_are_below_the_level(name, level):
    for seed in range(5):
        spectrum = spectrum_of(draw(name, seed))
        choice = by_law(spectrum, largest_rank(spectrum), level)
        # Up to the rounding of a quantile.
        assert (choice.pvalues <= (1 - level) * (1 + 1e-6)).all()


def test_a_strict_level_holds_in_noise():
    found = [chosen(planted(s, 60, 40).data, "auto", level=0.9999).rank for s in range(200)]
    assert sum(found) <= binom.ppf(0.999, 200, 1e-4)


def test_stricter_tests_find_no_more():
    for name in ("columns", "t4"):
        found = [chosen(draw(name, 0), "kn", alpha=a).rank for a in (0.3, 0.01, 1e-4, 1e-12)]
        assert (np.diff(found) <= 0).all()
        assert found[-1] < found[0]


@pytest.mark.parametrize("rule", RULES)
def test_largest_number_of_components(rule):
    choice = chosen(draw("tall", 0), rule, most=2)
    assert choice.rank == len(choice.pvalues) == 2


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("offset", [0.0, 100.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(60, 40), (40, 60)])
def test_low_rank_without_noise(rule, shape, dtype, offset):
    rng = np.random.default_rng(0)
    # Integers, so that the data are of this rank to the last bit, whatever the offset.
    left, right = rng.integers(-4, 5, (shape[0], 3)), rng.integers(-4, 5, (3, shape[1]))
    X = (left @ right + offset).astype(dtype)
    choice = chosen(X, rule)
    assert choice.rank == choice.n_signal == 3
    assert (choice.pvalues < 1e-10).all()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("scale", [1e-70, 1e-20, 1e20, 1e70])
def test_units_do_not_matter(rule, scale):
    for name in ("tall", "t4"):
        one, other = chosen(draw(name, 1), rule), chosen(draw(name, 1) * scale, rule)
        assert one.rank == other.rank
        assert one.rule == other.rule
        # Flips are in single precision.
        assert np.log(other.pvalues) == pytest.approx(np.log(one.pvalues), rel=1e-4)


@pytest.mark.parametrize("rule", RULES)
def test_means_and_rotations_do_not_matter(rule):
    X = draw("tall", 1)
    one, moved = chosen(X, rule), chosen(X + np.linspace(-1e6, 1e6, 100), rule)
    assert one.rank == moved.rank
    np.testing.assert_allclose(moved.pvalues, one.pvalues, rtol=1e-3)


def test_rules_for_white_noise_do_not_see_rotations():
    X = draw("tall", 1)
    turned = X @ np.linalg.qr(np.random.default_rng(0).standard_normal((100, 100)))[0]
    one, other = chosen(X, "kn"), chosen(turned, "kn")
    np.testing.assert_allclose(other.pvalues, one.pvalues, rtol=1e-6)


@pytest.mark.parametrize("solver", ["full", "arpack"])
@pytest.mark.parametrize("rule", RULES)
def test_solvers_agree(rule, solver):
    for name in ("tall", "shadow"):
        one, other = chosen(draw(name, 0), rule), chosen(draw(name, 0), rule, solver=solver)
        assert one.rank == other.rank
        # Values that serve to count are known to about 1e-5.
        np.testing.assert_allclose(
            np.log(other.pvalues + 1e-30), np.log(one.pvalues + 1e-30), rtol=1e-2
        )


def test_a_given_number_says_what_of_it_is_signal():
    spectrum = spectrum_of(draw("tall", 0))
    choice = with_rank(spectrum, 6, by_law(spectrum, 60, 0.95))
    assert (choice.rank, choice.n_signal, choice.rule) == (6, 3, "given")
    assert (choice.pvalues[:3] < 0.05).all()
    assert (choice.pvalues[3:] > 0.05).all()
    none = with_rank(spectrum, 0, by_law(spectrum, 60, 0.95))
    assert none.rank == 0
    assert none.n_signal == 3
    assert none.pvalues.shape == (0,)


def test_names_of_the_rules():
    X = draw("tall", 0)
    spectrum, most = spectrum_of(X), 50
    assert by_law(spectrum, most, 0.95).rule == "law"
    assert by_sign_flips(spectrum, most, 0.95, 5, check_random_state(0)).rule == "signflip"
    assert by_kritchman_nadler(spectrum, most, 0.005).rule == "kn"
    assert by_hard_threshold(spectrum, most, by_law(spectrum, most, 0.95)).rule == "gavish-donoho"
    assert chosen(X, "auto").rule == "law"
    assert chosen(draw("nothing, t4", 0) ** 3, "auto").rule == "signflip"


@pytest.mark.parametrize(
    ("shape", "rank"), [((3, 2), 1), ((3, 50), 1), ((50, 3), 2), ((10, 10), 8), ((11, 10), 9)]
)
def test_a_direction_is_left_to_the_noise(shape, rank):
    assert largest_rank(spectrum_of(white(np.random.default_rng(0), *shape))) == rank
