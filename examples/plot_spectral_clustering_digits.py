# SPDX-License-Identifier: BSD-3-Clause
"""
Clusters of handwritten digits, as pictures
===========================================

Similarity mode of :class:`~skrmt.cluster.SparseQuantizedSpectralClustering` links each image with
the ones that are most like it, with links of equal weight, and cuts the graph. The ten clusters
found without labels are the ten digits for nine images in ten: as good as those of
:class:`~sklearn.cluster.SpectralClustering`, and less dependent on the number of neighbors.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.datasets import load_digits
from sklearn.metrics import normalized_mutual_info_score
from sklearn.preprocessing import normalize

from skrmt.cluster import SparseQuantizedSpectralClustering

images, digits = load_digits(return_X_y=True)
N_CLUSTERS, N_SHOWN = 10, 9

# %%
# One clustering, with the cosine of the centred images as similarity. The labels serve to name the
# clusters afterwards.

model = SparseQuantizedSpectralClustering(
    N_CLUSTERS, metric="cosine", n_neighbors=15, random_state=0
)
labels = model.fit_predict(images)
named = [np.bincount(digits[labels == k]).argmax() for k in range(N_CLUSTERS)]
foreign = np.array(named)[labels] != digits
print(f"NMI {normalized_mutual_info_score(digits, labels):.3f}")
print(f"{foreign.mean():.1%} of the images are in a cluster of another digit")
print(f"{model.affinity_.nbytes / 1000:.0f} kB of links, {8e-3 * len(images) ** 2:.0f} kB dense")

# %%
# The same measure against the number of neighbors, for all on the same input: centred images of
# norm 1. KMeans has no neighbors.

NEIGHBORS = (5, 10, 15, 25, 35, 50)
rows = normalize(images - images.mean(axis=0))


def agreement(estimator):
    """NMI of clusters and digits."""
    return normalized_mutual_info_score(digits, estimator.fit_predict(rows))


ours = [
    agreement(
        SparseQuantizedSpectralClustering(
            N_CLUSTERS, metric="cosine", n_neighbors=neighbors, random_state=0
        )
    )
    for neighbors in NEIGHBORS
]
with warnings.catch_warnings():  # with 5 neighbors the peer's graph is not connected
    warnings.filterwarnings("ignore", "Graph is not fully connected")
    peer = [
        agreement(
            SpectralClustering(
                N_CLUSTERS, affinity="nearest_neighbors", n_neighbors=neighbors, random_state=0
            )
        )
        for neighbors in NEIGHBORS
    ]
kmeans = agreement(KMeans(N_CLUSTERS, n_init=10, random_state=0))
for neighbors, first, second in zip(NEIGHBORS, ours, peer, strict=True):
    print(f"{neighbors:2} neighbors: NMI {first:.3f}, SpectralClustering {second:.3f}")
print(f"KMeans: NMI {kmeans:.3f}")

# %%
# Each line of the picture is a cluster: the mean of its images, and some of them by chance. Images
# of another digit than most of the cluster have a red frame.

figure = plt.figure(figsize=(12, 6.2), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=(1.25, 1))
grid = left.subplots(N_CLUSTERS, N_SHOWN + 1)
rng = np.random.default_rng(0)
for line, k in zip(grid, np.argsort(named, kind="stable"), strict=True):
    members = np.flatnonzero(labels == k)
    mean = images[members].mean(axis=0)
    shown = rng.choice(members, N_SHOWN, replace=False)
    for axes, image in zip(line, [mean, *images[shown]], strict=True):
        axes.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=False)
    line[0].set_ylabel(len(members), rotation=0, ha="right", va="center", fontsize=10)
    for axes in line[1:][foreign[shown]]:
        axes.spines[:].set(visible=True, color="C3", linewidth=2)
left.suptitle("One line a cluster: size, mean image, members drawn by chance")

axes = right.subplots()
axes.plot(NEIGHBORS, ours, "o-", color="C0", label="SparseQuantizedSpectralClustering")
axes.plot(NEIGHBORS, peer, "s--", color="0.4", label="SpectralClustering")
axes.axhline(kmeans, color="C1", ls=":", label="KMeans")
axes.set(
    xlabel="n_neighbors",
    ylabel="normalised mutual information with the digits",
    xticks=NEIGHBORS,
    ylim=(0.7, 0.92),
    title="Agreement with the digits",
)
axes.grid(alpha=0.3)
axes.legend(loc="lower left", bbox_to_anchor=(0, 0.22))

plt.show()

# %%
# Most of the errors are ones among the eights. With few neighbors SpectralClustering is a little
# better, with many it loses more; which number is good cannot be seen without labels. With 1797
# images neither time nor memory matters; with many rows they do.
