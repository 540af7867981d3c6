# SPDX-License-Identifier: BSD-3-Clause
"""
Principal components that stand out of the noise, and how far to trust them
===========================================================================

Noise alone has principal components, and some of them are large. Their law is known, so that
:class:`~skrmt.decomposition.RMTPCA` can count those beyond it. And what noise does to a real
component is known too: its variance in the sample is too large, and its axis points elsewhere, both
by amounts that the fit tells.
"""

import matplotlib.pyplot as plt
import numpy as np

from skrmt.datasets import make_spiked_covariance
from skrmt.decomposition import RMTPCA
from skrmt.theory import GeneralMarchenkoPastur, spike_forward, spike_squared_cosine

N_SAMPLES, N_FEATURES = 400, 200
RATIO = N_FEATURES / N_SAMPLES

# %%
# First a spectrum: three components, in noise that is not equally strong in all features.

rng = np.random.default_rng(0)
noise_variances = rng.gamma(3.0, 1 / 3.0, N_FEATURES)
axes_of_signal = np.linalg.qr(rng.standard_normal((N_FEATURES, 3)))[0].T
scores = rng.standard_normal((N_SAMPLES, 3)) * np.sqrt([8.0, 6.0, 4.0])
X = scores @ axes_of_signal
X += rng.standard_normal((N_SAMPLES, N_FEATURES)) * np.sqrt(noise_variances)

pca = RMTPCA().fit(X)
white = RMTPCA("kn").fit(X)
print(f"{pca.n_components_} components found, p-values {pca.pvalues_}")
print(f"{white.n_components_} by the rule for noise of one variance")

eigenvalues = np.linalg.eigvalsh(np.cov(X.T))
law = GeneralMarchenkoPastur(noise_variances, N_FEATURES / (N_SAMPLES - 1))
edge = law.edges[-1, 1]

# %%
# Then components of any strength in white noise, one at a time: the variance and the cosine that
# the fit tells, beside those that it does not see.

STRENGTHS = np.array([1.0, 1.5, 2.0, 3.0, 4.5, 7.0, 10.0])
N_DRAWS = 20

seen = np.empty((5, len(STRENGTHS), N_DRAWS))
for i, strength in enumerate(STRENGTHS):
    for j in range(N_DRAWS):
        sample = make_spiked_covariance(
            N_SAMPLES, N_FEATURES, spikes=[strength], random_state=1000 * i + j
        )
        one = RMTPCA(1).fit(sample.data)
        seen[:, i, j] = (
            one.explained_variance_[0],
            one.population_variance_[0],
            one.cosines_[0],
            abs(one.components_[0] @ sample.components[0]),
            one.pvalues_[0],
        )
mean, error = seen.mean(axis=2), seen.std(axis=2, ddof=1) / np.sqrt(N_DRAWS)
for row in np.column_stack([STRENGTHS + 1, mean.T]).round(3):
    print("variance {:5}: sample {:6}, told {:6}; cosine told {}, true {}".format(*row[:5]))

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained")

left.hist(eigenvalues, np.arange(0, 13, 0.15), density=True, color="C0", alpha=0.4)
x = np.linspace(1e-3, edge, 500)
left.plot(x, law.pdf(x), color="k", label="law of the noise")
left.axvline(edge, color="k", ls=":", lw=1)
left.annotate("its edge", (edge, 0.62), xytext=(4, 0), textcoords="offset points")
for height, variance, pvalue in zip(
    (0.24, 0.36, 0.48), pca.explained_variance_, pca.pvalues_, strict=True
):
    left.annotate(
        f"p = {pvalue:.0e}",
        (variance, 0.035),
        xytext=(variance - 0.3, height),
        arrowprops={"arrowstyle": "->", "color": "C3", "relpos": (0.1, 0)},
    )
left.set(
    xlabel="eigenvalue of the sample covariance matrix",
    ylabel="density",
    title=f"{N_SAMPLES} x {N_FEATURES}, noise of unequal variances",
    ylim=(0, 1.0),
)
left.legend()

variances = np.linspace(1.0, 11.5, 300)
with np.errstate(invalid="ignore"):
    sample_variance = np.fmax(spike_forward(variances, RATIO), (1 + np.sqrt(RATIO)) ** 2)
middle.plot(variances, sample_variance, color="C3", lw=1, label="law of the sample variance")
middle.plot(variances, variances, color="0.5", lw=1, ls="--", label="the truth")
for k, colour, marker, label in (
    (0, "C3", "s", "explained_variance_"),
    (1, "C0", "o", "population_variance_"),
):
    middle.errorbar(
        STRENGTHS + 1, mean[k], error[k], fmt=marker, color=colour, label=label, capsize=3
    )
middle.set(
    xlabel="variance of the population along the axis",
    ylabel="what the fit says",
    title="Variance, noise of variance 1",
)

right.plot(variances, np.sqrt(spike_squared_cosine(variances, RATIO)), color="k", lw=1, label="law")
for k, colour, marker, label in (
    (3, "C3", "s", "with the true axis"),
    (2, "C0", "o", "cosines_, told by the fit"),
):
    right.errorbar(
        STRENGTHS + 1, mean[k], error[k], fmt=marker, color=colour, label=label, capsize=3
    )
right.axvline(
    1 + np.sqrt(RATIO), color="0.6", lw=1, ls=":", label="up to here the sample axis knows nothing"
)
right.set(
    xlabel="variance of the population along the axis",
    ylabel="cosine",
    title="Cosine of the sample axis and the true one",
    ylim=(0, 1.02),
)
for axes in (middle, right):
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right" if axes is right else "upper left")

plt.show()

# %%
# Left: the rule for white noise takes the upper part of this noise for components, the law of its
# variances does not; the curve knows them, the fit estimated them. The spikes are what is beyond,
# also the weakest, and each comes with the probability that noise makes an eigenvalue as large.
# Middle and right: the sample variance is too large at any strength, the debiased one is not. Next
# to the strength at which a component is lost, a sample eigenvalue says little: the fit takes some
# of these components for noise, and gives them the cosine 0. Bars are standard errors over the
# draws.
