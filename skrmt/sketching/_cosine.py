# SPDX-License-Identifier: BSD-3-Clause
r"""Rows of a cosine transform of shuffled, sign-flipped coordinates.

``S = sqrt(p'/m) D P C'[:, rows]``: D random signs, P a random order of the features, C the
orthonormal cosine transform (type II) of size p' and m of its rows, without replacement. For
p' = p the columns are orthogonal, ``S'S = (p/m) I``. The cost of a group is one transform,
``p' log p'`` a row, whatever m.

The order matters: signs leave a diagonal covariance as it is, and one that varies smoothly along
the features, as in a spectrum or sorted by variance, is not free of the cosines (the implicit ridge
was 1.6 to 3 % off, for any p) [ours].
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import fft

from skrmt.sketching._elsewhere import blocks_elsewhere, cosine_transform
from skrmt.sketching._protocol import SketchLaw
from skrmt.sketching._row_blocks import dense_blocks

# Up to this prime factor a transform costs at most a third more than one of the next smooth length,
# and the columns stay orthogonal; beyond, padding wins (4 to 6 times for a large prime).
LARGEST_CHEAP_PRIME = 31


def _largest_prime_factor(n):
    largest, divisor = 1, 2
    while divisor * divisor <= n:
        while n % divisor == 0:
            largest, n = divisor, n // divisor
        divisor += 1
    return max(largest, n)


@dataclass(frozen=True)
class CosineSketch(SketchLaw):
    """Subsampled randomised cosine transform, the law for dense data.

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

    See Also
    --------
    HaarSketch : What this law imitates, at the cost of a matrix product.

    Examples
    --------
    >>> from skrmt.sketching import CosineSketch
    >>> law = CosineSketch(n_features=20011, n_components=500)
    >>> law.n_ambient, law.n_disjoint  # 20011 is prime: padded with zeros
    (20250, 40)
    """

    free_type: ClassVar[str | None] = "orthogonal"

    @property
    def n_ambient(self) -> int:
        """Length p' of the transform: p, or the next fast one if p has a large prime factor."""
        p = self.n_features
        return p if _largest_prime_factor(p) <= LARGEST_CHEAP_PRIME else fft.next_fast_len(p, True)

    @property
    def n_disjoint(self) -> int:
        """Largest number of members, disjoint sets of rows of one transform."""
        return self.n_ambient // self.n_components

    def _sample(self, seed, n_members, dtype):
        rng = np.random.default_rng(seed)
        signs = 2.0 * rng.integers(2, size=self.n_features) - 1
        order = rng.permutation(self.n_features)
        rows = rng.permutation(self.n_ambient)[: n_members * self.n_components]
        scale = (self.n_ambient / self.n_components) ** 0.5
        return _CosineMap((scale * signs).astype(dtype), order, rows, self.n_ambient)


class _CosineMap:
    """Order, signs (with the scale in them), transform, choice of rows."""

    def __init__(self, signs, order, rows, length):
        self.signs, self.order, self.rows, self.length = signs, order, rows, length

    def multiply(self, X, offset, out):
        p = len(self.signs)
        for rows, values in dense_blocks(X, offset, self.length):
            padded = np.empty((len(values), self.length), out.dtype)
            shuffled = np.take(values, self.order, axis=1, mode="clip")
            np.multiply(shuffled, self.signs, out=padded[:, :p])
            padded[:, p:] = 0
            transform = fft.dct(padded, norm="ortho", axis=1, overwrite_x=True)
            np.take(transform, self.rows, axis=1, out=out[rows], mode="clip")

    def apply_elsewhere(self, X, offset, columns):
        transform = cosine_transform(X, self.order, self.signs, self.rows[columns], self.length)
        return blocks_elsewhere(X, offset, columns.stop - columns.start, transform)

    def lift(self, T):
        spread = np.zeros((self.length, T.shape[1]), T.dtype)
        spread[self.rows] = T
        back = fft.idct(spread, norm="ortho", axis=0, overwrite_x=True)
        lifted = np.empty((len(self.order), T.shape[1]), back.dtype)
        lifted[self.order] = self.signs[:, np.newaxis] * back[: len(self.order)]
        return lifted
