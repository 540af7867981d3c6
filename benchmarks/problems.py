# SPDX-License-Identifier: BSD-3-Clause
"""Data sets, each declared once: where it is, how it is scaled, how it is split.

Five come with scikit-learn. The others are read from the folder that the environment variable
``SKRMT_BENCH_DATA`` names: ``<name>.npz`` with ``X`` (rows are samples), ``y`` and perhaps
``n_train`` (the first rows are the given training part). A file that is not there is left out.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.feature_selection import VarianceThreshold
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

VARIABLE = "SKRMT_BENCH_DATA"

BUNDLED = {
    "digits": datasets.load_digits,
    "breast_cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
    "diabetes": datasets.load_diabetes,
    "iris": datasets.load_iris,
}


@dataclass(frozen=True)
class Problem:
    """A data set and what is done with it.

    Attributes
    ----------
    name : str
        Key of `BUNDLED`, or the name of a file.
    task : {"classification", "regression"}
        What `y` is.
    scaling : {"standard", "range", "log", "none"}
        Columns standardised; all divided by the largest value (pixels); log1p of the columns
        without negative values, then standardised (heavy tails); or as they are (counts).
    split : {"random", "given", "blocks"}
        Random, stratified by class; the given training part; or, where neighbouring rows resemble
        each other, the first three quarters of each class less a gap of 100 rows.
    test_size : float
        Share of the rows, for a random split.
    """

    name: str
    task: str = "classification"
    scaling: str = "standard"
    split: str = "random"
    test_size: float = 0.25


@dataclass(frozen=True)
class Split:
    """Rows to learn from and to judge by: X in float32, constant columns left out."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


PROBLEMS = (
    Problem("digits", scaling="range", test_size=0.5),
    Problem("breast_cancer"),
    Problem("wine"),
    Problem("mnist", scaling="range", split="given"),
    Problem("fashion_900", scaling="range"),
    Problem("isolet"),
    Problem("adult", split="given"),
    Problem("eeg", split="blocks"),
    Problem("spambase"),
    Problem("letter"),
    Problem("magic"),
    Problem("diabetes", "regression"),
    Problem("gas_sensor", "regression"),
    Problem("ailerons", "regression"),
    Problem("pol", "regression"),
    Problem("cpu_act", "regression", scaling="log"),
    Problem("elevators", "regression"),
    Problem("protein", "regression"),
    Problem("kin40k", "regression"),
    Problem("cal_housing", "regression"),
)

# For ridge regression on many or correlated columns.
WIDE_PROBLEMS = (
    Problem("communities", "regression"),
    Problem("wheat", "regression"),
    Problem("riboflavin", "regression", test_size=0.2),
    Problem("pcmac", scaling="none"),
)

# For clustering, with some of the above.
CLUSTER_PROBLEMS = (
    Problem("coil20", scaling="range"),
    Problem("orl", scaling="range"),
    Problem("cifar10_resnet18", scaling="none"),
    Problem("leukemia"),
    Problem("colon"),
    Problem("tox171", scaling="log"),
    Problem("od_ionosphere"),
    Problem("od_mvtec_ad_carpet"),
    Problem("od_satellite"),
    Problem("iris"),
)


def data_file(name):
    """Where a data set is read from, whether it is there or not; None without a folder."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) / f"{name}.npz" if folder else None


def available(*, wide=False):
    """Names of the problems whose data are at hand, in the order of `PROBLEMS`.

    Parameters
    ----------
    wide : bool, default=False
        Whether `WIDE_PROBLEMS` follow.

    Returns
    -------
    names : list of str
        What `load` takes.
    """
    problems = PROBLEMS + (WIDE_PROBLEMS if wide else ())
    return [problem.name for problem in problems if at_hand(problem.name)]


def at_hand(name):
    """Whether the data of a problem can be read."""
    return name in BUNDLED or bool((path := data_file(name)) and path.exists())


def find(name):
    """Look up the declaration of a problem."""
    problems = PROBLEMS + WIDE_PROBLEMS + CLUSTER_PROBLEMS
    return next(problem for problem in problems if problem.name == name)


def _read(name):
    if name in BUNDLED:
        X, y = BUNDLED[name](return_X_y=True)
        return X, y, None
    with np.load(data_file(name)) as data:
        n_train = int(data["n_train"]) if "n_train" in data else None
        return data["X"].astype(np.float64), data["y"], n_train


def _rows(problem, y, n_train, seed):
    """Row numbers of the training and of the test part."""
    numbers = np.arange(len(y))
    if problem.split == "given":
        return numbers[:n_train], numbers[n_train:]
    if problem.split == "blocks":
        members = [np.flatnonzero(y == label) for label in np.unique(y)]
        cut = [3 * len(rows) // 4 for rows in members]
        train = [rows[:end] for rows, end in zip(members, cut, strict=True)]
        test = [rows[end + 100 :] for rows, end in zip(members, cut, strict=True)]
        return np.concatenate(train), np.concatenate(test)
    stratify = y if problem.task == "classification" else None
    return train_test_split(
        numbers, test_size=problem.test_size, random_state=seed, stratify=stratify
    )


def _logged(problem, X):
    """Take logarithms of the columns without negative values, where the problem asks for it."""
    if problem.scaling == "log":
        tame = X.min(axis=0) >= 0
        X[:, tame] = np.log1p(X[:, tame])
    return X


def _scaled(problem, X_train, *others):
    """Scale rows by what the first of them say."""
    parts = [X_train, *others]
    if problem.scaling == "range":
        largest = np.abs(X_train).max()
        return [X / largest for X in parts]
    if problem.scaling != "none":
        scaler = StandardScaler().fit(X_train)
        return [scaler.transform(X) for X in parts]
    return parts


def load_unscaled(name):
    """Read one data set in its own units, in logarithms where these are declared.

    Parameters
    ----------
    name : str
        A name that is `at_hand`.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features), float64
        The rows.
    y : ndarray of shape (n_rows,)
        Their classes or targets.
    """
    problem = find(name)
    X, y, _ = _read(name)
    return _logged(problem, X), y


def load_whole(name, *, n_rows=None, given_test=False):
    """Read and scale one data set without a split.

    Parameters
    ----------
    name : str
        A name that is `at_hand`.
    n_rows : int, default=None
        Rows drawn at random where there are more: files may be sorted by class.
    given_test : bool, default=False
        Only rows outside the given training part.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features), float32
        The rows.
    y : ndarray of shape (n_rows,)
        Their classes or targets.
    """
    problem = find(name)
    X, y, given = _read(name)
    first = given if given_test else 0
    rows = first + np.random.default_rng(0).permutation(len(y) - first)[:n_rows]
    (X,) = _scaled(problem, _logged(problem, X)[rows])
    return X.astype(np.float32), y[rows]


def load(name, *, n_train, n_test, seed=0):
    """Read, split and scale one data set; nothing is learnt from the test rows.

    Parameters
    ----------
    name : str
        A name that `available` lists.
    n_train, n_test : int
        Rows drawn at random from the two parts, where they have more.
    seed : int, default=0
        Source of the split and of the draws.

    Returns
    -------
    problem : Problem
        The declaration.
    split : Split
        The rows.
    """
    problem = find(name)
    X, y, given = _read(name)
    train, test = _rows(problem, y, given, seed)
    rng = np.random.default_rng(seed)
    train, test = rng.permutation(train)[:n_train], rng.permutation(test)[:n_test]
    X = _logged(problem, X)
    constant = VarianceThreshold().fit(X[train])
    X_train, X_test = constant.transform(X[train]), constant.transform(X[test])
    X_train, X_test = _scaled(problem, X_train, X_test)
    single = np.float32
    return problem, Split(X_train.astype(single), y[train], X_test.astype(single), y[test])
