# SPDX-License-Identifier: BSD-3-Clause
"""
Linear discriminant analysis with as many features as samples
=============================================================

:class:`~sklearn.discriminant_analysis.LinearDiscriminantAnalysis` needs the inverse of the
covariance matrix within the classes, and takes any estimator of it. Which one, if features are as
many as samples? Three populations with two classes each, whose best possible accuracy is known, and
a table where linear shrinkage is better.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import toeplitz
from scipy.stats import norm
from sklearn.datasets import load_breast_cancer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from skrmt.covariance import AnalyticalShrinkage

N_FEATURES, DISTANCE, N_DRAWS = 200, 3.0, 5
SIZES = (60, 100, 150, 220, 300, 500, 1000)

# %%
# Three covariance matrices: common factors; an autoregressive process; and the latter in columns of
# very different scales.


def factors(rng):
    """Three common factors, and noise of unequal variances."""
    loadings = rng.standard_normal((N_FEATURES, 3))
    return loadings @ loadings.T + np.diag(rng.uniform(0.5, 1.5, N_FEATURES))


def autoregression(rng):
    """Neighbours with a correlation of 0.7."""
    return toeplitz(0.7 ** np.arange(N_FEATURES))


def unequal_scales(rng):
    """The same in columns whose scales are up to a hundred times apart."""
    scales = 10 ** rng.uniform(-1, 1, N_FEATURES)
    return scales[:, np.newaxis] * autoregression(rng) * scales


POPULATIONS = {
    "three factors": factors,
    "autoregression": autoregression,
    "autoregression, unequal scales": unequal_scales,
}


def two_classes(population, n_samples, seed):
    """Rows and labels, with means ``DISTANCE`` apart in the metric of the covariance matrix."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(population(rng))
    direction = rng.standard_normal(N_FEATURES)
    shift = DISTANCE * root @ (direction / np.linalg.norm(direction))
    y = np.arange(n_samples) % 2
    return rng.standard_normal((n_samples, N_FEATURES)) @ root.T + np.outer(y, shift), y


# %%
# ``shrinkage="auto"`` is Ledoit and Wolf's linear shrinkage of the standardised columns. ``scale``
# does the same for the nonlinear one.


def shrunk(**parameters):
    """Discriminant analysis with nonlinear shrinkage."""
    return LinearDiscriminantAnalysis(
        solver="lsqr", covariance_estimator=AnalyticalShrinkage(**parameters)
    )


MODELS = {
    'solver="svd", no shrinkage': LinearDiscriminantAnalysis(),
    'shrinkage="auto"': LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "AnalyticalShrinkage()": shrunk(),
    "AnalyticalShrinkage(scale=True)": shrunk(scale=True),
}
STYLES = dict(zip(MODELS, ["C3s-", "C1^-", "C0o--", "C0o-"], strict=True))


def accuracies(X, y, n_samples):
    """Accuracy of each model on the rows after the first."""
    train, test = slice(None, n_samples), slice(n_samples, None)
    return [model.fit(X[train], y[train]).score(X[test], y[test]) for model in MODELS.values()]


figure, grid = plt.subplots(1, 4, figsize=(15, 4.4), layout="constrained")


def show(axes, sizes, table, title):
    """Mean accuracies with a standard error on either side."""
    table = np.array(table)  # size, draw, model
    mean, error = table.mean(axis=1), table.std(axis=1, ddof=1) / np.sqrt(table.shape[1])
    for j, (name, style) in enumerate(STYLES.items()):
        axes.errorbar(sizes, mean[:, j], error[:, j], fmt=style, ms=5, label=name)
    axes.set(xscale="log", xlabel="training samples", title=title)
    ticks = [size for size in (60, 150, 300, 1000) if size <= sizes[-1]]
    axes.set_xticks(ticks, [str(size) for size in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    print(f"{title}, {sizes[4]} samples: " + ", ".join(f"{value:.3f}" for value in mean[4]))


for axes, (title, population) in zip(grid, POPULATIONS.items(), strict=False):
    table = [
        [accuracies(*two_classes(population, n + 1000, [n, s]), n) for s in range(N_DRAWS)]
        for n in SIZES
    ]
    show(axes, SIZES, table, title)
    axes.axhline(norm.cdf(DISTANCE / 2), color="0.5", ls=":", label="best possible")
    axes.set_ylim(0.6, 0.95)

# %%
# Real data: thirty measurements of a tumour, and their products. The class of fewer rows has no
# more than twenty in the smallest training set.

X, y = load_breast_cancer(return_X_y=True)
products = make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False))
table, sizes = [], (60, 100, 150, 220, 300)
for n in sizes:
    splits = StratifiedShuffleSplit(N_DRAWS, train_size=n, test_size=250, random_state=0)
    table.append([])
    for train, test in splits.split(X, y):
        model = make_pipeline(products, StandardScaler()).fit(X[train])
        rows = np.concatenate([train, test])
        table[-1].append(accuracies(model.transform(X[rows]), y[rows], n))
show(grid[3], sizes, table, "breast cancer, 495 products")
grid[3].set_ylim(0.6, 1.0)
grid[0].set_ylabel("accuracy on new samples")
grid[3].legend(*grid[0].get_legend_handles_labels(), fontsize=9, loc="lower left")

plt.show()

# %%
# Without shrinkage the accuracy falls towards that of guessing where the samples are about as many
# as the features. With common factors nonlinear shrinkage has a clear lead over linear shrinkage;
# with an autoregressive process, whose eigenvalues lie closer together, hardly any. In columns of
# very different scales give it ``scale=True``: without, it loses to ``"auto"``, which always
# standardises.
#
# On the products linear shrinkage is better. Rows there are of very different lengths, so that the
# sample covariance matrix is noisier than the number of rows tells: the nonlinear formula knows
# only that number, linear shrinkage sees the fourth moments. Bars are standard errors over the
# draws.
