# SPDX-License-Identifier: BSD-3-Clause
"""What a sample of the pairs says before the Gram matrix is made: unit, kind of data, density."""

from dataclasses import dataclass

import numpy as np

# Rows whose mutual similarities are looked at.
SAMPLED_ROWS = 2000
# The rule of affinity="auto" (ours): many effective dimensions and no preferred sign.
FEWEST_DIMENSIONS = 50
_LARGEST_SKEWNESS = 0.15
_TIES = 1e-6


def of_pairs(tile):
    """Take one entry for each pair of different rows.

    Parameters
    ----------
    tile : ndarray of shape (n_rows, n_rows)
        Similarities of rows with each other.

    Returns
    -------
    ndarray of shape (n_rows * (n_rows - 1) / 2,)
        The entries below the diagonal.
    """
    return tile[np.tri(len(tile), k=-1, dtype=bool)]


def check_unequal(similarities):
    """Refuse similarities that tell nothing.

    Parameters
    ----------
    similarities : ndarray of shape (n_pairs,)
        Similarities of sampled pairs.

    Raises
    ------
    ValueError
        If there are several, all of them equal.
    """
    if len(similarities) > 1 and similarities.min() == similarities.max():
        raise ValueError(
            f"All sampled similarities of different rows are equal ({similarities[0]:.3g}): there "
            "is nothing to cluster."
        )


@dataclass(frozen=True)
class PairSample:
    """Similarities of the pairs of some rows.

    Attributes
    ----------
    similarities : ndarray of shape (n_pairs,), float32
        One for each pair of different rows.
    unit : float
        Root of their mean square.
    skewness : float
        Third standardised moment.
    """

    similarities: np.ndarray
    unit: float
    skewness: float

    @classmethod
    def of(cls, rows, random_state):
        """Draw rows and compare them.

        Parameters
        ----------
        rows : DenseRows, SparseRows or GivenSimilarities
            All rows.
        random_state : RandomState
            Draws the sample.

        Returns
        -------
        PairSample
            The sample.
        """
        size = min(rows.n_rows, SAMPLED_ROWS)
        index = np.sort(random_state.permutation(rows.n_rows)[:size])
        similarities = of_pairs(rows.tile(index, rows, index))
        unit = float(np.sqrt(np.mean(similarities**2, dtype=np.float64)))
        deviation = similarities - similarities.mean(dtype=np.float64)
        square = deviation * deviation
        variance = np.mean(square, dtype=np.float64)
        third = np.mean(square * deviation, dtype=np.float64)
        return cls(similarities, unit, float(third / variance**1.5) if variance > 0 else 0.0)

    @property
    def looks_signed(self):
        """Whether cosines look like those of weak signal in many noisy dimensions."""
        if self.unit == 0:
            return False
        dimension = self.unit**-2
        return dimension >= FEWEST_DIMENSIONS and abs(self.skewness) < _LARGEST_SKEWNESS

    @property
    def is_skewed(self):
        """Whether the similarities prefer a sign."""
        return abs(self.skewness) >= _LARGEST_SKEWNESS

    def threshold_of(self, density):
        """Return the size, in units, that a fraction of the similarities exceeds.

        Parameters
        ----------
        density : float
            The fraction.

        Returns
        -------
        float
            The threshold, for whatever tail the similarities have. Entries of equal size are kept
            or dropped together, whichever is closer to `density`, but some are kept.
        """
        size = np.sort(np.abs(self.similarities))
        wanted = density * len(size)
        at = size[max(0, len(size) - 1 - int(wanted))]
        # Equal up to the rounding of a product in float32.
        below = at * (1 - _TIES)
        above, reached = (len(size) - np.searchsorted(size, t, "right") for t in (at, below))
        keep_ties = above == 0 or reached - wanted < wanted - above
        return float(below if keep_ties else at) / self.unit
