# SPDX-License-Identifier: BSD-3-Clause
"""KroneckerGraphInference, KroneckerGraphFeatures and the sampler."""

from benchmarks.kronecker_graphs import (
    accuracy,
    graph_collections,
    graphs,
    growth,
    head_to_head,
    speed,
)
from benchmarks.kronecker_graphs.report import report

PARTS = {
    "speed": speed.run,
    "accuracy": accuracy.run,
    "graphs": graphs.run,
    "collections": graph_collections.run,
    "peers": head_to_head.run,
    "growth": growth.run,
}

__all__ = ["PARTS", "report"]
