# SPDX-License-Identifier: BSD-3-Clause
"""Test error of ridge regression on ternary and on floating-point random features.

All hyper-parameters of every method are chosen the same way: the kernel width, as
``b = 2 gamma tau`` with tau the mean squared distance of a training row to the mean row, and the
penalty, by the squared error on a third of the training rows (one-hot targets for classes: their
squared error is what ridge regression minimises, and jumps less than a count of few mistakes).
Then all training rows, three new draws of the features, and the test rows.
"""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from benchmarks.feature_maps import BITS, FEATURE_MAPS
from benchmarks.isolation import run_isolated
from benchmarks.problems import available, load
from benchmarks.ridge import OneHotTargets, RealTarget, ridge_path

WIDTHS = tuple(2.0**power for power in range(-3, 3))
# Half decades in the middle, where most are chosen.
ALPHAS = tuple(10.0**power for power in (2, 1, 0.5, 0, -0.5, -1, -1.5, -2, -3, -4))
SEED_OF_CHOICE, SEEDS_OF_TEST = 0, (1, 2, 3)

# (method, features); RBFSampler with n / 16 features takes the bits of n ternary ones.
CANDIDATES = [
    *((method, 4096) for method in FEATURE_MAPS),
    ("RBFSampler", 256),
    *((method, 1024) for method in FEATURE_MAPS if method != "threshold gaussian"),
    ("RBFSampler", 64),
]
QUICK_PROBLEMS = ("digits", "breast_cancer", "letter", "diabetes", "cpu_act")
QUICK_CANDIDATES = [candidate for candidate in CANDIDATES if candidate[1] in (1024, 64)]


def run(quick):
    """Rows of all problems; as many at a time as there are cores, each on one core."""
    size = {"n_train": 600 if quick else 3000, "n_test": 2000 if quick else 10000}
    candidates = QUICK_CANDIDATES if quick else CANDIDATES
    names = [name for name in available() if not quick or name in QUICK_PROBLEMS]

    def measured(name):
        rows = run_isolated(measure, name=name, candidates=candidates, **size)
        print(f"  accuracy: {name}", file=sys.stderr)
        return rows

    with ThreadPoolExecutor(joblib.cpu_count()) as pool:
        for rows in pool.map(measured, names):
            yield from rows


def measure(name, candidates, n_train, n_test):
    """Rows of one problem, one for each candidate and draw."""
    problem, split = load(name, n_train=n_train, n_test=n_test)
    kind = OneHotTargets if problem.task == "classification" else RealTarget
    tau = float(split.X_train.var(axis=0, dtype=np.float64).sum())
    with threadpool_limits(1):
        for method, n_components in candidates:
            width, alpha, validation_loss = choose(method, n_components, split, tau, kind)
            for draw, seed in enumerate(SEEDS_OF_TEST):
                transformer = FEATURE_MAPS[method](n_components, width / (2 * tau), seed)
                Z, warned = fit_transform(transformer, split.X_train)
                target = kind(split.y_train)
                Z_test = transformer.transform(split.X_test)
                (prediction,) = ridge_path(Z, target.Y, [alpha], Z_test)
                yield {
                    "problem": name,
                    "task": problem.task,
                    "p": split.X_train.shape[1],
                    "n_train": len(split.X_train),
                    "n_test": len(split.X_test),
                    "method": method,
                    "n_components": n_components,
                    "bits_per_row": BITS[method] * n_components,
                    "width": width,
                    "alpha": round(alpha, 5),
                    "validation_loss": round(validation_loss, 5),
                    "draw": draw,
                    "error": round(target.error(prediction, split.y_test), 5),
                    "warned": warned,
                    "threads": 1,
                }


def choose(method, n_components, split, tau, kind):
    """Width and penalty of least squared validation error, and that error."""
    stratify = split.y_train if kind is OneHotTargets else None
    fit, judge = train_test_split(
        np.arange(len(split.y_train)), test_size=1 / 3, random_state=0, stratify=stratify
    )
    target = kind(split.y_train[fit])
    wanted = target.encode(split.y_train[judge])
    losses = {}
    for width in WIDTHS:
        transformer = FEATURE_MAPS[method](n_components, width / (2 * tau), SEED_OF_CHOICE)
        Z, _ = fit_transform(transformer, split.X_train[fit])
        Z_judge = transformer.transform(split.X_train[judge])
        predictions = ridge_path(Z, target.Y, ALPHAS, Z_judge)
        for alpha, prediction in zip(ALPHAS, predictions, strict=True):
            losses[width, alpha] = float(np.mean((prediction - wanted) ** 2))
    best = min(losses, key=losses.get)
    return *best, losses[best]


def fit_transform(transformer, X):
    """Features of the training rows, and what `fit` warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Z = transformer.fit_transform(X)
    reasons = {str(warning.message).partition("(")[0].partition(":")[0] for warning in caught}
    return Z, "; ".join(sorted(reason.strip() for reason in reasons))
