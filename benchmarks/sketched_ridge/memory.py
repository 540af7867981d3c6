# SPDX-License-Identifier: BSD-3-Clause
"""Peak memory of `fit` beside its input, and of fitting in batches without it.

Each case in a fresh process: resident memory in a first fit, traced memory in a second (see
`benchmarks.memory`); the larger one counts.
"""

import sys
import time

import numpy as np
from sklearn.metrics import r2_score

from benchmarks.memory import peaks_of
from benchmarks.one_thread import run_on_one_thread
from benchmarks.sketched_ridge.designs import PowerLaw, power_law
from benchmarks.sketched_ridge.methods import ensemble, make_estimator, penalties
from skrmt.linear_model import SketchedRidgeEnsemble

SHAPES = ((5000, 5000), (30000, 1000))
QUICK_SHAPES = ((600, 600), (3000, 100))
METHODS = ("RidgeCV", "SketchedRidgeCV", "ensemble", "no sketch")

# (rows, columns, rows of a batch, sketch size, members)
STREAM = {"n": 40000, "p": 1000, "batch": 2000, "size": 100, "n_members": 4}
QUICK_STREAM = {"n": 4000, "p": 200, "batch": 500, "size": 20, "n_members": 4}
N_TEST = 5000
# What has to be the same.
COMPARED = ("coef_", "risk_path_")


def run(quick):
    """Rows of all methods at two shapes, then of batches."""
    for n, p in QUICK_SHAPES if quick else SHAPES:
        print(f"  memory: {n} x {p}", file=sys.stderr)
        for method in METHODS:
            yield from run_on_one_thread(measure, method=method, n=n, p=p)
    for how in ("fit", "partial_fit"):
        print(f"  memory: {how} of all rows", file=sys.stderr)
        arguments = QUICK_STREAM if quick else STREAM
        yield from run_on_one_thread(measure_stream, how=how, **arguments)


def row(n, p, method, peaks, **others):
    """One row of the CSV file."""
    return {
        "n": n,
        "p": p,
        "method": method,
        "threads": 1,
        "input_bytes": 8 * n * p,
        **peaks,
        **{name: others.get(name, "") for name in ("counts_input", "cpu_s", "r2", "change")},
    }


def measure(method, n, p):
    """Row of one method."""
    rows = power_law(n, p, 0.5, n_test=2)
    alphas = penalties(rows.X)
    peaks, _ = peaks_of(lambda: make_estimator(method, alphas).fit(rows.X, rows.y))
    yield row(n, p, method, peaks, counts_input=False)


def measure_stream(how, n, p, batch, size, n_members):
    """Row of an ensemble that sees all rows at once, or a batch at a time as they are drawn."""
    law = PowerLaw(p, 0.5, np.random.default_rng(0))

    def batches():
        rng = np.random.default_rng(1)
        for _ in range(n // batch):
            yield law.draw(batch, rng)

    def all_rows():
        X, y = np.empty((n, p)), np.empty(n)
        for start, (X_batch, y_batch) in zip(range(0, n, batch), batches(), strict=True):
            X[start : start + batch], y[start : start + batch] = X_batch, y_batch
        return X, y

    def estimator():
        return SketchedRidgeEnsemble(n_members, sketch_size=size, criterion="gcv", random_state=0)

    def fitted():
        seconds, model = 0.0, estimator()
        given = [all_rows()] if how == "fit" else batches()
        for X, y in given:
            start = time.process_time()
            getattr(model, how)(X, y)
            seconds += time.process_time() - start
        start = time.process_time()
        model.coef_  # noqa: B018  solved for when it is first read
        return model, seconds + time.process_time() - start

    peaks, (model, seconds) = peaks_of(fitted)
    change = ""
    if how == "partial_fit":
        at_once = estimator().fit(*all_rows())
        change = f"{max(relative_change(model, at_once, a) for a in COMPARED):.1e}"
    X_test, y_test = law.draw(N_TEST, np.random.default_rng(2))
    yield row(
        n,
        p,
        f"{how}, {ensemble(size, n_members)}",
        peaks,
        counts_input=True,
        cpu_s=round(seconds, 3),
        r2=round(float(r2_score(y_test, model.predict(X_test))), 5),
        change=change,
    )


def relative_change(first, second, attribute):
    """Largest difference of an attribute, relative to the largest value."""
    a, b = (np.asarray(getattr(model, attribute)) for model in (first, second))
    finite = np.isfinite(b)
    return float(np.abs(a - b)[finite].max() / np.abs(b[finite]).max())
