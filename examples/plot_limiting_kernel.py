# SPDX-License-Identifier: BSD-3-Clause
"""
The kernel of ternary features against its limit
================================================

With many samples and many inputs, the kernel matrix of random features is close to a matrix that
can be written down, :func:`~skrmt.theory.equivalent_kernel`. It depends on the feature map through
three numbers, which the thresholds of :class:`~skrmt.kernel_approximation.TernaryRandomFeatures`
are solved for: eigenvalues and leading eigenvector are then those of the target kernel.

Very sparse weights add one term, the fourth moment of a weight. It is not in the paper; the second
row of the figure shows that it decides.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics.pairwise import rbf_kernel

from skrmt.datasets import make_high_dimensional_mixture
from skrmt.kernel_approximation import TernaryRandomFeatures, ternary_gram
from skrmt.theory import equivalent_kernel

N_SAMPLES, N_FEATURES, N_COMPONENTS = 600, 300, 2**15


def centred(K):
    """Rows and columns without their means: the constant of the features drops out."""
    K = K - K.mean(axis=0)
    return K - K.mean(axis=1, keepdims=True)


def kernels(X, n_nonzero):
    """Kernel of the features, target kernel and limit, all centred."""
    features = TernaryRandomFeatures(
        N_COMPONENTS,
        kernel="rbf",
        activation="threshold",
        projection="sparse",
        n_nonzero=n_nonzero,
        dtype="packed",
        random_state=0,
    ).fit(X)
    gram = ternary_gram(features.transform(X), n_components=N_COMPONENTS)
    K = features.scale_**2 / N_COMPONENTS * gram
    # The features have a larger variance than the target; that only shifts the diagonal.
    target = rbf_kernel(X, gamma=features.gamma_) + features.ridge_shift_ * np.eye(len(X))
    limit = equivalent_kernel(
        X,
        features.ternary_moments_,
        weight_kurtosis=features.weights_.weight_kurtosis,
        weight_comoment=features.weights_.weight_comoment,
    )
    return centred(K), centred(target), centred(limit)


# %%
# Two mixtures of two Gaussian classes. In the first, means and covariances differ, and a third of
# the weights of each feature is not zero: their fourth moment is that of normal weights. In the
# second, the classes differ in the variances of single inputs only, and a feature looks at 6 of the
# 300 inputs.

CASES = [
    ("mixed", 1 / 3, "means and covariances differ\n100 of 300 weights not zero"),
    ("orthogonal", 6, "variances of single inputs differ\n6 of 300 weights not zero"),
]

figure, grid = plt.subplots(2, 3, figsize=(11, 6.6), layout="constrained")
for (case, n_nonzero, description), (histogram, *scatters) in zip(CASES, grid, strict=True):
    X, y = make_high_dimensional_mixture(N_SAMPLES, N_FEATURES, case=case, random_state=0)
    K, target, limit = kernels(X, n_nonzero)
    found, at_target, at_limit = (np.linalg.eigh(matrix) for matrix in (K, target, limit))

    for name, matrix in [("target", target), ("limit", limit)]:
        error = np.linalg.norm(K - matrix, 2) / np.linalg.norm(matrix, 2)
        print(f"{case}: spectral distance of the features to the {name}: {error:.2f}")

    # Centring leaves one eigenvalue zero, the smallest.
    largest = max(found[0][-1], at_limit[0][-1])
    bins = np.linspace(0, 1.02 * largest, 60)
    histogram.hist(found[0][1:], bins, color="C0", alpha=0.35, label="ternary features")
    histogram.hist(at_target[0][1:], bins, histtype="step", color="0.35", label="target")
    histogram.hist(at_limit[0][1:], bins, histtype="step", color="C3", label="limit")
    histogram.set_yscale("log")
    histogram.set(xlabel="eigenvalue", ylabel=description, xlim=(0, 1.1 * largest))
    histogram.annotate(
        "largest",
        (found[0][-1], 1.15),
        xytext=(0, 32),
        textcoords="offset points",
        ha="center",
        arrowprops={"arrowstyle": "->", "color": "0.2"},
    )

    leading = found[1][:, -1]
    for axes, name, (_, vectors) in zip(
        scatters, ("target", "limit"), (at_target, at_limit), strict=True
    ):
        other = vectors[:, -1] * np.sign(vectors[:, -1] @ leading)
        for label, colour in [(0, "C1"), (1, "C2")]:
            axes.plot(other[y == label], leading[y == label], ".", ms=3, color=colour)
        axes.axline((0, 0), slope=1, color="0.6", lw=0.8, zorder=0)
        axes.set(xlabel=f"entry, {name}", ylabel="entry, ternary features")
        text = f"cosine {leading @ other:.3f}"
        axes.text(0.04, 0.96, text, transform=axes.transAxes, va="top")
        axes.locator_params(nbins=5)

grid[0, 0].legend(loc="upper right", fontsize=9)
grid[0, 0].set_title("Eigenvalues")
grid[0, 1].set_title("Leading eigenvector, target")
grid[0, 2].set_title("Leading eigenvector, limit")

plt.show()

# %%
# First row: the three spectra agree, and so do the eigenvectors. Each dot is a sample, coloured by
# its class, and the sign of the eigenvector tells the class.
#
# Second row: the target kernel does not see the classes at all. Very sparse features do, and the
# limit with the fourth-moment term says where their largest eigenvalue is and what its eigenvector
# looks like. Whoever wants the target itself takes ``projection="hadamard"``, or more weights.
