# SPDX-License-Identifier: BSD-3-Clause
"""Parameters of large random graphs."""

from skrmt.graph._kronecker_graph_features import KroneckerGraphFeatures
from skrmt.graph._kronecker_graph_inference import KroneckerGraphInference
from skrmt.graph._kronecker_sampler import random_kronecker_graph
from skrmt.graph._likelihood import kronecker_log_likelihood
from skrmt.graph._subgraph_counts import subgraph_counts
from skrmt.theory import expected_subgraph_counts

__all__ = [
    "KroneckerGraphFeatures",
    "KroneckerGraphInference",
    "expected_subgraph_counts",
    "kronecker_log_likelihood",
    "random_kronecker_graph",
    "subgraph_counts",
]
