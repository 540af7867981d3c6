# SPDX-License-Identifier: BSD-3-Clause
"""How the covariance estimators grow with samples and features; float64, with the inverse."""

from functools import partial

from benchmarks.covariance.speed import sample
from benchmarks.growth import Curve, measure_all
from skrmt.covariance import AnalyticalShrinkage, SpikedCovariance


def run(quick):
    """Rows of all curves."""
    yield from measure_all(__name__, quick)


def fit(size, jobs, *, kind, variable):
    """Task of a fit."""
    X = sample(**({"n": 4000, "p": 200} | {variable: size}))
    return partial(kind().fit, X), None


CURVES = tuple(
    Curve(
        f"{kind.__name__}.fit",
        variable,
        fixed,
        grid,
        quick_grid,
        partial(fit, kind=kind, variable=variable),
    )
    for kind in (AnalyticalShrinkage, SpikedCovariance)
    for variable, fixed, grid, quick_grid in (
        ("n", "p = 200", (4000, 8000, 16000, 32000), (1000, 2000, 4000)),
        ("p", "n = 4000", (100, 200, 400, 800, 1600), (50, 100, 200)),
    )
)
