# SPDX-License-Identifier: BSD-3-Clause
"""
The three knobs of a sketched ridge ensemble, and what it knows about them
==========================================================================

An ensemble of sketched ridge regressions has three knobs: the penalty, the number of columns of a
sketch, and the number of members. Leave-one-out residuals of four members tell the risk over all
three (:func:`~skrmt.linear_model.sketched_ridge_path`), without test rows. Here the population is
known, so that the estimate stands beside the true risk of each fitted ensemble and beside the
closed form of the theory (:func:`~skrmt.theory.sketched_ensemble_risk`), which sees no data at all.
"""

from math import inf

import matplotlib.pyplot as plt
import numpy as np

from skrmt.linear_model import SketchedRidgeEnsemble, sketched_ridge_path
from skrmt.sketching import make_sketch
from skrmt.theory import ridge_risk, sketched_ensemble_risk

N_SAMPLES, N_FEATURES, N_SETS = 500, 600, 5

# %%
# Independent columns with falling variances. The coefficients stand on the tenth of the columns
# with the largest ones; the noise has variance 1.

rng = np.random.default_rng(0)
variances = 2 / (1 + 30 * np.linspace(0, 1, N_FEATURES))
beta = np.zeros(N_FEATURES)
beta[: N_FEATURES // 10] = 1.5 * rng.standard_normal(N_FEATURES // 10) / np.sqrt(N_FEATURES / 10)


def training_set():
    """Rows and targets."""
    X = rng.standard_normal((N_SAMPLES, N_FEATURES)) * np.sqrt(variances)
    return X, X @ beta + rng.standard_normal(N_SAMPLES)


def true_risk(model):
    """Mean squared error on a new row, exactly."""
    off = model.coef_ - beta
    return 1 + model.intercept_**2 + variances @ off**2


# %%
# In each panel one knob turns while the other two keep these values.

ALPHA, SIZE, MEMBERS = 10.0, 150, 8
ALPHAS = np.logspace(-1, 4, 11)
SIZES = np.array([15, 30, 60, 100, 150, 200, 300])
ENSEMBLES = np.array([1, 2, 3, 4, 8, 12, 16])


def estimated(X, y, alphas=(ALPHA,), sizes=(SIZE,), members=(MEMBERS,)):
    """Risks from the leave-one-out residuals of four members."""
    path = sketched_ridge_path(
        X, y, alphas=alphas, sketch_sizes=sizes, n_members=members, random_state=0
    )
    return path["risk"].squeeze()


def observed(X, y, alpha=ALPHA, size=SIZE, members=MEMBERS):
    """Risk of an ensemble that is fitted with other sketches."""
    model = SketchedRidgeEnsemble(
        int(members), sketch_size=int(size), alphas=float(alpha), partition=False, random_state=1
    )
    return true_risk(model.fit(X, y))


def closed_form(alpha=ALPHA, size=SIZE, members=MEMBERS):
    """Risk from the population alone."""
    law = make_sketch("srdct", N_FEATURES, int(size))
    return sketched_ensemble_risk(
        variances,
        beta**2,
        alpha / N_SAMPLES,
        N_SAMPLES,
        noise_variance=1.0,
        sketch=law.free_type,
        n_components=law.n_components,
        n_ambient=law.n_ambient,
        n_members=members,
    ).total


sets = [training_set() for _ in range(N_SETS)]
panels = {}
for knob, plural, values in [
    ("alpha", "alphas", ALPHAS),
    ("size", "sizes", SIZES),
    ("members", "members", ENSEMBLES),
]:
    estimates = np.array([estimated(X, y, **{plural: values}) for X, y in sets])
    observations = np.array([[observed(X, y, **{knob: v}) for v in values] for X, y in sets])
    theory = np.array([closed_form(**{knob: v}) for v in values])
    panels[knob] = values, estimates, observations, theory

    observation = observations.mean(axis=0)
    for name, risk in [("estimate", estimates.mean(axis=0)), ("theory", theory)]:
        ratio = risk / observation
        print(f"{knob}: {name} / true risk from {ratio.min():.3f} to {ratio.max():.3f}")

# %%
# The bold line is the mean of the estimates over five training sets, the thin ones are those of
# single sets; the dots are means over the same five sets.

LABELS = {
    "alpha": ("penalty alpha", f"{SIZE} columns, {MEMBERS} members"),
    "size": ("columns of a sketch", f"alpha = {ALPHA:g}, {MEMBERS} members"),
    "members": ("members", f"alpha = {ALPHA:g}, {SIZE} columns"),
}
without = ridge_risk(variances, beta**2, np.logspace(-4, 1, 200), N_SAMPLES, noise_variance=1.0)
best, limit = without.total.min(), closed_form(members=inf)

figure, grid = plt.subplots(1, 3, figsize=(11, 4.4), sharey=True, layout="constrained")
for axes, (knob, (values, estimates, observations, theory)) in zip(
    grid, panels.items(), strict=True
):
    axes.plot(values, estimates.T, color="C0", lw=0.6, alpha=0.5)
    axes.plot(values, estimates.mean(axis=0), color="C0", lw=2, label="leave-one-out, four members")
    axes.plot(values, theory, color="k", ls="--", lw=1.2, label="theory, from the population")
    axes.plot(values, observations.mean(axis=0), "o", color="C3", label="true risk of the ensemble")
    axes.axhline(best, color="0.4", lw=1, ls=":", label="ridge regression, no sketch, best alpha")
    axes.set(xlabel=LABELS[knob][0], title=LABELS[knob][1])
    axes.grid(alpha=0.3)
grid[0].set(xscale="log", ylabel="mean squared error on a new row")
grid[2].axhline(limit, color="k", lw=0.7)
grid[2].annotate(
    "infinitely many, theory",
    (ENSEMBLES[2], limit),
    xytext=(0.05, 0.06),
    textcoords="axes fraction",
    va="top",
    fontsize=9,
    arrowprops={"arrowstyle": "-", "lw": 0.7},
)
figure.legend(
    *grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False
)

plt.show()

# %%
# The three agree within what five sets of 500 rows can tell. A single set tells the level of the
# risk to about ten percent, as any mean of 500 squared errors does. Where the minimum lies, and
# what more columns or members would bring, it tells better: the same rows are compared with
# themselves.
#
# The sketch itself acts as a penalty. With 150 columns no penalty at all is as good as the best
# one, and with many members the ensemble comes close to ridge regression on all 600 columns.
