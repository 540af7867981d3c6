# SPDX-License-Identifier: BSD-3-Clause
"""Coverage, width and CPU time of prediction intervals, beside MAPIE's CV+.

Intervals of ours come with the fit, which also chooses the penalty. CV+ is given that of RidgeCV;
what choosing it takes is noted beside.
"""

import sys
import time
import warnings
from functools import partial
from importlib import metadata, util

import numpy as np
from sklearn.linear_model import Ridge, RidgeCV

from benchmarks.one_thread import run_on_one_thread
from benchmarks.problems import available
from benchmarks.sketched_ridge.cases import real_rows, squared
from benchmarks.sketched_ridge.designs import power_law, soft_threshold
from benchmarks.sketched_ridge.methods import penalties
from skrmt.linear_model import SketchedRidgeCV, SketchedRidgeEnsemble

FOLDS = 10
LEVELS = (0.9, 0.95, 0.99)
# (n, p, sketch_size, members, penalty divided by n)
DESIGN = {"n": 1500, "p": 1000, "size": 200, "n_members": 5, "ridge": 1e-6}
QUICK_DESIGN = {**DESIGN, "n": 300, "p": 200, "size": 40}
TRAIN, TEST = 4000, 4000

SYNTHETIC = 1000, 800

# Name of the rows: data set, and whether products of columns are added.
DATA = {
    "synthetic": (None, False),
    "communities": ("communities", False),
    "communities, products of columns": ("communities", True),
    "gas_sensor": ("gas_sensor", False),
    "cpu_act": ("cpu_act", False),
    "elevators": ("elevators", False),
    "cal_housing, products of columns": ("cal_housing", True),
    "wheat": ("wheat", False),
    "pol, products of columns": ("pol", True),
}
QUICK_DATA = ("synthetic", "communities", "wheat")
# CV+ takes long: the first splits only.
PEER_SPLITS = 2


class TrainingResiduals:
    """Intervals from residuals that nothing corrects: what goes wrong without."""

    def __init__(self, estimator):
        self._estimator = estimator

    def fit(self, X, y):
        """Fit, and keep the residuals."""
        self._estimator.fit(X, y)
        self._residuals = y - self._estimator.predict(X)
        return self

    def predict_interval(self, X, confidence_level):
        """Prediction plus quantiles of the residuals."""
        ends = np.array([1 - confidence_level, 1 + confidence_level]) / 2
        return self._estimator.predict(X)[:, None] + np.quantile(self._residuals, ends)


class CrossValidationPlus:
    """CV+ of MAPIE around Ridge, with one penalty that took some seconds to choose."""

    def __init__(self, alpha, choice_seconds):
        self._alpha, self.choice_seconds = alpha, choice_seconds

    def fit(self, X, y):
        """Fit the folds."""
        from mapie.regression import CrossConformalRegressor

        self._intervals = CrossConformalRegressor(
            Ridge(self._alpha), confidence_level=0.9, method="plus", cv=FOLDS
        ).fit_conformalize(X, y)
        return self

    def predict_interval(self, X, confidence_level):
        """Lower and upper ends; only the level that was fitted."""
        if confidence_level != 0.9:
            raise ValueError(f"confidence_level={confidence_level}, but it was fitted for 0.9.")
        return self._intervals.predict_interval(X)[1][:, :, 0]


def run(quick):
    """Rows of the design, then of the data sets, each in a process of its own."""
    for seed in range(3 if quick else 10):
        print(f"  intervals: design, draw {seed}", file=sys.stderr)
        arguments = QUICK_DESIGN if quick else DESIGN
        yield from run_on_one_thread(measure_design, **arguments, seed=seed)
    there = available(wide=True)
    for name in QUICK_DATA if quick else DATA:
        if DATA[name][0] in (None, *there):
            print(f"  intervals: {name}", file=sys.stderr)
            yield from run_on_one_thread(measure_data, name=name, n_splits=2 if quick else 10)


def measure_design(n, p, size, n_members, ridge, seed):
    """Rows of one draw of the design: three levels, two criteria, one penalty."""
    rows = soft_threshold(n, p, seed=seed)
    ours = partial(
        SketchedRidgeEnsemble, n_members, sketch_size=size, alphas=n * ridge, random_state=seed
    )
    methods = {
        "leave-one-out": ours(),
        "GCV": ours(criterion="gcv"),
        "training residuals": TrainingResiduals(ours()),
    }
    yield from judged("design", rows, methods, LEVELS, seed)


def measure_data(name, n_splits):
    """Rows of one data set: level 0.9, several splits."""
    for seed in range(n_splits):
        rows = rows_of(name, seed)
        methods = {
            "ensemble": SketchedRidgeEnsemble(random_state=seed),
            "ensemble, GCV": SketchedRidgeEnsemble(criterion="gcv", random_state=seed),
            "SketchedRidgeCV": SketchedRidgeCV(random_state=seed),
        }
        if seed < PEER_SPLITS and util.find_spec("mapie"):
            methods["CV+"] = CrossValidationPlus(*timed_choice(rows))
        yield from judged(name, rows, methods, LEVELS[:1], seed)


def timed_choice(rows):
    """Penalty of RidgeCV, and the CPU time of choosing it."""
    alphas = penalties(rows.X)
    start = time.process_time()
    alpha = RidgeCV(alphas).fit(rows.X, rows.y).alpha_
    return alpha, time.process_time() - start


def rows_of(name, seed):
    """Split a data set at random, or draw the synthetic one."""
    data, products = DATA[name]
    if data is None:
        return power_law(*SYNTHETIC, 0.5, n_test=TEST, seed=seed)
    rows = real_rows(data, TRAIN, TEST, seed=seed)
    return squared(rows) if products else rows


def judged(name, rows, methods, levels, seed):
    """Fit each method and judge its intervals on the other rows."""
    if "CV+" in methods:
        import mapie.regression  # noqa: F401  so that importing is not measured
    for method, estimator in methods.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.process_time()
            estimator.fit(rows.X, rows.y)
            fit_seconds = time.process_time() - start
            for level in levels:
                start = time.process_time()
                lower, upper = estimator.predict_interval(rows.X_test, confidence_level=level).T
                seconds = time.process_time() - start
                yield {
                    "rows": name,
                    "n": rows.X.shape[0],
                    "p": rows.X.shape[1],
                    "n_test": rows.X_test.shape[0],
                    "method": method,
                    "version": metadata.version("mapie") if method == "CV+" else "",
                    "draw": seed,
                    "level": level,
                    "coverage": round(
                        float(np.mean((lower <= rows.y_test) & (rows.y_test <= upper))), 5
                    ),
                    "width": round(float(np.mean(upper - lower) / np.std(rows.y_test)), 4),
                    "cpu_s": round(fit_seconds + seconds, 5),
                    "choice_s": round(getattr(estimator, "choice_seconds", 0.0), 5),
                    "threads": 1,
                }
