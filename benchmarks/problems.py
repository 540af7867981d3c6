# SPDX-License-Identifier: BSD-3-Clause
"""Data sets, each declared once: where it is, how it is scaled, how it is split.

Four come with scikit-learn. The others are read from the folder that the environment variable
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


def _file(name):
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
    return [
        problem.name
        for problem in PROBLEMS + (WIDE_PROBLEMS if wide else ())
        if problem.name in BUNDLED or ((path := _file(problem.name)) and path.exists())
    ]


def _read(name):
    if name in BUNDLED:
        X, y = BUNDLED[name](return_X_y=True)
        return X, y, None
    with np.load(_file(name)) as data:
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
    problem = next(p for p in PROBLEMS + WIDE_PROBLEMS if p.name == name)
    X, y, given = _read(name)
    train, test = _rows(problem, y, given, seed)
    rng = np.random.default_rng(seed)
    train, test = rng.permutation(train)[:n_train], rng.permutation(test)[:n_test]
    if problem.scaling == "log":
        tame = X.min(axis=0) >= 0
        X[:, tame] = np.log1p(X[:, tame])
    X_train, X_test = X[train], X[test]
    constant = VarianceThreshold().fit(X_train)
    X_train, X_test = constant.transform(X_train), constant.transform(X_test)
    if problem.scaling == "range":
        largest = np.abs(X_train).max()
        X_train, X_test = X_train / largest, X_test / largest
    elif problem.scaling != "none":
        scaler = StandardScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    single = np.float32
    return problem, Split(X_train.astype(single), y[train], X_test.astype(single), y[test])
