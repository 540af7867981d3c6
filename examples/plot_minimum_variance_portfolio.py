# SPDX-License-Identifier: BSD-3-Clause
"""
Minimum-variance portfolio: what each estimate of the covariance matrix costs
=============================================================================

The weights ``C^-1 1``, scaled to add up to one, have the least variance if C is the covariance
matrix of the returns. With an estimate for C they have more, and the directions in which C is too
small are the ones that they like best. Two hundred assets, three common factors, and noise of
unequal variances: what variance does each estimate end up with?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.covariance import LedoitWolf

from skrmt.covariance import AnalyticalShrinkage

N_ASSETS, N_FACTORS, N_DRAWS = 200, 3, 8
SIZES = (50, 70, 100, 150, 200, 250, 300, 400, 600, 1000)
SHOWN = 250

# %%
# The market, drawn anew each time, and samples of it.


def market(seed):
    """Covariance matrix of the assets."""
    rng = np.random.default_rng(seed)
    loadings = rng.standard_normal((N_ASSETS, N_FACTORS))
    return loadings @ loadings.T + np.diag(rng.uniform(0.5, 1.5, N_ASSETS))


def returns(sigma, n_samples, seed):
    """Gaussian returns."""
    normal = np.random.default_rng(seed).standard_normal((n_samples, N_ASSETS))
    return normal @ np.linalg.cholesky(sigma).T


# %%
# Besides three estimates there is a bound: of all matrices with the eigenvectors of the sample, the
# one whose eigenvalues are the true variances along them. It needs the truth.


def true_variances_along(axes, sigma):
    """Variances of the population along the eigenvectors of the sample."""
    return np.einsum("ij,ij->j", axes, sigma @ axes)


def estimates(X, sigma):
    """Covariance matrices by name; the sample's own only where it has an inverse."""
    sample = np.cov(X.T)
    axes = np.linalg.eigh(sample)[1]
    found = {
        "LedoitWolf": LedoitWolf().fit(X).covariance_,
        "AnalyticalShrinkage": AnalyticalShrinkage().fit(X).covariance_,
        "best with these eigenvectors": (axes * true_variances_along(axes, sigma)) @ axes.T,
        "the truth": sigma,
    }
    if len(X) > 1.2 * N_ASSETS:
        found["sample covariance"] = sample
    return found


def variance(covariance, sigma):
    """Variance that the weights from an estimate have in the population."""
    weights = np.linalg.solve(covariance, np.ones(N_ASSETS))
    weights /= weights.sum()
    return weights @ sigma @ weights


table = {}
for size in SIZES:
    for seed in range(N_DRAWS):
        sigma = market(seed)
        X = returns(sigma, size, seed=[seed, size])
        for name, covariance in estimates(X, sigma).items():
            table.setdefault(name, {}).setdefault(size, []).append(variance(covariance, sigma))
for name, row in table.items():
    if SHOWN in row:
        print(f"{SHOWN} samples, {name}: variance {np.mean(row[SHOWN]):.4f}")

# %%
# Where the difference comes from: eigenvalue by eigenvalue, what each estimate puts along the
# sample's eigenvectors, and what the population has there.

sigma = market(0)
X = returns(sigma, SHOWN, seed=[0, SHOWN])
sample, axes = np.linalg.eigh(np.cov(X.T))
linear = true_variances_along(axes, LedoitWolf().fit(X).covariance_)
model = AnalyticalShrinkage().fit(X)

STYLES = {
    "sample covariance": {"color": "C3", "marker": "s"},
    "LedoitWolf": {"color": "C1", "marker": "^"},
    "AnalyticalShrinkage": {"color": "C0", "marker": "o"},
    "best with these eigenvectors": {"color": "0.45", "ls": "--"},
    "the truth": {"color": "k", "ls": ":"},
}

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
for name, style in STYLES.items():
    row = table[name]
    mean = np.array([np.mean(row[size]) for size in row])
    error = [np.std(row[size], ddof=1) / np.sqrt(N_DRAWS) for size in row]
    left.errorbar(list(row), mean, error, label=name, ms=5, **style)
left.axvline(N_ASSETS, color="0.8", lw=1, zorder=0)
left.text(1.03 * N_ASSETS, 0.0064, "as many samples\nas assets", color="0.4", fontsize=9)
left.set(
    xscale="log",
    yscale="log",
    xlabel="samples",
    ylabel="variance of the portfolio",
    title=f"{N_ASSETS} assets: true variance of the weights",
)
left.set_xticks([50, 100, 200, 400, 1000], ["50", "100", "200", "400", "1000"])
left.set_yticks([0.005, 0.01, 0.02], ["0.005", "0.01", "0.02"])
left.minorticks_off()
left.legend()

rank = np.arange(1, N_ASSETS + 1)
right.plot(rank, true_variances_along(axes, sigma), ".", color="0.6", ms=6, label="population")
right.plot(rank, sample, color="C3", label="sample")
right.plot(rank, linear, color="C1", label="LedoitWolf")
right.plot(rank, model.shrunk_eigenvalues_, color="C0", lw=2, label="AnalyticalShrinkage")
right.set(
    yscale="log",
    xlabel="eigenvectors of the sample, by rising eigenvalue",
    ylabel="variance along them",
    title=f"{SHOWN} samples: what is put along each eigenvector",
)
right.legend()
for axes_ in (left, right):
    axes_.grid(alpha=0.3)

plt.show()

# %%
# The smallest sample eigenvalues are far below the variance that is there, and the inverse takes
# them for opportunities. Linear shrinkage pulls all eigenvalues towards one mean, and the three
# large ones of the factors keep it from pulling enough: between 50 and 250 samples more data even
# make it worse. The nonlinear formula moves each eigenvalue to where the population is, and leaves
# next to nothing to another rule with these eigenvectors, but for a little next to as many samples
# as assets. What remains between it and the truth is the eigenvectors' own error. With far more
# samples than assets all estimates come together. Bars are standard errors over the draws.
