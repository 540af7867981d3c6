# SPDX-License-Identifier: BSD-3-Clause
"""
Accuracy against memory: ternary features beside RBFSampler
===========================================================

A ternary feature is -1, 0 or 1 and takes two bits. A feature of
:class:`~sklearn.kernel_approximation.RBFSampler` takes 32 or 64. On the handwritten digits that
scikit-learn bundles, both need a similar *number* of features for the same accuracy, so the ternary
ones need a small fraction of the *memory*.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrmt.kernel_approximation import TernaryRandomFeatures

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X.astype(np.float32), y, test_size=0.5, stratify=y, random_state=0
)

# %%
# The same pipeline for all, at the same kernel: standardised columns, features, ridge. The kernel
# is ``exp(-gamma ||x - y||^2)`` with ``gamma = 1 / (4 p)``, and each point of the figure is the
# mean of five draws of the features.

GAMMA = 1 / (4 * X.shape[1])
SIZES = 2 ** np.arange(6, 12)
N_DRAWS = 5


def errors(make_features):
    """Error on the test rows: a row for each number of features, a column for each draw."""
    table = np.empty((len(SIZES), N_DRAWS))
    for i, size in enumerate(SIZES):
        for seed in range(N_DRAWS):
            model = make_pipeline(StandardScaler(), make_features(size, seed), RidgeClassifier())
            table[i, seed] = 1 - model.fit(X_train, y_train).score(X_test, y_test)
    return table


def ternary_features(projection):
    """Maker of ternary features with one kind of weights."""
    return lambda size, seed: TernaryRandomFeatures(
        size, gamma=GAMMA, projection=projection, random_state=seed
    )


sparse = errors(ternary_features("sparse"))
hadamard = errors(ternary_features("hadamard"))
sampler = errors(lambda size, seed: RBFSampler(n_components=size, gamma=GAMMA, random_state=seed))

# %%
# The bytes of a row are those of the stored array: ``dtype="packed"`` for the ternary features,
# float32 for the others (float64 doubles them).

packed_bytes = np.array(
    [
        TernaryRandomFeatures(size, dtype="packed", random_state=0)
        .fit_transform(X_train[:10])[0]
        .nbytes
        for size in SIZES
    ]
)
float_bytes = 4 * SIZES

for name, table in [("sparse", sparse), ("hadamard", hadamard)]:
    # Bytes at which the ternary curve reaches each error of RBFSampler.
    reached = np.interp(
        -sampler.mean(axis=1), -table.mean(axis=1), np.log2(packed_bytes), left=np.nan, right=np.nan
    )
    share = 2**reached / float_bytes
    print(
        f"{name}: for the same error {np.nanmin(share):.3f} to {np.nanmax(share):.3f} of the bytes"
    )

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), sharey=True, layout="constrained")
for axes, ternary_at, sampler_at in [
    (left, SIZES, SIZES),
    (right, packed_bytes, float_bytes),
]:
    for table, at, style, label in [
        (sampler, sampler_at, {"color": "0.45", "marker": "s", "ls": "--"}, "RBFSampler, float32"),
        (sparse, ternary_at, {"color": "C0", "marker": "o"}, "ternary, packed, sparse weights"),
        (hadamard, ternary_at, {"color": "C1", "marker": "v"}, "ternary, packed, Hadamard"),
    ]:
        mean, spread = table.mean(axis=1), table.std(axis=1, ddof=1)
        axes.fill_between(at, mean - spread, mean + spread, color=style["color"], alpha=0.15, lw=0)
        axes.plot(at, mean, label=label, ms=5, **style)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.grid(alpha=0.3, which="both")
left.set(
    xlabel="number of features",
    ylabel="share of misclassified digits",
    title="At equal number of features",
    xticks=SIZES,
    xticklabels=SIZES,
)
ticks = 2 ** np.arange(4, 14)
right.set(
    xlabel="bytes of features a row",
    title="At equal memory",
    xticks=ticks,
    xticklabels=ticks,
)
left.set_yticks([0.04, 0.06, 0.08, 0.1, 0.12], ["4 %", "6 %", "8 %", "10 %", "12 %"])
left.minorticks_off()
left.legend()

plt.show()

# %%
# Left: with few features the ternary ones are noisier. With many, those with Hadamard weights meet
# RBFSampler; those with ``projection="sparse"`` end a little lower on these data, because
# their kernel is a slightly different one. Right: for the same accuracy the packed features need
# about a tenth of the bytes of float32, or less.
