# SPDX-License-Identifier: BSD-3-Clause
"""
Denoising training samples and new samples takes different weights
==================================================================

To take the noise out of a sample, project it onto the leading components, and multiply each score
by a weight. The weight that is best for the samples that the components were found with is not the
best one for new samples: the axes have turned towards the noise of the former, so that their scores
are too large. :class:`~skrmt.decomposition.RMTPCA` has both,
:meth:`~skrmt.decomposition.RMTPCA.denoise` for new samples and
:meth:`~skrmt.decomposition.RMTPCA.fit_denoise` for those of the fit.
"""

import matplotlib.pyplot as plt
import numpy as np

from skrmt.decomposition import RMTPCA

N_SAMPLES, N_FEATURES, N_DRAWS = 300, 600, 5
STRENGTHS = np.array([30.0, 10.0, 5.0, 3.5])  # variances that are added to the noise variance, 1
SHOWN = 2

# %%
# Samples with a signal of four components, and the signal alone.

axes_of_signal = np.linalg.qr(np.random.default_rng(0).standard_normal((N_FEATURES, 4)))[0].T


def draw(seed):
    """Samples, and their signal."""
    rng = np.random.default_rng(seed)
    signal = (rng.standard_normal((N_SAMPLES, 4)) * np.sqrt(STRENGTHS)) @ axes_of_signal
    return signal + rng.standard_normal(signal.shape), signal


def error(pca, weights, X, signal):
    """Mean squared error of an entry, with weighted scores."""
    denoised = pca.mean_ + (pca.transform(X) * weights) @ pca.components_
    return np.mean((denoised - signal) ** 2)


# %%
# Each draw has a training set and new samples. Four kinds of weights: none, as in
# ``inverse_transform(transform(X))``; the two that the fit gives; and, for one component, any.

GRID = np.linspace(0, 1.1, 45)
SETS = ("training samples", "new samples")
curves = {name: [] for name in SETS}
errors = {name: [] for name in SETS}
weights, predicted = [], []

for seed in range(N_DRAWS):
    train, new = draw(2 * seed), draw(2 * seed + 1)
    pca = RMTPCA().fit(train[0])
    kinds = np.ones(pca.n_components_), pca.fit_denoise_weights_, pca.denoise_weights_
    for name, data, best in zip(SETS, (train, new), kinds[1:], strict=True):
        errors[name].append([error(pca, kind, *data) for kind in kinds])
        varied = np.tile(best, (len(GRID), 1))
        varied[:, SHOWN] = GRID
        curves[name].append([error(pca, row, *data) for row in varied])
    weights.append([pca.fit_denoise_weights_[SHOWN], pca.denoise_weights_[SHOWN]])
    predicted.append([pca.predicted_fit_denoise_error_, pca.predicted_denoise_error_])

COLOURS = dict(zip(SETS, ("C1", "C0"), strict=True))
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
for j, (name, colour) in enumerate(COLOURS.items()):
    left.plot(GRID, np.mean(curves[name], axis=0), color=colour, label=f"error on {name}")
    told = np.mean(weights, axis=0)[j]
    attribute = ("fit_denoise_weights_", "denoise_weights_")[j]
    left.axvline(told, color=colour, ls="--", lw=1, label=f"{attribute}: {told:.2f}")
    print(
        f"{name}: weight told {told:.3f}, best {GRID[np.mean(curves[name], axis=0).argmin()]:.3f}"
    )
left.set(
    xlabel="weight of the third component",
    ylabel="mean squared error of an entry",
    title="One signal, two best weights",
)
left.legend()

names = (
    "scores as they are,\ninverse_transform(transform(X))",
    "fit_denoise_weights_,\nas in fit_denoise(X)",
    "denoise_weights_,\nas in denoise(X)",
)
place = np.arange(len(names))
for j, (name, colour) in enumerate(COLOURS.items()):
    mean = np.mean(errors[name], axis=0)
    bars = right.barh(place + 0.2 - 0.4 * j, mean, 0.36, color=colour, alpha=0.7, label=name)
    right.bar_label(bars, fmt="%.4f", padding=3, fontsize=9)
    told = np.mean(predicted, axis=0)[j]
    right.axvline(told, color=colour, ls="--", lw=1, label=f"predicted by the fit: {told:.4f}")
    print(f"{name}: errors {mean.round(4)}, predicted {told:.4f}")
right.set_yticks(place, names)
right.invert_yaxis()
right.set(
    xlabel="mean squared error of an entry",
    title=f"{N_SAMPLES} samples, {N_FEATURES} features, noise of variance 1",
    xlim=(0, 0.07),
)
right.legend(loc="center right", fontsize=9)
for axes in (left, right):
    axes.grid(alpha=0.3)

plt.show()

# %%
# Left: the error as a function of one weight, and the weight that the fit tells for each kind of
# samples. Right: with the other kind's weights something is lost either way, and most with the
# scores as they are, on the training samples.
#
# That is the projection onto what stands out of the noise: ``inverse_transform(transform(X))`` with
# the rank that the noise allows. It is all that EigenShield does, which protects classifiers from
# perturbed inputs: there is no class for it here, two methods of this one are enough. Where its
# purpose is a small error, weights are better than none.
