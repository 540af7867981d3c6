# SPDX-License-Identifier: BSD-3-Clause
"""Count sketch: one sign for each feature, in a random bucket.

The columns are orthogonal, and the squared norm of one is the number of features in its bucket:
``S S'`` has the counts as its eigenvalues, and zeros. Some of the buckets are empty (a share
``exp(-p/m)``), which no free law has at this m: its spectrum has to be used as it is.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skrmt.sketching._protocol import SketchLaw
from skrmt.sketching._sparse_map import SparseMap


@dataclass(frozen=True)
class CountSketch(SketchLaw):
    """One sign for each feature, in a random bucket.

    Parameters
    ----------
    n_features : int
        Rows of a sketch, p.
    n_components : int
        Columns of a sketch, m: the buckets; may exceed p.

    See Also
    --------
    HadamardSketch : Several entries for each feature, and balanced columns.

    Examples
    --------
    >>> from skrmt.sketching import CountSketch
    >>> sketch = CountSketch(n_features=6, n_components=3).draw(random_state=0)
    >>> sketch.gram_spectrum()
    array([3., 2., 1., 0., 0., 0.])
    """

    free_type: ClassVar[str | None] = "spectrum"
    _at_most_n_features: ClassVar[bool] = False

    def _sample(self, seed, n_members, dtype):
        rng = np.random.default_rng(seed)
        buckets = rng.integers(self.n_components, size=(self.n_features, 1), dtype=np.int32)
        signs = 2.0 * rng.integers(2, size=(self.n_features, 1)) - 1
        return SparseMap(buckets, signs.astype(dtype), self.n_components)

    def _gram_spectrum(self, sketch, member):
        buckets = self._sample(sketch.seed, 1, np.dtype(np.float64)).columns
        counts = np.bincount(buckets.ravel())
        return counts[counts > 0]
