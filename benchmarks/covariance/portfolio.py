# SPDX-License-Identifier: BSD-3-Clause
"""What a covariance matrix is for: portfolios of least variance, and discriminants.

The law is known, so the true variance of a portfolio and the accuracy of a discriminant are
formulas, and no test rows are needed. Variances are given relative to the least possible,
``1 / (1' Sigma^-1 1)``, as ratios of means over the draws. Two Gaussian classes have the same
number of rows, and means a random direction apart, so far that the best rule is right in
`BAYES` of the cases.
"""

import warnings

import numpy as np
from scipy.stats import norm
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from benchmarks.columns import filled, mean_columns
from benchmarks.covariance.methods import (
    ANALYTICAL,
    EMPIRICAL,
    ESTIMATORS,
    LEDOIT,
    LEDOIT_SCALED,
    OAS_NAME,
    RMT_MODEL,
    SCALED,
    SPIKED,
    PooledDiscriminant,
    covariance_of,
)
from benchmarks.covariance.populations import POPULATIONS, draw, market
from benchmarks.side_by_side import run_side_by_side

# One year of daily returns.
N_DAYS = 250
ASSETS = (50, 100, 200, 500, 1000)
QUICK_DAYS, QUICK_ASSETS = 60, (50, 80)
PORTFOLIO_METHODS = (
    *(ANALYTICAL, SCALED, SPIKED["stein"], RMT_MODEL),
    *(LEDOIT, LEDOIT_SCALED, OAS_NAME, "FactorAnalysis", EMPIRICAL),
)
# Above so many assets the means are over fewer draws, and factor analysis is left out.
MANY_ASSETS = 200

# (population, p, n)
CLASSES = (
    ("factors", 200, 300),
    ("AR(.7)", 200, 300),
    ("three levels, in the columns", 200, 300),
    ("AR(.7), unequal scales", 200, 300),
    ("factors", 200, 100),
    ("identity", 200, 300),
)
QUICK_CLASSES = (("factors", 50, 80),)
BAYES = 0.933
IN_CLASSES = (ANALYTICAL, SCALED, SPIKED["stein"], LEDOIT, OAS_NAME)
POOLED = {f"{name}, pooled": name for name in (ANALYTICAL, SCALED, LEDOIT, LEDOIT_SCALED)}
SVD, AUTO, BEST = "svd", 'shrinkage="auto"', "best rule"
N_DRAWS, FEW_DRAWS, QUICK_DRAWS = 20, 8, 3

COLUMNS = (
    *("study", "population", "n", "p", "method", "draws", "variance", "variance_se"),
    *("accuracy", "accuracy_se"),
)


def run(quick):
    """Rows of both studies, as many at a time as there are cores."""
    tasks = [
        (portfolios, {"n": QUICK_DAYS if quick else N_DAYS, "p": p, "quick": quick})
        for p in (QUICK_ASSETS if quick else reversed(ASSETS))
    ]
    tasks += [
        (discriminants, {"population": name, "p": p, "n": n, "quick": quick})
        for name, p, n in (QUICK_CLASSES if quick else CLASSES)
    ]
    yield from run_side_by_side("portfolio", tasks)


def portfolios(n, p, quick):
    """Rows of one number of assets, one for each method."""
    n_draws = QUICK_DRAWS if quick else FEW_DRAWS if p > MANY_ASSETS else N_DRAWS
    methods = [
        method
        for method in PORTFOLIO_METHODS
        if (method != EMPIRICAL or p < n - 1) and (method != "FactorAnalysis" or p <= MANY_ASSETS)
    ]
    found, ones = {method: [] for method in methods}, np.ones(p)
    for seed in range(n_draws):
        sigma = market(p, seed)
        X = draw(sigma, n, 1000 + seed)
        least = 1 / np.linalg.solve(sigma, ones).sum()
        with warnings.catch_warnings(action="ignore"):
            for method, values in found.items():
                weights = np.linalg.solve(covariance_of(method, X), ones)
                weights /= weights.sum()
                values.append(float(weights @ sigma @ weights) / least)
    rows = [
        {
            "study": "portfolio",
            "population": "factors",
            "n": n,
            "p": p,
            "method": method,
            "draws": n_draws,
            **mean_columns("variance", values),
        }
        for method, values in found.items()
    ]
    yield from filled(COLUMNS, rows)


def discriminants(population, p, n, quick):
    """Rows of one law of the classes, one for each method."""
    n_draws = QUICK_DRAWS if quick else N_DRAWS
    sigma = POPULATIONS[population](p)
    y = np.arange(n) % 2
    found = {method: [] for method in (SVD, AUTO, *IN_CLASSES, *POOLED, BEST)}
    for seed in range(n_draws):
        shift = np.random.default_rng(seed).standard_normal(p)
        # The distance of the means in units of the covariance decides the best accuracy.
        shift *= 2 * norm.ppf(BAYES) / np.sqrt(shift @ np.linalg.solve(sigma, shift))
        X = draw(sigma, n, 1000 + seed) + np.outer(y, shift)
        with warnings.catch_warnings(action="ignore"):
            for method, values in found.items():
                values.append(accuracy(*rule(method, X, y, sigma, shift), sigma, shift))
    rows = [
        {
            "study": "lda",
            "population": population,
            "n": n,
            "p": p,
            "method": method,
            "draws": n_draws,
            **mean_columns("accuracy", values),
        }
        for method, values in found.items()
    ]
    yield from filled(COLUMNS, rows)


def rule(method, X, y, sigma, shift):
    """Normal vector and intercept of a linear rule for the second class."""
    if method == BEST:
        w = np.linalg.solve(sigma, shift)
        return w, -w @ shift / 2
    model = discriminant(method).fit(X, y)
    if isinstance(model, PooledDiscriminant):
        return np.diff(model.coef_, axis=0)[0], np.diff(model.intercept_)[0]
    return model.coef_[0], model.intercept_[0]


def discriminant(method):
    """Make a classifier.

    Parameters
    ----------
    method : str
        `SVD`, `AUTO`, a key of `ESTIMATORS` or of `POOLED`.

    Returns
    -------
    classifier : object
        Not fitted.
    """
    if method == SVD:
        return LinearDiscriminantAnalysis()
    if method == AUTO:
        return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    if method in POOLED:
        return PooledDiscriminant(ESTIMATORS[POOLED[method]](store_precision=False))
    estimator = ESTIMATORS[method](store_precision=False)
    return LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=estimator)


def accuracy(w, intercept, sigma, shift):
    """Share of both classes that a linear rule gets right."""
    spread = np.sqrt(w @ sigma @ w)
    return float((norm.cdf(-intercept / spread) + norm.cdf((w @ shift + intercept) / spread)) / 2)
