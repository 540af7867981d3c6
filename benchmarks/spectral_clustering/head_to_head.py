# SPDX-License-Identifier: BSD-3-Clause
"""Clustering of rows into a given number of clusters: ours and scikit-learn's estimators.

A call is one `fit`; the scores are agreement with the classes, which no method has seen. Data sets
that are not at hand are left out.
"""

from functools import lru_cache

import numpy as np
from sklearn import datasets

from benchmarks.head_to_head import Contest, measure
from benchmarks.problems import at_hand, load_whole
from benchmarks.spectral_clustering.gaussian_classes import gaussian_classes
from benchmarks.spectral_clustering.methods import PEERS, make_ours, make_peer
from benchmarks.spectral_clustering.scores import agreement
from benchmarks.worker import Task
from skrmt.datasets import make_high_dimensional_mixture

OURS = {"SparseQuantized": {}, "SparseQuantized, cosine": {"metric": "cosine"}}
METHODS = (*OURS, *PEERS)
NOISE, IMAGES, TABLES, CURVED, MANY = (
    *("weak classes in noise", "images and embeddings", "small tables"),
    *("curved clusters", "many rows"),
)


def classes(n, p, n_classes, snr):
    """Gaussian classes."""
    return gaussian_classes(n, p, n_classes, snr, 0)


def mixture(n, p):
    """Two Gaussian classes whose means and covariances differ."""
    return make_high_dimensional_mixture(n, p, dtype=np.float32, random_state=0)


def moons(n):
    """Two half circles."""
    return datasets.make_moons(n, noise=0.05, random_state=0)


# What kind of problem, the maker of the rows and its arguments; a name alone is a data set.
PROBLEMS = {
    "Gaussian classes, 4000 x 1000": (NOISE, classes, (4000, 1000, 4, 2.0)),
    "two Gaussian classes, 2000 x 1000": (NOISE, mixture, (2000, 1000)),
    "digits": (IMAGES, load_whole, ("digits",)),
    "coil20": (IMAGES, load_whole, ("coil20",)),
    "mnist": (IMAGES, load_whole, ("mnist",)),
    "breast_cancer": (TABLES, load_whole, ("breast_cancer",)),
    "wine": (TABLES, load_whole, ("wine",)),
    "moons, 2000 x 2": (CURVED, moons, (2000,)),
    "Gaussian classes, 20000 x 64": (MANY, classes, (20000, 64, 8, 2.0)),
}
QUICK_PROBLEMS = {"digits": PROBLEMS["digits"]}
MOST_ROWS = 5000


def run(quick):
    """Rows of all problems at hand."""
    problems = QUICK_PROBLEMS if quick else PROBLEMS
    there = [
        name for name, (_, make, _) in problems.items() if make is not load_whole or at_hand(name)
    ]
    yield from measure(__name__, there, quick)


def contest(problem):
    """What is compared on a problem."""
    return Contest((PROBLEMS | QUICK_PROBLEMS)[problem][0], ("ARI", "NMI"), METHODS)


def is_ours(method):
    """Whether a method is one of skrmt."""
    return method in OURS


@lru_cache(1)
def rows_of(problem):
    """Rows and classes of a problem."""
    _, make, arguments = (PROBLEMS | QUICK_PROBLEMS)[problem]
    options = {"n_rows": MOST_ROWS} if make is load_whole else {}
    X, y = make(*arguments, **options)
    return np.asarray(X, np.float32), y


def prepare(problem, method, threads):
    """Make the rows ready."""
    X, y = rows_of(problem)
    n_classes = len(np.unique(y))

    def call(seed):
        if method in OURS:
            model = make_ours(n_classes, seed, n_jobs=threads, **OURS[method])
        else:
            model = make_peer(method, n_classes, X, seed)
            if "n_jobs" in model.get_params():
                model.set_params(n_jobs=threads)
        return model.fit(X).labels_

    def score(labels):
        found = agreement(y, [labels])
        return {"ARI": found["ari"], "NMI": found["nmi"]}

    return Task(call, score, {"n": X.shape[0], "p": X.shape[1]})
