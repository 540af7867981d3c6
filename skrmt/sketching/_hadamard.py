# SPDX-License-Identifier: BSD-3-Clause
r"""Block-Hadamard sketch: few signs for each feature, columns orthogonal or nearly so [ours].

The p features are dealt at random, evenly, into ``nb`` blocks of B slots (B a power of two, p' =
nb B >= p; slots may stay empty). A member has s columns for each block: s columns of the Hadamard
matrix ``H_B``, chosen at random for each block, with a random sign for each feature, divided by
``sqrt(s)``. So a feature has s entries, all in the columns of its block, and m = nb s.

* ``(S S')_ii = 1`` always; features of different blocks do not meet.
* For p' = p the columns are orthogonal, ``S'S = (p/m) I``. Otherwise S is p rows of such a matrix
  of p' rows, and behaves like p rows of an orthogonal transform of size p'.
* Columns must be random: s consecutive columns, s a power of two, have only s different rows, and
  the features of a block would fall into s buckets.
* Members take other columns: there are B // s of them, and if s divides B the mean of ``S_k S_k'``
  over all is the identity.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse

from skrmt._kernels._numpy import walsh_hadamard
from skrmt.sketching._protocol import SketchLaw, require_count
from skrmt.sketching._row_blocks import dense_blocks
from skrmt.sketching._sparse_map import SparseMap


def _power_of_two(n):
    """Round n up to a power of two."""
    return 1 << (n - 1).bit_length()


@dataclass(frozen=True)
class HadamardSketch(SketchLaw):
    """Block-Hadamard sketch, the law for sparse data.

    Parameters
    ----------
    n_features : int
        Rows of a sketch, p.
    n_components : int
        Columns of a sketch, m; may exceed p. Rounded up to a multiple of the number of blocks,
        ``ceil(m / n_nonzero)``.
    n_nonzero : int, default=8
        Entries of a feature, s. Lowered to the smallest s that gives `n_components` columns with
        the same number of blocks.

    Raises
    ------
    ValueError
        If a size is not positive.

    See Also
    --------
    CountSketch : One entry for each feature.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.sketching import HadamardSketch
    >>> law = HadamardSketch(n_features=32, n_components=8, n_nonzero=4)
    >>> law.n_blocks, law.block_size, law.n_disjoint
    (2, 16, 4)
    >>> S = law.draw(random_state=0).to_dense()
    >>> np.allclose(S.T @ S, 4 * np.eye(8))
    True
    """

    n_nonzero: int = 8

    free_type: ClassVar[str | None] = "orthogonal"
    # or the law, with m rounded up, could not be made again from its own sizes
    _at_most_n_features: ClassVar[bool] = False

    def __post_init__(self):
        super().__post_init__()
        s = require_count("n_nonzero", self.n_nonzero)
        n_blocks = -(-self.n_components // s)
        s = -(-self.n_components // n_blocks)
        object.__setattr__(self, "n_nonzero", s)
        object.__setattr__(self, "n_components", n_blocks * s)

    @property
    def n_blocks(self) -> int:
        """Number of blocks, nb."""
        return self.n_components // self.n_nonzero

    @property
    def block_size(self) -> int:
        """Slots of a block, B."""
        return _power_of_two(max(-(-self.n_features // self.n_blocks), self.n_nonzero))

    @property
    def n_ambient(self) -> int:
        """Slots of all blocks, p'."""
        return self.n_blocks * self.block_size

    @property
    def n_disjoint(self) -> int:
        """Largest number of members, disjoint sets of columns of the Hadamard matrices."""
        return self.block_size // self.n_nonzero

    def _sample(self, seed, n_members, dtype):
        rng = np.random.default_rng(seed)
        p, s, B, nb = self.n_features, self.n_nonzero, self.block_size, self.n_blocks
        every = np.tile(np.arange(B, dtype=np.int32), (nb, 1))
        slots = rng.permuted(every, axis=1)
        chosen = rng.permuted(every, axis=1)[:, : n_members * s]
        dealt = rng.permutation(p)
        block, slot = np.empty((2, p), np.int32)
        rank = np.arange(p)
        block[dealt], slot[dealt] = rank % nb, slots[rank % nb, rank // nb]
        signs = (2.0 * rng.integers(2, size=p) - 1) * s**-0.5
        return _HadamardMap(self, n_members, block, slot, chosen, signs.astype(dtype))


class _HadamardMap:
    """A sparse matrix, or for dense data and many members a transform of all slots."""

    def __init__(self, law, n_members, block, slot, chosen, signs):
        self.law, self.n_members = law, n_members
        self.block, self.slot, self.chosen, self.signs = block, slot, chosen, signs

    def _sparse(self):
        s, m = self.law.n_nonzero, self.law.n_components
        member, entry = np.divmod(np.arange(self.n_members * s, dtype=np.int32), np.int32(s))
        columns = (member * m + entry) + self.block[:, np.newaxis] * np.int32(s)
        # entry (i, j) of the Hadamard matrix: -1 to the number of bits that i and j share
        negative = np.bitwise_count(self.slot[:, np.newaxis] & self.chosen[self.block]) & 1 == 1
        values = np.repeat(self.signs[:, np.newaxis], self.n_members * s, axis=1)
        np.negative(values, out=values, where=negative)
        return SparseMap(columns, values, self.n_members * m)

    def multiply(self, X, offset, out):
        # A sparse product costs s additions an entry for each member, a transform about
        # 2 sqrt(B) for all: measured, they are equal between 2 and 3 members.
        if self.n_members <= 2 or sparse.issparse(X):
            self._sparse().multiply(X, offset, out)
        else:
            self._transform(X, offset, out)

    def _transform(self, X, offset, out):
        law, dtype = self.law, self.signs.dtype
        nb, B, s, p = law.n_blocks, law.block_size, law.n_nonzero, law.n_features
        features = np.full((nb, B), p)  # p stands for "none"
        features[self.block, self.slot] = np.arange(p)
        signs = np.append(self.signs, dtype.type(0))[features]
        columns = self.chosen.reshape(nb, self.n_members, s) + B * np.arange(nb)[:, None, None]
        columns = columns.transpose(1, 0, 2).ravel()
        for rows, values in dense_blocks(X, offset, law.n_ambient):
            slots = np.take(np.pad(values, ((0, 0), (0, 1))), features, axis=1)
            slots *= signs
            out[rows] = walsh_hadamard(slots).reshape(len(values), -1)[:, columns]

    def apply_elsewhere(self, X, offset, columns):
        return self._sparse().apply_elsewhere(X, offset, columns)

    def lift(self, T):
        return self._sparse().lift(T)
