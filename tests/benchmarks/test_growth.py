# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from benchmarks.growth import Claim, fit_exponent, workers_up_to

GRID = (100, 200, 400, 800, 1600)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 1.5, 2.0])
def test_the_exponent_of_a_power_is_exact(exponent):
    fit = fit_exponent(GRID, [3.0 * n**exponent for n in GRID], floor=0.0)
    assert fit.exponent == pytest.approx(exponent, abs=1e-12)
    assert fit.error == pytest.approx(0.0, abs=1e-12)
    assert fit.points == len(GRID)


def test_points_below_the_floor_do_not_count():
    measured = [5.0, 5.0, 400.0, 800.0, 1600.0]
    fit = fit_exponent(GRID, measured, floor=10.0)
    assert (fit.points, round(fit.exponent, 12)) == (3, 1.0)
    assert fit_exponent(GRID, measured, floor=1000.0) is None


def test_two_points_have_no_standard_error():
    assert fit_exponent((1, 2), (1.0, 4.0), 0.0).error == 0.0


def test_the_standard_error_is_that_of_the_slope():
    # the textbook formula, from numpy's covariance matrix of a line
    y = np.exp(np.array([0.1, 0.9, 2.2, 2.8, 4.3]))
    fit = fit_exponent(GRID, y, 0.0)
    _, covariance = np.polyfit(np.log(GRID), np.log(y), 1, cov=True)
    assert fit.error == pytest.approx(covariance[0, 0] ** 0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("claim", "exponent", "verdict"),
    [
        (Claim(1, 1), 1.1, "agrees"),
        (Claim(1, 1), 1.3, "above"),
        (Claim(1, 1), 0.7, "below"),
        (Claim(None, 2), 0.3, "agrees"),
        (Claim(None, 2), 2.3, "above"),
        (Claim(), 7.0, "no claim"),
    ],
)
def test_a_claim_is_judged_with_its_slack(claim, exponent, verdict):
    assert claim.verdict(exponent, 0.0) == verdict


def test_an_uncertain_exponent_agrees():
    assert Claim(1, 1).verdict(1.5, 0.2) == "agrees"


def test_workers_are_the_powers_of_two_up_to_the_cores():
    assert workers_up_to(1) == (1,)
    assert workers_up_to(2) == (1, 2)
    assert workers_up_to(6) == (1, 2, 4)
