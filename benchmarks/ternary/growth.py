# SPDX-License-Identifier: BSD-3-Clause
"""How `TernaryRandomFeatures` grows with rows, features, inputs and workers.

Standard normal rows in float32, levels as int8.
"""

from functools import partial

import numpy as np

from benchmarks.growth import JOBS, Claim, Curve, measure_all
from skrmt.kernel_approximation import TernaryRandomFeatures

LINEAR_FIT = Claim(1, 1, "fitting takes O(n p + N)")
LINEAR = Claim(1, 1, "transforming takes 2 log2(q) additions a feature")
LOGARITHM = Claim(0, 0.2, "2 log2(q) additions a feature: 0.18 over this grid")
OUTPUT = Claim(1, 1, "beside input and output a few megabytes: the output")
INPUTS = Claim(0, 0.2, "the output, and 300 bytes an input")


def run(quick):
    """Rows of all curves."""
    yield from measure_all(__name__, quick)


def made(n, p, n_components, jobs):
    """Rows and an estimator."""
    X = np.random.default_rng(0).standard_normal((n, p), np.float32)
    return X, TernaryRandomFeatures(n_components, dtype="int8", random_state=0, n_jobs=jobs)


def transform(size, jobs, *, n=32000, p=64, n_components=4096, variable):
    """Task of `transform`."""
    given = {"n": n, "p": p, "n_components": n_components} | {variable: size}
    X, model = made(**given, jobs=jobs)
    return partial(model.fit(X).transform, X), None


def fit(size, jobs, *, n=32000, p=256, variable):
    """Task of `fit`."""
    X, model = made(**{"n": n, "p": p, variable: size}, n_components=4096, jobs=jobs)
    return partial(model.fit, X), None


TRANSFORM, FIT = "TernaryRandomFeatures.transform", "TernaryRandomFeatures.fit"
CURVES = (
    Curve(
        TRANSFORM,
        "n",
        "p = 64, N = 4096",
        (8000, 16000, 32000, 64000, 128000),
        (1000, 4000, 16000),
        partial(transform, variable="n"),
        LINEAR,
        OUTPUT,
    ),
    Curve(
        TRANSFORM,
        "n_components",
        "n = 32000, p = 64",
        (1024, 2048, 4096, 8192, 16384),
        (1024, 2048, 4096),
        partial(transform, variable="n_components"),
        LINEAR,
        OUTPUT,
    ),
    Curve(
        TRANSFORM,
        "p",
        "n = 32000, N = 4096",
        (64, 128, 256, 512, 1024),
        (64, 128, 256),
        partial(transform, variable="p"),
        LOGARITHM,
        INPUTS,
    ),
    Curve(
        FIT,
        "n",
        "p = 256, N = 4096",
        (16000, 32000, 64000, 128000, 256000),
        (4000, 16000, 64000),
        partial(fit, variable="n"),
        LINEAR_FIT,
    ),
    Curve(
        FIT,
        "p",
        "n = 32000, N = 4096",
        (64, 128, 256, 512, 1024),
        (64, 128, 256),
        partial(fit, variable="p"),
        LINEAR_FIT,
    ),
    Curve(
        TRANSFORM,
        JOBS,
        "p = 64, N = 4096",
        (128000,),
        (16000,),
        partial(transform, variable="n"),
    ),
)
