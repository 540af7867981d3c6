# SPDX-License-Identifier: BSD-3-Clause
"""Random features of the data, times ``sqrt(p/m)``: the cheapest sketch, and not a free one.

``S S'`` is diagonal. It commutes with a diagonal covariance instead of being free from it: no
formula gives an implicit ridge that holds for all data.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse

from skrmt.sketching._elsewhere import blocks_elsewhere, chosen_columns
from skrmt.sketching._protocol import SketchLaw
from skrmt.sketching._row_blocks import dense_blocks


@dataclass(frozen=True)
class FeatureSubsampling(SketchLaw):
    """Random features, without replacement, times ``sqrt(p/m)``.

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
    >>> from skrmt.sketching import FeatureSubsampling
    >>> sketch = FeatureSubsampling(n_features=4, n_components=1).draw(random_state=0, n_members=4)
    >>> np.sort(sketch.apply(np.array([[1.0, 2.0, 3.0, 4.0]])))
    array([[2., 4., 6., 8.]])
    """

    free_type: ClassVar[str | None] = None

    @property
    def n_disjoint(self) -> int:
        """Largest number of members, disjoint sets of features."""
        return self.n_features // self.n_components

    def _sample(self, seed, n_members, dtype):
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(self.n_features)[: n_members * self.n_components]
        scale = np.dtype(dtype).type((self.n_features / self.n_components) ** 0.5)
        return _ChoiceMap(chosen, scale, self.n_features)


class _ChoiceMap:
    """Choice of columns."""

    def __init__(self, chosen, scale, n_features):
        self.chosen, self.scale, self.n_features = chosen, scale, n_features

    def multiply(self, X, offset, out):
        if sparse.issparse(X):
            np.multiply(X[:, self.chosen].toarray(), self.scale, out=out)
            return
        # a few rows at a time: the columns of a row are gathered from the cache
        for rows, values in dense_blocks(X, offset, X.shape[1]):
            np.multiply(np.take(values, self.chosen, axis=1), self.scale, out=out[rows])

    def apply_elsewhere(self, X, offset, columns):
        chosen = self.chosen[columns]

        def choice(values):
            return chosen_columns(values, chosen) * float(self.scale)

        return blocks_elsewhere(X, offset, len(chosen), choice)

    def lift(self, T):
        out = np.zeros((self.n_features, T.shape[1]), T.dtype)
        out[self.chosen] = self.scale * T
        return out
