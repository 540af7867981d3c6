# SPDX-License-Identifier: BSD-3-Clause
"""Ridge regression with the choice of its penalty: ours and the peers, on the same rows.

A call is one `fit`; the score is R² on rows that no method has seen. Peers choose among 30
penalties (GridSearchCV among ten of them), by generalised cross-validation or five folds; ours
among their own ("no sketch" among the same 30). Random projections go to 500 columns. All threads
are those of BLAS: `n_jobs` is left as it is.
"""

from functools import lru_cache, partial

import numpy as np
from scipy import sparse
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.random_projection import SparseRandomProjection

from benchmarks.head_to_head import Contest, measure
from benchmarks.problems import at_hand
from benchmarks.sketched_ridge.cases import real_rows
from benchmarks.sketched_ridge.designs import Rows, power_law, zipf_text
from benchmarks.sketched_ridge.methods import N_COMPONENTS, OURS, make_estimator, penalties
from benchmarks.worker import NotSupported, Task, require
from skrmt.datasets import make_spiked_covariance

SPARSE_PROJECTION = "sparse projection + RidgeCV"
METHODS = (
    *("SketchedRidgeCV", "ensemble", "no sketch"),
    *("RidgeCV", "GridSearchCV(Ridge)", "himalaya RidgeCV"),
    *("Gaussian projection + RidgeCV", SPARSE_PROJECTION),
)
SMALL, TALL, SQUARE, WIDE, TEXT = (
    *("small tables", "many more rows than columns", "as many columns as rows"),
    *("many more columns than rows", "wide sparse rows"),
)

SPIKES = (40.0, 20.0, 10.0, 5.0, 3.0)


def spiked(n, p, n_test=2000):
    """Rows with five strong directions, which the target follows."""
    sample = make_spiked_covariance(n + n_test, p, spikes=SPIKES, random_state=0)
    rng = np.random.default_rng(1)
    X, y = sample.data, sample.data @ sample.components.sum(axis=0)
    y = y + y.std() * rng.standard_normal(len(y))
    return Rows(X[:n], y[:n], X[n:], y[n:])


# What kind of problem, and how the rows are made.
PROBLEMS = {
    "diabetes": (SMALL, partial(real_rows, "diabetes")),
    "riboflavin": (WIDE, partial(real_rows, "riboflavin")),
    "wheat": (SQUARE, partial(real_rows, "wheat")),
    "power law, 20000 x 500": (TALL, partial(power_law, 20000, 500, 0.5, n_test=2000)),
    "power law, 2000 x 2000": (SQUARE, partial(power_law, 2000, 2000, 0.5, n_test=2000)),
    "power law, 1000 x 8000": (WIDE, partial(power_law, 1000, 8000, 0.75, n_test=1000)),
    "spiked covariance, 3000 x 1000": (TALL, partial(spiked, 3000, 1000)),
    "text by Zipf's law, 2000 x 10000": (TEXT, partial(zipf_text, 2000, 10000)),
}
QUICK_PROBLEMS = {
    "text by Zipf's law, 500 x 2000": (TEXT, partial(zipf_text, 500, 2000, n_test=500)),
}
FROM_FILES = ("riboflavin", "wheat")


def is_ours(method):
    """Whether a method is one of skrmt."""
    return method in OURS


def run(quick):
    """Rows of all problems at hand."""
    problems = QUICK_PROBLEMS if quick else PROBLEMS
    there = [name for name in problems if name not in FROM_FILES or at_hand(name)]
    yield from measure(__name__, there, quick)


def contest(problem):
    """What is compared on a problem."""
    return Contest((PROBLEMS | QUICK_PROBLEMS)[problem][0], ("R²",), METHODS)


@lru_cache(1)
def rows_of(problem):
    """Rows of a problem."""
    return (PROBLEMS | QUICK_PROBLEMS)[problem][1]()


def prepare(problem, method, threads):
    """Make the rows ready; the number of threads is that of the process."""
    if method.startswith("himalaya"):
        require("himalaya")
    rows = rows_of(problem)
    if "projection" in method and rows.X.shape[1] <= N_COMPONENTS:
        raise NotSupported(f"projects to {N_COMPONENTS} columns, there are {rows.X.shape[1]}")
    if method.startswith("himalaya") and sparse.issparse(rows.X):
        raise NotSupported("no sparse rows")
    alphas = penalties(rows.X)

    def call(seed):
        return make(method, alphas, seed).fit(rows.X, rows.y)

    def score(model):
        return {"R²": float(r2_score(rows.y_test, model.predict(rows.X_test)))}

    return Task(call, score, {"n": rows.X.shape[0], "p": rows.X.shape[1]})


def make(method, alphas, seed):
    """Set up a method."""
    if method == SPARSE_PROJECTION:
        projection = SparseRandomProjection(N_COMPONENTS, random_state=seed)
        return make_pipeline(projection, RidgeCV(alphas))
    model = make_estimator(method, alphas)
    known = model.get_params()
    wanted = {name: seed for name in known if name.rpartition("__")[2] == "random_state"}
    return model.set_params(**wanted)
