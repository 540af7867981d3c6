# SPDX-License-Identifier: BSD-3-Clause
"""Real data: log-likelihood of held-out rows, and accuracy of linear discriminants.

Data stay in their own units (logarithms of `tox171`), so that it matters whether an estimator
looks at scales. Wide data are also cut to some columns, drawn once at random, because the peers
decompose a matrix of all columns for their likelihood. Columns that are constant in the training
rows are left out.
"""

import warnings

import numpy as np
from sklearn.feature_selection import VarianceThreshold
from sklearn.model_selection import RepeatedStratifiedKFold, ShuffleSplit, StratifiedShuffleSplit

from benchmarks.columns import filled, mean_columns
from benchmarks.covariance.methods import (
    ANALYTICAL,
    EMPIRICAL,
    ESTIMATORS,
    LEDOIT,
    LEDOIT_SCALED,
    OAS_NAME,
    SCALED,
    SHRUNK,
    SPIKED,
)
from benchmarks.covariance.portfolio import AUTO, IN_CLASSES, POOLED, SVD, discriminant
from benchmarks.problems import at_hand, load_unscaled
from benchmarks.side_by_side import run_side_by_side

# (data set, columns, training rows; None takes all columns, and three quarters of the rows)
LIKELIHOODS = (
    ("tox171", 1500, None),
    ("leukemia", 1500, None),
    ("riboflavin", 1500, None),
    ("leukemia", 500, None),
    ("tox171", 500, None),
    ("riboflavin", 500, None),
    ("colon", 500, None),
    ("digits", None, 100),
    ("digits", None, 1000),
    ("wine", None, None),
    ("breast_cancer", None, 100),
)
ACCURACIES = (
    ("leukemia", 500, None),
    ("tox171", 500, None),
    ("colon", 500, None),
    ("digits", None, 200),
    ("digits", None, 1000),
    ("wine", None, None),
    ("wine", None, 40),
    ("breast_cancer", None, 80),
)
QUICK = (("wine", None, None), ("colon", 100, None))
LIKELIHOOD_METHODS = (
    *(ANALYTICAL, SCALED, SPIKED["frobenius"]),
    *(LEDOIT, LEDOIT_SCALED, OAS_NAME, SHRUNK, EMPIRICAL),
)
ACCURACY_METHODS = (*IN_CLASSES, *POOLED, AUTO, SVD)
TEST_SHARE = 0.25
N_SPLITS, FEW_SPLITS, MANY_COLUMNS = 10, 4, 1000
N_FOLDS, N_REPEATS = 5, 4
SAMPLED_SPLITS = 20

COLUMNS = (
    *("study", "data", "p", "columns", "rows", "training_rows", "method", "splits"),
    *("likelihood", "likelihood_se", "accuracy", "accuracy_se"),
)


def run(quick):
    """Rows of both studies, as many at a time as there are cores."""
    tasks = [
        (likelihoods, {"name": name, "p": p, "n_train": n_train, "quick": quick})
        for name, p, n_train in (QUICK if quick else LIKELIHOODS)
        if at_hand(name)
    ]
    tasks += [
        (accuracies, {"name": name, "p": p, "n_train": n_train, "quick": quick})
        for name, p, n_train in (QUICK if quick else ACCURACIES)
        if at_hand(name)
    ]
    yield from run_side_by_side("data", tasks)


def read(name, p):
    """Data, and the number of columns that there were."""
    X, y = load_unscaled(name)
    if p is None:
        return X, y, X.shape[1]
    chosen = np.random.default_rng(0).permutation(X.shape[1])[:p]
    return X[:, np.sort(chosen)], y, X.shape[1]


def likelihoods(name, p, n_train, quick):
    """Rows of one data set, one for each method."""
    X, _, n_columns = read(name, p)
    n_splits = 2 if quick else FEW_SPLITS if X.shape[1] > MANY_COLUMNS else N_SPLITS
    splits = ShuffleSplit(n_splits, test_size=TEST_SHARE, train_size=n_train, random_state=0)
    found = {method: [] for method in LIKELIHOOD_METHODS}
    for train, test in splits.split(X):
        varies = VarianceThreshold().fit(X[train])
        X_train, X_test = varies.transform(X[train]), varies.transform(X[test])
        if X_train.shape[1] >= len(train) - 1:
            found.pop(EMPIRICAL, None)
        with warnings.catch_warnings(action="ignore"):
            for method, values in found.items():
                model = ESTIMATORS[method]().fit(X_train)
                score = float(model.score(X_test)) / X_train.shape[1]
                # A singular matrix has no density: the rows are impossible.
                values.append(score if np.isfinite(score) else -np.inf)
    rows = [
        {
            "study": "likelihood",
            "data": name,
            "p": X.shape[1],
            "columns": n_columns,
            "rows": len(X),
            "training_rows": len(train),
            "method": method,
            "splits": n_splits,
            **mean_columns("likelihood", values),
        }
        for method, values in found.items()
    ]
    yield from filled(COLUMNS, rows)


def accuracies(name, p, n_train, quick):
    """Rows of one data set, one for each method."""
    X, y, n_columns = read(name, p)
    if n_train is None:
        repeats = 1 if quick else N_REPEATS
        splits = RepeatedStratifiedKFold(n_splits=N_FOLDS, n_repeats=repeats, random_state=0)
    else:
        n_splits = 2 if quick else SAMPLED_SPLITS
        splits = StratifiedShuffleSplit(
            n_splits, test_size=TEST_SHARE, train_size=n_train, random_state=0
        )
    found = {method: [] for method in ACCURACY_METHODS}
    for train, test in splits.split(X, y):
        varies = VarianceThreshold().fit(X[train])
        X_train, X_test = varies.transform(X[train]), varies.transform(X[test])
        with warnings.catch_warnings(action="ignore"):
            for method, values in found.items():
                model = discriminant(method).fit(X_train, y[train])
                values.append(float((model.predict(X_test) == y[test]).mean()))
    rows = [
        {
            "study": "accuracy",
            "data": name,
            "p": X.shape[1],
            "columns": n_columns,
            "rows": len(X),
            "training_rows": len(train),
            "method": method,
            "splits": len(values),
            **mean_columns("accuracy", values),
        }
        for method, values in found.items()
    ]
    yield from filled(COLUMNS, rows)
