# SPDX-License-Identifier: BSD-3-Clause
"""Independent normal entries, made in blocks of features.

``S_ij ~ N(0, 1/m)``. A block of features has its own child of the seed, so that each can be made
alone and the p x m matrix is never held as a whole.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse

from skrmt.sketching._elsewhere import times_matrix
from skrmt.sketching._protocol import SketchLaw
from skrmt.sketching._row_blocks import PRODUCT_BLOCK, dense_blocks

# Entries of a block of the matrix. Part of the law: another size gives other numbers.
ENTRIES_PER_BLOCK = 2**20


@dataclass(frozen=True)
class GaussianSketch(SketchLaw):
    """Independent normal entries of variance 1/m.

    Parameters
    ----------
    n_features : int
        Rows of a sketch, p.
    n_components : int
        Columns of a sketch, m; may exceed p.

    Examples
    --------
    >>> from skrmt.sketching import GaussianSketch
    >>> law = GaussianSketch(n_features=1000, n_components=100)
    >>> law.free_type, law.n_disjoint
    ('gaussian', 1)
    """

    free_type: ClassVar[str | None] = "gaussian"
    _at_most_n_features: ClassVar[bool] = False

    def _sample(self, seed, n_members, dtype):
        return _GaussianMap(self, seed, dtype)


class _GaussianMap:
    """Blocks of rows of the matrix, each from its own generator."""

    def __init__(self, law, seed, dtype):
        self.law, self.seed, self.dtype = law, seed, dtype

    def _blocks(self):
        p, m = self.law.n_features, self.law.n_components
        step = max(1, ENTRIES_PER_BLOCK // m)
        for number, start in enumerate(range(0, p, step)):
            size = min(step, p - start)
            rng = np.random.default_rng([self.seed, number])
            S = rng.standard_normal((size, m))
            S *= m**-0.5
            yield slice(start, start + size), S.astype(self.dtype, copy=False)

    def multiply(self, X, offset, out):
        out[:] = 0
        is_sparse = sparse.issparse(X)
        if is_sparse:
            X = X.tocsc()  # cut by columns
        for features, S in self._blocks():
            if is_sparse:
                out += X[:, features] @ S
                continue
            part = None if offset is None else offset[features]
            for rows, values in dense_blocks(X[:, features], part, len(S), PRODUCT_BLOCK):
                out[rows] += values @ S

    def apply_elsewhere(self, X, offset, columns):
        S = np.concatenate([block[:, columns] for _, block in self._blocks()])
        return times_matrix(X, offset, S)

    def lift(self, T):
        return np.concatenate([S @ T for _, S in self._blocks()])
