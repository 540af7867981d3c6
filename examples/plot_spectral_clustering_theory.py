# SPDX-License-Identifier: BSD-3-Clause
"""
Spectral clustering by the signs of a few entries, and what it knows about its error
====================================================================================

:class:`~skrmt.cluster.SparseQuantizedSpectralClustering` keeps the signs of the largest entries of
the Gram matrix and drops the others. What that costs depends on the share that is kept through one
number, ``kappa``. The error, the edge of the noise and the place of the eigenvalue of the clusters
follow in closed form, and a fit tells its own error without labels.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse import csr_array

from skrmt.cluster import SparseQuantizedSpectralClustering
from skrmt.theory import (
    OddQuantizer,
    inner_kernel_density,
    inner_kernel_edges,
    misclassification_rate,
    spike_eigenvalue,
)

N_SAMPLES, N_FEATURES, SNR, N_DRAWS = 1500, 750, 3.0, 8
RATIO = N_FEATURES / N_SAMPLES

# %%
# Two classes with the means ``mu`` and ``-mu``, ``|mu|^2 = SNR``, in noise of variance 1. No single
# feature tells anything: a class moves each by 0.06 standard deviations.


def draw(snr, seed):
    """Rows and labels."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, N_SAMPLES)
    shift = np.sqrt(snr / N_FEATURES) * np.where(label, 1.0, -1.0)
    return rng.standard_normal((N_SAMPLES, N_FEATURES)) + shift[:, None], label


def cluster(X, **parameters):
    """Two clusters in signed mode."""
    model = SparseQuantizedSpectralClustering(2, affinity="signed", random_state=0, **parameters)
    return model.fit(X)


def error(model, label):
    """Share of wrong labels."""
    share = np.mean(model.labels_ != label)
    return min(share, 1 - share)


# %%
# Error against density: the signs of the largest entries, and for comparison as many entries that
# are chosen by chance, with their values.

DENSITIES = np.array([0.01, 0.02, 0.05, 0.1, 0.25, 1.0])


def random_part(gram, density, seed):
    """Fit to a sparse Gram matrix whose entries are kept or dropped by chance."""
    kept = np.random.default_rng(seed).random(gram.shape) < density
    kept = csr_array(np.where(np.triu(kept, k=1), gram, 0))
    model = SparseQuantizedSpectralClustering(2, affinity="precomputed", random_state=0)
    return model.fit(kept + kept.T)


draws = [draw(SNR, seed) for seed in range(N_DRAWS)]
largest, chance = (np.full((N_DRAWS, len(DENSITIES)), np.nan) for _ in range(2))
for i, (X, label) in enumerate(draws):
    gram = X @ X.T
    for j, density in enumerate(DENSITIES):
        largest[i, j] = error(cluster(X, kernel="ternary", density=density), label)
        if i < 4:
            chance[i, j] = error(random_part(gram, density, seed=i), label)

shares = np.logspace(-2.1, 0, 80)
theory_largest = [misclassification_rate(SNR, RATIO, OddQuantizer.ternary(d).kappa) for d in shares]
theory_chance = [misclassification_rate(SNR, RATIO, 1 / d) for d in shares]
for j, density in enumerate(DENSITIES):
    told = misclassification_rate(SNR, RATIO, OddQuantizer.ternary(density).kappa)
    print(f"density {density:4}: error {largest[:, j].mean():.3f}, theory {told:.3f}")

# %%
# The spectrum at density 0.1: the law of the noise, and the eigenvalue of the clusters.

X, label = draws[1]
model = cluster(X, kernel="ternary", density=0.1)
eigenvalues = np.linalg.eigvalsh(model.affinity_.toarray())
map_ = OddQuantizer.ternary(0.1).coefficients
low, edge = inner_kernel_edges(RATIO, map_.linear, map_.variance)
spike = spike_eigenvalue(SNR, RATIO, map_.linear, map_.variance)
print(f"edge {edge:.3f}, second eigenvalue {eigenvalues[-2]:.3f}")
print(f"spike {spike:.3f}, leading eigenvalue {eigenvalues[-1]:.3f}")

# %%
# The error that a fit tells, without labels, beside the one that the labels show: data of several
# strengths, each with two kernels.

STRENGTHS = (1.5, 2.0, 3.0, 4.5, 6.0)
told, shown = {"sign": [], "ternary": []}, {"sign": [], "ternary": []}
for snr in STRENGTHS:
    for seed in range(2):
        X, label = draw(snr, seed + 100)
        for kernel, density in (("sign", None), ("ternary", 0.05)):
            model = cluster(X, kernel=kernel, density=density)
            told[kernel].append(model.expected_error_)
            shown[kernel].append(error(model, label))

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13.5, 4.3), layout="constrained")


def points(axes, x, table, **style):
    """Means of draws with a standard error on either side."""
    table = table[~np.isnan(table).any(axis=1)]
    deviation = table.std(axis=0, ddof=1) / np.sqrt(len(table))
    axes.errorbar(x, table.mean(axis=0), deviation, ls="none", capsize=3, **style)


left.plot(shares, theory_largest, color="C0")
left.plot(shares, theory_chance, color="0.5", ls="--")
points(left, DENSITIES, largest, color="C0", marker="o", label="signs of the largest entries")
points(left, DENSITIES, chance, color="0.5", marker="s", label="entries chosen by chance")
left.axhline(misclassification_rate(SNR, RATIO), color="k", lw=0.8, ls=":")
left.annotate(
    "all entries, exact", (0.0085, misclassification_rate(SNR, RATIO)), va="top", fontsize=9
)
ticks = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1]
left.set(
    xscale="log",
    xlabel="share of the entries that is kept",
    ylabel="share of rows in the wrong cluster",
    title="Error against density",
    ylim=(0, 0.53),
)
left.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
left.minorticks_off()
left.legend(title="points: mean of draws; lines: theory", title_fontsize=9)

middle.hist(eigenvalues, 70, density=True, color="C0", alpha=0.35)
x = np.linspace(low, edge, 400)
middle.plot(x, inner_kernel_density(x, RATIO, map_.linear, map_.variance), color="k")
for value, text, height in [
    (edge, "edge of the noise,\ntheory", 0.4),
    (spike, "eigenvalue of\nthe clusters, theory", 0.15),
]:
    middle.annotate(
        text,
        (value, 0.01),
        xytext=(value - 0.05, height),
        fontsize=9,
        arrowprops={"arrowstyle": "->", "color": "C3", "relpos": (0.08, 0)},
    )
middle.set(
    xlabel="eigenvalue",
    ylabel="density of the eigenvalues",
    title="Spectrum, a tenth of the entries kept",
    xlim=(1.15 * low, 1.85 * spike),
)

for kernel, colour, marker, name in [
    ("sign", "C1", "^", "all signs"),
    ("ternary", "C0", "o", "signs of 5 %"),
]:
    right.plot(told[kernel], shown[kernel], marker, color=colour, label=name)
limit = 0.32
right.plot([0, limit], [0, limit], color="0.5", lw=0.8, zorder=0)
right.set(
    xlabel="error told by the fit, without labels",
    ylabel="error that the labels show",
    title="expected_error_ beside the error",
    xlim=(0, limit),
    ylim=(0, limit),
    aspect="equal",
)
right.legend()
for axes in (left, right):
    axes.grid(alpha=0.3)

plt.show()

# %%
# Left: with a tenth of the entries, and only their signs, the error is hardly larger than with all
# of them; as many entries chosen by chance are worth far less. The points lie a little above the
# curve where a row keeps a dozen entries: the theory is that of large matrices. Middle: noise ends
# where the theory says, so that an eigenvalue beyond counts as a cluster (``n_clusters="auto"``).
# Where the clusters are too weak for the density, their eigenvalue is in the noise
# (:func:`~skrmt.theory.phase_transition`) and the error is that of guessing, as at the left end of
# the dashed line.
