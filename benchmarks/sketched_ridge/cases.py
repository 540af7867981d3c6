# SPDX-License-Identifier: BSD-3-Clause
"""The problems on which times and scores are compared, each with its methods."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.kernel_approximation import RBFSampler
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from benchmarks.problems import available, load
from benchmarks.sketched_ridge.designs import Rows, power_law, zipf_text
from benchmarks.sketched_ridge.methods import classifier, ensemble

ALWAYS = ("RidgeCV", "SketchedRidgeCV", "SketchedRidgeCV, same penalties", "ensemble")


@dataclass(frozen=True)
class Case:
    """Rows and the methods that fit them.

    Attributes
    ----------
    make : callable
        Makes the rows.
    methods : tuple of str
        See `methods.make_estimator`; the first is what the others are compared with.
    data : str or None
        The data set it needs.
    metric : str
        What `score` of its methods is.
    """

    make: Callable
    methods: tuple
    data: str | None = None
    metric: str = "R²"


def _read(name, n_train, n_test, **options):
    _, split = load(name, n_train=n_train, n_test=n_test, **options)
    wide = [np.asarray(X, np.float64) for X in (split.X_train, split.X_test)]
    return Rows(wide[0], split.y_train, wide[1], split.y_test)


def real_rows(name, n_train=20000, n_test=10000, **options):
    """Rows of a data set, in float64.

    Parameters
    ----------
    name : str
        See `benchmarks.problems`.
    n_train, n_test : int
        Rows at most.
    **options
        Of `benchmarks.problems.load`.

    Returns
    -------
    rows : Rows
        Targets in float64.
    """
    rows = _read(name, n_train, n_test, **options)
    return Rows(rows.X, np.asarray(rows.y, float), rows.X_test, np.asarray(rows.y_test, float))


def squared(rows):
    """All products of two columns beside the columns, standardised."""
    expand = PolynomialFeatures(2, include_bias=False)
    scaler = StandardScaler()
    X = scaler.fit_transform(expand.fit_transform(rows.X))
    varying = scaler.var_ > 0
    X_test = scaler.transform(expand.transform(rows.X_test))
    return Rows(X[:, varying], rows.y, X_test[:, varying], rows.y_test)


def random_features(name, n_train, n_components):
    """Random Fourier features of a data set."""
    rows = real_rows(name, n_train)
    sampler = RBFSampler(gamma=1 / rows.X.shape[1], n_components=n_components, random_state=0)
    return Rows(sampler.fit_transform(rows.X), rows.y, sampler.transform(rows.X_test), rows.y_test)


def one_hot(name, n_train):
    """A data set of classes, with a target of -1 and 1 for each."""
    rows = _read(name, n_train, 10000)
    labels = np.unique(rows.y)
    Y, Y_test = (np.where(y[:, None] == labels, 1.0, -1.0) for y in (rows.y, rows.y_test))
    return Rows(rows.X, Y, rows.X_test, Y_test)


def word_counts(name):
    """A data set of counts as a sparse matrix, with the classes as numbers."""
    rows = real_rows(name)
    return Rows(sparse.csr_matrix(rows.X), rows.y, sparse.csr_matrix(rows.X_test), rows.y_test)


def _power_law_cases(n, p, sizes, low=(), high=()):
    """Rows with a weak and with a strong signal, each with further peers."""
    methods = (*ALWAYS, *(ensemble(*size) for size in sizes), "no sketch")
    return {
        f"{n} x {p}, {name} signal": Case(partial(power_law, n, p, attainable), (*methods, *peers))
        for name, attainable, peers in (("low", 0.3, low), ("high", 0.75, high))
    }


OTHERS = (
    "GridSearchCV(Ridge)",
    "himalaya RidgeCV",
    "LassoCV",
    "Gaussian projection + RidgeCV",
    "TruncatedSVD + RidgeCV",
)
SPARSE = ("RidgeCV", "GridSearchCV(Ridge, sparse_cg)", "SketchedRidgeCV", "ensemble")

CASES = {
    **_power_law_cases(2000, 2000, [(500, 4)], OTHERS, OTHERS[:1]),
    **_power_law_cases(5000, 5000, [(1000, 5), (1000, 5, "gcv"), (500, 10)]),
    **_power_law_cases(2000, 20000, [(500, 4)]),
    "30000 x 1000": Case(
        partial(power_law, 30000, 1000, 0.5), (*ALWAYS, "no sketch", "no sketch, GCV")
    ),
    "100000 x 1000, float32": Case(
        partial(power_law, 100000, 1000, 0.5, dtype="float32"),
        (*ALWAYS, ensemble(200, 5), "no sketch"),
    ),
    "protein, random features": Case(
        partial(random_features, "protein", 8000, 4000),
        (*ALWAYS, ensemble(1000, 4), ensemble(500, 8), "no sketch"),
        "protein",
    ),
    "mnist, ten targets": Case(
        partial(one_hot, "mnist", 20000), (*ALWAYS, ensemble(392, 2), "no sketch"), "mnist"
    ),
    "mnist, ten classes": Case(
        partial(_read, "mnist", 20000, 10000),
        ("RidgeClassifierCV", classifier(392, 2)),
        "mnist",
        "accuracy",
    ),
    "communities, products of columns": Case(
        lambda: squared(real_rows("communities", 1500)),
        (*ALWAYS, ensemble(375, 14), "no sketch", "GridSearchCV(Ridge)"),
        "communities",
    ),
    "wheat": Case(
        partial(real_rows, "wheat"),
        (*ALWAYS, "no sketch", "GridSearchCV(Ridge)", "himalaya RidgeCV"),
        "wheat",
    ),
    "riboflavin": Case(partial(real_rows, "riboflavin"), (*ALWAYS, "no sketch"), "riboflavin"),
    "pcmac, word counts": Case(partial(word_counts, "pcmac"), SPARSE, "pcmac"),
    "text by Zipf's law, 4000 x 20000": Case(partial(zipf_text, 4000, 20000), SPARSE),
}

QUICK_CASES = {
    "300 x 300, low signal": Case(
        partial(power_law, 300, 300, 0.3, n_test=500),
        (*ALWAYS, ensemble(75, 4), "no sketch", *OTHERS[:2]),
    ),
    "800 x 1000, high signal": Case(
        partial(power_law, 800, 1000, 0.75, n_test=500), (*ALWAYS, "no sketch")
    ),
    "text by Zipf's law, 500 x 2000": Case(partial(zipf_text, 500, 2000, n_test=500), SPARSE),
    "wheat": CASES["wheat"],
}


def cases(quick):
    """Cases whose data are at hand.

    Parameters
    ----------
    quick : bool
        Whether the small ones are wanted.

    Returns
    -------
    names : list of str
        In their order.
    """
    there = available(wide=True)
    listed = QUICK_CASES if quick else CASES
    return [name for name, case in listed.items() if case.data is None or case.data in there]


def find(name):
    """Find a case by its name."""
    return {**QUICK_CASES, **CASES}[name]
