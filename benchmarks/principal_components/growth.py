# SPDX-License-Identifier: BSD-3-Clause
"""How `RMTPCA` grows with rows and columns: three components in white noise, float64."""

from functools import partial

from benchmarks.growth import Claim, Curve, measure_all
from benchmarks.principal_components.speed import sample
from skrmt.decomposition import RMTPCA

CUBIC = "O(n p min(n, p)) time"
SQUARE = "memory for a square matrix of the smaller side, and up to two copies of X"


def run(quick):
    """Rows of all curves."""
    yield from measure_all(__name__, quick)


def fit(size, jobs, *, n=None, p=None):
    """Task of a fit; what is not given grows."""
    X = sample(n or size, p or size, "float64")
    return partial(RMTPCA(random_state=0).fit, X), None


CURVES = (
    Curve(
        "RMTPCA.fit",
        "n",
        "p = 200",
        (4000, 8000, 16000, 32000, 64000),
        (1000, 2000, 4000),
        partial(fit, p=200),
        Claim(None, 1, CUBIC),
        Claim(0, 1, SQUARE),
    ),
    Curve(
        "RMTPCA.fit",
        "p",
        "n = 400",
        (1000, 2000, 4000, 8000, 16000),
        (500, 1000, 2000),
        partial(fit, n=400),
        Claim(None, 1, CUBIC),
        Claim(0, 1, SQUARE),
    ),
    Curve(
        "RMTPCA.fit",
        "n = p",
        "",
        (200, 400, 800, 1600),
        (100, 200, 400),
        fit,
        Claim(None, 3, CUBIC),
        Claim(2, 2, SQUARE),
    ),
)
