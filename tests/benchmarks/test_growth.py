# SPDX-License-Identifier: BSD-3-Clause
from importlib import import_module

import numpy as np
import pytest

from benchmarks.growth import JOBS, Claim, fit_exponent, workers_up_to

SUITES = (
    *("ternary", "sketched_ridge", "spectral_clustering", "kronecker_graphs"),
    *("covariance", "principal_components"),
)
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


@pytest.mark.parametrize("suite", SUITES)
def test_declared_grids_are_geometric_and_span_a_factor_of_eight(suite):
    curves = import_module(f"benchmarks.{suite}.growth").CURVES
    assert len({(curve.subject, curve.variable) for curve in curves}) == len(curves)
    for curve in curves:
        if curve.variable == JOBS:
            assert (len(curve.grid), len(curve.quick_grid)) == (1, 1)
        elif curve.variable == "edges":  # levels: edges take 2.2 times as many with each
            assert 2.2 ** (curve.grid[-1] - curve.grid[0]) > 8
            assert len(curve.grid) >= 4
        else:
            assert 4 <= len(curve.grid) <= 5
            assert np.ptp(np.diff(np.log(curve.grid))) < 1e-12
            assert curve.grid[-1] >= 8 * curve.grid[0]


@pytest.mark.parametrize("suite", SUITES[:4])
def test_the_small_problems_are_declared_and_ours_come_first(suite, monkeypatch):
    monkeypatch.delenv("SKRMT_BENCH_DATA", raising=False)
    peers = import_module(f"benchmarks.{suite}.head_to_head")
    asked = []
    monkeypatch.setattr(
        peers, "measure", lambda module, problems, quick: asked.extend(problems) or ()
    )
    for quick in (True, False):
        list(peers.run(quick))
    assert len(asked) > 4
    for problem in asked:
        contest = peers.contest(problem)
        assert peers.is_ours(contest.methods[0])
        assert not all(peers.is_ours(method) for method in contest.methods)
        assert 1 <= len(contest.metrics) <= 2
