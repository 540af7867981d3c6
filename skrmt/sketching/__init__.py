# SPDX-License-Identifier: BSD-3-Clause
"""Random projections as operators.

A projection is drawn once (a law and a random state give the operator) and then applied to any
number of rows. Rows of its weight matrix have mean 0 and, after multiplication with `unit_scale`,
entries of variance 1; `weight_kurtosis` (mean fourth power of an entry) and `weight_comoment` (mean
product of the squares of two) are all that limiting kernels see of the law besides the variance.
"""

from skrmt.sketching._block_hadamard import BlockHadamardProjection, draw_dense, draw_sparse
from skrmt.sketching._gaussian import GaussianProjection, draw_gaussian

__all__ = [
    "BlockHadamardProjection",
    "GaussianProjection",
    "draw_dense",
    "draw_gaussian",
    "draw_sparse",
]
