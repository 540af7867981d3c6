# SPDX-License-Identifier: BSD-3-Clause
"""Time of `fit` with the choice of the penalty, and the score on other rows.

CPU time of one thread. All methods of a case take their turns in one process; what takes long is
measured once.
"""

import sys
import warnings
from functools import partial

import numpy as np

from benchmarks.one_thread import run_on_one_thread
from benchmarks.sketched_ridge.cases import cases, find
from benchmarks.sketched_ridge.methods import (
    chosen_penalty,
    installed,
    make_estimator,
    penalties,
    sketched_columns,
    version,
)
from benchmarks.timing import time_by_length


def run(quick):
    """Rows of all cases, each in a process of its own."""
    for name in cases(quick):
        print(f"  speed: {name}", file=sys.stderr)
        yield from run_on_one_thread(measure, name=name)


def measure(name):
    """Rows of one case, one for each method."""
    case = find(name)
    rows = case.make()
    alphas = penalties(rows.X)
    fitted = {}

    def fit(method):
        fitted[method] = make_estimator(method, alphas).fit(rows.X, rows.y)

    tasks = {method: partial(fit, method) for method in case.methods if installed(method)}
    with warnings.catch_warnings():
        # Some peers warn of small matrices or few iterations; the scores show what that means.
        warnings.simplefilter("ignore")
        times = time_by_length(tasks)
    for method, estimator in fitted.items():
        yield {
            "case": name,
            "n": rows.X.shape[0],
            "p": rows.X.shape[1],
            "targets": 1 if rows.y.ndim == 1 else rows.y.shape[1],
            "X": ("sparse " if hasattr(rows.X, "indptr") else "") + rows.X.dtype.name,
            "n_test": rows.X_test.shape[0],
            "method": method,
            "version": version(method),
            "threads": 1,
            **times[method].columns(),
            "metric": case.metric,
            "score": round(float(np.mean(estimator.score(rows.X_test, rows.y_test))), 5),
            "alpha": f"{chosen_penalty(estimator):.10g}",
            "sketch_size": sketched_columns(estimator),
        }
