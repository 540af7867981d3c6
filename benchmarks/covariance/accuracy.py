# SPDX-License-Identifier: BSD-3-Clause
"""Draws from known populations: share of the possible gain, losses, losses that were predicted.

The share of the possible gain is that part of the squared Frobenius loss of the sample covariance
matrix that an estimator saves, in percent of what the best eigenvalues ``u' Sigma u`` for the
sample eigenvectors u would save. Shares are ratios of means over the draws, with the standard error
of a ratio.
"""

import warnings

import numpy as np

from benchmarks.columns import filled, mean_columns
from benchmarks.covariance.methods import (
    ANALYTICAL,
    ESTIMATORS,
    LEDOIT,
    LEDOIT_SCALED,
    OAS_NAME,
    SCALED,
    SHRUNK,
    SPIKED,
    covariance_of,
)
from benchmarks.covariance.populations import POPULATIONS, draw
from benchmarks.side_by_side import run_side_by_side

# (population, p, n less one, degrees of freedom of Student's t)
GAINS = (
    ("three levels", 200, 600, None),
    ("three levels", 200, 300, None),
    ("three levels", 200, 100, None),
    ("one spike", 200, 400, None),
    ("AR(.7)", 200, 400, None),
    ("three levels", 200, 600, 5),
    ("three levels", 200, 300, 5),
    ("three levels", 200, 100, 5),
    ("three levels", 100, 100, None),
    ("three levels, in the columns", 200, 300, None),
    ("AR(.7), unequal scales", 200, 400, None),
    ("AR(.7), unequal scales", 200, 100, None),
    ("factors", 200, 250, None),
    ("identity", 200, 300, None),
    ("three levels", 10, 29, None),
    ("three levels", 5, 19, None),
)
QUICK_GAINS = (("three levels", 50, 150, None), ("three levels", 10, 29, None))
GAIN_METHODS = (
    *(ANALYTICAL, SCALED, SPIKED["frobenius"]),
    *(LEDOIT, LEDOIT_SCALED, OAS_NAME, SHRUNK),
)
# (population, n, p)
LOSSES = (
    ("spikes 20/8/4", 200, 100),
    ("spikes 30/15/8", 100, 200),
    ("spikes 20/8/4", 100, 200),
)
QUICK_LOSSES = (("spikes 20/8/4", 100, 50),)
LOSS_METHODS = (
    *SPIKED.values(),
    *(ANALYTICAL, SCALED, "RMTPCA", LEDOIT, OAS_NAME, "PCA", "FactorAnalysis"),
)
# (population, n, p, estimator)
PREDICTED = (
    *((*case, name) for case in LOSSES for name in SPIKED.values()),
    *(("three levels", n, 200, ANALYTICAL) for n in (601, 301, 101)),
    ("AR(.7)", 401, 200, ANALYTICAL),
)
QUICK_PREDICTED = (
    ("spikes 20/8/4", 100, 50, SPIKED["stein"]),
    ("three levels", 101, 50, ANALYTICAL),
)
N_DRAWS, SMALL_DRAWS, QUICK_DRAWS, SMALL = 20, 200, 3, 50

COLUMNS = (
    *("study", "population", "n", "p", "degrees", "method", "draws", "gain", "gain_se"),
    *("relative", "relative_se", "frobenius", "frobenius_se", "divergence", "divergence_se"),
    *("inverse", "inverse_se", "loss", "predicted", "predicted_se", "seen", "seen_se"),
    *("n_spikes", "n_spikes_se", "noise", "noise_se", "value"),
)


def run(quick):
    """Rows of all studies, as many at a time as there are cores."""
    tasks = [
        (gains, {"population": name, "p": p, "n": n + 1, "degrees": degrees, "quick": quick})
        for name, p, n, degrees in (QUICK_GAINS if quick else GAINS)
    ]
    tasks += [
        (losses, {"population": name, "n": n, "p": p, "quick": quick})
        for name, n, p in (QUICK_LOSSES if quick else LOSSES)
    ]
    tasks += [
        (predicted, {"population": name, "n": n, "p": p, "method": method, "quick": quick})
        for name, n, p, method in (QUICK_PREDICTED if quick else PREDICTED)
    ]
    tasks.append((anchors, {}))
    yield from run_side_by_side("accuracy", tasks)


def draws_of(p, quick):
    """How many draws; more of small matrices, which cost nothing."""
    return QUICK_DRAWS if quick else SMALL_DRAWS if p < SMALL else N_DRAWS


def gains(population, p, n, degrees, quick):
    """Rows of one population, one for each method."""
    sigma, n_draws = POPULATIONS[population](p), draws_of(p, quick)
    sample, best = [], []
    found = {method: [] for method in GAIN_METHODS}
    for seed in range(n_draws):
        X = draw(sigma, n, seed, degrees)
        S = np.cov(X.T)
        U = np.linalg.eigh(S)[1]
        sample.append(squared_error(S, sigma))
        best.append(squared_error((U * ((U.T @ sigma) * U.T).sum(axis=1)) @ U.T, sigma))
        with warnings.catch_warnings(action="ignore"):
            for method, values in found.items():
                values.append(squared_error(covariance_of(method, X), sigma))
    sample, best = np.array(sample), np.array(best)
    rows = []
    for method, values in found.items():
        gain, gain_se = ratio(sample - values, sample - best)
        relative, relative_se = ratio(np.array(values), sample)
        row = {
            "study": "gain",
            "population": population,
            "n": n,
            "p": p,
            "degrees": degrees or "",
            "method": method,
            "draws": n_draws,
            "gain": round(100 * gain, 3),
            "gain_se": round(100 * gain_se, 3),
            "relative": round(relative, 5),
            "relative_se": round(relative_se, 5),
        }
        rows.append(row)
    yield from filled(COLUMNS, rows)


def losses(population, n, p, quick):
    """Rows of white noise with three spikes, one for each method."""
    sigma, n_draws = POPULATIONS[population](p), draws_of(p, quick)
    inverse = np.linalg.inv(sigma)
    found = {method: [] for method in LOSS_METHODS}
    fitted = []
    for seed in range(n_draws):
        X = draw(sigma, n, seed)
        with warnings.catch_warnings(action="ignore"):
            for method, values in found.items():
                A = covariance_of(method, X)
                A_inverse = np.linalg.inv(A)
                losses_seen = (
                    squared_error(A, sigma) ** 0.5,
                    divergence(A_inverse, sigma),
                    squared_error(A_inverse, inverse) ** 0.5,
                )
                values.append(losses_seen)
            model = ESTIMATORS[SPIKED["frobenius"]]().fit(X)
        fitted.append((model.n_spikes_, model.noise_variance_))
    n_spikes, noise = np.transpose(fitted)
    rows = []
    for method, values in found.items():
        columns = zip(("frobenius", "divergence", "inverse"), np.transpose(values), strict=True)
        row = {
            "study": "loss",
            "population": population,
            "n": n,
            "p": p,
            "method": method,
            "draws": n_draws,
        }
        for name, seen in columns:
            row |= mean_columns(name, seen.tolist())
        if method in SPIKED.values():
            row |= mean_columns("n_spikes", n_spikes.tolist())
            row |= mean_columns("noise", noise.tolist())
        rows.append(row)
    yield from filled(COLUMNS, rows)


def predicted(population, n, p, method, quick):
    """Row of a loss that was predicted, beside the loss."""
    sigma, n_draws = POPULATIONS[population](p), draws_of(p, quick)
    inverse = np.linalg.inv(sigma)
    told, seen = [], []
    for seed in range(n_draws):
        model = ESTIMATORS[method]().fit(draw(sigma, n, seed))
        A = model.covariance_
        if method == ANALYTICAL:
            loss, value = "squared Frobenius error by p", squared_error(A, sigma) / p
        elif model.loss == "frobenius":
            loss, value = "Frobenius error", squared_error(A, sigma) ** 0.5
        elif model.loss == "operator":
            loss, value = "spectral error", np.linalg.norm(A - sigma, 2)
        else:
            loss, value = "Stein's loss", divergence(A, inverse)
        told.append(float(model.predicted_loss_))
        seen.append(float(value))
    row = {
        "study": "predicted",
        "population": population,
        "n": n,
        "p": p,
        "method": method,
        "draws": n_draws,
        "loss": loss,
        **mean_columns("predicted", told),
        **mean_columns("seen", seen),
    }
    yield from filled(COLUMNS, [row])


def anchors():
    """Rows of the numbers of one draw, which are exact."""
    t = np.repeat([1.0, 3.0, 10.0], [20, 40, 40])
    X = np.random.default_rng(42).standard_normal((200, 100)) * np.sqrt(t)
    for n in (200, 60):
        covariance = ESTIMATORS[ANALYTICAL]().fit(X[:n]).covariance_
        lam = np.linalg.eigvalsh(covariance)
        values = {
            "trace": lam.sum(),
            "logdet": np.log(lam).sum(),
            "min": lam[0],
            "max": lam[-1],
        }
        rows = [
            {"study": "anchor", "n": n, "p": 100, "method": key, "value": round(float(value), 7)}
            for key, value in values.items()
        ]
        yield from filled(COLUMNS, rows)


def squared_error(A, sigma):
    """Squared Frobenius error."""
    return float(np.square(A - sigma).sum())


def divergence(A_inverse, sigma):
    """``tr(A^-1 Sigma - I) - log det(A^-1 Sigma)``."""
    product = A_inverse @ sigma
    return float(np.trace(product) - len(sigma) - np.linalg.slogdet(product)[1])


def ratio(above, below):
    """Ratio of two means over the same draws, and its standard error."""
    value = above.mean() / below.mean()
    left = above - value * below
    return float(value), float(left.std(ddof=1) / len(left) ** 0.5 / abs(below.mean()))
