# SPDX-License-Identifier: BSD-3-Clause
"""Random projections as operators.

A projection is drawn once (a law and a random state give the operator) and then applied to any
number of rows. Rows of its weight matrix have mean 0 and, after multiplication with `unit_scale`,
entries of variance 1; `weight_kurtosis` is the fourth moment of such an entry, the one number of
the law that limiting kernels see besides the variance.
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
