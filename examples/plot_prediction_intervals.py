# SPDX-License-Identifier: BSD-3-Clause
"""
Prediction intervals from one fit: coverage against the nominal level
=====================================================================

:meth:`~skrmt.linear_model.SketchedRidgeEnsemble.predict_interval` takes the leave-one-out residuals
of the training rows for the errors at new rows. The residuals of a fit to these rows would be far
too small. Three data sets, one fit a split: which share of the test targets lies inside?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from skrmt.kernel_approximation import TernaryRandomFeatures
from skrmt.linear_model import SketchedRidgeCV, SketchedRidgeEnsemble

LEVELS = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
N_SPLITS = 20

# %%
# First more columns than training rows, and a target that is no linear function of them: the part
# of a linear function that exceeds a threshold. Then two data sets that come with scikit-learn: the
# progression of diabetes from the monomials of ten measurements up to the third degree, and the ink
# in the lower half of a digit from random features of its upper half.


def soft_threshold(seed):
    """Rows and targets of the synthetic design."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1100, 400))
    linear = X @ rng.standard_normal(400) / 20
    return X, np.sign(linear) * np.maximum(np.abs(linear) - 0.5, 0) + 0.1 * rng.standard_normal(
        1100
    )


images = load_digits().data
halves = images[:, :32], images[:, 32:].sum(axis=1)
CASES = {
    "soft threshold, 300 x 400": (
        soft_threshold,
        make_pipeline(SketchedRidgeEnsemble(5, sketch_size=80, random_state=0)),
        300,
    ),
    "diabetes, 221 x 285": (
        lambda seed: load_diabetes(return_X_y=True),
        make_pipeline(
            PolynomialFeatures(3, include_bias=False),
            StandardScaler(),
            SketchedRidgeCV(random_state=0),
        ),
        221,
    ),
    "digits, 600 x 1024": (
        lambda seed: halves,
        make_pipeline(
            StandardScaler(),
            TernaryRandomFeatures(1024, random_state=0),
            SketchedRidgeEnsemble(random_state=0),
        ),
        600,
    ),
}


def coverage(lower, upper, y):
    """Share of the targets between two ends."""
    return np.mean((lower <= y) & (y <= upper))


def shares(case, seed):
    """Coverage of both kinds of intervals at each level."""
    data, model, n_train = CASES[case]
    X, X_test, y, y_test = train_test_split(*data(seed), train_size=n_train, random_state=seed)
    model.fit(X, y)
    features, ridge = model[:-1], model[-1]
    Z_test = features.transform(X_test) if len(features) else X_test
    predicted, residuals = model.predict(X_test), y - model.predict(X)
    found = []
    for level in LEVELS:
        intervals = ridge.predict_interval(Z_test, level)
        raw = np.quantile(residuals, [(1 - level) / 2, (1 + level) / 2])
        found.append(
            [
                coverage(*intervals.T, y_test),
                coverage(predicted + raw[0], predicted + raw[1], y_test),
            ]
        )
    return np.transpose(found)


figure, grid = plt.subplots(1, 3, figsize=(11, 4.2), sharey=True, layout="constrained")
for axes, case in zip(grid, CASES, strict=True):
    table = np.array([shares(case, seed) for seed in range(N_SPLITS)])
    mean, error = table.mean(axis=0), table.std(axis=0, ddof=1) / np.sqrt(N_SPLITS)
    print(f"{case}: levels {LEVELS}, covered {mean[0].round(3)}, raw {mean[1].round(3)}")
    axes.plot(LEVELS, LEVELS, color="0.6", lw=1, label="nominal")
    for values, spread, style, label in [
        (mean[0], error[0], {"color": "C0", "marker": "o"}, "leave-one-out residuals"),
        (mean[1], error[1], {"color": "C3", "marker": "s", "ls": "--"}, "training residuals"),
    ]:
        axes.errorbar(LEVELS, values, 2 * spread, label=label, ms=5, capsize=3, **style)
    axes.set(title=case, xlabel="nominal level", xticks=LEVELS)
    axes.grid(alpha=0.3)
grid[0].set_ylabel("share of test targets inside")
grid[0].legend()

plt.show()

# %%
# Leave-one-out residuals hold the level, training residuals do not. Bars are two standard errors
# over twenty splits. Coverage is an average over rows like those of training: the intervals are
# equally wide everywhere, too wide where a target is easy, and too narrow where it is hard.
