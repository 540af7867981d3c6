# SPDX-License-Identifier: BSD-3-Clause
"""Time of a fit with all cores, beside the peers and one eigendecomposition; peak memory.

Estimators have their defaults: all compute the inverse. Only for the widest data nobody does, as
the peers would decompose a matrix of all columns for it.
"""

import sys
from functools import partial

import numpy as np

from benchmarks.columns import filled
from benchmarks.covariance.methods import (
    ANALYTICAL,
    EMPIRICAL,
    ESTIMATORS,
    LEDOIT,
    OAS_NAME,
    SCALED,
    SPIKED,
)
from benchmarks.isolation import run_isolated
from benchmarks.memory import peaks_of
from benchmarks.timing import time_by_length, time_in_turns

# (n, p)
SIZES = (
    *((200, 100), (400, 200), (1000, 500), (2000, 1000), (4000, 2000)),
    *((20_000, 500), (200, 1000), (100, 2000), (72, 7129)),
)
QUICK_SIZES = ((200, 100), (400, 200), (50, 400))
FREE_OF_INVERSE = 5000
EIGH = "one eigh"
METHODS = (ANALYTICAL, SCALED, SPIKED["frobenius"], LEDOIT, OAS_NAME, EMPIRICAL)
MEMORY_SIZES, QUICK_MEMORY_SIZES = ((4000, 2000), (72, 7129)), ((200, 100),)
MEMORY_METHODS = (ANALYTICAL, SPIKED["frobenius"], LEDOIT, OAS_NAME)
# A fit this short is measured more often.
SMALL, SMALL_ROUNDS = 500, 15

COLUMNS = (
    *("study", "n", "p", "method", "inverse", "rounds"),
    *("cpu_median_s", "cpu_min_s", "wall_median_s", "wall_min_s"),
    *("data_bytes", "resident_bytes", "traced_bytes"),
)


def run(quick):
    """Rows of all sizes, one process each."""
    for n, p in QUICK_SIZES if quick else SIZES:
        print(f"  speed: {n} x {p}", file=sys.stderr)
        yield from run_isolated(times, n=n, p=p)
    for n, p in QUICK_MEMORY_SIZES if quick else MEMORY_SIZES:
        for method in MEMORY_METHODS:
            print(f"  speed: memory, {n} x {p}, {method}", file=sys.stderr)
            yield from run_isolated(memory, n=n, p=p, method=method)


def sample(n, p):
    """Rows with unequal variances and a few strong directions."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p)) * np.sqrt(rng.uniform(0.5, 2.0, p))
    return X + 3 * rng.standard_normal((n, 3)) @ rng.standard_normal((3, p)) / p**0.5


def times(n, p):
    """Rows of one size, one for each method."""
    X, inverse = sample(n, p), p < FREE_OF_INVERSE
    tasks = {
        method: partial(ESTIMATORS[method](store_precision=inverse).fit, X) for method in METHODS
    }
    if inverse:
        S = np.cov(X.T)
        tasks[EIGH] = partial(np.linalg.eigh, S)
    if p <= SMALL:
        time_in_turns(tasks, 2)
        measured = time_in_turns(tasks, SMALL_ROUNDS)
    else:
        measured = time_by_length(tasks)
    rows = [
        {
            "study": "speed",
            "n": n,
            "p": p,
            "method": method,
            "inverse": inverse,
            **found.columns(),
        }
        for method, found in measured.items()
    ]
    yield from filled(COLUMNS, rows)


def memory(n, p, method):
    """Row of the peak of one fit."""
    X, inverse = sample(n, p), p < FREE_OF_INVERSE
    model = ESTIMATORS[method](store_precision=inverse)

    def fit():
        # Nothing of an earlier fit may be held while the next one runs.
        vars(model).pop("covariance_", None)
        vars(model).pop("precision_", None)
        return model.fit(X).covariance_.shape

    peaks, _ = peaks_of(fit)
    row = {
        "study": "memory",
        "n": n,
        "p": p,
        "method": method,
        "inverse": inverse,
        "data_bytes": X.nbytes,
        **peaks,
    }
    yield from filled(COLUMNS, [row])
