# SPDX-License-Identifier: BSD-3-Clause
"""Uniformly distributed orthonormal columns: the reference among orthogonal laws.

``S = sqrt(p/m) Q``, Q the orthonormal factor of a p x m Gaussian matrix, with the signs that make
the triangular factor's diagonal positive: without that choice Q depends on the algorithm and is not
invariant under rotations (F. Mezzadri, "How to generate random matrices from the classical compact
groups", Notices of the AMS 54, 2007).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import linalg, sparse

from skrmt.sketching._elsewhere import times_matrix
from skrmt.sketching._protocol import SketchLaw
from skrmt.sketching._row_blocks import PRODUCT_BLOCK, dense_blocks


@dataclass(frozen=True)
class HaarSketch(SketchLaw):
    """Uniformly distributed orthonormal columns, times ``sqrt(p/m)``.

    Costs ``2 p m^2`` to make and a matrix product to apply: a reference for small sizes.

    Parameters
    ----------
    n_features : int
        Rows of a sketch, p.
    n_components : int
        Columns of a sketch, m, at most p.

    Raises
    ------
    ValueError
        If `n_components` is not in [1, n_features].

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.sketching import HaarSketch
    >>> S = HaarSketch(n_features=6, n_components=3).draw(random_state=0).to_dense()
    >>> np.allclose(S.T @ S, 2 * np.eye(3))
    True
    """

    free_type: ClassVar[str | None] = "orthogonal"

    def _sample(self, seed, n_members, dtype):
        p, m = self.n_features, self.n_components
        G = np.random.default_rng(seed).standard_normal((p, m))
        Q, R = linalg.qr(G, mode="economic", overwrite_a=True, check_finite=False)
        return _MatrixMap((Q * np.copysign((p / m) ** 0.5, np.diag(R))).astype(dtype))


class _MatrixMap:
    """A matrix that is held."""

    def __init__(self, S):
        self.S = S

    def multiply(self, X, offset, out):
        if sparse.issparse(X):
            out[:] = X @ self.S
            return
        for rows, values in dense_blocks(X, offset, X.shape[1], PRODUCT_BLOCK):
            np.matmul(values, self.S, out=out[rows])

    def apply_elsewhere(self, X, offset, columns):
        return times_matrix(X, offset, self.S[:, columns])

    def lift(self, T):
        return self.S @ T
