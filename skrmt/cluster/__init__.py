# SPDX-License-Identifier: BSD-3-Clause
"""Clustering without the n x n float matrix."""

from skrmt.cluster._sparse_quantized_spectral_clustering import SparseQuantizedSpectralClustering

__all__ = ["SparseQuantizedSpectralClustering"]
