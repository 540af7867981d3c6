# SPDX-License-Identifier: BSD-3-Clause
"""SparseQuantizedSpectralClustering against SpectralClustering and k-means."""

from benchmarks.spectral_clustering import count, growth, head_to_head, images, mixture, scale, sets
from benchmarks.spectral_clustering.report import report

PARTS = {
    "mixture": mixture.run,
    "images": images.run,
    "sets": sets.run,
    "count": count.run,
    "scale": scale.run,
    "peers": head_to_head.run,
    "growth": growth.run,
}

__all__ = ["PARTS", "report"]
