# SPDX-License-Identifier: BSD-3-Clause
"""Feature maps before one and the same linear model: ours, scikit-learn's, and none.

A call maps the training rows, fits ridge regression (classes: on targets of -1 and 1) that chooses
its penalty by generalised cross-validation, maps the test rows and predicts them. The widths of the
Gaussian kernels are those of ``gamma = 1 / (2 tau)``, tau the total variance of the training rows;
the polynomial kernel is of degree 2, with ``gamma = 1 / tau``. Data sets that are not at hand are
left out.
"""

from functools import lru_cache, partial

import numpy as np
from scipy import sparse
from sklearn.kernel_approximation import Nystroem, PolynomialCountSketch, RBFSampler
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.metrics import accuracy_score, r2_score
from sklearn.pipeline import make_pipeline

from benchmarks.head_to_head import Contest, measure
from benchmarks.problems import at_hand, load
from benchmarks.sketched_ridge.designs import zipf_text
from benchmarks.worker import Task
from skrmt.datasets import make_high_dimensional_mixture
from skrmt.kernel_approximation import TernaryRandomFeatures

N_COMPONENTS = 1024
ALPHAS = np.logspace(-3, 3, 13)
OURS = ("TernaryRandomFeatures", "TernaryRandomFeatures, sparse")
NO_MAP = "no feature map"
METHODS = (*OURS, "RBFSampler", "Nystroem", "PolynomialCountSketch", NO_MAP)

# Data sets: what kind of problem they are, and how many training rows.
TABLES = {
    "digits": ("small tables", 900),
    "diabetes": ("small tables", 900),
    "cal_housing": ("larger tables", 2000),
    "mnist": ("images", 2000),
    "fashion_900": ("images", 2000),
}
QUICK_TABLES = ("digits",)
N_TEST = 4000
# Draws: rows, columns.
MIXTURE, TEXT = "two Gaussian classes", "text by Zipf's law"
DRAWN = {MIXTURE: (2000, 256), TEXT: (2000, 10000)}
QUICK_DRAWN = {}
REGIMES = {MIXTURE: "high-dimensional noise", TEXT: "wide sparse rows"}


def run(quick):
    """Rows of all problems at hand."""
    tables = [name for name in (QUICK_TABLES if quick else TABLES) if at_hand(name)]
    drawn = [f"{name}, {n} x {p}" for name, (n, p) in (QUICK_DRAWN if quick else DRAWN).items()]
    yield from measure(__name__, tables + drawn, quick)


def contest(problem):
    """What is compared on a problem."""
    regime = TABLES[problem][0] if problem in TABLES else REGIMES[problem.partition(", ")[0]]
    return Contest(regime, ("R²" if is_regression(problem) else "accuracy",), METHODS)


def is_ours(method):
    """Whether a method is one of skrmt."""
    return method in OURS


def is_regression(problem):
    """Whether a problem has a real target."""
    return problem.startswith(("diabetes", "cal_housing", TEXT))


@lru_cache(1)
def rows_of(problem):
    """Training rows and targets, test rows and targets."""
    if problem in TABLES:
        _, split = load(problem, n_train=TABLES[problem][1], n_test=N_TEST)
        return split.X_train, split.y_train, split.X_test, split.y_test
    name, _, size = problem.partition(", ")
    n, p = (int(number) for number in size.split(" x "))
    if name == TEXT:
        rows = zipf_text(n, p)
        narrow = partial(sparse.csr_matrix, dtype=np.float32)
        return narrow(rows.X), rows.y, narrow(rows.X_test), rows.y_test
    X, y = make_high_dimensional_mixture(2 * n, p, dtype=np.float32, random_state=0)
    return X[:n], y[:n], X[n:], y[n:]


def total_variance(X):
    """Mean squared distance of a row to the mean row."""
    if sparse.issparse(X):
        mean = np.asarray(X.mean(axis=0)).ravel()
        return float(X.multiply(X).sum() / X.shape[0] - (mean**2).sum())
    return float(X.var(axis=0, dtype=np.float64).sum())


def make_map(method, tau, n_samples, threads, seed):
    """Set up a feature map; a list, empty for none."""
    gamma = 1 / (2 * tau)
    if method == OURS[0]:
        ours = TernaryRandomFeatures(N_COMPONENTS, gamma=gamma, random_state=seed, n_jobs=threads)
        return [ours]
    if method == OURS[1]:
        return [
            TernaryRandomFeatures(
                N_COMPONENTS, gamma=gamma, projection="sparse", random_state=seed, n_jobs=threads
            )
        ]
    if method == "RBFSampler":
        return [RBFSampler(gamma=gamma, n_components=N_COMPONENTS, random_state=seed)]
    if method == "Nystroem":
        most = min(N_COMPONENTS, n_samples)
        return [Nystroem(gamma=gamma, n_components=most, random_state=seed, n_jobs=threads)]
    if method == "PolynomialCountSketch":
        return [
            PolynomialCountSketch(
                degree=2, gamma=1 / tau, coef0=1, n_components=N_COMPONENTS, random_state=seed
            )
        ]
    return []


def prepare(problem, method, threads):
    """Make the rows ready."""
    X, y, X_test, y_test = rows_of(problem)
    tau = total_variance(X)
    model, score = (
        (RidgeCV, r2_score) if is_regression(problem) else (RidgeClassifierCV, accuracy_score)
    )

    def call(seed):
        steps = make_map(method, tau, X.shape[0], threads, seed)
        return make_pipeline(*steps, model(alphas=ALPHAS)).fit(X, y).predict(X_test)

    metric = "R²" if is_regression(problem) else "accuracy"
    return Task(
        call,
        lambda predicted: {metric: float(score(y_test, predicted))},
        {"n": X.shape[0], "p": X.shape[1]},
    )
